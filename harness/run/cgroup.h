/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Control groups, as far as confining processes to CPUs needs them: cgroup v2, v1, and
 *the hybrid of both. A group here is a name that stands for one cgroup in each hierarchy
 *in use, so that callers need not know which of them a machine has:
 *
 *	v2 with its cpuset controller	one cgroup
 *	hybrid (cpuset belongs to v1)	one in v2 (kill, CPU time), one in v1's cpuset
 *	v1 alone			one in cpuset, one in cpuacct
 *
 * v1's cpu controller is avoided, since a new cgroup there has cpu.rt_runtime_us = 0 and
 * weighs as much as a single task; it is only entered where cpuacct is mounted together
 *with it and there is no v2.
 *
 * `path` is relative to the mounts: "lathe-ID", or "lathe-ID/LOAD" for a group below it.
 */
#ifndef LATHE_CGROUP_H
#define LATHE_CGROUP_H

#include <glib.h>

#include "cpulist.h"
#include "root.h"

#define CGROUP_HIERARCHIES 2

typedef struct {
	char *mount; /* relative to the root: "sys/fs/cgroup" */
	gboolean v2;
	gboolean cpuset; /* it confines */
	gboolean usage;  /* it counts CPU time */
} CgroupHierarchy;

typedef struct {
	guint count;
	CgroupHierarchy hierarchies[CGROUP_HIERARCHIES];
} CgroupLayout;

/* Reads proc/self/mountinfo and v2's cgroup.controllers. */
CgroupLayout *cgroup_layout_read(const Root *root, GError **error);
void cgroup_layout_free(CgroupLayout *layout);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgroupLayout, cgroup_layout_free)

/* "/sys/fs/cgroup/lathe-ID/file" without the leading slash; file may be NULL. */
char *cgroup_file(const CgroupHierarchy *hierarchy, const char *path, const char *file);

/*
 * Creates the group, confined to cpus and to the memory nodes of its parent; what the
 * kernel made of that is read back and compared. LATHE_ERROR_BUSY when it exists. A top
 * group (no
 * '/' in path) turns v2's cpuset controller on for the children of the mount when it is
 * off, and leaves a mark of that below itself, which outlives a crash. Live root only.
 * After a failure nothing is left.
 */
gboolean cgroup_create(const Root *live, const CgroupLayout *layout, const char *path,
		       const Cpuset *cpus, GError **error);

/* CPU time of all processes that ever were in the group, in seconds. */
gboolean cgroup_cpu_seconds(const Root *root, const CgroupLayout *layout,
			    const char *path, double *ret, GError **error);

/* Adds to *into the CPUs that the group's threads were last on. A thread that ends
 * meanwhile is passed over. */
gboolean cgroup_ran_on(const Root *root, const CgroupLayout *layout, const char *path,
		       Cpuset *into, GError **error);

/* Kills every process in the group and below. *ret_killed (may be NULL) counts them.
 * FALSE when some would not die within timeout_ms. Live root only. */
gboolean cgroup_kill(const Root *live, const CgroupLayout *layout, const char *path,
		     guint timeout_ms, guint *ret_killed, GError **error);

/*
 * Kills every process in the group and below, removes the cgroups, and turns the cpuset
 * controller off again when the mark says so and nobody else uses it by now. A group that
 * does not exist is no error. *ret_killed (may be NULL) counts processes. FALSE when some
 * process would not die, or some cgroup not go away, within timeout_ms. Live root only.
 */
gboolean cgroup_destroy(const Root *live, const CgroupLayout *layout, const char *path,
			guint timeout_ms, guint *ret_killed, GError **error);

/* The mark: an empty cgroup below a top group. */
#define CGROUP_MARK "cpuset-was-off"

#endif
