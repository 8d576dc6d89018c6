/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "autofd.h"
#include "error.h"
#include "root.h"

typedef struct archive Archive;
static void archive_free_writer(Archive *archive)
{
	archive_write_free(archive);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Archive, archive_free_writer)

typedef struct archive_entry Entry;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Entry, archive_entry_free)

typedef struct {
	const Root *root;
	Archive *archive; /* NULL: only count */
	const char *top, *file;
	PackSize size;
} Packing;

static gboolean fail(const Packing *packing, GError **error)
{
	return lathe_error_errno(error, archive_errno(packing->archive), "write '%s'",
				 packing->file);
}

/* data NULL: a directory. */
static gboolean write_entry(const Packing *packing, const char *path, const char *data,
			    gsize length, GError **error)
{
	g_autoptr(Entry) entry = archive_entry_new();
	g_autofree char *name = g_build_filename(packing->top, path, NULL);

	archive_entry_set_pathname(entry, name);
	archive_entry_set_filetype(entry, data ? AE_IFREG : AE_IFDIR);
	archive_entry_set_perm(entry, data ? 0644 : 0755);
	archive_entry_set_mtime(entry, 0, 0);
	if (data)
		archive_entry_set_size(entry, (la_int64_t)length);
	if (archive_write_header(packing->archive, entry) != ARCHIVE_OK ||
	    (data && archive_write_data(packing->archive, data, length) != (la_ssize_t)length))
		return fail(packing, error);
	return TRUE;
}

static gboolean pack_file(Packing *packing, const char *path, GError **error)
{
	g_autofree char *data = NULL;
	gsize length;

	if (!root_read(packing->root, path, &data, &length, NULL, error))
		return FALSE;
	packing->size.files++;
	packing->size.bytes += length;
	return !packing->archive || write_entry(packing, path, data, length, error);
}

static gboolean pack_directory(Packing *packing, const char *path, GError **error)
{
	g_autoptr(GPtrArray) names = root_list(packing->root, *path ? path : ".", error);

	if (!names || (packing->archive && !write_entry(packing, path, NULL, 0, error)))
		return FALSE;
	for (guint i = 0; i < names->len; i++) {
		g_autofree char *below = *path ? g_build_filename(path, names->pdata[i], NULL)
					       : g_strdup(names->pdata[i]);

		if (root_is_directory(packing->root, below)
			    ? !pack_directory(packing, below, error)
			    : !pack_file(packing, below, error))
			return FALSE;
	}
	return TRUE;
}

/* gzip's header holds the time, unless told not to. */
static Archive *new_archive(void)
{
	Archive *archive = archive_write_new();

	g_assert(archive);
	archive_write_add_filter_gzip(archive);
	archive_write_set_filter_option(archive, "gzip", "timestamp", NULL);
	archive_write_set_format_pax_restricted(archive);
	return archive;
}

gboolean pack(const char *directory, const char *top, const char *file, GError **error)
{
	g_autoptr(Root) root = root_open_captured(directory, error);
	g_autoptr(Archive) archive = new_archive();
	Packing packing = {.root = root, .archive = archive, .top = top, .file = file};
	autofd fd = -1;

	if (!root)
		return FALSE;
	fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return lathe_error_errno(error, errno, "create '%s'", file);
	if (archive_write_open_fd(archive, fd) != ARCHIVE_OK)
		return fail(&packing, error);
	if (!pack_directory(&packing, "", error))
		return FALSE;
	if (archive_write_close(archive) != ARCHIVE_OK)
		return fail(&packing, error);
	return fsync(fd) == 0 || lathe_error_errno(error, errno, "write '%s'", file);
}

gboolean pack_size(const char *directory, PackSize *ret, GError **error)
{
	g_autoptr(Root) root = root_open_captured(directory, error);
	Packing packing = {.root = root, .file = directory};

	if (!root || !pack_directory(&packing, "", error))
		return FALSE;
	*ret = packing.size;
	return TRUE;
}
