/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's build configuration: of the running release, wherever distributions keep it. */
#include <errno.h>
#include <gio/gio.h>
#include <string.h>

#include "number.h"
#include "view.h"
#include "view_private.h"

/* A kernel's .config is some 300 KB; anything beyond this is not one. */
#define KCONFIG_MAX (4u << 20)

/* "CONFIG_X=y", "CONFIG_X=\"text\"", "# CONFIG_X is not set". */
static void take_line(GHashTable *into, Span line)
{
	g_autofree char *text = span_dup(line);
	char *equals;

	if (g_str_has_prefix(text, "# CONFIG_") && g_str_has_suffix(text, " is not set")) {
		text[strlen(text) - strlen(" is not set")] = '\0';
		g_hash_table_insert(into, g_strdup(text + strlen("# CONFIG_")), g_strdup("n"));
		return;
	}
	equals = strchr(text, '=');
	if (!equals || !g_str_has_prefix(text, "CONFIG_"))
		return;
	*equals++ = '\0';
	if (*equals == '"' && strlen(equals) >= 2) {
		equals[strlen(equals) - 1] = '\0';
		equals++;
	}
	g_hash_table_insert(into, g_strdup(text + strlen("CONFIG_")), g_strdup(equals));
}

static char *gunzip(const Root *root, const char *path)
{
	g_autofree char *packed = NULL;
	g_autoptr(GConverter) zlib =
		G_CONVERTER(g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP));
	g_autoptr(GInputStream) memory = NULL;
	g_autoptr(GInputStream) stream = NULL;
	g_autofree char *text = g_malloc(KCONFIG_MAX + 1);
	gsize length, got = 0;

	if (!root_read(root, path, &packed, &length, NULL, NULL))
		return NULL;
	memory = g_memory_input_stream_new_from_data(packed, (gssize)length, NULL);
	stream = g_converter_input_stream_new(memory, zlib);
	if (!g_input_stream_read_all(stream, text, KCONFIG_MAX, &got, NULL, NULL))
		return NULL;
	text[got] = '\0';
	return strlen(text) == got ? g_steal_pointer(&text) : NULL;
}

static char *find_text(KnobView *view)
{
	const char *release = knob_view_line(view, "proc/sys/kernel/osrelease", NULL);
	static const char *const places[] = {"boot/config-%", "lib/modules/%/config",
					     "usr/lib/modules/%/config", NULL};

	/* A release is a word; anything else would be a path. */
	if (release && *release && !strchr(release, '/') && strcmp(release, "..") != 0)
		for (guint i = 0; places[i]; i++) {
			g_auto(GStrv) parts = g_strsplit(places[i], "%", 2);
			g_autofree char *path = g_strjoinv(release, parts);
			const char *text = knob_view_read(view, path, NULL);

			if (text)
				return g_strdup(text);
		}
	return gunzip(view->root, "proc/config.gz");
}

static void read_kconfig(KnobView *view)
{
	g_autofree char *text = find_text(view);
	Span span, line;

	view->kconfig = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	if (!text || strlen(text) > KCONFIG_MAX) {
		view->kconfig_errno = text ? EFBIG : ENOENT;
		return;
	}
	span = span_of(text);
	while (span_take_line(&span, &line))
		take_line(view->kconfig, line);
	/* Every kernel says whether it is for 64 bits. */
	if (!g_hash_table_contains(view->kconfig, "64BIT") &&
	    !g_hash_table_contains(view->kconfig, "X86_64"))
		view->kconfig_errno = EILSEQ;
}

const char *knob_view_kconfig(KnobView *view, const char *option, int *ret_errno)
{
	const char *value;

	if (!view->kconfig)
		read_kconfig(view);
	if (view->kconfig_errno) {
		if (ret_errno)
			*ret_errno = view->kconfig_errno;
		return NULL;
	}
	/* An option that a configuration does not name depends on one that is off. */
	value = g_hash_table_lookup(view->kconfig, option);
	return value ? value : "n";
}
