/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"

#include <stdio.h>
#include <string.h>

#include "error.h"
#include "ini.h"

const char exit_status_text[] =
	"Exit status: 0 PASS or done, 1 could not do it, 2 FAIL, 3 INCONCLUSIVE.\n";

char *command_path(const Command *command, const Command *group)
{
	return group ? g_strdup_printf("%s %s", group->name, command->name)
		     : g_strdup(command->name);
}

static void print_list(const Command *const *list)
{
	printf("\nCommands:\n");
	for (const Command *const *command = list; *command; command++)
		printf("  %-15s %s\n", (*command)->name, (*command)->summary);
}

static void print_options(const char *heading, const Option *options, const Option *more)
{
	g_autofree char *first = options_help(options);
	g_autofree char *second = options_help(more);

	printf("\n%s:\n%s%s", heading, first, second);
}

void command_print_help(const Command *command, const Command *group)
{
	static const Option none[] = {{NULL}};
	g_autofree char *path = command_path(command, group);
	/* A command to which the statuses say something else tells it itself. */
	gboolean told = strstr(command->description, "Exit status:") != NULL;

	printf("Usage: lathe [global options] %s %s%s%s\n\n%s\n\n%s", path,
	       command->commands ? "COMMAND [options] [arguments]" : "[options]",
	       *command->arguments ? " " : "", command->arguments, command->summary,
	       command->description);
	if (command->commands)
		print_list(command->commands);
	print_options(command->commands ? "Options of all of them" : "Options",
		      command->options, group ? none : help_option);
	if (group) {
		g_autofree char *all =
			g_strdup_printf("Options of all of 'lathe %s'", group->name);

		print_options(all, group->options, help_option);
	}
	if (!told)
		printf("\n%s", exit_status_text);
}

const Command *command_find(const Command *const *list, const Command *group, const char *name,
			    GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autofree char *before = group ? g_strconcat(group->name, " ", NULL) : g_strdup("");
	const char *nearest;

	for (const Command *const *command = list; *command; command++) {
		if (strcmp((*command)->name, name) == 0)
			return *command;
		g_ptr_array_add(names, (char *)(*command)->name);
	}
	lathe_error(error, LATHE_ERROR_USAGE, "unknown command '%s%s'", before, name);
	nearest = ini_nearest(name, (const char *const *)names->pdata, names->len);
	if (nearest)
		lathe_error_hint(error, "did you mean 'lathe %s%s'?", before, nearest);
	else
		lathe_error_hint(error, "'lathe %s--help' lists the commands", before);
	return NULL;
}
