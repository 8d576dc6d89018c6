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
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "error.h"
#include "escape.h"
#include "ini.h"

static const char exit_status[] =
	"Exit status: 0 PASS or done, 1 could not do it, 2 FAIL, 3 INCONCLUSIVE.\n";

static void print_help(void)
{
	g_autofree char *options = options_help(global_options);

	printf("Usage: lathe [global options] COMMAND [options] [arguments]\n\n"
	       "Does this host, tuned this way, run a real-time VM within X us, under load, for\n"
	       "hours? lathe measures, judges, and leaves the proof.\n\nCommands:\n");
	for (const Command *const *command = commands; *command; command++)
		printf("  %-13s %s\n", (*command)->name, (*command)->summary);
	printf("\nGlobal options:\n%s\n%s", options, exit_status);
}

static void print_command_help(const Command *command)
{
	g_autofree char *options = options_help(command->options);
	g_autofree char *help = options_help(help_option);

	/* A command to which the statuses say something else tells it itself. */
	gboolean told = strstr(command->description, "Exit status:") != NULL;

	printf("Usage: lathe [global options] %s [options]%s%s\n\n%s\n\n%s\nOptions:\n%s%s%s%s",
	       command->name, *command->arguments ? " " : "", command->arguments, command->summary,
	       command->description, options, help, told ? "" : "\n", told ? "" : exit_status);
}

static const Command *find_command(const char *name, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	const char *nearest;

	for (const Command *const *command = commands; *command; command++) {
		if (strcmp((*command)->name, name) == 0)
			return *command;
		g_ptr_array_add(names, (char *)(*command)->name);
	}
	lathe_error(error, LATHE_ERROR_USAGE, "unknown command '%s'", name);
	nearest = ini_nearest(name, (const char *const *)names->pdata, names->len);
	if (nearest)
		lathe_error_hint(error, "did you mean 'lathe %s'?", nearest);
	else
		lathe_error_hint(error, "'lathe --help' lists the commands");
	return NULL;
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

static int run_command(const Command *command, const State *state, const char *const *argv,
		       GError **error)
{
	g_autoptr(GArray) options = g_array_new(TRUE, TRUE, sizeof(Option));
	g_autoptr(Arguments) arguments = NULL;
	CommandContext context = {.state = state};
	const char *directories[3];
	int status;

	for (const Option *option = command->options; option->name; option++)
		g_array_append_val(options, *option);
	g_array_append_val(options, help_option[0]);
	arguments = arguments_parse((const Option *)options->data, argv, FALSE, error);
	if (!arguments)
		return -1;
	if (arguments_flag(arguments, "help")) {
		print_command_help(command);
		return 0;
	}
	if (g_strv_length((char **)arguments_positional(arguments)) > command->arguments_max) {
		lathe_error(error, LATHE_ERROR_USAGE, "'%s' is one argument too many",
			    arguments_positional(arguments)[command->arguments_max]);
		lathe_error_hint(error, "lathe %s [options]%s%s", command->name,
				 *command->arguments ? " " : "", command->arguments);
		return -1;
	}
	if (command->needs == NEEDS_ROOT && geteuid() != 0) {
		lathe_error(error, LATHE_ERROR_ENVIRONMENT, "'lathe %s' must run as root",
			    command->name);
		lathe_error_hint(error, "it pins threads, sets SCHED_FIFO and makes cgroups: "
				 "sudo lathe %s ...", command->name);
		return -1;
	}
	find_parts(&context, directories);
	status = command->run(&context, arguments, error);
	g_free(context.agent);
	g_free((char *)directories[1]);
	return status;
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
	command = find_command(rest[0], error);
	if (!command)
		return -1;
	state = state_new(arguments_value(arguments, "state"), error);
	if (!state)
		return -1;
	return run_command(command, state, rest + 1, error);
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
