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
#define INI_FILE_MAX (1u << 20)
/* A profile has a dozen; the duplicate check below walks them all. */
#define INI_SECTIONS_MAX 256
#define INI_ENTRIES_MAX  256

/* The longest word that hints are looked for: the distance is quadratic. */
#define NEAREST_WORD_MAX 64

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

static gboolean add_section(Ini *ini, Span text, guint line, GError **error)
{
	g_autofree char *name = NULL;
	const IniSection *first;

	if (text.end[-1] != ']' || text.end - text.at < 2)
		return fail(ini, line, error, "a section must end in ']'");
	text.at++;
	text.end--;
	trim(&text);
	name = span_dup(text);
	if (!*name || strpbrk(name, "[]"))
		return fail(ini, line, error, "'%s' is not a section name", name);
	first = ini_section(ini, name);
	if (first)
		return fail(ini, line, error,
			    "section [%s] again; the first is in line %u", name,
			    first->line);
	if (ini->sections->len == INI_SECTIONS_MAX)
		return fail(ini, line, error, "more than %d sections", INI_SECTIONS_MAX);
	g_ptr_array_add(ini->sections, section_new(g_steal_pointer(&name), line));
	return TRUE;
}

static gboolean add_entry(Ini *ini, Span text, guint line, GError **error)
{
	IniSection *section;
	const IniEntry *first;
	Span key = text, value = text;
	g_autofree char *name = NULL;
	IniEntry entry;

	for (key.end = text.at; key.end < text.end; key.end++)
		if (*key.end == '=' || *key.end == ':')
			break;
	if (key.end == text.end)
		return fail(ini, line, error,
			    "neither a section, a comment nor 'key = value'");
	value.at = key.end + 1;
	trim(&key);
	trim(&value);
	name = span_dup(key);
	if (!is_key(key))
		return fail(ini, line, error,
			    "'%s' is not a key (a-z, 0-9, '_', '.', '-')", name);
	if (ini->sections->len == 0)
		return fail(ini, line, error, "'%s' stands before any [section]", name);
	section = ini->sections->pdata[ini->sections->len - 1];
	first = ini_entry(section, name);
	if (first)
		return fail(ini, line, error,
			    "'%s' again in [%s]; the first is in line %u", name,
			    section->name, first->line);
	if (section->entries->len == INI_ENTRIES_MAX)
		return fail(ini, line, error, "more than %d keys in [%s]",
			    INI_ENTRIES_MAX, section->name);
	entry = (IniEntry){g_steal_pointer(&name), span_dup(value), line};
	g_array_append_val(section->entries, entry);
	return TRUE;
}

static gboolean check_bytes(const Ini *ini, Span text, guint line, GError **error)
{
	if (text.end - text.at > INI_LINE_MAX)
		return fail(ini, line, error, "a line of %td bytes; at most %d",
			    text.end - text.at, INI_LINE_MAX);
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

Ini *ini_parse(const char *text, gsize length, const char *name, GError **error)
{
	g_autoptr(Ini) ini = g_new0(Ini, 1);
	Span rest = {text, text + length};
	Span line;

	ini->name = escape_text(name, -1);
	ini->sections = g_ptr_array_new_with_free_func(section_free);
	if (length > INI_FILE_MAX) {
		lathe_error(error, LATHE_ERROR_INPUT, "%s: larger than %u bytes",
			    ini->name, INI_FILE_MAX);
		return NULL;
	}
	for (guint number = 1; span_take_line(&rest, &line); number++) {
		if (!check_bytes(ini, line, number, error))
			return NULL;
		trim(&line);
		if (line.at == line.end || *line.at == '#' || *line.at == ';')
			continue;
		if (*line.at == '[' ? !add_section(ini, line, number, error)
				    : !add_entry(ini, line, number, error))
			return NULL;
	}
	return g_steal_pointer(&ini);
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

/* Levenshtein's distance, with two neighbours swapped counted as one step. */
static gsize distance(const char *a, const char *b)
{
	guint8 d[NEAREST_WORD_MAX + 1][NEAREST_WORD_MAX + 1];
	gsize n = strlen(a), m = strlen(b);

	for (gsize i = 0; i <= n; i++)
		d[i][0] = (guint8)i;
	for (gsize j = 0; j <= m; j++)
		d[0][j] = (guint8)j;
	for (gsize i = 1; i <= n; i++) {
		for (gsize j = 1; j <= m; j++) {
			guint8 change = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);

			d[i][j] = MIN(change, MIN(d[i - 1][j], d[i][j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				d[i][j] = MIN(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[n][m];
}

const char *ini_nearest(const char *word, const char *const *candidates, gsize n)
{
	const char *nearest = NULL;
	gsize length = strlen(word);
	gsize best;

	if (length == 0 || length > NEAREST_WORD_MAX)
		return NULL;
	/* A third of the word may be wrong, and one letter always. */
	best = MAX(length / 3, 1) + 1;
	for (gsize i = 0; i < n; i++) {
		gsize steps;

		if (strlen(candidates[i]) > NEAREST_WORD_MAX)
			continue;
		steps = distance(word, candidates[i]);
		if (steps < best) {
			best = steps;
			nearest = candidates[i];
		}
	}
	return nearest;
}
