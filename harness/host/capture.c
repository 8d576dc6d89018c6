/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "autofd.h"
#include "error.h"

static gboolean path_is_safe(const char *path)
{
	g_auto(GStrv) parts = g_strsplit(path, "/", -1);

	if (!*path)
		return FALSE;
	for (char **part = parts; *part; part++)
		if (!**part || strlen(*part) > 255 || strcmp(*part, ".") == 0 ||
		    strcmp(*part, "..") == 0)
			return FALSE;
	return TRUE;
}

static gboolean write_whole(int fd, const char *data, gsize length)
{
	while (length > 0) {
		gssize written = write(fd, data, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return FALSE;
		data += written;
		length -= (gsize)written;
	}
	return TRUE;
}

/* Goes down one component at a time without following links: whatever a guest has had us
 * create before, a name that it sends cannot leave the directory. */
static int open_parent(const char *directory, char **parts)
{
	int fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (; fd >= 0 && parts[1]; parts++) {
		autofd above = fd;

		if (mkdirat(above, *parts, 0755) != 0 && errno != EEXIST)
			return -1;
		fd = openat(above, *parts, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	}
	return fd;
}

gboolean capture_store(const char *directory, const char *path, const void *data,
		       gsize length, GError **error)
{
	g_auto(GStrv) parts = NULL;
	autofd parent = -1;
	autofd fd = -1;

	if (!path_is_safe(path))
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "refused to store a file named '%.255s'", path);
	if (g_mkdir_with_parents(directory, 0755) != 0)
		return lathe_error_errno(error, errno, "create '%s'", directory);
	parts = g_strsplit(path, "/", -1);
	parent = open_parent(directory, parts);
	if (parent >= 0)
		fd = openat(parent, parts[g_strv_length(parts) - 1],
			    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return lathe_error_errno(error, errno, "create '%s/%s'", directory, path);
	if (!write_whole(fd, data, length))
		return lathe_error_errno(error, errno, "write '%s/%s'", directory, path);
	return TRUE;
}

typedef struct {
	const Root *root;
	const char *directory;
	GString *errors; /* or NULL */
	gboolean literal; /* the pattern at hand names one path */
} Capture;

/* Absent here: the copy lacks it as well. A name that matched and turns out to be no directory
 * is not what the pattern means. What is there and cannot be read is noted, and stands empty
 * in the copy: who looks for names finds it. Some files of sysfs are there, and tell a reader
 * that they are not (xps_cpus of a device with one queue). */
static gboolean note_error(const Capture *capture, const char *path, int errnum, GError **error)
{
	g_autofree char *copy = NULL;

	if (!capture->errors || (errnum == ENOTDIR && !capture->literal))
		return TRUE;
	if (!root_exists(capture->root, path)) {
		if (errnum != ENOENT)
			g_string_append_printf(capture->errors, "%d\t%s\n", errnum, path);
		return TRUE;
	}
	g_string_append_printf(capture->errors, "%d\t%s\n", errnum, path);
	if (!root_is_directory(capture->root, path))
		return capture_store(capture->directory, path, "", 0, error);
	copy = g_build_filename(capture->directory, path, NULL);
	return g_mkdir_with_parents(copy, 0755) == 0 ||
	       lathe_error_errno(error, errno, "create '%s'", copy);
}

static gboolean copy_one(const Capture *capture, const char *path, GError **error)
{
	g_autofree char *text = NULL;
	gsize length;
	int errnum = 0;

	if (!root_read(capture->root, path, &text, &length, &errnum, NULL))
		return note_error(capture, path, errnum, error);
	return capture_store(capture->directory, path, text, length, error);
}

/* What is there keeps its content: O_EXCL. */
static gboolean make_placeholder(const char *directory, const char *name, gboolean is_directory)
{
	g_autofree char *path = g_build_filename(directory, name, NULL);
	autofd fd = -1;

	if (is_directory)
		return mkdir(path, 0755) == 0 || errno == EEXIST;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	return fd >= 0 || errno == EEXIST;
}

/* The list of a directory says something even where its files do not. */
static gboolean copy_list(const Capture *capture, const char *path, GError **error)
{
	g_autofree char *copy = g_build_filename(capture->directory, path, NULL);
	g_autoptr(GPtrArray) names = NULL;
	int errnum = 0;

	names = root_list_errno(capture->root, path, &errnum);
	if (!names)
		return note_error(capture, path, errnum, error);
	if (g_mkdir_with_parents(copy, 0755) != 0)
		return lathe_error_errno(error, errno, "create '%s'", copy);
	for (guint i = 0; i < names->len; i++) {
		g_autofree char *entry = g_build_filename(path, names->pdata[i], NULL);

		if (!make_placeholder(copy, names->pdata[i],
				      root_is_directory(capture->root, entry)))
			return lathe_error_errno(error, errno, "create '%s/%s'", copy,
						 (char *)names->pdata[i]);
	}
	return TRUE;
}

static gboolean is_list(const char *pattern)
{
	return g_str_has_suffix(pattern, "/");
}

static gboolean copy_matching(Capture *capture, const char *pattern, GError **error)
{
	gboolean list = is_list(pattern);
	g_autofree char *bare = g_strndup(pattern, strlen(pattern) - (list ? 1 : 0));
	g_autoptr(GHashTable) unlisted =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GPtrArray) paths = root_glob(capture->root, bare, unlisted);
	GHashTableIter iter;
	gpointer path, errnum;

	capture->literal = !strchr(pattern, '*');
	g_hash_table_iter_init(&iter, unlisted);
	while (g_hash_table_iter_next(&iter, &path, &errnum))
		if (!note_error(capture, path, GPOINTER_TO_INT(errnum), error))
			return FALSE;
	for (guint i = 0; i < paths->len; i++)
		if (list ? !copy_list(capture, paths->pdata[i], error)
			 : !copy_one(capture, paths->pdata[i], error))
			return FALSE;
	return TRUE;
}

gboolean capture_files_noting(const Root *root, const char *const *patterns,
			      const char *directory, GString *errors, GError **error)
{
	Capture capture = {root, directory, errors, FALSE};

	if (g_mkdir_with_parents(directory, 0755) != 0)
		return lathe_error_errno(error, errno, "create '%s'", directory);
	/* Lists last: a placeholder must not stand where a file's content goes. */
	for (guint lists = 0; lists < 2; lists++)
		for (const char *const *pattern = patterns; *pattern; pattern++)
			if (is_list(*pattern) == (lists == 1) &&
			    !copy_matching(&capture, *pattern, error))
				return FALSE;
	return TRUE;
}

gboolean capture_files(const Root *root, const char *const *patterns, const char *directory,
		       GError **error)
{
	return capture_files_noting(root, patterns, directory, NULL, error);
}
