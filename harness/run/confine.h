/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loads on the host inside a cgroup cpuset: affinity can be undone by a child, a cpuset
 * cannot. Works with cgroup v2, v1 and the hybrid of both.
 */
#ifndef LATHE_CONFINE_H
#define LATHE_CONFINE_H

#include <glib.h>

#include "cpulist.h"
#include "root.h"
#include "supervise.h"

/*
 * An executor on this host whose loads are confined to `cpus`. `id` names its cgroups
 * ("lathe-<id>"; letters, digits, '-', '_' and '.'). Each load gets a cgroup of its own
 * below, which its processes enter before exec and, as ordinary users of no cgroup file,
 * never leave; only a root process that writes itself into another cgroup.procs could.
 *
 * size.directory is NULL: the caller sets it, and removes what loads leave there, since
 * they are killed. A load dies with the thread that started it (PR_SET_PDEATHSIG); what
 * its children leave behind then, confine_destroy_leftovers() ends.
 */
Executor *confine_new(const Root *live, const char *id, const Cpuset *cpus,
		      GError **error);

/* Kills what is left in the cgroups and removes them. */
void confine_free(Executor *executor);

/* Kills and removes what an earlier lathe with the same id left. The caller holds the
 * lock. *ret_killed (may be NULL) counts processes. FALSE when something would not go
 * away. */
gboolean confine_destroy_leftovers(const Root *live, const char *id, guint *ret_killed,
				   GError **error);

#endif
