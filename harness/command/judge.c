/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"

#include <stdio.h>
#include <string.h>

#include "error.h"
#include "rejudge.h"
#include "report.h"

static const Option options[] = {
	{"profile", 'p', "PROFILE", FALSE,
	 "judge under this profile, a name or a path (default: the bundle's own)"},
	{"format", 'f', "text|json", FALSE,
	 "text (the default), or json: run.json with the new verdict in it"},
	{NULL},
};

static const char *comparison(const Rejudged *rejudged)
{
	if (!rejudged->stored)
		return "there is no stored verdict to compare with";
	if (rejudged->same)
		return "the stored verdict is the same";
	if (rejudged->stored_result == rejudged->run->verdict.result)
		return "the stored verdict has the same result, but not the same words or values";
	return NULL;
}

static char *compared(const Rejudged *rejudged)
{
	const char *known = comparison(rejudged);

	return known ? g_strdup(known)
		     : g_strdup_printf("the stored verdict differs: %s",
				       result_name(rejudged->stored_result));
}

static void print_text(const Rejudged *rejudged, const Profile *other)
{
	gboolean colour = colour_wanted();
	g_autofree char *text = report_verdict(rejudged->run, colour);
	g_autofree char *stored = compared(rejudged);

	printf("%s\nJudged under %s; %s.\n", text,
	       rejudged->other_rules ? other->name : "the bundle's own profile", stored);
}

static gboolean check_format(const char *format, GError **error)
{
	if (!format || strcmp(format, "text") == 0 || strcmp(format, "json") == 0)
		return TRUE;
	return lathe_error(error, LATHE_ERROR_USAGE, "--format '%s' is not text or json", format);
}

static int run(const CommandContext *context, const Arguments *arguments, GError **error)
{
	const char *directory = arguments_positional(arguments)[0];
	const char *name = arguments_value(arguments, "profile");
	const char *format = arguments_value(arguments, "format");
	g_autoptr(Profile) other = NULL;
	g_auto(Rejudged) rejudged = {0};

	if (!directory) {
		lathe_error(error, LATHE_ERROR_USAGE, "'lathe judge' needs a bundle");
		lathe_error_hint(error, "lathe judge [options] BUNDLE");
		return -1;
	}
	if (!check_format(format, error))
		return -1;
	if (name) {
		other = profile_load(name, context->profile_directories, error);
		if (!other)
			return -1;
	}
	if (!rejudge(directory, other, &rejudged, error))
		return -1;
	if (g_strcmp0(format, "json") == 0) {
		g_autofree char *json = run_to_json(rejudged.run);

		fputs(json, stdout);
	} else {
		print_text(&rejudged, other);
	}
	return result_exit_status(rejudged.run->verdict.result);
}

const Command command_judge = {
	.name = "judge",
	.summary = "judge a bundle again, from its files alone",
	.arguments = "BUNDLE",
	.arguments_max = 1,
	.description =
		"The checksums of the bundle are verified, the raw outputs and captured trees are\n"
		"read again, and run.json is believed only where they bear it out. An untouched\n"
		"bundle gets the verdict that is stored in it. Nothing is written.\n",
	.options = options,
	.needs = NEEDS_NOTHING,
	.run = run,
};
