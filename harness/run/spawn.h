/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Starts a program inside a cgroup: it enters between fork and exec, so that none of its
 * instructions runs anywhere else.
 */
#ifndef LATHE_SPAWN_H
#define LATHE_SPAWN_H

#include <glib.h>
#include <sys/types.h>

#include "cgroup.h"

/*
 * argv[0] is looked for on PATH (LATHE_ERROR_ENVIRONMENT when it is not there). The child
 * is SCHED_OTHER, in a session of its own (Ctrl-C on the terminal is for lathe, which
 * stops it in order), and dies with the calling thread (PR_SET_PDEATHSIG). It reads
 * /dev/null; its standard output is discarded, its standard error goes into a pipe whose
 * write end does not block: a log bounded by the size of a pipe (64 KiB) that nobody
 * needs to drain. *ret_pid is the caller's to wait for, *ret_output (non-blocking) to
 * close.
 */
gboolean spawn_confined(char **argv, const CgroupLayout *layout, const char *group,
			pid_t *ret_pid, int *ret_output, GError **error);

#endif
