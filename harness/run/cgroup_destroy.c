/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/types.h>
#include <unistd.h>

#include "autofd.h"
#include "error.h"
#include "number.h"

/* How long to wait between two looks at what is dying. No event tells the end of a v1
 * group, and a kill takes some milliseconds at most as a rule. */
#define LOOK_AGAIN_US 2000
/* cgroups nest as deep as they like; ours are two deep, and a load has no business below.
 */
#define DEPTH_MAX 16
/* Descriptors that killing one by one holds open: far below any RLIMIT_NOFILE. */
#define KILL_AT_ONCE 128

/* Paths of the group and of those below, parents first, relative to the root. */
static void collect_groups(const Root *root, const char *directory, guint depth,
			   GPtrArray *into)
{
	g_autoptr(GPtrArray) names = NULL;

	g_ptr_array_add(into, g_strdup(directory));
	names = depth < DEPTH_MAX ? root_list(root, directory, NULL) : NULL;
	for (guint i = 0; names && i < names->len; i++) {
		g_autofree char *below =
			g_strconcat(directory, "/", (char *)names->pdata[i], NULL);
		g_autofree char *procs = g_strconcat(below, "/cgroup.procs", NULL);

		if (root_exists(root, procs))
			collect_groups(root, below, depth + 1, into);
	}
}

/* The processes of one cgroup. One that another pid namespace owns is shown as 0. */
static void collect_pids(const Root *root, const char *directory, GHashTable *into)
{
	g_autofree char *name = g_strconcat(directory, "/cgroup.procs", NULL);
	g_autofree char *text = NULL;
	Span span, line;
	guint64 pid;

	if (!root_read(root, name, &text, NULL, NULL, NULL))
		return;
	span = span_of(text);
	while (span_take_line(&span, &line))
		if (span_take_number(&line, G_MAXINT32, &pid))
			g_hash_table_add(into, GINT_TO_POINTER((int)pid));
}

static GHashTable *all_pids(const Root *root, GPtrArray *groups)
{
	GHashTable *pids = g_hash_table_new(NULL, NULL);

	for (guint i = 0; i < groups->len; i++)
		collect_pids(root, groups->pdata[i], pids);
	return pids;
}

/*
 * Kills without cgroup.kill (v1, and v2 before Linux 5.14). The descriptors are taken
 * first and the lists are read again: a pid that was reused meanwhile is not in them any
 * more. What is beyond the first KILL_AT_ONCE has its turn in the next round.
 */
static void kill_each(const Root *root, GPtrArray *groups, GHashTable *pids)
{
	g_autoptr(GHashTable) still = NULL;
	g_autofree gpointer *list = NULL;
	int fds[KILL_AT_ONCE];
	guint count;

	list = g_hash_table_get_keys_as_array(pids, &count);
	count = MIN(count, KILL_AT_ONCE);
	for (guint i = 0; i < count; i++)
		fds[i] = pidfd_open(GPOINTER_TO_INT(list[i]), 0);
	still = all_pids(root, groups);
	for (guint i = 0; i < count; i++) {
		if (fds[i] >= 0 && g_hash_table_contains(still, list[i]))
			pidfd_send_signal(fds[i], SIGKILL, NULL, 0);
		if (fds[i] >= 0)
			close(fds[i]);
	}
}

static gboolean kill_at_once(const Root *live, const char *directory)
{
	g_autofree char *name = g_strconcat(directory, "/cgroup.kill", NULL);

	return root_exists(live, name) && root_write(live, name, "1", NULL);
}

static gboolean will_not_die(GHashTable *pids, const char *directory, guint timeout_ms,
			     GError **error)
{
	GHashTableIter iter;
	gpointer pid;

	g_hash_table_iter_init(&iter, pids);
	g_hash_table_iter_next(&iter, &pid, NULL);
	return lathe_error(
		error, LATHE_ERROR_TIMEOUT,
		"%u processes in cgroup '/%s' (pid %d among them) would not die "
		"within %.1f s",
		g_hash_table_size(pids), directory, GPOINTER_TO_INT(pid),
		timeout_ms / 1000.0);
}

/* Kills until nothing is left: a process may fork between two looks. */
static gboolean kill_all(const Root *live, const char *directory, guint timeout_ms,
			 guint *killed, GError **error)
{
	gint64 deadline_us = g_get_monotonic_time() + (gint64)timeout_ms * 1000;
	gboolean counted = FALSE;

	for (;;) {
		g_autoptr(GPtrArray) groups = g_ptr_array_new_with_free_func(g_free);
		g_autoptr(GHashTable) pids = NULL;

		collect_groups(live, directory, 0, groups);
		pids = all_pids(live, groups);
		if (g_hash_table_size(pids) == 0)
			return TRUE;
		if (!counted)
			*killed += g_hash_table_size(pids);
		counted = TRUE;
		if (g_get_monotonic_time() >= deadline_us)
			return will_not_die(pids, directory, timeout_ms, error);
		if (!kill_at_once(live, directory))
			kill_each(live, groups, pids);
		g_usleep(LOOK_AGAIN_US);
	}
}

/* Children first. EBUSY lasts a moment after the last process has gone. */
static gboolean remove_groups(const Root *live, const char *directory, guint timeout_ms,
			      GError **error)
{
	gint64 deadline_us = g_get_monotonic_time() + (gint64)timeout_ms * 1000;
	g_autoptr(GPtrArray) groups = g_ptr_array_new_with_free_func(g_free);

	collect_groups(live, directory, 0, groups);
	for (guint i = groups->len; i-- > 0;) {
		g_autofree char *absolute = g_strconcat("/", groups->pdata[i], NULL);

		while (rmdir(absolute) != 0 && errno != ENOENT) {
			if (errno != EBUSY || g_get_monotonic_time() >= deadline_us)
				return lathe_error_errno(error, errno,
							 "remove cgroup '%s'", absolute);
			g_usleep(LOOK_AGAIN_US);
		}
	}
	return TRUE;
}

/* Has some other cgroup below the mount been given CPUs since we turned the controller
 * on? */
static gboolean used_by_others(const Root *root, const CgroupHierarchy *hierarchy,
			       const char *path)
{
	g_autoptr(GPtrArray) names = root_list(root, hierarchy->mount, NULL);

	for (guint i = 0; names && i < names->len; i++) {
		g_autofree char *name =
			cgroup_file(hierarchy, names->pdata[i], "cpuset.cpus");
		g_autofree char *cpus = NULL;

		if (strcmp(names->pdata[i], path) != 0 &&
		    root_read_line(root, name, &cpus, NULL, NULL) && *cpus)
			return TRUE;
	}
	return FALSE;
}

/* Returns 0 or an errno: the caller tells EBUSY from the rest. */
static int write_control(const CgroupHierarchy *hierarchy, const char *path)
{
	static const char off[] = "-cpuset";
	g_autofree char *control = cgroup_file(hierarchy, path, "cgroup.subtree_control");
	g_autofree char *absolute = g_strconcat("/", control, NULL);
	autofd fd = open(absolute, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, off, strlen(off)) == (gssize)strlen(off) ? 0 : errno;
}

/* Comes before the mark goes, so that a crash between the two is put right by the next
 * cgroup_destroy(). EBUSY: another cgroup hands the controller down, so it is that one's.
 */
static gboolean turn_off_cpuset(const Root *live, const CgroupHierarchy *hierarchy,
				const char *path, GError **error)
{
	int errnum = write_control(hierarchy, path);

	if (errnum == 0 && !used_by_others(live, hierarchy, path))
		errnum = write_control(hierarchy, ".");
	if (errnum == 0 || errnum == EBUSY)
		return TRUE;
	return lathe_error_errno(error, errnum, "turn off the cpuset controller in '/%s'",
				 hierarchy->mount);
}

static gboolean destroy_in(const Root *live, const CgroupHierarchy *hierarchy,
			   const char *path, guint timeout_ms, GError **error)
{
	g_autofree char *directory = cgroup_file(hierarchy, path, NULL);
	g_autofree char *mark = cgroup_file(hierarchy, path, CGROUP_MARK);

	if (!root_exists(live, directory))
		return TRUE;
	if (root_exists(live, mark) && !turn_off_cpuset(live, hierarchy, path, error))
		return FALSE;
	return remove_groups(live, directory, timeout_ms, error);
}

gboolean cgroup_kill(const Root *live, const CgroupLayout *layout, const char *path,
		     guint timeout_ms, guint *ret_killed, GError **error)
{
	guint killed = 0;
	gboolean dead = TRUE;

	if (!root_is_live(live))
		return lathe_error(error, LATHE_ERROR_USAGE,
				   "processes are only killed on the live machine");
	for (guint i = 0; i < layout->count; i++) {
		g_autofree char *directory =
			cgroup_file(&layout->hierarchies[i], path, NULL);

		if (root_exists(live, directory))
			dead &= kill_all(live, directory, timeout_ms, &killed,
					 dead ? error : NULL);
	}
	if (ret_killed)
		*ret_killed = killed;
	return dead;
}

gboolean cgroup_destroy(const Root *live, const CgroupLayout *layout, const char *path,
			guint timeout_ms, guint *ret_killed, GError **error)
{
	gboolean done = cgroup_kill(live, layout, path, timeout_ms, ret_killed, error);

	for (guint i = 0; done && i < layout->count; i++)
		done = destroy_in(live, &layout->hierarchies[i], path, timeout_ms, error);
	return done;
}
