/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundle.h"
#include "error.h"
#include "escape.h"
#include "report.h"

static const Option options[] = {
	{"format", 'f', "text|html|json", FALSE, "what to write (default: text)"},
	{"output", 'o', "FILE", FALSE, "write FILE instead of standard output"},
	{NULL},
};

static const ReportFormat *find_format(const char *name, GError **error)
{
	const ReportFormat *format = report_find(name ? name : "text");
	g_autoptr(GString) known = g_string_new(NULL);

	if (format)
		return format;
	for (const ReportFormat *const *row = report_formats; *row; row++)
		g_string_append_printf(known, "%s%s", known->len ? ", " : "", (*row)->name);
	lathe_error(error, LATHE_ERROR_USAGE, "there is no report format '%s' (known: %s)", name,
		    known->str);
	return NULL;
}

/* A finished bundle is evidence: a report of it goes somewhere else. */
static gboolean check_outside(const char *directory, const char *file, GError **error)
{
	g_autofree char *parent = g_path_get_dirname(file);
	g_autofree char *real_parent = realpath(parent, NULL);
	g_autofree char *bundle = realpath(directory, NULL);
	gsize length = bundle ? strlen(bundle) : 0;

	if (!real_parent || !bundle || strncmp(real_parent, bundle, length) != 0 ||
	    (real_parent[length] != '/' && real_parent[length] != '\0'))
		return TRUE;
	lathe_error(error, LATHE_ERROR_USAGE,
		    "%s is inside the bundle, which must stay as the run left it", file);
	lathe_error_hint(error, "name a file elsewhere");
	return FALSE;
}

static gboolean write_output(const char *file, const char *text, GError **error)
{
	g_autoptr(GError) cause = NULL;

	if (!file) {
		fputs(text, stdout);
		return TRUE;
	}
	if (g_file_set_contents_full(file, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0644,
				     &cause))
		return TRUE;
	return lathe_error_file(error, cause);
}

static int run(const CommandContext *context, const Arguments *arguments, GError **error)
{
	const char *directory = arguments_positional(arguments)[0];
	const char *file = arguments_value(arguments, "output");
	gboolean colour = !file && colour_wanted();
	const ReportFormat *format;
	g_autoptr(GError) changed = NULL;
	g_autoptr(Run) result = NULL;
	g_autofree char *text = NULL;

	(void)context;
	if (!directory) {
		lathe_error(error, LATHE_ERROR_USAGE, "'lathe report' needs a bundle");
		lathe_error_hint(error, "lathe report [options] BUNDLE");
		return -1;
	}
	format = find_format(arguments_value(arguments, "format"), error);
	if (!format || (file && !check_outside(directory, file, error)))
		return -1;
	result = bundle_read_run(directory, error);
	if (!result)
		return -1;
	if (!bundle_verify(directory, &changed)) {
		g_autofree char *why = escape_text(changed->message, -1);

		fprintf(stderr, "lathe: warning: the bundle is not as the run left it: %s\n", why);
	}
	text = format->write(directory, result, colour, error);
	return text && write_output(file, text, error) ? 0 : -1;
}

const Command command_report = {
	.name = "report",
	.summary = "make the report of a bundle again",
	.arguments = "BUNDLE",
	.arguments_max = 1,
	.description =
		"From the bundle alone, with the verdict that is stored in it ('lathe judge' makes\n"
		"the verdict again). The bundle stays as it is. The exit status is 0 when the report\n"
		"was written, whatever the verdict.\n",
	.options = options,
	.needs = NEEDS_NOTHING,
	.run = run,
};
