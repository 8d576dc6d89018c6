/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QEMU's processes as /proc shows them. libvirt names no pid in its API, and its pid files
 * lie in a different place for every kind of connection; the arguments do not.
 */
#ifndef LATHE_QEMU_PROCESS_H
#define LATHE_QEMU_PROCESS_H

#include <glib.h>
#include <sys/types.h>

#include "root.h"

/* The process whose arguments hold -name guest=NAME and -uuid UUID. An error when there is
 * none (the domain runs on another machine, or has ended), or more than one. */
gboolean qemu_process_find(const Root *live, const char *name, const char *uuid, pid_t *ret,
			   GError **error);

/* The process of the domain with that UUID, whatever its name: it may be renamed at any time.
 * *ret 0: there is none. */
gboolean qemu_process_find_uuid(const Root *live, const char *uuid, pid_t *ret, GError **error);

/* Processes (an array of pid_t) of the embedded libvirt in `directory`: their arguments name
 * a guest "lathe-..." and a file below that directory. */
GArray *qemu_process_list(const Root *live, const char *directory, GError **error);

/* A descriptor that becomes readable when the process is gone, closed on exec; -1: errno. */
int qemu_process_open(pid_t pid);

/* TRUE once the process is gone, waiting up to timeout_ms for that. */
gboolean qemu_process_wait_gone(int pidfd, int timeout_ms);

/* SIGKILL, then waits as above. The descriptor names the process, a reused pid cannot be
 * hit. */
gboolean qemu_process_kill(int pidfd, int timeout_ms);

#endif
