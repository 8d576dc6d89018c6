/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xml_values.h"

#include <errno.h>
#include <string.h>

#include "element.h"
#include "error.h"
#include "escape.h"
#include "number.h"

/* ---- lists ---- */

/* By words: a hostile list may name every range again and again. */
static void put_range(Cpuset *set, guint first, guint last, gboolean in)
{
	for (guint word = first / 64; word <= last / 64; word++) {
		guint from = word == first / 64 ? first % 64 : 0;
		guint to = word == last / 64 ? last % 64 : 63;
		guint64 mask = (G_MAXUINT64 >> (63 - (to - from))) << from;

		if (in)
			set->bits[word] |= mask;
		else
			set->bits[word] &= ~mask;
	}
}

static gboolean take_item(Span *span, guint limit, Cpuset *set)
{
	gboolean without = span_take_literal(span, "^");
	guint64 first, last;

	if (!span_take_number(span, limit - 1, &first))
		return FALSE;
	last = first;
	if (!without && span_take_literal(span, "-") &&
	    (!span_take_number(span, limit - 1, &last) || last < first))
		return FALSE;
	put_range(set, (guint)first, (guint)last, !without);
	return TRUE;
}

gboolean xml_list_parse(const char *text, guint limit, Cpuset *ret, GError **error)
{
	Span span = span_of(text);
	Cpuset set = {0};
	gboolean good;

	do {
		span_skip_blanks(&span);
		good = take_item(&span, limit, &set);
		span_skip_blanks(&span);
	} while (good && span_take_literal(&span, ","));
	if (!good || span.at != span.end || cpuset_count(&set) == 0) {
		g_autofree char *shown = escape_text(text, MIN(strlen(text), 60));

		return lathe_error(error, LATHE_ERROR_INPUT,
				   "'%s' is not a list of numbers below %u", shown,
				   limit);
	}
	*ret = set;
	return TRUE;
}

static gboolean prefix(const xmlNode *node, const char *attribute, GError **error)
{
	g_prefix_error(error, "<%s%s%s> of the domain: ", (const char *)node->name,
		       attribute ? " " : "", attribute ? attribute : "");
	return FALSE;
}

gboolean xml_list_attribute(const xmlNode *node, const char *attribute, guint limit,
			    Cpuset *ret, GError **error)
{
	g_autofree char *text = element_get(node, attribute);

	return xml_list_parse(text ? text : "", limit, ret, error) ||
	       prefix(node, attribute, error);
}

/* ---- numbers ---- */

gboolean xml_number_attribute(const xmlNode *node, const char *attribute, guint64 max,
			      guint64 *ret, GError **error)
{
	g_autofree char *text = element_get(node, attribute);

	return !text || number_parse(g_strstrip(text), 0, max, ret, error) ||
	       prefix(node, attribute, error);
}

gboolean xml_number_text(const xmlNode *node, guint64 min, guint64 max, guint64 *ret,
			 GError **error)
{
	g_autofree char *text = element_text(node);

	return number_parse(text, min, max, ret, error) || prefix(node, NULL, error);
}

/* virScaleInteger() of libvirt: a letter alone and with "iB" counts in 1024, with "B" in
 * 1000. */
gboolean xml_unit_bytes(const char *unit, guint64 *ret)
{
	static const char letters[] = "kmgtpe";
	const char *letter;
	guint64 bytes = 1, base;

	if (!unit)
		unit = "KiB";
	if (g_ascii_strcasecmp(unit, "b") == 0 || g_ascii_strcasecmp(unit, "byte") == 0 ||
	    g_ascii_strcasecmp(unit, "bytes") == 0) {
		*ret = 1;
		return TRUE;
	}
	letter = *unit ? strchr(letters, g_ascii_tolower(*unit)) : NULL;
	if (!letter)
		return FALSE;
	if (!unit[1] || g_ascii_strcasecmp(unit + 1, "ib") == 0)
		base = 1024;
	else if (g_ascii_strcasecmp(unit + 1, "b") == 0)
		base = 1000;
	else
		return FALSE;
	for (const char *at = letters; at <= letter; at++)
		bytes *= base;
	*ret = bytes;
	return TRUE;
}

static gboolean scale(const xmlNode *node, guint64 number, const char *unit, guint64 *ret,
		      GError **error)
{
	guint64 bytes;

	if (!xml_unit_bytes(unit, &bytes)) {
		g_autofree char *shown = escape_text(unit, MIN(strlen(unit), 60));

		lathe_error(error, LATHE_ERROR_INPUT, "'%s' is not a unit of memory",
			    shown);
		return prefix(node, "unit", error);
	}
	if (number > G_MAXUINT64 / bytes) {
		lathe_error(error, LATHE_ERROR_INPUT, "the size is beyond 64 bits");
		return prefix(node, NULL, error);
	}
	*ret = number * bytes;
	return TRUE;
}

gboolean xml_memory_kib(const xmlNode *node, guint64 *ret, GError **error)
{
	g_autofree char *unit = element_get(node, "unit");
	guint64 number, bytes;

	if (!xml_number_text(node, 0, G_MAXUINT64, &number, error) ||
	    !scale(node, number, unit, &bytes, error))
		return FALSE;
	*ret = bytes / 1024 + (bytes % 1024 ? 1 : 0);
	return TRUE;
}

gboolean xml_size_bytes(const xmlNode *node, const char *attribute, guint64 bytes_default,
			guint64 *ret, GError **error)
{
	g_autofree char *unit = element_get(node, "unit");
	guint64 number = 0;

	if (!xml_number_attribute(node, attribute, G_MAXUINT64, &number, error))
		return FALSE;
	if (!unit && bytes_default == 1)
		unit = g_strdup("b");
	return scale(node, number, unit, ret, error);
}

gboolean xml_check_text(const char *what, const char *text, GError **error)
{
	if (!g_utf8_validate(text, -1, NULL))
		return lathe_error(error, LATHE_ERROR_USAGE, "the %s is not UTF-8", what);
	for (const char *at = text; *at; at = g_utf8_next_char(at)) {
		gunichar c = g_utf8_get_char(at);

		if (g_unichar_iscntrl(c) || c == 0xfffe || c == 0xffff)
			return lathe_error(error, LATHE_ERROR_USAGE,
					   "the %s holds the control character U+%04X",
					   what, c);
	}
	return TRUE;
}
