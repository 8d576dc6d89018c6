/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "escape.h"

#include <string.h>

/* Format characters (Cf) hold the bidirectional overrides and the invisible ones; line
 * and paragraph separators break a line in some viewers. */
static gboolean is_harmless(gunichar c)
{
	GUnicodeType type = g_unichar_type(c);

	return g_unichar_isprint(c) && type != G_UNICODE_LINE_SEPARATOR &&
	       type != G_UNICODE_PARAGRAPH_SEPARATOR;
}

static void append_escaped(GString *out, gunichar c)
{
	if (c == '\n')
		g_string_append(out, "\\n");
	else if (c < 0x80)
		g_string_append_printf(out, "\\x%02x", c);
	else if (c <= 0xffff)
		g_string_append_printf(out, "\\u%04x", c);
	else
		g_string_append_printf(out, "\\U%08x", c);
}

char *escape_text(const char *bytes, gssize length)
{
	const char *end;
	GString *out;

	if (!bytes)
		return g_strdup("");
	end = bytes + (length < 0 ? strlen(bytes) : (gsize)length);
	out = g_string_sized_new((gsize)(end - bytes));
	while (bytes < end) {
		gunichar c = g_utf8_get_char_validated(bytes, end - bytes);

		/* (gunichar)-1 and -2: invalid or cut. A NUL reads as -2 in older GLib.
		 */
		if (*bytes == '\0' || c >= (gunichar)-2) {
			g_string_append_printf(out, "\\x%02x", (guchar)*bytes++);
			continue;
		}
		if (is_harmless(c))
			g_string_append_unichar(out, c);
		else
			append_escaped(out, c);
		bytes += g_unichar_to_utf8(c, NULL);
	}
	return g_string_free(out, FALSE);
}
