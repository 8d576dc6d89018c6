/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A cgroup that confines to CPUs: a cpuset of v1, or a partition of v2, which has what is in no
 * other one. It is made, and removed when its tasks are back in the group above it.
 */
#include <errno.h>
#include <string.h>

#include "change.h"
#include "cpulist.h"
#include "cpuset.h"
#include "deadline.h"
#include "error.h"
#include "target.h"

#define ABSENT	  "absent"
#define CPUS	  "cpuset.cpus"
#define PARTITION "cpuset.cpus.partition"
/* How long to wait between two tries to remove it: no event tells when the last task that ended
 * in it is gone for good, which takes less than a millisecond as a rule. */
#define LOOK_AGAIN_US 2000

/* What is read and written there: only a tree without a kernel needs to be told. */
static const char *const files_v1[] = {CPUS, "cpuset.mems", "tasks", NULL};
static const char *const files_v2[] = {CPUS, PARTITION, "cgroup.procs", NULL};

static char *read_in(const TargetHost *host, const char *group, const char *file, int *ret_errno)
{
	g_autofree char *path = cpuset_file(group, file);
	char *line = NULL;

	return root_read_line(host->root, path, &line, ret_errno, NULL) ? line : NULL;
}

static gboolean read_cpuset(const TargetHost *host, const char *place, char **ret, int *ret_errno)
{
	g_autofree char *above = cpuset_above(place);
	g_autofree char *cpus = NULL;
	g_autofree char *partition = NULL;

	if (!root_exists(host->root, place)) {
		*ret_errno = ENOENT;
		if (!root_is_directory(host->root, above))
			return FALSE;
		*ret = g_strdup(ABSENT);
		return TRUE;
	}
	cpus = read_in(host, place, CPUS, ret_errno);
	if (!cpus)
		return FALSE;
	partition = read_in(host, place, PARTITION, NULL);
	if (partition && *partition && strcmp(partition, "member") != 0)
		*ret = g_strdup_printf("%s %s", cpus, partition);
	else
		*ret = g_steal_pointer(&cpus);
	return TRUE;
}

/* ---- made ------------------------------------------------------------------------------- */

typedef struct {
	const Root *root;
	const char *path, *text;
	gsize length;
	const char *const *files;
} Step;

static int do_make(gconstpointer data)
{
	const Step *step = data;

	return root_make_group_errno(step->root, step->path, step->files);
}

static int do_remove(gconstpointer data)
{
	const Step *step = data;

	return root_remove_group_errno(step->root, step->path, step->files);
}

static int do_write(gconstpointer data)
{
	const Step *step = data;

	return root_write_errno(step->root, step->path, step->text, step->length);
}

static int write_errno(const TargetHost *host, const char *group, const char *file,
		       const char *text)
{
	g_autofree char *path = cpuset_file(group, file);
	Step step = {host->root, path, text, strlen(text), NULL};

	return deadline_call(do_write, &step, host->write_seconds);
}

static gboolean write_in(const TargetHost *host, const char *group, const char *file,
			 const char *text, GError **error)
{
	int errnum = write_errno(host, group, file, text);

	if (errnum == 0)
		return TRUE;
	return lathe_error_errno(error, errnum, "write '%s' to '%s/%s'", text, group, file);
}

/* A cpuset of v1 takes no tasks while it has no memory nodes: all, as the one above it. */
static gboolean give_memory(const TargetHost *host, const char *place, GError **error)
{
	g_autofree char *above = cpuset_above(place);
	g_autofree char *nodes = NULL;
	int errnum = 0;

	nodes = read_in(host, above, "cpuset.effective_mems", &errnum);
	if (!nodes)
		return lathe_error_errno(error, errnum, "read '%s/cpuset.effective_mems'", above);
	return write_in(host, place, "cpuset.mems", nodes, error);
}

/* Kernels before 6.1 know no isolated partition, and refuse the word. */
static gboolean make_partition(const TargetHost *host, const char *place, const char *kind,
			       GError **error)
{
	g_autofree char *now = NULL;
	int errnum = write_errno(host, place, PARTITION, kind);

	if (errnum == EINVAL && strcmp(kind, "isolated") == 0)
		errnum = write_errno(host, place, PARTITION, "root");
	if (errnum == 0)
		now = read_in(host, place, PARTITION, &errnum);
	if (!now)
		return lathe_error_errno(error, errnum, "make '%s' a partition", place);
	if (strcmp(now, "isolated") == 0 || strcmp(now, "root") == 0)
		return TRUE;
	/* "isolated invalid (Cpu list in cpuset.cpus not exclusive)" */
	return lathe_error(error, LATHE_ERROR_ENVIRONMENT, "'%s' is no partition: the kernel says "
							   "'%s'", place, now);
}

static gboolean make(const TargetHost *host, const char *place, const char *value, GError **error)
{
	const char *kind = strchr(value, ' ');
	g_autofree char *cpus = g_strndup(value, strcspn(value, " "));
	g_autofree char *now = NULL;
	Step step = {host->root, place, NULL, 0, kind ? files_v2 : files_v1};
	int errnum = deadline_call(do_make, &step, host->write_seconds);

	if (errnum != 0 && errnum != EEXIST)
		return lathe_error_errno(error, errnum, "make cgroup '%s'", place);
	if ((!kind && !give_memory(host, place, error)) ||
	    !write_in(host, place, CPUS, cpus, error))
		return FALSE;
	now = read_in(host, place, CPUS, &errnum);
	if (g_strcmp0(now, cpus) != 0)
		return lathe_error(error, LATHE_ERROR_ENVIRONMENT,
				   "'%s/" CPUS "' holds '%s' after '%s' was written", place,
				   now ? now : "nothing", cpus);
	return !kind || make_partition(host, place, kind + 1, error);
}

/* ---- removed ---------------------------------------------------------------------------- */

/* A group below it is somebody else's, such as a VM's that was started meanwhile. */
static gboolean check_nothing_below(const TargetHost *host, const char *place, GError **error)
{
	g_autoptr(GPtrArray) names = root_list(host->root, place, NULL);

	for (guint i = 0; names && i < names->len; i++) {
		g_autofree char *path = cpuset_file(place, names->pdata[i]);

		if (!root_is_directory(host->root, path))
			continue;
		lathe_error(error, LATHE_ERROR_BUSY, "'%s' holds a cgroup of somebody else: '%s'",
			    place, (char *)names->pdata[i]);
		lathe_error_hint(error, "end what runs in it (a VM or container that was started "
					"meanwhile), then try again");
		return FALSE;
	}
	return TRUE;
}

static gboolean remove_group(const TargetHost *host, const char *place, GError **error)
{
	gint64 end = g_get_monotonic_time() + (gint64)host->write_seconds * G_USEC_PER_SEC;
	g_autofree char *partition = cpuset_file(place, PARTITION);
	gboolean v2 = root_exists(host->root, partition);
	Step step = {host->root, place, NULL, 0, v2 ? files_v2 : files_v1};

	for (;;) {
		int errnum;

		if (!check_nothing_below(host, place, error) ||
		    (root_is_live(host->root) && !cpuset_empty(host, place, error)))
			return FALSE;
		errnum = deadline_call(do_remove, &step, host->write_seconds);
		if (errnum == 0 || errnum == ENOENT)
			return TRUE;
		if (errnum != EBUSY || g_get_monotonic_time() > end)
			return lathe_error_errno(error, errnum, "remove cgroup '%s'", place);
		g_usleep(LOOK_AGAIN_US);
	}
}

static gboolean write_cpuset(const TargetHost *host, const char *place, const char *value,
			     GError **error)
{
	return strcmp(value, ABSENT) == 0 ? remove_group(host, place, error)
					  : make(host, place, value, error);
}

/* ---- compared --------------------------------------------------------------------------- */

static gboolean is_kind(const char *text)
{
	return strcmp(text, " isolated") == 0 || strcmp(text, " root") == 0;
}

/* The kernel takes offline CPUs out of a cpuset of v1, for good. Nothing in it is one that was
 * only just made. */
static gboolean same_cpus(const char *seen, const char *value)
{
	Cpuset a, b;

	return cpulist_parse_kernel(seen, CPUSET_CPUS, &a, NULL) &&
	       cpulist_parse_kernel(value, CPUSET_CPUS, &b, NULL) && cpuset_is_subset(&a, &b);
}

static gboolean same_cpuset(const char *seen, const char *value)
{
	gsize n = strcspn(value, " ");

	if (strcmp(seen, ABSENT) == 0 || strcmp(value, ABSENT) == 0 || strcmp(seen, value) == 0)
		return strcmp(seen, value) == 0;
	if (value[n] == '\0')
		return same_cpus(seen, value);
	return strncmp(seen, value, n) == 0 && is_kind(seen + n) && is_kind(value + n);
}

/* A partition that has its CPUs, or none, and is not yet one. */
static gboolean is_begun(const char *seen)
{
	return strcmp(seen, ABSENT) != 0 && !strchr(seen, ' ');
}

const TargetKind target_cpuset = {
	.read = read_cpuset, .write = write_cpuset, .same = same_cpuset, .begun = is_begun};
