/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One resource in a schemata file of resctrl, place "sys/fs/resctrl/GROUP/schemata L3",
 * value "0=00f;1=00f": the kernel shows all of them and takes a line a write.
 */
#include <errno.h>
#include <string.h>

#include "deadline.h"
#include "error.h"
#include "escape.h"
#include "resctrl.h"
#include "target.h"

#define LAST_STATUS RESCTRL_PATH "/info/last_cmd_status"

typedef struct {
	char *path, *resource;
} Place;

static void place_clear(Place *place)
{
	g_free(place->path);
	g_free(place->resource);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Place, place_clear)

static gboolean place_parse(const char *text, Place *ret)
{
	const char *blank = strchr(text, ' ');

	if (!blank || !g_str_has_prefix(text, RESCTRL_PATH "/") || blank[1] == '\0' ||
	    blank[1 + strspn(blank + 1, G_CSET_A_2_Z G_CSET_DIGITS)])
		return FALSE;
	*ret = (Place){g_strndup(text, (gsize)(blank - text)), g_strdup(blank + 1)};
	return g_str_has_suffix(ret->path, "/schemata");
}

/* What follows "L3:" in a line of that resource, or NULL. */
static const char *value_in(const char *line, const char *resource)
{
	line += strspn(line, " \t");
	if (!g_str_has_prefix(line, resource) || line[strlen(resource)] != ':')
		return NULL;
	return line + strlen(resource) + 1;
}

static char **read_lines(const TargetHost *host, const char *path, int *ret_errno)
{
	g_autofree char *text = NULL;

	return root_read(host->root, path, &text, NULL, ret_errno, NULL)
		       ? g_strsplit(text, "\n", -1)
		       : NULL;
}

static gboolean read_schemata(const TargetHost *host, const char *text, char **ret,
			      int *ret_errno)
{
	g_auto(Place) place = {0};
	g_auto(GStrv) lines = NULL;

	*ret_errno = EINVAL;
	if (!place_parse(text, &place))
		return FALSE;
	lines = read_lines(host, place.path, ret_errno);
	for (char **line = lines; line && *line; line++) {
		const char *value = value_in(*line, place.resource);

		if (!value)
			continue;
		*ret = g_strstrip(g_strdup(value));
		return TRUE;
	}
	if (lines)
		*ret_errno = ENOENT;
	return FALSE;
}

typedef struct {
	const Root *root;
	const char *path, *text;
	gsize length;
} Write;

static int do_write(gconstpointer data)
{
	const Write *write = data;

	return root_write_errno(write->root, write->path, write->text, write->length);
}

/* A tree has no kernel that knows the other lines. */
static char *whole_file(const TargetHost *host, const Place *place, const char *line)
{
	g_auto(GStrv) lines = read_lines(host, place->path, &(int){0});

	for (char **each = lines; each && *each; each++) {
		const char *value = value_in(*each, place->resource);
		g_autofree char *lead = NULL;

		if (!value)
			continue;
		lead = g_strndup(*each, strspn(*each, " \t"));
		g_free(*each);
		*each = g_strconcat(lead, line, NULL);
	}
	return lines ? g_strjoinv("\n", lines) : g_strdup(line);
}

/* The kernel tells in a file of its own why it did not like a line. */
static gboolean refused(const TargetHost *host, const char *place, const char *value,
			int errnum, GError **error)
{
	g_autofree char *status = NULL;
	g_autofree char *shown = NULL;

	if (errnum == ETIMEDOUT)
		return lathe_error(error, LATHE_ERROR_TIMEOUT,
				   "write '%s' to '%s': it did not end within %u s",
				   value, place, host->write_seconds);
	if (root_read_line(host->root, LAST_STATUS, &status, NULL, NULL) && *status)
		shown = escape_text(status, -1);
	return lathe_error_errno(error, errnum, "write '%s' to '%s'%s%s", value, place,
				 shown ? ": " : "", shown ? shown : "");
}

static gboolean write_schemata(const TargetHost *host, const char *text,
			       const char *value, GError **error)
{
	g_auto(Place) place = {0};
	g_autofree char *line = NULL;
	g_autofree char *whole = NULL;
	Write write;
	int errnum;

	if (!place_parse(text, &place) || strchr(value, '\n'))
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "'%s' to '%s': that is no resource of a schemata file",
				   value, text);
	line = g_strdup_printf("%s:%s", place.resource, value);
	whole = root_is_live(host->root) ? g_strconcat(line, "\n", NULL)
					 : whole_file(host, &place, line);
	write = (Write){host->root, place.path, whole, strlen(whole)};
	errnum = deadline_call(do_write, &write, host->write_seconds);
	return errnum == 0 || refused(host, text, value, errnum, error);
}

/* The next character that counts: zeros before a digit and blanks do not ("0= 50;1=00f").
 */
static const char *next_digit(const char *at, gboolean within)
{
	at += strspn(at, " \t");
	while (!within && *at == '0' && g_ascii_isxdigit(at[1]))
		at++;
	return at;
}

static gboolean same_masks(const char *a, const char *b)
{
	gboolean within = FALSE;

	for (;;) {
		a = next_digit(a, within);
		b = next_digit(b, within);
		if (g_ascii_tolower(*a) != g_ascii_tolower(*b))
			return FALSE;
		if (*a == '\0')
			return TRUE;
		within = g_ascii_isxdigit(*a);
		a++;
		b++;
	}
}

const TargetKind target_schemata = {
	.read = read_schemata, .write = write_schemata, .same = same_masks};
