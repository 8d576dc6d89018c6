/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "deb.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "decompress.h"
#include "error.h"
#include "modules.h"
#include "store.h"

#define BLOCK (128u << 10)
/* vmlinuz is 8 to 15 MB, a module with debug information a few. */
#define FILE_MAX (256u << 20)

typedef struct {
	const char *deb;
	const char *directory;
	GHashTable *names;
	char *release;
} Unpacking;

typedef struct {
	ArchiveReader *outer;
	char buffer[BLOCK];
} Member;

gboolean deb_release_valid(const char *release)
{
	gsize length = strlen(release);

	if (length == 0 || length > 64 || release[0] == '.')
		return FALSE;
	for (gsize i = 0; i < length; i++)
		if (!g_ascii_isalnum(release[i]) && !strchr("._+~-", release[i]))
			return FALSE;
	return TRUE;
}

static la_ssize_t member_read(struct archive *inner, void *user_data, const void **buffer)
{
	Member *member = user_data;
	la_ssize_t got = archive_read_data(member->outer, member->buffer, BLOCK);

	*buffer = member->buffer;
	if (got < 0)
		archive_set_error(inner, archive_errno(member->outer), "%s",
				  archive_error_string(member->outer));
	return got;
}

/* Where in the directory an entry of the package goes; NULL: not wanted. */
static char *destination(Unpacking *unpacking, const char *path)
{
	const char *base;
	g_autofree char *name = NULL;

	if (g_str_has_prefix(path, "./"))
		path += 2;
	/* Debian 13 and later ship modules below usr/lib. */
	if (g_str_has_prefix(path, "usr/lib/"))
		path += strlen("usr/");
	base = strrchr(path, '/');
	if (g_str_has_prefix(path, "boot/vmlinuz-"))
		return g_strdup("vmlinuz");
	if (g_str_has_prefix(path, "boot/config-"))
		return g_strdup("config");
	if (!base || !g_str_has_prefix(path, "lib/modules/"))
		return NULL;
	if (strcmp(base, "/modules.builtin") == 0)
		return g_strdup("modules/modules.builtin");
	name = module_name(base);
	if (!name || !g_hash_table_contains(unpacking->names, name))
		return NULL;
	return g_strconcat("modules", base, NULL);
}

static gboolean take_release(Unpacking *unpacking, const char *path, GError **error)
{
	const char *release = strstr(path, "vmlinuz-") + strlen("vmlinuz-");

	if (unpacking->release)
		return lathe_error(error, LATHE_ERROR_INPUT, "'%s' holds two kernels",
				   unpacking->deb);
	if (!deb_release_valid(release))
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "'%s' names its kernel in an odd way", unpacking->deb);
	unpacking->release = g_strdup(release);
	return TRUE;
}

static gboolean extract(Unpacking *unpacking, ArchiveReader *inner,
			struct archive_entry *entry, const char *to, GError **error)
{
	la_int64_t size = archive_entry_size(entry);
	g_autofree char *path = g_build_filename(unpacking->directory, to, NULL);
	g_autofree char *data = NULL;

	if (size < 0 || size > FILE_MAX)
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "'%s' holds a file of an impossible size",
				   unpacking->deb);
	data = g_malloc((gsize)size + 1);
	if (archive_read_data(inner, data, (size_t)size) != size)
		return archive_reader_fail(inner, unpacking->deb, error);
	return store_write(path, data, (gsize)size, error);
}

static gboolean take_entry(Unpacking *unpacking, ArchiveReader *inner,
			   struct archive_entry *entry, GError **error)
{
	const char *path = archive_entry_pathname(entry);
	g_autofree char *to = NULL;

	if (!path || archive_entry_filetype(entry) != AE_IFREG)
		return TRUE;
	to = destination(unpacking, path);
	if (!to)
		return TRUE;
	if (strcmp(to, "vmlinuz") == 0 && !take_release(unpacking, path, error))
		return FALSE;
	return extract(unpacking, inner, entry, to, error);
}

static gboolean take_data(Unpacking *unpacking, ArchiveReader *outer, GError **error)
{
	g_autoptr(ArchiveReader) inner = archive_reader_new();
	g_autofree Member *member = g_new(Member, 1);
	struct archive_entry *entry;
	int got;

	member->outer = outer;
	archive_read_support_format_tar(inner);
	if (archive_read_open(inner, member, NULL, member_read, NULL) != ARCHIVE_OK)
		return archive_reader_fail(inner, unpacking->deb, error);
	while ((got = archive_read_next_header(inner, &entry)) == ARCHIVE_OK)
		if (!take_entry(unpacking, inner, entry, error))
			return FALSE;
	return got == ARCHIVE_EOF || archive_reader_fail(inner, unpacking->deb, error);
}

static gboolean find_data(Unpacking *unpacking, GError **error)
{
	g_autoptr(ArchiveReader) outer = archive_read_new();
	struct archive_entry *entry;
	int got;

	archive_read_support_format_ar(outer);
	if (archive_read_open_filename(outer, unpacking->deb, BLOCK) != ARCHIVE_OK)
		return archive_reader_fail(outer, unpacking->deb, error);
	while ((got = archive_read_next_header(outer, &entry)) == ARCHIVE_OK)
		if (g_str_has_prefix(archive_entry_pathname(entry), "data.tar"))
			return take_data(unpacking, outer, error);
	if (got != ARCHIVE_EOF)
		return archive_reader_fail(outer, unpacking->deb, error);
	return lathe_error(error, LATHE_ERROR_INPUT,
			   "'%s' is no Debian package: it has no data.tar",
			   unpacking->deb);
}

static gboolean write_release(const Unpacking *unpacking, GError **error)
{
	g_autofree char *path = g_build_filename(unpacking->directory, "release", NULL);
	g_autofree char *line = NULL;

	if (!unpacking->release)
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "'%s' holds no kernel (boot/vmlinuz-*)",
				   unpacking->deb);
	line = g_strconcat(unpacking->release, "\n", NULL);
	return store_write(path, line, strlen(line), error);
}

gboolean deb_unpack_kernel(const char *deb, GHashTable *names, const char *directory,
			   GError **error)
{
	Unpacking unpacking = {.deb = deb, .directory = directory, .names = names};
	g_autofree char *modules = g_build_filename(directory, "modules", NULL);
	gboolean ok;

	if (mkdir(modules, 0755) != 0)
		return lathe_error_errno(error, errno, "create '%s'", modules);
	ok = find_data(&unpacking, error) && write_release(&unpacking, error);
	g_free(unpacking.release);
	return ok;
}
