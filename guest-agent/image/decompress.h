/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One compressed stream (xz, gzip, zstd, lz4, bzip2, lzma) made plain, within a limit. */
#ifndef LATHE_DECOMPRESS_H
#define LATHE_DECOMPRESS_H

#include <glib.h>

typedef struct archive ArchiveReader;
void archive_reader_free(ArchiveReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ArchiveReader, archive_reader_free)

/* A reader that knows the compressions above and no format yet. libarchive's others are
 * left out: they would start a program (lrzip, grzip, lzop) because of a file's first
 * bytes. */
ArchiveReader *archive_reader_new(void);

/* Sets *error from the reader's last error; always FALSE. */
gboolean archive_reader_fail(ArchiveReader *reader, const char *name, GError **error);

typedef gboolean (*DecompressSink)(const void *data, gsize length, gpointer user_data,
				   GError **error);

/* Hands the plain bytes to the sink as they come. An error names `name` when the bytes
 * are not compressed, are damaged, or exceed `limit` when plain. */
gboolean decompress(gconstpointer data, gsize length, guint64 limit, const char *name,
		    DecompressSink sink, gpointer user_data, GError **error);

/* The same into memory. */
GBytes *decompress_bytes(gconstpointer data, gsize length, guint64 limit,
			 const char *name, GError **error);

#endif
