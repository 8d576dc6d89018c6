/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decompress.h"

#include <archive.h>
#include <archive_entry.h>

#include "error.h"

#define STEP (256u << 10)

void archive_reader_free(ArchiveReader *reader)
{
	archive_read_free(reader);
}

ArchiveReader *archive_reader_new(void)
{
	ArchiveReader *reader = archive_read_new();

	/* Only out of memory makes this NULL, and GLib's rule for that is to abort. */
	g_assert(reader);
	archive_read_support_filter_gzip(reader);
	archive_read_support_filter_bzip2(reader);
	archive_read_support_filter_xz(reader);
	archive_read_support_filter_lzma(reader);
	archive_read_support_filter_zstd(reader);
	archive_read_support_filter_lz4(reader);
	return reader;
}

gboolean archive_reader_fail(ArchiveReader *reader, const char *name, GError **error)
{
	const char *why = archive_error_string(reader);

	return lathe_error(error, LATHE_ERROR_INPUT, "'%s': %s", name,
			   why ? why : "cannot be read");
}

static gboolean pump(ArchiveReader *reader, guint64 limit, const char *name,
		     DecompressSink sink, gpointer user_data, GError **error)
{
	g_autofree char *buffer = g_malloc(STEP);
	guint64 total = 0;

	for (;;) {
		la_ssize_t got = archive_read_data(reader, buffer, STEP);

		if (got < 0)
			return archive_reader_fail(reader, name, error);
		if (got == 0)
			return TRUE;
		total += (guint64)got;
		if (total > limit)
			return lathe_error(error, LATHE_ERROR_INPUT,
					   "'%s' holds more than %" G_GUINT64_FORMAT
					   " bytes when decompressed",
					   name, limit);
		if (!sink(buffer, (gsize)got, user_data, error))
			return FALSE;
	}
}

gboolean decompress(gconstpointer data, gsize length, guint64 limit, const char *name,
		    DecompressSink sink, gpointer user_data, GError **error)
{
	g_autoptr(ArchiveReader) reader = archive_reader_new();
	struct archive_entry *entry;

	archive_read_support_format_raw(reader);
	if (archive_read_open_memory(reader, data, length) != ARCHIVE_OK ||
	    archive_read_next_header(reader, &entry) != ARCHIVE_OK)
		return archive_reader_fail(reader, name, error);
	if (archive_filter_code(reader, 0) == ARCHIVE_FILTER_NONE)
		return lathe_error(
		    error, LATHE_ERROR_INPUT,
		    "'%s' is not compressed in a known way (xz, gzip, zstd, "
		    "lz4, bzip2, lzma)",
		    name);
	return pump(reader, limit, name, sink, user_data, error);
}

static gboolean append(const void *data, gsize length, gpointer user_data,
		       G_GNUC_UNUSED GError **error)
{
	g_byte_array_append(user_data, data, (guint)length);
	return TRUE;
}

GBytes *decompress_bytes(gconstpointer data, gsize length, guint64 limit,
			 const char *name, GError **error)
{
	g_autoptr(GByteArray) plain = g_byte_array_new();

	/* A GByteArray counts in 32 bits. */
	g_assert(limit <= G_MAXINT32);
	if (!decompress(data, length, limit, name, append, plain, error))
		return NULL;
	return g_byte_array_free_to_bytes(g_steal_pointer(&plain));
}
