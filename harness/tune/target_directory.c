/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A group of resctrl: "present" or "absent". The kernel fills the directory with files
 * when it is made, and empties it when it is removed.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "autofd.h"
#include "error.h"
#include "resctrl.h"
#include "target.h"

#define PRESENT "present"
#define ABSENT  "absent"

/* The name of the group; NULL: no journal has any other directory made or removed. */
static const char *group_name(const char *place)
{
	static const char *const kernels[] = {"info", "mon_data", "mon_groups", NULL};
	const char *name = place + strlen(RESCTRL_PATH "/");

	if (!g_str_has_prefix(place, RESCTRL_PATH "/") || *name == '\0' || *name == '.' ||
	    name[strspn(name, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "-_.")] ||
	    g_strv_contains(kernels, name))
		return NULL;
	return name;
}

static gboolean read_directory(const TargetHost *host, const char *place, char **ret,
			       int *ret_errno)
{
	if (!group_name(place)) {
		*ret_errno = EINVAL;
		return FALSE;
	}
	if (!root_is_directory(host->root, RESCTRL_PATH)) {
		*ret_errno = ENOENT;
		return FALSE;
	}
	*ret = g_strdup(root_is_directory(host->root, place) ? PRESENT : ABSENT);
	return TRUE;
}

/* A tree has no kernel to empty the directory. */
static int empty_tree(const TargetHost *host, const char *place)
{
	int errnum = 0;
	g_autoptr(GPtrArray) names = NULL;
	autofd fd = -1;

	if (root_is_live(host->root))
		return 0;
	names = root_list_errno(host->root, place, &errnum);
	fd = root_resolve(host->root, place, O_RDONLY | O_DIRECTORY, RESOLVE_IN_ROOT);
	if (!names || fd < 0)
		return names ? errno : errnum;
	for (guint i = 0; i < names->len; i++)
		if (unlinkat(fd, names->pdata[i], 0) != 0)
			return errno;
	return 0;
}

static int make_or_remove(const TargetHost *host, const char *place, gboolean make)
{
	autofd fd = -1;
	int errnum;

	if (!root_is_writable(host->root))
		return EROFS;
	fd = root_resolve(host->root, RESCTRL_PATH, O_RDONLY | O_DIRECTORY,
			  RESOLVE_IN_ROOT);
	if (fd < 0)
		return errno;
	if (make)
		return mkdirat(fd, group_name(place), 0755) == 0 ? 0 : errno;
	errnum = empty_tree(host, place);
	if (errnum)
		return errnum;
	return unlinkat(fd, group_name(place), AT_REMOVEDIR) == 0 ? 0 : errno;
}

static gboolean write_directory(const TargetHost *host, const char *place,
				const char *value, GError **error)
{
	gboolean make = strcmp(value, PRESENT) == 0;
	int errnum;

	if (!group_name(place) || (!make && strcmp(value, ABSENT) != 0))
		return lathe_error(
			error, LATHE_ERROR_INPUT,
			"'%s' to '%s': a group of resctrl becomes present or absent",
			value, place);
	errnum = make_or_remove(host, place, make);
	return errnum == 0 || lathe_error_errno(error, errnum, "%s '%s'",
						make ? "make" : "remove", place);
}

static gboolean same_word(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

const TargetKind target_directory = {
	.read = read_directory, .write = write_directory, .same = same_word};
