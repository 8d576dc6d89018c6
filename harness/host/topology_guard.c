/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "topology_guard.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "autofd.h"
#include "cpulist.h"
#include "error.h"
#include "escape.h"
#include "number.h"
#include "topology.h"

/* Attributes of sysfs hold a page; maps of 8,192 CPUs 2.3 KiB. */
#define ATTRIBUTE_MAX (64 << 10)
/* sys/devices/system/node/nodeN/hugepages/hugepages-NkB/nr_hugepages is the deepest. */
#define DEPTH_MAX 16

/* Everything that hwloc 2.x looks at when I/O devices are filtered out. */
static const char *const places[] = {
	"sys/devices/system/cpu",
	"sys/devices/system/node",
	"sys/devices/virtual/dmi/id",
	"sys/class/dmi/id",
	"sys/kernel/mm/hugepages",
	"sys/bus/dax/devices",
	"proc/driver/nvidia/gpus",
	"proc/cpuinfo",
	"proc/meminfo",
	"proc/hwloc-nofile-info",
	"var/run/hwloc/knl_memoryside_cache",
};

typedef struct {
	const Root *root;
	GHashTable *seen; /* directories by device and inode: links make loops */
	GError **error;
} Walk;

static int open_beneath(const Root *root, const char *path)
{
	return root_resolve(root, path, O_PATH, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
}

static gboolean refuse(const Walk *walk, const char *path, const char *why)
{
	g_autofree char *shown = escape_text(path, -1);

	lathe_error(walk->error, LATHE_ERROR_INPUT, "'%s' %s", shown, why);
	lathe_error_hint(walk->error, "a captured machine is a tree of files; this one cannot be "
			 "read without leaving it");
	return FALSE;
}

/* "cpu4294967295" would have hwloc allocate a bitmap of that many bits. */
static gboolean check_name(const Walk *walk, const char *path, const char *name)
{
	static const struct {
		const char *prefix;
		guint64 limit;
	} numbered[] = {{"cpu", CPUSET_CPUS}, {"node", TOPOLOGY_NODES}};

	for (gsize i = 0; i < G_N_ELEMENTS(numbered); i++) {
		const char *digits = name + strlen(numbered[i].prefix);

		if (!g_str_has_prefix(name, numbered[i].prefix) || !g_ascii_isdigit(*digits))
			continue;
		if (!number_parse(digits, 0, numbered[i].limit - 1, &(guint64){0}, NULL))
			return refuse(walk, path, "has a number that no kernel gives");
	}
	return TRUE;
}

/* Links of sysfs that lead away from the topology, into the rest of the device tree. */
static gboolean leads_elsewhere(const char *name)
{
	static const char *const names[] = {"subsystem", "driver", "firmware_node", "device",
					    NULL};

	return g_strv_contains(names, name);
}

static gboolean check_file(const Walk *walk, const char *path, const struct stat *st)
{
	gsize limit = g_str_has_prefix(path, "proc/") ? ROOT_FILE_MAX : ATTRIBUTE_MAX;

	if (!S_ISREG(st->st_mode))
		return refuse(walk, path, "is neither a file nor a directory");
	if ((guint64)st->st_size > limit)
		return refuse(walk, path, "is longer than the kernel writes it");
	return TRUE;
}

static gboolean visit_directory(Walk *walk, int fd, const char *path, guint depth);

/* The kernel resolves the link, and refuses to step out of the root (EXDEV); one that leads
 * nowhere is as good as absent, for hwloc as well. */
static gboolean visit_path(Walk *walk, const char *path, guint depth)
{
	autofd fd = open_beneath(walk->root, path);
	struct stat st;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return TRUE;
	if (fd < 0 && errno == EXDEV)
		return refuse(walk, path, "is a symlink that leaves the root");
	if (fd < 0 || fstat(fd, &st) != 0)
		return lathe_error_errno(walk->error, errno, "look at '%s'", path);
	if (S_ISDIR(st.st_mode)) {
		autofd directory = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		return visit_directory(walk, directory, path, depth);
	}
	return check_file(walk, path, &st);
}

static gboolean visit_entry(Walk *walk, int parent, const char *name, const char *path,
			    guint depth)
{
	struct stat st;

	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return lathe_error_errno(walk->error, errno, "look at '%s'", path);
	if (S_ISLNK(st.st_mode))
		return visit_path(walk, path, depth);
	if (S_ISDIR(st.st_mode)) {
		autofd fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		return visit_directory(walk, fd, path, depth);
	}
	return check_file(walk, path, &st);
}

static gboolean visit_entries(Walk *walk, DIR *directory, const char *path, guint depth)
{
	struct dirent *entry;

	while ((entry = readdir(directory))) {
		const char *name = entry->d_name;
		g_autofree char *child = NULL;

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || leads_elsewhere(name))
			continue;
		child = g_build_filename(path, name, NULL);
		if (!check_name(walk, child, name) ||
		    !visit_entry(walk, dirfd(directory), name, child, depth + 1))
			return FALSE;
	}
	return TRUE;
}

/* fd stays the caller's; -1 is one that could not be opened, for the reason in errno. */
static gboolean visit_directory(Walk *walk, int fd, const char *path, guint depth)
{
	struct stat st;
	DIR *directory;
	gboolean good;
	char *key;

	if (fd < 0 || fstat(fd, &st) != 0 ||
	    !(directory = fdopendir(fcntl(fd, F_DUPFD_CLOEXEC, 0))))
		return lathe_error_errno(walk->error, errno, "open directory '%s'", path);
	key = g_strdup_printf("%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT, (guint64)st.st_dev,
			      (guint64)st.st_ino);
	if (depth > DEPTH_MAX) {
		g_free(key);
		good = refuse(walk, path, "is nested deeper than sysfs is");
	} else {
		good = !g_hash_table_add(walk->seen, key) ||
		       visit_entries(walk, directory, path, depth);
	}
	closedir(directory);
	return good;
}

/* hwloc sets a bit for each number between the bounds that a list names. */
static gboolean check_list(const Root *root, const char *path, guint limit, GError **error)
{
	g_autofree char *text = NULL;
	int errnum = 0;
	Cpuset set;

	if (!root_read(root, path, &text, NULL, &errnum, error)) {
		if (errnum != ENOENT)
			return FALSE;
		g_clear_error(error);
		return TRUE;
	}
	if (cpulist_parse_kernel(text, limit, &set, error))
		return TRUE;
	g_prefix_error(error, "%s: ", path);
	return FALSE;
}

/* hwloc divides by it. */
static gboolean check_page_size(const Root *root, GError **error)
{
	static const char path[] = "proc/hwloc-nofile-info";
	g_autofree char *text = NULL;
	Span span, line;

	if (!root_read(root, path, &text, NULL, NULL, NULL))
		return TRUE;
	for (span = span_of(text); span_take_line(&span, &line);) {
		guint64 size;

		if (!span_take_literal(&line, "PageSize: "))
			continue;
		if (!span_take_number(&line, 1 << 30, &size) || size == 0 || line.at != line.end)
			return lathe_error(error, LATHE_ERROR_INPUT,
					   "%s: the page size is not a number of bytes", path);
	}
	return TRUE;
}

gboolean topology_guard(const Root *root, GError **error)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	Walk walk = {root, seen, error};

	for (gsize i = 0; i < G_N_ELEMENTS(places); i++)
		if (!visit_path(&walk, places[i], 0))
			return FALSE;
	return check_list(root, "sys/devices/system/cpu/online", CPUSET_CPUS, error) &&
	       check_list(root, "sys/devices/system/node/online", TOPOLOGY_NODES, error) &&
	       check_page_size(root, error);
}
