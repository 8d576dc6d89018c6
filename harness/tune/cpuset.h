/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tasks of cgroups, between the targets that make, fill and remove them. */
#ifndef LATHE_TUNE_CPUSET_H
#define LATHE_TUNE_CPUSET_H

#include <glib.h>

#include "target.h"

/* "a/b/file": of the cgroup `group`; the cgroup above it is "a". Owned by the caller. */
char *cpuset_file(const char *group, const char *file);
char *cpuset_above(const char *group);

/* The file that lists the tasks of a group and takes them: v1's "tasks", else "cgroup.procs". */
const char *cpuset_tasks_file(const TargetHost *host, const char *group);

/* Its ids: a set of thread ids (v1) or process ids. NULL with *ret_errno. */
GHashTable *cpuset_tasks(const TargetHost *host, const char *group, int *ret_errno);

/* Writes each id into the group. What ended meanwhile and what the kernel does not let go there is
 * passed over. */
gboolean cpuset_take(const TargetHost *host, const char *group, const GArray *ids, GError **error);

/* Moves everything that is in the group, and what is forked there meanwhile, into the one above.
 * TRUE: it is empty. */
gboolean cpuset_empty(const TargetHost *host, const char *group, GError **error);

/* Takes this process out of the cpuset that keeps threads off the planned CPUs, if whoever started it
 * was moved there: what it starts must be free to run on them. */
gboolean cpuset_leave(const Root *live, GError **error);

#endif
