/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "autofd.h"
#include "error.h"
#include "number.h"
#include "write_all.h"

#define MANIFEST     "manifest"
#define MANIFEST_MAX (1u << 20)

static GBytes *fail(GError **error, int errnum, const char *verb, const char *path)
{
	lathe_error_errno(error, errnum, "%s '%s'", verb, path);
	return NULL;
}

/* The file may grow or shrink meanwhile: what read() returns counts, not fstat(). */
static GBytes *read_up_to(int fd, guint64 size, guint64 max, const char *path,
			  GError **error)
{
	g_autofree char *data = g_malloc(size + 1);
	gsize used = 0, room = size + 1;

	for (;;) {
		gssize got = read(fd, data + used, room - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail(error, errno, "read", path);
		if (got == 0)
			break;
		used += (gsize)got;
		if (used > max)
			return fail(error, EFBIG, "read", path);
		if (used == room)
			data = g_realloc(data, room *= 2);
	}
	return g_bytes_new_take(g_steal_pointer(&data), used);
}

GBytes *store_read(const char *path, guint64 max, guint *ret_mode, GError **error)
{
	/* O_NONBLOCK keeps a FIFO from hanging the open; fstat refuses it. */
	autofd fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	GBytes *bytes;

	if (fd < 0)
		return fail(error, errno, "open", path);
	if (fstat(fd, &st) != 0)
		return fail(error, errno, "stat", path);
	if (!S_ISREG(st.st_mode)) {
		lathe_error(error, LATHE_ERROR_INPUT, "'%s' is not a regular file", path);
		return NULL;
	}
	if ((guint64)st.st_size > max)
		return fail(error, EFBIG, "read", path);
	bytes = read_up_to(fd, (guint64)st.st_size, max, path, error);
	if (bytes && ret_mode)
		*ret_mode = st.st_mode & 07777;
	return bytes;
}

gboolean store_write(const char *path, gconstpointer data, gsize length, GError **error)
{
	autofd fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (fd < 0)
		return lathe_error_errno(error, errno, "create '%s'", path);
	if (!write_all(fd, data, length) || fsync(fd) != 0)
		return lathe_error_errno(error, errno, "write '%s'", path);
	return TRUE;
}

static gboolean copy(const char *from, const char *to, GError **error)
{
	g_autoptr(GBytes) bytes = store_read(from, STORE_PART_MAX, NULL, error);
	gconstpointer data;
	gsize length;

	if (!bytes)
		return FALSE;
	data = g_bytes_get_data(bytes, &length);
	return store_write(to, data, length, error);
}

gboolean store_link(const char *from, const char *to, GError **error)
{
	if (link(from, to) == 0)
		return TRUE;
	if (errno == EPERM || errno == EMLINK || errno == EOPNOTSUPP)
		return copy(from, to, error);
	return lathe_error_errno(error, errno, "link '%s' to '%s'", to, from);
}

gboolean store_sync_directory(const char *path, GError **error)
{
	autofd fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) != 0)
		return lathe_error_errno(error, errno, "sync directory '%s'", path);
	return TRUE;
}

static int compare_entries(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static FTS *tree_open(const char *path)
{
	char *const roots[] = {(char *)path, NULL};

	return fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, compare_entries);
}

void store_remove(const char *path)
{
	FTS *tree = tree_open(path);
	FTSENT *entry;

	if (!tree)
		return;
	while ((entry = fts_read(tree))) {
		if (entry->fts_info == FTS_D)
			continue;
		if (entry->fts_info == FTS_DP || entry->fts_info == FTS_DNR)
			rmdir(entry->fts_accpath);
		else
			unlink(entry->fts_accpath);
	}
	fts_close(tree);
}

/* Syncs each directory on the way, so that the names of nested files last as well. */
static char *describe(const char *directory, GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);
	gsize skip = strlen(directory) + 1;
	FTS *tree = tree_open(directory);
	FTSENT *entry;
	gboolean ok = TRUE;

	if (!tree) {
		lathe_error_errno(error, errno, "read directory '%s'", directory);
		return NULL;
	}
	while (ok && (entry = fts_read(tree))) {
		if (entry->fts_info == FTS_F)
			g_string_append_printf(text, "%lld %s\n",
					       (long long)entry->fts_statp->st_size,
					       entry->fts_path + skip);
		else if (entry->fts_info == FTS_DP && entry->fts_level > 0)
			ok = store_sync_directory(entry->fts_path, error);
		else if (entry->fts_info != FTS_D && entry->fts_info != FTS_DP)
			ok = lathe_error(error, LATHE_ERROR_IO,
					 "'%s' does not belong into the cache",
					 entry->fts_path);
	}
	fts_close(tree);
	return ok ? g_string_free(g_steal_pointer(&text), FALSE) : NULL;
}

gboolean store_publish(const char *scratch, const char *final, GError **error)
{
	g_autofree char *text = describe(scratch, error);
	g_autofree char *manifest = g_build_filename(scratch, MANIFEST, NULL);
	g_autofree char *parent = g_path_get_dirname(final);

	if (!text || !store_write(manifest, text, strlen(text), error) ||
	    !store_sync_directory(scratch, error))
		return FALSE;
	if (chmod(scratch, 0755) != 0)
		return lathe_error_errno(error, errno, "chmod '%s'", scratch);
	store_remove(final);
	if (rename(scratch, final) != 0)
		return lathe_error_errno(error, errno, "rename '%s' to '%s'", scratch,
					 final);
	return store_sync_directory(parent, error);
}

static gboolean listed_file_intact(const char *directory, Span line)
{
	g_autofree char *name = NULL;
	g_autofree char *path = NULL;
	struct stat st;
	guint64 size;

	if (!span_take_number(&line, G_MAXINT64, &size) ||
	    !span_take_literal(&line, " ") || line.at == line.end)
		return FALSE;
	name = span_dup(line);
	path = g_build_filename(directory, name, NULL);
	return lstat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	       (guint64)st.st_size == size;
}

gboolean store_intact(const char *directory)
{
	g_autofree char *path = g_build_filename(directory, MANIFEST, NULL);
	g_autoptr(GBytes) bytes = store_read(path, MANIFEST_MAX, NULL, NULL);
	Span text, line;
	gsize length, files = 0;

	if (!bytes)
		return FALSE;
	text.at = g_bytes_get_data(bytes, &length);
	text.end = text.at + length;
	for (; length > 0 && span_take_line(&text, &line); files++)
		if (!listed_file_intact(directory, line))
			return FALSE;
	return files > 0;
}
