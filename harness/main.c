/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lathe: does this host, tuned this way, run a real-time VM within X us, under load, for
 * hours? Runs the command that was asked for, and is the only place that prints an error.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "command.h"
#include "error.h"
#include "escape.h"

static void print_help(void)
{
	g_autofree char *options = options_help(global_options);

	printf("Usage: lathe [global options] COMMAND [options] [arguments]\n\n"
	       "Does this host, tuned this way, run a real-time VM within X us, under load, for\n"
	       "hours? lathe measures, judges, and leaves the proof.\n\nCommands:\n");
	for (const Command *const *command = commands; *command; command++)
		printf("  %-13s %s\n", (*command)->name, (*command)->summary);
	printf("\nGlobal options:\n%s\n%s", options, exit_status_text);
}

/* A build tree is complete in itself: the agent and the profiles lie beside the program. */
static void find_parts(CommandContext *context, const char **directories)
{
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *beside = self ? g_path_get_dirname(self) : g_strdup(".");
	g_autofree char *agent = g_build_filename(beside, "lathe-agent", NULL);
	gboolean built_here = g_file_test(agent, G_FILE_TEST_IS_REGULAR);

	directories[0] = LATHE_SYSCONFDIR "/profiles";
	directories[1] = built_here ? g_build_filename(beside, "profiles", NULL)
				    : g_strdup(LATHE_DATADIR "/profiles");
	directories[2] = NULL;
	context->profile_directories = directories;
	context->agent = built_here ? g_steal_pointer(&agent)
				    : g_strdup(LATHE_LIBEXECDIR "/lathe-agent");
}

static void add_options(GArray *all, const Option *options)
{
	for (const Option *option = options; option->name; option++)
		g_array_append_val(all, *option);
}

static gboolean check_arguments(const Command *command, const Command *group,
				const Arguments *arguments, GError **error)
{
	const char *const *positional = arguments_positional(arguments);
	g_autofree char *path = command_path(command, group);

	if (g_strv_length((char **)positional) <= command->arguments_max)
		return TRUE;
	lathe_error(error, LATHE_ERROR_USAGE, "'%s' is one argument too many",
		    positional[command->arguments_max]);
	lathe_error_hint(error, "lathe %s [options]%s%s", path, *command->arguments ? " " : "",
			 command->arguments);
	return FALSE;
}

static gboolean check_needs(const Command *command, const Command *group, GError **error)
{
	g_autofree char *path = command_path(command, group);

	if (command->needs != NEEDS_ROOT || geteuid() == 0)
		return TRUE;
	lathe_error(error, LATHE_ERROR_ENVIRONMENT, "'lathe %s' must run as root", path);
	lathe_error_hint(error, "it pins threads, sets SCHED_FIFO and makes cgroups: "
			 "sudo lathe %s ...", path);
	return FALSE;
}

static int run_command(const Command *command, const Command *group, const State *state,
		       const char *const *argv, GError **error)
{
	g_autoptr(GArray) options = g_array_new(TRUE, TRUE, sizeof(Option));
	g_autoptr(Arguments) arguments = NULL;
	CommandContext context = {.state = state};
	const char *directories[3];
	int status;

	add_options(options, command->options);
	if (group)
		add_options(options, group->options);
	add_options(options, help_option);
	arguments = arguments_parse((const Option *)options->data, argv, FALSE, error);
	if (!arguments)
		return -1;
	if (arguments_flag(arguments, "help")) {
		command_print_help(command, group);
		return 0;
	}
	if (!check_arguments(command, group, arguments, error) ||
	    !check_needs(command, group, error))
		return -1;
	find_parts(&context, directories);
	status = command->run(&context, arguments, error);
	g_free(context.agent);
	g_free((char *)directories[1]);
	return status;
}

/* What stands before the name of a command of a group is an option of the group: it is handed to
 * that command with what stands behind. */
static int run_group(const Command *group, const State *state, const char *const *argv,
		     GError **error)
{
	g_autoptr(GArray) options = g_array_new(TRUE, TRUE, sizeof(Option));
	g_autoptr(GPtrArray) rest = g_ptr_array_new();
	g_autoptr(Arguments) arguments = NULL;
	const Command *command;
	const char *name;
	guint before;

	add_options(options, group->options);
	add_options(options, help_option);
	arguments = arguments_parse((const Option *)options->data, argv, TRUE, error);
	if (!arguments)
		return -1;
	name = arguments_positional(arguments)[0];
	if (arguments_flag(arguments, "help")) {
		command_print_help(group, NULL);
		return 0;
	}
	if (!name) {
		lathe_error(error, LATHE_ERROR_USAGE, "'lathe %s' needs a command", group->name);
		lathe_error_hint(error, "'lathe %s --help' lists them", group->name);
		return -1;
	}
	command = command_find(group->commands, group, name, error);
	if (!command)
		return -1;
	before = g_strv_length((char **)argv) -
		 g_strv_length((char **)arguments_positional(arguments));
	for (guint i = 0; argv[i]; i++)
		if (i != before)
			g_ptr_array_add(rest, (char *)argv[i]);
	g_ptr_array_add(rest, NULL);
	return run_command(command, group, state, (const char *const *)rest->pdata, error);
}

static int dispatch(const char *const *argv, GError **error)
{
	g_autoptr(Arguments) arguments = arguments_parse(global_options, argv, TRUE, error);
	g_autoptr(State) state = NULL;
	const char *const *rest;
	const Command *command;

	if (!arguments)
		return -1;
	rest = arguments_positional(arguments);
	if (arguments_flag(arguments, "version")) {
		printf("lathe %s\n", LATHE_VERSION);
		return 0;
	}
	if (arguments_flag(arguments, "help") || !rest[0]) {
		print_help();
		return rest[0] || arguments_flag(arguments, "help") ? 0 : 1;
	}
	command = command_find(commands, NULL, rest[0], error);
	if (!command)
		return -1;
	state = state_new(arguments_value(arguments, "state"), error);
	if (!state)
		return -1;
	return command->commands ? run_group(command, state, rest + 1, error)
				 : run_command(command, NULL, state, rest + 1, error);
}

static void print_error(const GError *error)
{
	g_autofree char *message = escape_text(error->message, -1);
	const char *hint = lathe_error_get_hint(error);

	fprintf(stderr, "lathe: %s\n", message);
	if (hint)
		fprintf(stderr, "lathe: hint: %s\n", hint);
}

/* The next file that is opened would become what is missing, and be written over. */
static gboolean check_streams(GError **error)
{
	static const char *const names[] = {"input", "output", "error"};

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		lathe_error(error, LATHE_ERROR_ENVIRONMENT, "standard %s is closed", names[fd]);
		lathe_error_hint(error, "connect it, if only to /dev/null");
		return FALSE;
	}
	return TRUE;
}

int main(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	int status;

	setlocale(LC_CTYPE, "C.UTF-8");
	/* A reader that goes away (`lathe run | head`) must not kill us before the guest and
	 * the loads are taken down: the write fails instead. */
	signal(SIGPIPE, SIG_IGN);
	status = argc > 0 && check_streams(&error)
			 ? dispatch((const char *const *)argv + 1, &error)
			 : -1;
	if (status < 0) {
		if (error)
			print_error(error);
		status = 1;
	}
	/* A result that did not reach its reader is no result. */
	if ((fflush(stdout) != 0 || ferror(stdout)) && status != 1) {
		fprintf(stderr, "lathe: write to standard output: %s\n", g_strerror(errno));
		status = 1;
	}
	return status;
}
