/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"

#include <stdio.h>
#include <string.h>

#include "completion.h"
#include "error.h"
#include "escape.h"
#include "profile.h"

static const Option options[] = {{NULL}};

static void print_profiles(const CommandContext *context)
{
	g_autoptr(GPtrArray) names = profile_names(context->profile_directories);

	for (guint i = 0; i < names->len; i++) {
		g_autofree char *safe = escape_text(names->pdata[i], -1);

		puts(safe);
	}
}

static int run(const CommandContext *context, const Arguments *arguments, GError **error)
{
	const char *what = arguments_positional(arguments)[0];
	g_autofree char *script = NULL;

	if (what && strcmp(what, "profiles") == 0) {
		print_profiles(context);
		return 0;
	}
	if (what && strcmp(what, "bash") == 0) {
		script = completion_bash(commands, global_options, help_option);
		fputs(script, stdout);
		return 0;
	}
	if (what)
		lathe_error(error, LATHE_ERROR_USAGE,
			    "'lathe completion %s': only 'bash' is known", what);
	else
		lathe_error(error, LATHE_ERROR_USAGE,
			    "'lathe completion' needs the name of a shell");
	lathe_error_hint(error, "source <(lathe completion bash)");
	return -1;
}

const Command command_completion = {
	.name = "completion",
	.summary = "print the completion script for a shell",
	.arguments = "bash|profiles",
	.arguments_max = 1,
	.description = "'lathe completion bash' prints a script for bash to source; "
		       "'make install' puts it\n"
		       "where bash-completion finds it. 'profiles' prints the names of "
		       "the profiles, one a\n"
		       "line, which is what that script asks for.\n",
	.options = options,
	.needs = NEEDS_NOTHING,
	.run = run,
};
