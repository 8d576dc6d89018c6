/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A command is a row: `lathe [global options] COMMAND [options] [arguments]`. Help, and
 * whatever else lists commands or options, is printed from the rows. A command may be a group of
 * others, `lathe vm import`: then it has no work of its own, and its options are those that all
 * of the group take, before or after their name.
 *
 * To add one: a file in this folder that ends in its row, and a line in commands[], or in the
 * group's list (table.c).
 */
#ifndef LATHE_COMMAND_H
#define LATHE_COMMAND_H

#include <glib.h>

#include "state.h"

typedef struct {
	const char *name;     /* "duration", without the dashes */
	char letter;	      /* short form, or 0 */
	const char *argument; /* what it takes ("TIME"), or NULL for a flag; "[=TIME]": it may
			       * have one, and then behind '='. Without it the value is "" */
	gboolean repeats;     /* may be given more than once */
	const char *help;     /* unit, range and default among it */
} Option;

/* What the user typed after the command's name, split by the command's options. */
typedef struct Arguments Arguments;

gboolean arguments_flag(const Arguments *arguments, const char *option);
/* NULL when not given. */
const char *arguments_value(const Arguments *arguments, const char *option);
/* NULL-terminated; empty when not given. */
const char *const *arguments_values(const Arguments *arguments, const char *option);
/* NULL-terminated: what is no option. */
const char *const *arguments_positional(const Arguments *arguments);

typedef struct {
	const State *state;
	char *agent;		/* path of lathe-agent */
	const char *const *profile_directories;
} CommandContext;

typedef enum { NEEDS_NOTHING, NEEDS_ROOT } Needs;

typedef struct Command Command;
struct Command {
	const char *name;
	const char *summary;	 /* one line, no full stop */
	const char *arguments;	 /* "[PROFILE]", or "" */
	guint arguments_max;	 /* how many positional arguments at most; ARGUMENTS_ANY */
	const char *description; /* more, for --help; paragraphs end in a newline */
	const Option *options;	 /* ends in a row without a name */
	Needs needs;
	/* The exit status (design.md §3), or -1 with an error. */
	int (*run)(const CommandContext *context, const Arguments *arguments, GError **error);
	/* Of a group, ends in NULL; it has no arguments, needs and run then. */
	const Command *const *commands;
};
#define ARGUMENTS_ANY G_MAXUINT

extern const Command command_run;
extern const Command command_image;
extern const Command command_judge;
extern const Command command_report;
extern const Command command_validate_host;
extern const Command command_tune;
extern const Command command_capture;
extern const Command command_topology;
extern const Command command_plan;
extern const Command command_vm;
extern const Command command_vm_import;
extern const Command command_vm_edit_config;
extern const Command command_vm_sync_config;
extern const Command command_vm_boot;
extern const Command command_vm_shutdown;
extern const Command command_vm_stat;
extern const Command command_completion;

extern const Command command_vm_show_config;
extern const Command command_vm_validate_config;

/* All of them, in the order of the help; ends in NULL. */
extern const Command *const commands[];
/* `lathe vm`'s. */
extern const Command *const vm_commands[];
/* What may stand before COMMAND, and what every command takes besides its own options. */
extern const Option global_options[];
extern const Option help_option[];

/* What the exit statuses say, a line. */
extern const char exit_status_text[];
/* Prints the help of a command; of one of a group, `group` is that, else NULL. */
void command_print_help(const Command *command, const Command *group);
/* The command of that name in `list`. An error (with the nearest one): none. `group` as above. */
const Command *command_find(const Command *const *list, const Command *group, const char *name,
			    GError **error);
/* "import", or "vm import". Newly allocated. */
char *command_path(const Command *command, const Command *group);

/* Parses argv[1..] by the rows in `options` (an option anywhere, "--" ends them). */
Arguments *arguments_parse(const Option *options, const char *const *argv,
			   gboolean stop_at_positional, GError **error);
void arguments_free(Arguments *arguments);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Arguments, arguments_free)

/* The error for one of --kernel and --modules without the other; FALSE. */
gboolean own_kernel_incomplete(GError **error);

/* Whether standard output is a terminal whose user has nothing against colour: NO_COLOR is
 * unset or empty (https://no-color.org). */
gboolean colour_wanted(void);

/* The option part of a help text: one or more lines each, aligned. */
char *options_help(const Option *options);

#endif
