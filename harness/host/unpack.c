/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "autofd.h"
#include "error.h"
#include "escape.h"
#include "root.h"

#define BLOCK (64u << 10)
/* sysfs is some 20 deep. */
#define DEPTH_MAX 64

typedef struct archive Archive;
static void archive_free_reader(Archive *archive)
{
	archive_read_free(archive);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Archive, archive_free_reader)

typedef struct {
	Archive *archive;
	const char *name;
	int top;
	guint64 bytes;
	guint entries;
} Unpacking;

static gboolean fail_archive(const Unpacking *unpacking, GError **error)
{
	const char *why = archive_error_string(unpacking->archive);

	return lathe_error(error, LATHE_ERROR_INPUT, "'%s': %s", unpacking->name,
			   why ? why : "cannot be read");
}

static gboolean refuse(const Unpacking *unpacking, const char *path, const char *why,
		       GError **error)
{
	g_autofree char *shown = escape_text(path, -1);

	return lathe_error(error, LATHE_ERROR_INPUT, "'%s': entry '%.200s' %s", unpacking->name,
			   shown, why);
}

/* The components of a path without "." and empty ones (tar's own "./a/"), or NULL when it may
 * not be unpacked. */
static char **split(const char *path)
{
	g_auto(GStrv) parts = g_strsplit(path, "/", -1);
	g_autoptr(GStrvBuilder) kept = g_strv_builder_new();
	guint n = 0;

	if (*path == '/')
		return NULL;
	for (char **part = parts; *part; part++) {
		if (!**part || strcmp(*part, ".") == 0)
			continue;
		if (strcmp(*part, "..") == 0 || strlen(*part) > NAME_MAX || ++n > DEPTH_MAX)
			return NULL;
		g_strv_builder_add(kept, *part);
	}
	return g_strv_builder_end(kept);
}

/* Opens the directory that the last component goes to, making what is missing. Without
 * following links: whatever an earlier entry was, a later one cannot leave. */
static int open_parent(int top, char **parts)
{
	int fd = fcntl(top, F_DUPFD_CLOEXEC, 0);

	for (; fd >= 0 && parts[0] && parts[1]; parts++) {
		autofd above = fd;

		if (mkdirat(above, *parts, 0700) != 0 && errno != EEXIST)
			return -1;
		fd = openat(above, *parts, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	}
	return fd;
}

static gboolean copy_data(const Unpacking *unpacking, int fd, const char *path, GError **error)
{
	char buffer[BLOCK];

	for (;;) {
		la_ssize_t got = archive_read_data(unpacking->archive, buffer, sizeof(buffer));

		if (got < 0)
			return fail_archive(unpacking, error);
		if (got == 0)
			return TRUE;
		for (la_ssize_t done = 0; done < got;) {
			gssize written = write(fd, buffer + done, (gsize)(got - done));

			if (written < 0 && errno == EINTR)
				continue;
			if (written < 0)
				return lathe_error_errno(error, errno, "'%s': write '%s'",
							 unpacking->name, path);
			done += written;
		}
	}
}

static gboolean make_file(const Unpacking *unpacking, int parent, const char *leaf,
			  struct archive_entry *entry, const char *path, GError **error)
{
	la_int64_t size = archive_entry_size(entry);
	autofd fd = -1;

	/* A name may come twice (tar -r): the last one counts. */
	if (unlinkat(parent, leaf, 0) != 0 && errno != ENOENT)
		return refuse(unpacking, path, "was a directory before", error);
	fd = openat(parent, leaf, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return lathe_error_errno(error, errno, "'%s': create '%s'", unpacking->name, path);
	if (size <= ROOT_FILE_MAX)
		return copy_data(unpacking, fd, path, error);
	if (ftruncate(fd, size) != 0)
		return lathe_error_errno(error, errno, "'%s': create '%s'", unpacking->name, path);
	return TRUE;
}

static gboolean make_hard_link(const Unpacking *unpacking, int parent, const char *leaf,
			       const char *target, const char *path, GError **error)
{
	g_auto(GStrv) parts = split(target);
	autofd from = -1;

	if (!parts || !parts[0])
		return refuse(unpacking, path, "is a link to a name that leaves the archive",
			      error);
	from = open_parent(unpacking->top, parts);
	if (from < 0 || linkat(from, parts[g_strv_length(parts) - 1], parent, leaf, 0) != 0)
		return refuse(unpacking, path, "is a link to what is not there", error);
	return TRUE;
}

static gboolean make_entry(const Unpacking *unpacking, struct archive_entry *entry,
			   const char *path, char **parts, GError **error)
{
	const char *leaf = parts[g_strv_length(parts) - 1];
	const char *hard = archive_entry_hardlink(entry);
	autofd parent = open_parent(unpacking->top, parts);

	if (parent < 0)
		return refuse(unpacking, path, "goes through a link or a file", error);
	if (hard)
		return make_hard_link(unpacking, parent, leaf, hard, path, error);
	switch (archive_entry_filetype(entry)) {
	case AE_IFREG:
		return make_file(unpacking, parent, leaf, entry, path, error);
	case AE_IFDIR:
		if (mkdirat(parent, leaf, 0700) == 0 || errno == EEXIST)
			return TRUE;
		break;
	case AE_IFLNK:
		if (unlinkat(parent, leaf, 0) != 0 && errno != ENOENT)
			return refuse(unpacking, path, "was a directory before", error);
		if (symlinkat(archive_entry_symlink(entry) ?: "", parent, leaf) == 0)
			return TRUE;
		break;
	default:
		return TRUE;
	}
	return lathe_error_errno(error, errno, "'%s': create '%s'", unpacking->name, path);
}

static gboolean take_entry(Unpacking *unpacking, struct archive_entry *entry, GError **error)
{
	const char *path = archive_entry_pathname(entry);
	la_int64_t size = archive_entry_size(entry);
	g_auto(GStrv) parts = path ? split(path) : NULL;

	if (!parts)
		return refuse(unpacking, path ? path : "?", "has a name that leaves the archive",
			      error);
	if (size < 0 || ++unpacking->entries > UNPACK_ENTRIES_MAX ||
	    (unpacking->bytes += (guint64)size) > UNPACK_BYTES_MAX) {
		lathe_error(error, LATHE_ERROR_INPUT,
			    "'%s' holds more than %u entries or %llu GiB", unpacking->name,
			    UNPACK_ENTRIES_MAX, UNPACK_BYTES_MAX >> 30);
		lathe_error_hint(error, "unpack it yourself and name the directory");
		return FALSE;
	}
	/* The archive's own top, "./". */
	return !parts[0] || make_entry(unpacking, entry, path, parts, error);
}

static Archive *open_archive(void)
{
	Archive *archive = archive_read_new();

	g_assert(archive);
	archive_read_support_filter_gzip(archive);
	archive_read_support_filter_bzip2(archive);
	archive_read_support_filter_xz(archive);
	archive_read_support_filter_zstd(archive);
	archive_read_support_format_tar(archive);
	return archive;
}

gboolean unpack(int fd, const char *name, const char *directory, GError **error)
{
	g_autoptr(Archive) archive = open_archive();
	autofd top = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	Unpacking unpacking = {.archive = archive, .name = name, .top = top};
	struct archive_entry *entry;
	int got;

	if (top < 0)
		return lathe_error_errno(error, errno, "open directory '%s'", directory);
	if (archive_read_open_fd(archive, fd, BLOCK) != ARCHIVE_OK)
		return fail_archive(&unpacking, error);
	/* A header that had to be guessed at is still of use; data that does not come is not. */
	while ((got = archive_read_next_header(archive, &entry)) == ARCHIVE_OK ||
	       got == ARCHIVE_WARN)
		if (!take_entry(&unpacking, entry, error))
			return FALSE;
	if (got != ARCHIVE_EOF) {
		fail_archive(&unpacking, error);
		if (unpacking.entries == 0)
			lathe_error_hint(error, "it takes a directory, or a tar archive, plain or "
					 "compressed by gzip, bzip2, xz or zstd");
		return FALSE;
	}
	if (unpacking.entries == 0)
		return lathe_error(error, LATHE_ERROR_INPUT, "'%s' holds nothing", name);
	return TRUE;
}
