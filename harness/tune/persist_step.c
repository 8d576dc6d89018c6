/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that make what was written count. */
#include <gio/gio.h>
#include <string.h>

#include "error.h"
#include "escape.h"
#include "persist_private.h"

void persist_add_step(GPtrArray *steps, const char *why, ...)
{
	PersistStep *step = g_new(PersistStep, 1);
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	va_list args;
	const char *word;

	va_start(args, why);
	while ((word = va_arg(args, const char *)))
		g_ptr_array_add(argv, g_strdup(word));
	va_end(args);
	g_ptr_array_add(argv, NULL);
	step->argv = (char **)g_ptr_array_steal(argv, NULL);
	step->why = why;
	g_ptr_array_add(steps, step);
}

/* In quotes where a shell would divide it: it is meant to be copied. */
char *persist_step_text(const PersistStep *step)
{
	GString *text = g_string_new(NULL);

	for (char **word = step->argv; *word; word++) {
		g_autofree char *quoted = persist_is_plain(*word) &&
							  !strchr(*word, ' ') && **word &&
							  !strchr(*word, '~')
						  ? g_strdup(*word)
						  : g_shell_quote(*word);
		g_autofree char *shown = escape_text(quoted, -1);

		g_string_append_printf(text, "%s%s", text->len ? " " : "", shown);
	}
	return g_string_free(text, FALSE);
}

/* The last of what it printed says why it gave up. */
static char *tail_of(const char *output, gsize length)
{
	enum { SHOWN_BYTES = 400 };
	gsize shown = MIN(length, SHOWN_BYTES);
	g_autofree char *text = g_strndup(output + (length - shown), shown);

	return escape_text(g_strstrip(text), -1);
}

gboolean persist_step_run(const PersistStep *step, GError **error)
{
	g_autoptr(GSubprocess) process = NULL;
	g_autoptr(GError) cause = NULL;
	g_autoptr(GBytes) output = NULL;
	g_autofree char *said = NULL;
	gsize length = 0;
	const char *data;

	process = g_subprocess_newv(
		(const char *const *)step->argv,
		G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE, &cause);
	if (!process ||
	    !g_subprocess_communicate(process, NULL, NULL, &output, NULL, &cause))
		return lathe_error(error, LATHE_ERROR_ENVIRONMENT, "run %s: %s",
				   step->argv[0], cause->message);
	if (g_subprocess_get_successful(process))
		return TRUE;
	data = g_bytes_get_data(output, &length);
	said = tail_of(data ? data : "", length);
	if (g_subprocess_get_if_exited(process))
		return lathe_error(error, LATHE_ERROR_ENVIRONMENT,
				   "%s ended with status %d: %s", step->argv[0],
				   g_subprocess_get_exit_status(process), said);
	return lathe_error(error, LATHE_ERROR_ENVIRONMENT,
			   "%s was ended by signal %d: %s", step->argv[0],
			   g_subprocess_get_term_sig(process), said);
}
