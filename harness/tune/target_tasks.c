/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All tasks of a cpuset that move: in the one below it, or back. */
#include <errno.h>
#include <string.h>

#include "cpulist.h"
#include "cpuset.h"
#include "error.h"
#include "movable.h"
#include "target.h"
#include "threads.h"

#define OUT "out"

/* "in, 61 tasks stay": of those that the kernel bound, mostly, people see how many there are. */
static gboolean read_tasks(const TargetHost *host, const char *place, char **ret, int *ret_errno)
{
	g_autofree char *above = cpuset_above(place);
	g_autoptr(GHashTable) outside = NULL;
	g_autoptr(GHashTable) inside = NULL;
	int errnum = 0;

	outside = cpuset_tasks(host, above, ret_errno);
	if (!outside)
		return FALSE;
	inside = cpuset_tasks(host, place, &errnum);
	if (!inside && errnum != ENOENT) {
		*ret_errno = errnum;
		return FALSE;
	}
	if (!inside || g_hash_table_size(inside) == 0)
		*ret = g_strdup(OUT);
	else
		*ret = g_strdup_printf("in, %u stay", g_hash_table_size(outside));
	return TRUE;
}

static gboolean read_cpus(const TargetHost *host, const char *group, Cpuset *ret, GError **error)
{
	g_autofree char *path = cpuset_file(group, "cpuset.effective_cpus");
	g_autofree char *line = NULL;

	return root_read_line(host->root, path, &line, NULL, error) &&
	       cpulist_parse_kernel(line, CPUSET_CPUS, ret, error);
}

static gboolean read_rules(const TargetHost *host, const char *place, const char *value,
			   MovableRules *ret, GError **error)
{
	g_autofree char *above = cpuset_above(place);
	g_autofree char *release = NULL;

	ret->force = strstr(value, "VMs") != NULL;
	ret->remembered =
		root_read_line(host->root, "proc/sys/kernel/osrelease", &release, NULL, NULL) &&
		movable_remembered(release);
	return read_cpus(host, above, &ret->all, error) &&
	       read_cpus(host, place, &ret->housekeeping, error);
}

/* The threads in `outside` that move and were not tried yet; they are then. */
static GArray *choose(MovableRules *rules, const GArray *threads, GHashTable *outside,
		      GHashTable *tried)
{
	g_autoptr(GHashTable) vms = movable_vms(threads);
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(guint));

	rules->vms = vms;
	for (guint i = 0; i < threads->len; i++) {
		const KnobThread *thread = &g_array_index(threads, KnobThread, i);

		if (g_hash_table_contains(outside, GUINT_TO_POINTER(thread->tid)) &&
		    movable(rules, thread) == MOVABLE &&
		    g_hash_table_add(tried, GUINT_TO_POINTER(thread->tid)))
			g_array_append_val(ids, thread->tid);
	}
	rules->vms = NULL;
	return ids;
}

/* Once more until nothing new is there: what is moved forks meanwhile. */
static gboolean move_in(const TargetHost *host, const char *place, const char *value,
			GError **error)
{
	enum { PASSES_MAX = 100 };
	g_autofree char *above = cpuset_above(place);
	g_autoptr(GHashTable) tried = g_hash_table_new(NULL, NULL);
	MovableRules rules = {0};

	if (!read_rules(host, place, value, &rules, error))
		return FALSE;
	for (guint pass = 0; pass < PASSES_MAX; pass++) {
		int errnum = 0;
		g_autoptr(GHashTable) outside = cpuset_tasks(host, above, &errnum);
		g_autoptr(GArray) threads = outside ? threads_read(host->root, &errnum) : NULL;
		g_autoptr(GArray) ids = NULL;

		if (!threads)
			return lathe_error_errno(error, errnum, "list the tasks of '%s'", above);
		ids = choose(&rules, threads, outside, tried);
		if (ids->len == 0)
			return TRUE;
		if (!cpuset_take(host, place, ids, error))
			return FALSE;
	}
	return lathe_error(error, LATHE_ERROR_ENVIRONMENT,
			   "new tasks appear in '%s' faster than they can be moved", above);
}

static gboolean write_tasks(const TargetHost *host, const char *place, const char *value,
			    GError **error)
{
	return strcmp(value, OUT) == 0 ? cpuset_empty(host, place, error)
				       : move_in(host, place, value, error);
}

/* The rest is for people. */
static gboolean same_side(const char *seen, const char *value)
{
	return (strcmp(seen, OUT) == 0) == (strcmp(value, OUT) == 0);
}

const TargetKind target_tasks = {.read = read_tasks, .write = write_tasks, .same = same_side};
