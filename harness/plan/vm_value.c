/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm_value.h"

#include <string.h>

#include "error.h"
#include "escape.h"
#include "number.h"

#define SHOWN_MAX 64
/* What is written must be read again: ini.h bounds a line and the lines of a value. */
#define LINE_MAX_BYTES 2047
#define LINES_MAX_BYTES (16u << 10)
#define LINES_MAX	200
#define LIST_MAX_BYTES	(32u << 10)
/* COMMAND_LINE_SIZE of x86, with its NUL. */
#define CMDLINE_MAX_BYTES 2047
/* linux/limits.h: PATH_MAX with its NUL. */
#define PATH_MAX_BYTES 4095
#define LIST_MAX 64
#define KIB_PER_MIB 1024u
#define KIB_PER_GIB (1024u * 1024u)

gboolean vm_value_refuse(GError **error, const char *text, const char *what, ...)
{
	gboolean long_one = strlen(text) > SHOWN_MAX;
	g_autofree char *shown = escape_text(text, long_one ? SHOWN_MAX : -1);
	g_autofree char *is_not = NULL;
	va_list args;

	va_start(args, what);
	is_not = g_strdup_vprintf(what, args);
	va_end(args);
	return lathe_error(error, LATHE_ERROR_INPUT, "'%s%s' is not %s", shown,
			   long_one ? "..." : "", is_not);
}

gboolean vm_value_is_auto(const char *text)
{
	return g_ascii_strcasecmp(text, "auto") == 0;
}

gboolean vm_value_bool(const char *text, gboolean *ret, GError **error)
{
	static const struct {
		const char *word;
		gboolean value;
	} words[] = {
		{"true", TRUE}, {"false", FALSE}, {"on", TRUE},	 {"off", FALSE},
		{"yes", TRUE},	{"no", FALSE},	  {"1", TRUE},	 {"0", FALSE},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
		if (g_ascii_strcasecmp(text, words[i].word) == 0) {
			*ret = words[i].value;
			return TRUE;
		}
	}
	return vm_value_refuse(error, text, "one of true, false, on, off, yes, no, 1, 0");
}

gboolean vm_value_number(const char *text, guint min, guint max, guint *ret, GError **error)
{
	guint64 number;

	if (!number_parse(text, min, max, &number, NULL))
		return vm_value_refuse(error, text, "a number from %u to %u", min, max);
	*ret = (guint)number;
	return TRUE;
}

static gboolean is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* NULL when a blank stands between two numbers: which list is meant is not known then. */
static char *without_blanks(const char *text)
{
	g_autoptr(GString) set = g_string_new(NULL);
	gboolean blank = FALSE;

	for (const char *p = text; *p; p++) {
		if (is_blank(*p)) {
			blank = TRUE;
			continue;
		}
		if (blank && set->len > 0 && g_ascii_isdigit(*p) &&
		    g_ascii_isdigit(set->str[set->len - 1]))
			return NULL;
		blank = FALSE;
		g_string_append_c(set, *p);
	}
	return g_string_free(g_steal_pointer(&set), FALSE);
}

gboolean vm_value_set(const char *text, guint limit, Cpuset *ret, GError **error)
{
	g_autofree char *set = without_blanks(text);
	Cpuset parsed = {0};

	if (!set || (*set && !cpulist_parse(set, limit, &parsed, NULL)))
		return vm_value_refuse(error, text,
				    "a set of numbers from 0 to %u such as 0,2,4-7",
				    limit - 1);
	*ret = parsed;
	return TRUE;
}

gboolean vm_value_set_or_auto(const char *text, guint limit, gboolean *ret_auto, Cpuset *ret,
			   GError **error)
{
	Cpuset set = {0};
	gboolean is_auto = vm_value_is_auto(text);

	if (!is_auto && !vm_value_set(text, limit, &set, NULL))
		return vm_value_refuse(error, text,
				    "'auto' or a set of numbers from 0 to %u such as 0,2,4-7",
				    limit - 1);
	*ret_auto = is_auto;
	*ret = set;
	return TRUE;
}

static void set_text(char **to, const char *value)
{
	g_free(*to);
	*to = g_strdup(value);
}

static void set_text_or_null(char **to, const char *value)
{
	set_text(to, *value ? value : NULL);
}

static gboolean has_control(const char *text)
{
	for (const char *p = text; *p; p++)
		if (g_ascii_iscntrl(*p) && *p != '\t')
			return TRUE;
	return FALSE;
}

static gboolean check_line(const char *text, gsize max, const char *what, GError **error)
{
	if (strchr(text, '\n'))
		return vm_value_refuse(error, text, "%s: it goes on in a second line", what);
	if (has_control(text))
		return vm_value_refuse(error, text, "%s: it has a control character", what);
	if (strlen(text) > max)
		return vm_value_refuse(error, text, "%s: it is longer than %" G_GSIZE_FORMAT " bytes",
				    what, max);
	return TRUE;
}

gboolean vm_value_line(const char *text, char **ret, GError **error)
{
	if (!check_line(text, LINE_MAX_BYTES, "a line of text", error))
		return FALSE;
	set_text(ret, text);
	return TRUE;
}

gboolean vm_value_cmdline(const char *text, char **ret, GError **error)
{
	g_autofree char *line = g_strdelimit(g_strdup(text), "\n", ' ');

	if (!check_line(line, CMDLINE_MAX_BYTES, "a kernel command line", error))
		return FALSE;
	set_text_or_null(ret, line);
	return TRUE;
}

gboolean vm_value_lines(const char *text, char **ret, GError **error)
{
	g_autoptr(GString) whole = g_string_new(NULL);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	guint blank_lines = 0, n = 1;

	for (char **line = lines; *line; line++) {
		for (char *p = *line; *p; p++)
			if (g_ascii_iscntrl(*p))
				*p = ' ';
		g_strstrip(*line);
		if (!**line) {
			blank_lines++;
			continue;
		}
		if (whole->len > 0 && strchr("#;", **line))
			g_string_append_c(whole, ' ');
		else if (whole->len > 0)
			for (guint i = 0; i <= blank_lines; i++, n++)
				g_string_append_c(whole, '\n');
		g_string_append(whole, *line);
		blank_lines = 0;
	}
	if (whole->len > LINES_MAX_BYTES || n > LINES_MAX)
		return vm_value_refuse(error, text, "a text of at most %u lines and %u bytes",
				       LINES_MAX, LINES_MAX_BYTES);
	set_text(ret, whole->str);
	return TRUE;
}

gboolean vm_value_path(const char *text, char **ret, GError **error)
{
	if (!check_line(text, PATH_MAX_BYTES, "a path", error))
		return FALSE;
	if (*text && *text != '/')
		return vm_value_refuse(error, text, "an absolute path");
	set_text_or_null(ret, text);
	return TRUE;
}

static gboolean add_member(GPtrArray *list, char *member, GError **error)
{
	g_autofree char *owned = member;

	if (g_ptr_array_find_with_equal_func(list, owned, g_str_equal, NULL)) {
		g_autofree char *shown = escape_text(owned, -1);

		return lathe_error(error, LATHE_ERROR_INPUT, "'%s' twice", shown);
	}
	if (list->len == LIST_MAX)
		return lathe_error(error, LATHE_ERROR_INPUT, "more than %d", LIST_MAX);
	g_ptr_array_add(list, g_steal_pointer(&owned));
	return TRUE;
}

/* Whatever stands between `separators`, each made a member by `member`. */
static gboolean parse_list(const char *text, const char *separators,
			   char *(*member)(const char *text, GError **error), GPtrArray **ret,
			   GError **error)
{
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) parts = g_strsplit_set(text, separators, -1);

	if (strlen(text) > LIST_MAX_BYTES)
		return lathe_error(error, LATHE_ERROR_INPUT, "a list of more than %u bytes",
				   LIST_MAX_BYTES);
	for (char **part = parts; *part; part++) {
		char *one;

		g_strstrip(*part);
		if (!**part)
			continue;
		one = member(*part, error);
		if (!one || !add_member(list, one, error))
			return FALSE;
	}
	g_ptr_array_unref(*ret);
	*ret = g_steal_pointer(&list);
	return TRUE;
}

static char *path_member(const char *text, GError **error)
{
	char *path = NULL;

	return vm_value_path(text, &path, error) ? path : NULL;
}

gboolean vm_value_paths(const char *text, GPtrArray **ret, GError **error)
{
	return parse_list(text, ",\n", path_member, ret, error);
}

/* Takes 1 to `digits` hexadecimal digits of a number up to max. */
static gboolean take_hex(Span *span, guint digits, guint max, guint *ret)
{
	guint value = 0, n = 0;

	while (n <= digits && span->at + n < span->end && g_ascii_isxdigit(span->at[n]))
		value = value * 16 + (guint)g_ascii_xdigit_value(span->at[n++]);
	if (n == 0 || n > digits || value > max)
		return FALSE;
	span->at += n;
	*ret = value;
	return TRUE;
}

static char *pci_member(const char *text, GError **error)
{
	Span rest = span_of(text);
	guint field[4] = {0};
	const char *colon = strchr(text, ':');
	gboolean with_domain = colon && strchr(colon + 1, ':');

	/* PCI: 16 bits of domain, 8 of bus, 5 of slot, 3 of function. */
	if ((!with_domain || (take_hex(&rest, 4, 0xffff, &field[0]) &&
			      span_take_literal(&rest, ":"))) &&
	    take_hex(&rest, 2, 0xff, &field[1]) && span_take_literal(&rest, ":") &&
	    take_hex(&rest, 2, 0x1f, &field[2]) && span_take_literal(&rest, ".") &&
	    take_hex(&rest, 1, 7, &field[3]) && rest.at == rest.end)
		return g_strdup_printf("%04x:%02x:%02x.%x", field[0], field[1], field[2],
				       field[3]);
	vm_value_refuse(error, text, "the address of a PCI device such as 0000:03:00.0");
	return NULL;
}

gboolean vm_value_pci(const char *text, GPtrArray **ret, GError **error)
{
	return parse_list(text, ", \t\n", pci_member, ret, error);
}

char *vm_value_format_list(const GPtrArray *list)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < list->len; i++)
		g_string_append_printf(text, "%s%s", i ? ", " : "", (char *)list->pdata[i]);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static guint64 unit_of(char letter)
{
	switch (g_ascii_toupper(letter)) {
	case 'K':
		return 1;
	case '\0':
	case 'M':
		return KIB_PER_MIB;
	case 'G':
		return KIB_PER_GIB;
	default:
		return 0;
	}
}

gboolean vm_value_size(const char *text, guint64 min_kib, guint64 max_kib, guint64 *ret_kib,
		    GError **error)
{
	Span rest = span_of(text);
	guint64 number, unit;

	if (span_take_number(&rest, G_MAXUINT32, &number) && rest.end - rest.at <= 1) {
		unit = unit_of(rest.at < rest.end ? *rest.at : '\0');
		if (unit != 0 && number * unit >= min_kib && number * unit <= max_kib) {
			*ret_kib = number * unit;
			return TRUE;
		}
	}
	g_autofree char *min = vm_value_format_size(min_kib);
	g_autofree char *max = vm_value_format_size(max_kib);

	return vm_value_refuse(error, text, "a size from %s to %s such as 512M or 4G", min, max);
}

char *vm_value_format_size(guint64 kib)
{
	if (kib % KIB_PER_GIB == 0)
		return g_strdup_printf("%" G_GUINT64_FORMAT "G", kib / KIB_PER_GIB);
	if (kib % KIB_PER_MIB == 0)
		return g_strdup_printf("%" G_GUINT64_FORMAT "M", kib / KIB_PER_MIB);
	return g_strdup_printf("%" G_GUINT64_FORMAT "K", kib);
}
