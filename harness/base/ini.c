/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ini.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "autofd.h"
#include "error.h"
#include "escape.h"
#include "number.h"

#define INI_LINE_MAX 4096
/* Python's reader has no bound. */
#define INI_CONFIGPARSER_LINE_MAX (64u << 10)
#define INI_FILE_MAX (1u << 20)
/* A profile has a dozen; the duplicate check below walks them all. */
#define INI_SECTIONS_MAX 256
#define INI_ENTRIES_MAX  256
/* Lines of one value: each is appended to what is there. */
#define INI_VALUE_LINES_MAX 256

typedef struct {
	Ini *ini;
	IniSyntax syntax;
	guint line;   /* the one that is read, from 1 */
	guint indent; /* blanks before the last key or section */
	gboolean open; /* the last entry may go on */
} Parser;

static void entry_clear(gpointer data)
{
	IniEntry *entry = data;

	g_free(entry->key);
	g_free(entry->value);
}

static void section_free(gpointer data)
{
	IniSection *section = data;

	g_free(section->name);
	g_array_unref(section->entries);
	g_free(section);
}

static IniSection *section_new(char *name, guint line)
{
	IniSection *section = g_new(IniSection, 1);

	section->name = name;
	section->line = line;
	section->entries = g_array_new(FALSE, FALSE, sizeof(IniEntry));
	g_array_set_clear_func(section->entries, entry_clear);
	return section;
}

void ini_free(Ini *ini)
{
	if (!ini)
		return;
	g_free(ini->name);
	g_ptr_array_unref(ini->sections);
	g_free(ini);
}

gboolean ini_fail(const Ini *ini, guint line, GError **error, const char *format, ...)
{
	g_autofree char *what = NULL;
	va_list args;

	va_start(args, format);
	what = g_strdup_vprintf(format, args);
	va_end(args);
	return lathe_error(error, LATHE_ERROR_INPUT, "%s:%u: %s", ini->name, line, what);
}

const IniSection *ini_section(const Ini *ini, const char *name)
{
	for (guint i = 0; i < ini->sections->len; i++) {
		const IniSection *section = ini->sections->pdata[i];

		if (strcmp(section->name, name) == 0)
			return section;
	}
	return NULL;
}

const IniEntry *ini_entry(const IniSection *section, const char *key)
{
	for (guint i = 0; i < section->entries->len; i++) {
		const IniEntry *entry = &g_array_index(section->entries, IniEntry, i);

		if (strcmp(entry->key, key) == 0)
			return entry;
	}
	return NULL;
}

static gboolean is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void trim(Span *span)
{
	span_skip_blanks(span);
	while (span->end > span->at && is_blank(span->end[-1]))
		span->end--;
}

static gboolean is_key(Span span)
{
	for (const char *p = span.at; p < span.end; p++)
		if (!g_ascii_islower(*p) && !g_ascii_isdigit(*p) && !strchr("_.-", *p))
			return FALSE;
	return span.at < span.end;
}

static gboolean fail(const Ini *ini, guint line, GError **error, const char *format, ...)
	G_GNUC_PRINTF(4, 5);

static gboolean fail(const Ini *ini, guint line, GError **error, const char *format, ...)
{
	g_autofree char *what = NULL, *harmless = NULL;
	va_list args;

	va_start(args, format);
	what = g_strdup_vprintf(format, args);
	va_end(args);
	harmless = escape_text(what, -1);
	return lathe_error(error, LATHE_ERROR_INPUT, "%s:%u: %s", ini->name, line,
			   harmless);
}

/* Python's reader ignores what follows a section's ']'; here only a comment may. */
static void cut_comment(Span *text)
{
	const char *end = memchr(text->at, ']', (gsize)(text->end - text->at));
	Span rest;

	if (!end)
		return;
	rest = (Span){end + 1, text->end};
	trim(&rest);
	if (rest.at < rest.end && (*rest.at == '#' || *rest.at == ';'))
		text->end = end + 1;
}

static gboolean add_section(Parser *parser, Span text, GError **error)
{
	Ini *ini = parser->ini;
	g_autofree char *name = NULL;
	const IniSection *first;

	if (parser->syntax == INI_CONFIGPARSER)
		cut_comment(&text);
	if (text.end[-1] != ']' || text.end - text.at < 2)
		return fail(ini, parser->line, error, "a section must end in ']'");
	text.at++;
	text.end--;
	trim(&text);
	name = span_dup(text);
	if (!*name || strpbrk(name, "[]"))
		return fail(ini, parser->line, error, "'%s' is not a section name", name);
	first = ini_section(ini, name);
	if (first)
		return fail(ini, parser->line, error,
			    "section [%s] again; the first is in line %u", name,
			    first->line);
	if (ini->sections->len == INI_SECTIONS_MAX)
		return fail(ini, parser->line, error, "more than %d sections",
			    INI_SECTIONS_MAX);
	g_ptr_array_add(ini->sections,
			section_new(g_steal_pointer(&name), parser->line));
	return TRUE;
}

static gboolean split_entry(const Parser *parser, Span text, Span *value, char **ret_key,
			    GError **error)
{
	Span key = text;
	g_autofree char *name = NULL;

	for (key.end = text.at; key.end < text.end; key.end++)
		if (*key.end == '=' || *key.end == ':')
			break;
	if (key.end == text.end)
		return fail(parser->ini, parser->line, error,
			    "neither a section, a comment nor 'key = value'");
	*value = (Span){key.end + 1, text.end};
	trim(&key);
	trim(value);
	name = span_dup(key);
	if (parser->syntax == INI_CONFIGPARSER)
		for (char *c = name; *c; c++)
			*c = g_ascii_tolower(*c);
	if (!is_key(span_of(name)))
		return fail(parser->ini, parser->line, error,
			    "'%s' is not a key (a-z, 0-9, '_', '.', '-')", name);
	*ret_key = g_steal_pointer(&name);
	return TRUE;
}

static gboolean add_entry(Parser *parser, Span text, GError **error)
{
	const Ini *ini = parser->ini;
	IniSection *section;
	const IniEntry *first;
	g_autofree char *name = NULL;
	IniEntry entry;
	Span value;

	if (!split_entry(parser, text, &value, &name, error))
		return FALSE;
	if (ini->sections->len == 0)
		return fail(ini, parser->line, error, "'%s' stands before any [section]",
			    name);
	section = ini->sections->pdata[ini->sections->len - 1];
	first = ini_entry(section, name);
	if (first)
		return fail(ini, parser->line, error,
			    "'%s' again in [%s]; the first is in line %u", name,
			    section->name, first->line);
	if (section->entries->len == INI_ENTRIES_MAX)
		return fail(ini, parser->line, error, "more than %d keys in [%s]",
			    INI_ENTRIES_MAX, section->name);
	entry = (IniEntry){g_steal_pointer(&name), span_dup(value), parser->line,
			   parser->line};
	g_array_append_val(section->entries, entry);
	return TRUE;
}

/* Blank lines between the lines of a value are part of it, comments are not. */
static gboolean continue_entry(Parser *parser, Span text, guint blank_lines, GError **error)
{
	const IniSection *section =
		parser->ini->sections->pdata[parser->ini->sections->len - 1];
	IniEntry *entry =
		&g_array_index(section->entries, IniEntry, section->entries->len - 1);
	g_autofree char *more = span_dup(text);
	g_autofree char *breaks = g_strnfill(blank_lines + 1, '\n');
	char *whole;

	if (parser->line - entry->line >= INI_VALUE_LINES_MAX)
		return fail(parser->ini, parser->line, error,
			    "the value of '%s' (line %u) has more than %d lines", entry->key,
			    entry->line, INI_VALUE_LINES_MAX);
	whole = g_strconcat(entry->value, breaks, more, NULL);
	g_free(entry->value);
	entry->value = whole;
	entry->last_line = parser->line;
	return TRUE;
}

static gboolean check_bytes(const Parser *parser, Span text, GError **error)
{
	const Ini *ini = parser->ini;
	guint line = parser->line;
	guint max = parser->syntax == INI_CONFIGPARSER ? INI_CONFIGPARSER_LINE_MAX
						       : INI_LINE_MAX;

	if (text.end - text.at > max)
		return fail(ini, line, error, "a line of %td bytes; at most %u",
			    text.end - text.at, max);
	if (!g_utf8_validate_len(text.at, (gsize)(text.end - text.at), NULL))
		return fail(ini, line, error, "not valid UTF-8, or a NUL byte");
	for (const char *p = text.at; p < text.end; p++) {
		if (*p == '\r' && p + 1 == text.end) {
			fail(ini, line, error,
			     "a carriage return at the end of the line");
			lathe_error_hint(
				error,
				"the file has DOS line ends: dos2unix converts it");
			return FALSE;
		}
		if (g_ascii_iscntrl(*p) && *p != '\t')
			return fail(ini, line, error, "a control character (0x%02x)", *p);
	}
	return TRUE;
}

/* One line that is neither blank nor a comment. */
static gboolean take_line(Parser *parser, Span line, guint indent, guint blank_lines,
			  GError **error)
{
	if (parser->open && indent > parser->indent)
		return continue_entry(parser, line, blank_lines, error);
	parser->indent = indent;
	if (*line.at == '[') {
		parser->open = FALSE;
		return add_section(parser, line, error);
	}
	parser->open = parser->syntax == INI_CONFIGPARSER;
	return add_entry(parser, line, error);
}

static gboolean parse(Parser *parser, Span rest, GError **error)
{
	guint blank_lines = 0;
	Span line;

	for (parser->line = 1; span_take_line(&rest, &line); parser->line++) {
		const char *begin = line.at;

		if (parser->syntax == INI_CONFIGPARSER && line.end > line.at &&
		    line.end[-1] == '\r')
			line.end--;
		if (!check_bytes(parser, line, error))
			return FALSE;
		trim(&line);
		if (line.at == line.end) {
			blank_lines++;
			continue;
		}
		if (*line.at == '#' || *line.at == ';')
			continue;
		if (!take_line(parser, line, (guint)(line.at - begin), blank_lines, error))
			return FALSE;
		blank_lines = 0;
	}
	return TRUE;
}

Ini *ini_parse_as(IniSyntax syntax, const char *text, gsize length, const char *name,
		  GError **error)
{
	g_autoptr(Ini) ini = g_new0(Ini, 1);
	Parser parser = {ini, syntax, 1, 0, FALSE};

	ini->name = escape_text(name, -1);
	ini->sections = g_ptr_array_new_with_free_func(section_free);
	if (length > INI_FILE_MAX) {
		lathe_error(error, LATHE_ERROR_INPUT, "%s: larger than %u bytes",
			    ini->name, INI_FILE_MAX);
		return NULL;
	}
	if (!parse(&parser, (Span){text, text + length}, error))
		return NULL;
	return g_steal_pointer(&ini);
}

Ini *ini_parse(const char *text, gsize length, const char *name, GError **error)
{
	return ini_parse_as(INI_STRICT, text, length, name, error);
}

/* Reads at most max + 1 bytes, so that the caller sees "too large". */
static gboolean read_bounded(int fd, GByteArray *bytes, gsize max)
{
	guint8 buffer[4096];
	ssize_t n;

	while (bytes->len <= max) {
		n = TEMP_FAILURE_RETRY(read(fd, buffer, sizeof(buffer)));
		if (n <= 0)
			return n == 0;
		g_byte_array_append(bytes, buffer, (guint)n);
	}
	return TRUE;
}

gboolean ini_read_text(const char *path, char **ret, gsize *ret_length, GError **error)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	struct stat st;
	/* A FIFO would block the open. */
	autofd fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || fstat(fd, &st) < 0)
		return lathe_error_errno(error, errno, "%s", path);
	if (!S_ISREG(st.st_mode))
		return lathe_error(error, LATHE_ERROR_INPUT, "%s: not a regular file",
				   path);
	if (!read_bounded(fd, bytes, INI_FILE_MAX))
		return lathe_error_errno(error, errno, "%s", path);
	*ret_length = bytes->len;
	g_byte_array_append(bytes, (const guint8 *)"", 1);
	*ret = (char *)g_byte_array_free(g_steal_pointer(&bytes), FALSE);
	return TRUE;
}

Ini *ini_read(const char *path, GError **error)
{
	g_autofree char *text = NULL;
	gsize length;

	if (!ini_read_text(path, &text, &length, error))
		return NULL;
	return ini_parse(text, length, path, error);
}
