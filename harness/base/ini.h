/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A strict INI reader that keeps line numbers. GKeyFile merges duplicate sections and keys
 * silently and knows neither ';' comments nor "key: value"; a setting that is silently
 * overridden is a way to a false PASS.
 *
 * Grammar, a line at a time: blank; '#' or ';' comment (first non-blank character);
 * "[section]"; "key = value" or "key: value" (the first '=' or ':' separates). Keys are
 * [a-z0-9_.-]+. Values are trimmed; a value may be empty; no continuation, no quoting.
 * Errors carry "NAME:LINE: ": malformed line, key before any section, duplicate section,
 * duplicate key, NUL or invalid UTF-8, a line over 4096 bytes, a file over 1 MiB.
 *
 * INI_CONFIGPARSER also takes what Python's configparser does, for files of programs that use
 * it: keys in any case (the Ini has them in lower case); a value that goes on in lines that are
 * indented more than its key (joined with newlines; blank lines between them are part of it,
 * comments are not; at most 256 lines); DOS line ends; a comment behind a "[section]"; lines of up
 * to 64 KiB. Everything else is as strict.
 */
#ifndef LATHE_INI_H
#define LATHE_INI_H

#include <glib.h>

typedef struct {
	char *key;
	char *value;
	guint line;
	guint last_line; /* of its value */
} IniEntry;

typedef struct {
	char *name;
	guint line;
	GArray *entries; /* of IniEntry, in file order */
} IniSection;

typedef struct {
	char *name;	     /* what errors call the file */
	GPtrArray *sections; /* of IniSection *, in file order */
} Ini;

typedef enum { INI_STRICT, INI_CONFIGPARSER } IniSyntax;

Ini *ini_parse_as(IniSyntax syntax, const char *text, gsize length, const char *name,
		  GError **error);
/* INI_STRICT. */
Ini *ini_parse(const char *text, gsize length, const char *name, GError **error);
Ini *ini_read(const char *path, GError **error);
/* The text of an INI file for ini_parse(): a regular file; one byte over 1 MiB is enough to
 * be refused there. NUL-terminated, owned by the caller. */
gboolean ini_read_text(const char *path, char **ret, gsize *ret_length, GError **error);
void ini_free(Ini *ini);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Ini, ini_free)

/* The error of a line of the file: "NAME:LINE: ..."; FALSE. */
gboolean ini_fail(const Ini *ini, guint line, GError **error, const char *format, ...)
	G_GNUC_PRINTF(4, 5);

/* NULL when absent. Owned by the Ini. */
const IniSection *ini_section(const Ini *ini, const char *name);
const IniEntry *ini_entry(const IniSection *section, const char *key);

/* Of the n candidates the one nearest to word, when near enough to be what was meant; else
 * NULL. For hints: "did you mean ...?". */
const char *ini_nearest(const char *word, const char *const *candidates, gsize n);

#endif
