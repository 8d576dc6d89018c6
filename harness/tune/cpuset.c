/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpuset.h"

#include <errno.h>
#include <string.h>

#include "change.h"
#include "deadline.h"
#include "error.h"
#include "isolate.h"
#include "number.h"

/* Digits of a pid_t, a newline and the NUL. */
#define ID_SIZE 12

char *cpuset_file(const char *group, const char *file)
{
	return g_strconcat(group, "/", file, NULL);
}

char *cpuset_above(const char *group)
{
	return g_path_get_dirname(group);
}

const char *cpuset_tasks_file(const TargetHost *host, const char *group)
{
	g_autofree char *tasks = cpuset_file(group, "tasks");

	return root_exists(host->root, tasks) ? "tasks" : "cgroup.procs";
}

GHashTable *cpuset_tasks(const TargetHost *host, const char *group, int *ret_errno)
{
	g_autofree char *path = cpuset_file(group, cpuset_tasks_file(host, group));
	g_autofree char *text = NULL;
	GHashTable *ids;
	Span span, line;
	guint64 id;

	if (!root_read(host->root, path, &text, NULL, ret_errno, NULL))
		return NULL;
	ids = g_hash_table_new(NULL, NULL);
	span = span_of(text);
	/* One of another pid namespace is shown as 0. */
	while (span_take_line(&span, &line))
		if (span_take_number(&line, G_MAXINT32, &id) && id > 0)
			g_hash_table_add(ids, GUINT_TO_POINTER((guint)id));
	return ids;
}

typedef struct {
	const Root *root;
	const char *path;
	char (*ids)[ID_SIZE];
	guint n;
} Take;

/* What one task is refused says nothing of the next: it ended (ESRCH), the kernel bound it
 * (EINVAL), its deadline bandwidth has no room there (EBUSY). */
static int do_take(gconstpointer data)
{
	const Take *take = data;

	for (guint i = 0; i < take->n; i++) {
		int errnum = root_write_errno(take->root, take->path, take->ids[i],
					      strlen(take->ids[i]));

		if (errnum != 0 && errnum != ESRCH && errnum != EINVAL && errnum != EBUSY)
			return errnum;
	}
	return 0;
}

gboolean cpuset_take(const TargetHost *host, const char *group, const GArray *ids, GError **error)
{
	g_autofree char *path = cpuset_file(group, cpuset_tasks_file(host, group));
	g_autofree char(*texts)[ID_SIZE] = g_malloc0_n(ids->len + 1, ID_SIZE);
	Take take = {host->root, path, texts, ids->len};
	int errnum;

	if (!root_is_live(host->root))
		return lathe_error(error, LATHE_ERROR_ENVIRONMENT,
				   "%s: a tree has no tasks that could be moved", path);
	for (guint i = 0; i < ids->len; i++)
		g_snprintf(texts[i], ID_SIZE, "%u", g_array_index(ids, guint, i));
	errnum = deadline_call(do_take, &take, host->write_seconds);
	if (errnum == 0)
		return TRUE;
	lathe_error_errno(error, errnum, "move tasks into '%s'", path);
	if (errnum == EACCES || errnum == EPERM)
		lathe_error_hint(error, "run as root; where root may not, a container forbids it");
	return FALSE;
}

static GArray *as_array(GHashTable *ids)
{
	GArray *array = g_array_new(FALSE, FALSE, sizeof(guint));
	GHashTableIter iter;
	gpointer key;

	g_hash_table_iter_init(&iter, ids);
	while (g_hash_table_iter_next(&iter, &key, NULL)) {
		guint id = GPOINTER_TO_UINT(key);

		g_array_append_val(array, id);
	}
	return array;
}

/* Whether every one of them was there before already. */
static gboolean is_subset(GHashTable *ids, GHashTable *before)
{
	GHashTableIter iter;
	gpointer key;

	g_hash_table_iter_init(&iter, ids);
	while (g_hash_table_iter_next(&iter, &key, NULL))
		if (!g_hash_table_contains(before, key))
			return FALSE;
	return TRUE;
}

gboolean cpuset_empty(const TargetHost *host, const char *group, GError **error)
{
	gint64 end = g_get_monotonic_time() + (gint64)host->write_seconds * G_USEC_PER_SEC;
	g_autofree char *above = cpuset_above(group);
	g_autoptr(GHashTable) before = NULL;

	for (;;) {
		int errnum = 0;
		g_autoptr(GHashTable) ids = cpuset_tasks(host, group, &errnum);
		g_autoptr(GArray) array = ids ? as_array(ids) : NULL;

		if (!ids && errnum == ENOENT)
			return TRUE;
		if (!ids)
			return lathe_error_errno(error, errnum, "list the tasks of '%s'", group);
		if (array->len == 0)
			return TRUE;
		/* What is forked faster than it is moved must not keep us here for good. */
		if ((before && is_subset(ids, before)) || g_get_monotonic_time() > end)
			return lathe_error(error, LATHE_ERROR_ENVIRONMENT,
					   "%u tasks of '%s' do not move, task %u for one",
					   array->len, group, g_array_index(array, guint, 0));
		if (!cpuset_take(host, above, array, error))
			return FALSE;
		g_clear_pointer(&before, g_hash_table_unref);
		before = g_steal_pointer(&ids);
	}
}

gboolean cpuset_leave(const Root *live, GError **error)
{
	g_autofree char *group = NULL;
	g_autofree char *above = NULL;
	g_autofree char *path = NULL;

	/* A kernel without cpusets has no such file. */
	if (!root_read_line(live, "proc/self/cpuset", &group, NULL, NULL) ||
	    !g_str_has_suffix(group, "/" CPUSET_HOUSEKEEPING))
		return TRUE;
	above = g_path_get_dirname(group);
	path = g_build_filename(ISOLATE_V1, above, "cgroup.procs", NULL);
	/* 0 is whoever writes, with all threads. */
	return root_write(live, path, "0", error);
}
