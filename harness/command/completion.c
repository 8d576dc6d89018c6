/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"

#include <stdio.h>
#include <string.h>

#include "completion.h"
#include "error.h"
#include "escape.h"
#include "profile.h"
#include "vm_command.h"
#include "vm_config.h"

static const Option options[] = {{NULL}};

static void print_profiles(const CommandContext *context)
{
	g_autoptr(GPtrArray) names = profile_names(context->profile_directories);

	for (guint i = 0; i < names->len; i++) {
		g_autofree char *safe = escape_text(names->pdata[i], -1);

		puts(safe);
	}
}

static gboolean print_vms(const char *path, GError **error)
{
	g_autoptr(VmConfigs) configs =
		vm_configs_read_or_empty(path ? path : VM_CONFIG_PATH, error);

	for (guint i = 0; configs && i < configs->vms->len; i++) {
		g_autofree char *safe = escape_text(((VmConfig *)configs->vms->pdata[i])->name, -1);

		puts(safe);
	}
	return configs != NULL;
}

static int run(const CommandContext *context, const Arguments *arguments, GError **error)
{
	const char *what = arguments_positional(arguments)[0];
	g_autofree char *script = NULL;

	if (what && strcmp(what, "vms") == 0)
		return print_vms(arguments_positional(arguments)[1], error) ? 0 : -1;
	if (what && arguments_positional(arguments)[1]) {
		lathe_error(error, LATHE_ERROR_USAGE, "'%s' is one argument too many",
			    arguments_positional(arguments)[1]);
		return -1;
	}
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
	.arguments = "bash|profiles|vms",
	.arguments_max = 2,
	.description = "'lathe completion bash' prints a script for bash to source; "
		       "'make install' puts it\n"
		       "where bash-completion finds it. 'profiles' prints the names of "
		       "the profiles, one a\n"
		       "line, 'vms' those of the configured VMs ('vms FILE': of another config),\n"
		       "which is what that script asks for.\n",
	.options = options,
	.needs = NEEDS_NOTHING,
	.run = run,
};
