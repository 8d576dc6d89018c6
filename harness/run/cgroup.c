/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cgroup.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "error.h"
#include "number.h"

/* Nothing lives in a group that was only just made. */
#define UNDO_TIMEOUT_MS 1000

static gboolean make_directory(const char *relative, GError **error)
{
	g_autofree char *absolute = g_strconcat("/", relative, NULL);

	if (mkdir(absolute, 0755) == 0)
		return TRUE;
	return lathe_error_errno(error, errno, "create cgroup '%s'", absolute);
}

static gboolean write_file(const Root *live, const CgroupHierarchy *hierarchy,
			   const char *path, const char *file, const char *text,
			   GError **error)
{
	g_autofree char *name = cgroup_file(hierarchy, path, file);

	if (root_write(live, name, text, error))
		return TRUE;
	g_prefix_error(error, "'%s' into a cgroup: ", text);
	return FALSE;
}

static gboolean read_list(const Root *root, const CgroupHierarchy *hierarchy,
			  const char *path, const char *file, Cpuset *ret, GError **error)
{
	g_autofree char *name = cgroup_file(hierarchy, path, file);
	g_autofree char *text = NULL;

	if (!root_read_line(root, name, &text, NULL, error))
		return FALSE;
	if (cpulist_parse_kernel(text, CPUSET_CPUS, ret, error))
		return TRUE;
	g_prefix_error(error, "'/%s': ", name);
	return FALSE;
}

static gboolean write_list(const Root *live, const CgroupHierarchy *hierarchy,
			   const char *path, const char *file, const Cpuset *set,
			   GError **error)
{
	g_autofree char *text = cpulist_format(set);
	Cpuset seen;

	if (!write_file(live, hierarchy, path, file, text, error) ||
	    !read_list(live, hierarchy, path, file, &seen, error))
		return FALSE;
	if (!cpuset_equal(&seen, set)) {
		g_autofree char *other = cpulist_format(&seen);

		return lathe_error(error, LATHE_ERROR_IO,
				   "'/%s/%s/%s' holds '%s' after '%s' was written",
				   hierarchy->mount, path, file, other, text);
	}
	return TRUE;
}

/* What the kernel lets it use in the end: a partition or an exclusive cpuset elsewhere
 * takes CPUs away without refusing the write. */
static gboolean check_effective(const Root *live, const CgroupHierarchy *hierarchy,
				const char *path, const Cpuset *cpus, GError **error)
{
	const char *file = hierarchy->v2 ? "cpuset.cpus.effective"
					 : "cpuset.effective_cpus";
	g_autofree char *wanted = NULL;
	g_autofree char *given = NULL;
	Cpuset effective;

	if (!read_list(live, hierarchy, path, file, &effective, error))
		return FALSE;
	if (cpuset_equal(&effective, cpus))
		return TRUE;
	wanted = cpulist_format(cpus);
	given = cpulist_format(&effective);
	lathe_error(error, LATHE_ERROR_ENVIRONMENT,
		    "cgroup '/%s/%s' may use CPUs '%s' instead of '%s'", hierarchy->mount,
		    path, given, wanted);
	lathe_error_hint(error,
			 "a CPU is offline, or another cpuset holds it exclusively");
	return FALSE;
}

static char *parent_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? g_strndup(path, (gsize)(slash - path)) : g_strdup(".");
}

static gboolean set_cpus(const Root *live, const CgroupHierarchy *hierarchy,
			 const char *path, const Cpuset *cpus, GError **error)
{
	g_autofree char *parent = parent_of(path);
	Cpuset nodes;

	/* v1 refuses processes while either list is empty. */
	return read_list(live, hierarchy, parent,
			 hierarchy->v2 ? "cpuset.mems.effective"
				       : "cpuset.effective_mems",
			 &nodes, error) &&
	       write_list(live, hierarchy, path, "cpuset.mems", &nodes, error) &&
	       write_list(live, hierarchy, path, "cpuset.cpus", cpus, error) &&
	       check_effective(live, hierarchy, path, cpus, error);
}

/* The mark comes before the change that it describes. */
static gboolean turn_on_cpuset(const Root *live, const CgroupHierarchy *hierarchy,
			       const char *path, GError **error)
{
	g_autofree char *control = cgroup_file(hierarchy, ".", "cgroup.subtree_control");
	g_autofree char *mark = cgroup_file(hierarchy, path, CGROUP_MARK);
	g_autofree char *enabled = NULL;
	g_auto(GStrv) words = NULL;

	if (!root_read_line(live, control, &enabled, NULL, error))
		return FALSE;
	words = g_strsplit(enabled, " ", -1);
	if (g_strv_contains((const char *const *)words, "cpuset"))
		return TRUE;
	if (!make_directory(mark, error))
		return FALSE;
	if (root_write(live, control, "+cpuset", error))
		return TRUE;
	g_prefix_error(error, "turn on the cpuset controller: ");
	lathe_error_hint(error,
			 "inside a container the controller must be given to it from "
			 "outside");
	return FALSE;
}

static gboolean create_in(const Root *live, const CgroupHierarchy *hierarchy,
			  const char *path, const Cpuset *cpus, GError **error)
{
	g_autofree char *directory = cgroup_file(hierarchy, path, NULL);
	gboolean top = !strchr(path, '/');

	if (!make_directory(directory, error))
		return FALSE;
	if (!hierarchy->cpuset)
		return TRUE;
	if (hierarchy->v2 && top && !turn_on_cpuset(live, hierarchy, path, error))
		return FALSE;
	if (!set_cpus(live, hierarchy, path, cpus, error))
		return FALSE;
	/* The groups below need the files to be confined and checked on their own; and
	 * with a user below, nobody can turn the controller off at the top (EBUSY). */
	return !hierarchy->v2 || !top ||
	       write_file(live, hierarchy, path, "cgroup.subtree_control", "+cpuset",
			  error);
}

static gboolean check_absent(const Root *live, const CgroupLayout *layout,
			     const char *path, GError **error)
{
	for (guint i = 0; i < layout->count; i++) {
		g_autofree char *name = cgroup_file(&layout->hierarchies[i], path, NULL);

		if (root_exists(live, name))
			return lathe_error(error, LATHE_ERROR_BUSY, "cgroup '/%s' exists",
					   name);
	}
	return TRUE;
}

gboolean cgroup_create(const Root *live, const CgroupLayout *layout, const char *path,
		       const Cpuset *cpus, GError **error)
{
	gboolean created = TRUE;

	if (!root_is_live(live))
		return lathe_error(error, LATHE_ERROR_USAGE,
				   "cgroups are only made on the live machine");
	if (!check_absent(live, layout, path, error))
		return FALSE;
	for (guint i = 0; created && i < layout->count; i++)
		created = create_in(live, &layout->hierarchies[i], path, cpus, error);
	if (!created)
		cgroup_destroy(live, layout, path, UNDO_TIMEOUT_MS, NULL, NULL);
	return created;
}

/* v2: the line "usage_usec N" of cpu.stat, there without any controller. v1: ns. */
static gboolean parse_usage(const char *text, gboolean v2, guint64 *ret_ns)
{
	Span span = span_of(text);
	Span line;
	guint64 value;

	while (span_take_line(&span, &line)) {
		if (v2 && !span_take_literal(&line, "usage_usec "))
			continue;
		if (!span_take_number(&line, G_MAXUINT64 / 1000, &value) ||
		    line.at != line.end)
			return FALSE;
		*ret_ns = v2 ? value * 1000 : value;
		return TRUE;
	}
	return FALSE;
}

gboolean cgroup_cpu_seconds(const Root *root, const CgroupLayout *layout,
			    const char *path, double *ret, GError **error)
{
	for (guint i = 0; i < layout->count; i++) {
		const CgroupHierarchy *hierarchy = &layout->hierarchies[i];
		g_autofree char *name = NULL;
		g_autofree char *text = NULL;
		guint64 ns;

		if (!hierarchy->usage)
			continue;
		name = cgroup_file(hierarchy, path,
				   hierarchy->v2 ? "cpu.stat" : "cpuacct.usage");
		if (!root_read(root, name, &text, NULL, NULL, error))
			return FALSE;
		if (!parse_usage(text, hierarchy->v2, &ns))
			return lathe_error(error, LATHE_ERROR_INPUT,
					   "'/%s' tells no CPU time", name);
		*ret = (double)ns / 1e9;
		return TRUE;
	}
	g_assert_not_reached(); /* every layout has one that counts */
}

/* Field 39 of stat, "processor" (proc_pid_stat(5)), of one thread: a few hundred of these
 * are read a second, so nothing else is. comm may hold blanks and parentheses: the last
 * ')' ends it. FALSE when the thread is gone. */
static gboolean last_cpu(const Root *root, const char *tid, guint *ret)
{
	g_autofree char *name = g_strdup_printf("proc/%s/stat", tid);
	g_autofree char *text = NULL;
	const char *at;
	guint64 cpu;
	Span span;

	if (!root_read(root, name, &text, NULL, NULL, NULL))
		return FALSE;
	at = strrchr(text, ')');
	for (int field = 2; at && field < 39; field++)
		at = strchr(at + 1, ' ');
	if (!at)
		return FALSE;
	span = span_of(at + 1);
	if (!span_take_number(&span, CPUSET_CPUS - 1, &cpu))
		return FALSE;
	*ret = (guint)cpu;
	return TRUE;
}

static gboolean ran_on_in(const Root *root, const CgroupHierarchy *hierarchy,
			  const char *path, Cpuset *into, GError **error)
{
	g_autofree char *name =
		cgroup_file(hierarchy, path, hierarchy->v2 ? "cgroup.threads" : "tasks");
	g_autofree char *text = NULL;
	g_auto(GStrv) tids = NULL;

	if (!root_read(root, name, &text, NULL, NULL, error))
		return FALSE;
	tids = g_strsplit(g_strchomp(text), "\n", -1);
	for (char **tid = tids; *tid; tid++) {
		guint cpu;

		if (last_cpu(root, *tid, &cpu))
			cpuset_add(into, cpu);
	}
	return TRUE;
}

gboolean cgroup_ran_on(const Root *root, const CgroupLayout *layout, const char *path,
		       Cpuset *into, GError **error)
{
	for (guint i = 0; i < layout->count; i++)
		if (layout->hierarchies[i].cpuset)
			return ran_on_in(root, &layout->hierarchies[i], path, into,
					 error);
	g_assert_not_reached(); /* every layout has one that confines */
}
