/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cgroup.h"

#include <string.h>

#include "error.h"

/* Mount points relative to the root, NULL when there is none. */
typedef struct {
	char *v2, *cpuset, *cpuacct;
} Mounts;

static void mounts_done(Mounts *mounts)
{
	g_free(mounts->v2);
	g_free(mounts->cpuset);
	g_free(mounts->cpuacct);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Mounts, mounts_done)

/* mountinfo writes blanks, tabs, newlines and backslashes as three octal digits. */
static char *unescape_octal(const char *text)
{
	GString *plain = g_string_new(NULL);

	for (const char *p = text; *p; p++) {
		if (p[0] == '\\' && p[1] >= '0' && p[1] <= '3' && p[2] >= '0' &&
		    p[2] <= '7' && p[3] >= '0' && p[3] <= '7') {
			g_string_append_c(plain, (char)((p[1] - '0') * 64 +
							(p[2] - '0') * 8 + (p[3] - '0')));
			p += 3;
		} else {
			g_string_append_c(plain, *p);
		}
	}
	return g_string_free(plain, FALSE);
}

static gboolean has_word(const char *text, const char *separators, const char *word)
{
	g_auto(GStrv) words = g_strsplit_set(text, separators, -1);

	return g_strv_contains((const char *const *)words, word);
}

/* A hierarchy may be mounted in several places: the first counts. */
static void keep_first(char **slot, const char *mount_point)
{
	g_autofree char *plain = unescape_octal(mount_point);

	if (!*slot && plain[0] == '/' && plain[1])
		*slot = g_strdup(plain + 1);
}

/*
 * proc_pid_mountinfo(5): ID PARENT MAJOR:MINOR ROOT MOUNTPOINT OPTIONS [TAG...] - TYPE
 * SOURCE SUPER-OPTIONS. A v1 mount names its controllers among the super options.
 */
static void take_line(Mounts *mounts, const char *line)
{
	g_auto(GStrv) fields = g_strsplit(line, " ", -1);
	guint count = g_strv_length(fields);
	guint dash = 6;

	while (dash < count && strcmp(fields[dash], "-") != 0)
		dash++;
	if (dash + 3 >= count)
		return;
	if (strcmp(fields[dash + 1], "cgroup2") == 0)
		keep_first(&mounts->v2, fields[4]);
	if (strcmp(fields[dash + 1], "cgroup") != 0)
		return;
	if (has_word(fields[dash + 3], ",", "cpuset"))
		keep_first(&mounts->cpuset, fields[4]);
	if (has_word(fields[dash + 3], ",", "cpuacct"))
		keep_first(&mounts->cpuacct, fields[4]);
}

static gboolean mounts_read(const Root *root, Mounts *mounts, GError **error)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!root_read(root, "proc/self/mountinfo", &text, NULL, NULL, error))
		return FALSE;
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++)
		take_line(mounts, *line);
	return TRUE;
}

static gboolean v2_has_cpuset(const Root *root, const char *mount, gboolean *ret,
			      GError **error)
{
	g_autofree char *path = g_strconcat(mount, "/cgroup.controllers", NULL);
	g_autofree char *controllers = NULL;

	if (!root_read_line(root, path, &controllers, NULL, error))
		return FALSE;
	*ret = has_word(controllers, " ", "cpuset");
	return TRUE;
}

static void add(CgroupLayout *layout, const char *mount, gboolean v2, gboolean cpuset,
		gboolean usage)
{
	layout->hierarchies[layout->count++] =
		(CgroupHierarchy){g_strdup(mount), v2, cpuset, usage};
}

/* v2 comes first: its cgroup.kill is the surest end of a group. */
static gboolean choose(CgroupLayout *layout, const Mounts *mounts, gboolean in_v2,
		       GError **error)
{
	if (!in_v2 && !mounts->cpuset) {
		lathe_error(error, LATHE_ERROR_ENVIRONMENT,
			    "this machine has no cpuset controller: loads cannot be "
			    "confined");
		lathe_error_hint(error,
				 "the kernel needs CONFIG_CPUSETS, and a cgroup mount "
				 "that has the controller");
		return FALSE;
	}
	if (mounts->v2) {
		add(layout, mounts->v2, TRUE, in_v2, TRUE);
		if (!in_v2)
			add(layout, mounts->cpuset, FALSE, TRUE, FALSE);
		return TRUE;
	}
	if (!mounts->cpuacct) {
		lathe_error(error, LATHE_ERROR_ENVIRONMENT,
			    "this machine mounts neither cgroup v2 nor cpuacct: the CPU "
			    "time of "
			    "loads cannot be read");
		lathe_error_hint(error, "mount -t cgroup2 none DIR is enough");
		return FALSE;
	}
	if (strcmp(mounts->cpuset, mounts->cpuacct) == 0) {
		add(layout, mounts->cpuset, FALSE, TRUE, TRUE);
		return TRUE;
	}
	add(layout, mounts->cpuset, FALSE, TRUE, FALSE);
	add(layout, mounts->cpuacct, FALSE, FALSE, TRUE);
	return TRUE;
}

CgroupLayout *cgroup_layout_read(const Root *root, GError **error)
{
	g_autoptr(CgroupLayout) layout = g_new0(CgroupLayout, 1);
	g_auto(Mounts) mounts = {0};
	gboolean in_v2 = FALSE;

	if (!mounts_read(root, &mounts, error))
		return NULL;
	if (mounts.v2 && !v2_has_cpuset(root, mounts.v2, &in_v2, error))
		return NULL;
	if (!choose(layout, &mounts, in_v2, error))
		return NULL;
	return g_steal_pointer(&layout);
}

void cgroup_layout_free(CgroupLayout *layout)
{
	if (!layout)
		return;
	for (guint i = 0; i < layout->count; i++)
		g_free(layout->hierarchies[i].mount);
	g_free(layout);
}

char *cgroup_file(const CgroupHierarchy *hierarchy, const char *path, const char *file)
{
	return g_strconcat(hierarchy->mount, "/", path, file ? "/" : NULL, file, NULL);
}
