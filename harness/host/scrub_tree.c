/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walks a capture: contents first, then names, from the leaves up. */
#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <stdio.h>
#include <string.h>

#include "capture.h"
#include "error.h"
#include "scrub_private.h"

typedef struct {
	Scrub *scrub;
	const Root *root;
	const char *directory, *paths;
} Walk;

static char *scrub_name(Scrub *scrub, const char *name)
{
	g_autoptr(GString) clean = NULL;

	if (g_hash_table_contains(scrub->kept, name))
		return g_strdup(name);
	clean = scrub_bytes(scrub, name, strlen(name));
	return g_string_free(g_steal_pointer(&clean), FALSE);
}

static char *scrub_path(Scrub *scrub, const char *path)
{
	g_auto(GStrv) parts = g_strsplit(path, "/", -1);

	for (char **part = parts; *part; part++) {
		char *clean = scrub_name(scrub, *part);

		g_free(*part);
		*part = clean;
	}
	return g_strjoinv("/", parts);
}

static GString *scrub_paths(Scrub *scrub, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	GString *clean = g_string_new(NULL);

	for (char **line = lines; *line; line++) {
		char *tab = strchr(*line, '\t');
		g_autofree char *path = tab ? scrub_path(scrub, tab + 1) : NULL;

		if (tab)
			g_string_append_printf(clean, "%.*s\t%s\n", (int)(tab - *line), *line,
					       path);
	}
	return clean;
}

/* /proc/config.gz, say: looked into, since chance makes words of packed bytes, and a rule would
 * spoil them. */
static GString *convert(GConverter *converter, const char *bytes, gsize length)
{
	g_autoptr(GInputStream) memory =
		g_memory_input_stream_new_from_data(bytes, (gssize)length, NULL);
	g_autoptr(GInputStream) stream = g_converter_input_stream_new(memory, converter);
	g_autoptr(GString) into = g_string_new(NULL);
	gssize got;
	char buffer[16384];

	while ((got = g_input_stream_read(stream, buffer, sizeof(buffer), NULL, NULL)) > 0) {
		g_string_append_len(into, buffer, got);
		if (into->len > ROOT_FILE_MAX)
			return NULL;
	}
	return got == 0 ? g_steal_pointer(&into) : NULL;
}

static GString *scrub_gzip(Scrub *scrub, const char *bytes, gsize length)
{
	g_autoptr(GConverter) unpacker =
		G_CONVERTER(g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP));
	g_autoptr(GConverter) packer =
		G_CONVERTER(g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP, -1));
	g_autoptr(GString) text = convert(unpacker, bytes, length);
	g_autoptr(GString) clean = text ? scrub_bytes(scrub, text->str, text->len) : NULL;

	/* What cannot be looked into cannot be said to be clean. */
	return clean ? convert(packer, clean->str, clean->len) : g_string_new(SCRUB_SERIAL "\n");
}

static gboolean is_gzip(const char *bytes, gsize length)
{
	return length >= 2 && memcmp(bytes, "\x1f\x8b", 2) == 0;
}

static gboolean scrub_file(const Walk *walk, const char *path, GError **error)
{
	g_autofree char *base = g_path_get_basename(path);
	g_autofree char *bytes = NULL;
	g_autoptr(GString) clean = NULL;
	gsize length;

	if (!root_read(walk->root, path, &bytes, &length, NULL, error))
		return FALSE;
	/* An empty one stands for a file that only had to be there. */
	if (length == 0)
		return TRUE;
	clean = strcmp(path, walk->paths) == 0 ? scrub_paths(walk->scrub, bytes)
		: scrub_is_serial(base)	       ? g_string_new(SCRUB_SERIAL "\n")
		: is_gzip(bytes, length)       ? scrub_gzip(walk->scrub, bytes, length)
					       : scrub_bytes(walk->scrub, bytes, length);
	if (clean->len == length && memcmp(clean->str, bytes, length) == 0)
		return TRUE;
	return capture_store(walk->directory, path, clean->str, clean->len, error);
}

static gboolean rename_entry(const Walk *walk, const char *path, GError **error)
{
	g_autofree char *name = g_path_get_basename(path);
	g_autofree char *clean = scrub_name(walk->scrub, name);
	g_autofree char *parent = g_path_get_dirname(path);
	g_autofree char *from = g_build_filename(walk->directory, path, NULL);
	g_autofree char *to = g_build_filename(walk->directory, parent, clean, NULL);

	if (strcmp(name, clean) == 0)
		return TRUE;
	for (guint n = 2; renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) != 0; n++) {
		if (errno != EEXIST)
			return lathe_error_errno(error, errno, "rename '%s'", from);
		/* Two serial numbers in one directory have one stand-in. */
		g_free(to);
		to = g_strdup_printf("%s/%s/%s-%u", walk->directory, parent, clean, n);
	}
	return TRUE;
}

static gboolean scrub_directory(const Walk *walk, const char *path, GError **error)
{
	g_autoptr(GPtrArray) names = root_list(walk->root, *path ? path : ".", error);

	for (guint i = 0; names && i < names->len; i++) {
		g_autofree char *below = *path ? g_build_filename(path, names->pdata[i], NULL)
					       : g_strdup(names->pdata[i]);

		if (root_is_directory(walk->root, below) ? !scrub_directory(walk, below, error)
							 : !scrub_file(walk, below, error))
			return FALSE;
		if (!rename_entry(walk, below, error))
			return FALSE;
	}
	return names != NULL;
}

gboolean scrub_tree(Scrub *scrub, const char *directory, const char *paths, GError **error)
{
	g_autoptr(Root) root = root_open_captured(directory, error);
	Walk walk = {scrub, root, directory, paths};

	if (!root || !scrub_directory(&walk, "", error))
		return FALSE;
	return !scrub->failed ||
	       lathe_error(error, LATHE_ERROR_INPUT, "search for what identifies the machine: %s",
			   scrub->failed);
}
