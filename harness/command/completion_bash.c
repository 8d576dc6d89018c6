/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "completion.h"

#include <string.h>

#include "profile.h"

/* The script's function that completes an argument of this name. What has no row and no
 * bars (TIME, URI) cannot be completed. */
static const struct {
	const char *argument;
	const char *call;
} kinds[] = {
	{"DIR", "_lathe_directories"},  {"BUNDLE", "_lathe_directories"},
	{"VMLINUZ", "_lathe_files"},    {"FILE", "_lathe_files"},
	{"FILE:/PATH", "_lathe_files"}, {"PROFILE", "_lathe_profiles"},
	{"KEY=VALUE", "_lathe_keys"},   {"VM...", "_lathe_vms"},
	{"VM", "_lathe_vms"},
};

/* No compgen -W: it would expand what a file name holds. */
static const char functions[] =
	"# bash completion for lathe, printed by `lathe completion bash`\n"
	"\n"
	"_lathe_words() {\n"
	"\tlocal word\n"
	"\tfor word; do\n"
	"\t\t[[ $word == \"$cur\"* ]] && COMPREPLY+=(\"$word\")\n"
	"\tdone\n"
	"}\n"
	"_lathe_directories() {\n"
	"\tcompopt -o filenames 2>/dev/null\n"
	"\tmapfile -t COMPREPLY < <(compgen -d -- \"$cur\")\n"
	"}\n"
	"_lathe_files() {\n"
	"\tcompopt -o filenames 2>/dev/null\n"
	"\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
	"}\n"
	"_lathe_profiles() {\n"
	"\tlocal names\n"
	"\tif [[ $cur == */* ]]; then\n"
	"\t\t_lathe_files\n"
	"\t\treturn\n"
	"\tfi\n"
	"\tmapfile -t names < <(\"$program\" completion profiles 2>/dev/null)\n"
	"\t_lathe_words \"${names[@]}\"\n"
	"}\n"
	"# Those of the config that the line names.\n"
	"_lathe_vms() {\n"
	"\tlocal names config= i\n"
	"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	"\t\t[[ ${COMP_WORDS[i]} == -f || ${COMP_WORDS[i]} == --file ]] || continue\n"
	"\t\tconfig=${COMP_WORDS[i + 1]}\n"
	"\t\t[[ $config == = ]] && config=${COMP_WORDS[i + 2]}\n"
	"\tdone\n"
	"\tmapfile -t names < <(\"$program\" completion vms ${config:+\"$config\"} "
	"2>/dev/null)\n"
	"\t_lathe_words \"${names[@]}\"\n"
	"}\n";

/* '=' and ':' are words of their own where they are in COMP_WORDBREAKS: "--set a=b" comes
 * as four words. Behind an option that waits for its value they mean nothing; behind
 * anything else they glue what follows to what came before, and that cannot be completed.
 */
static const char dispatcher[] =
	"_lathe() {\n"
	"\tlocal program=$1 cur=${COMP_WORDS[COMP_CWORD]} command= takes= glued= word i\n"
	"\tCOMPREPLY=()\n"
	"\tfor ((i = 1; i <= COMP_CWORD; i++)); do\n"
	"\t\tword=${COMP_WORDS[i]}\n"
	"\t\tif [[ $word == [=:] ]]; then\n"
	"\t\t\t[[ $takes ]] || glued=yes\n"
	"\t\t\t((i < COMP_CWORD)) || cur=\n"
	"\t\telif ((i == COMP_CWORD)); then\n"
	"\t\t\tbreak\n"
	"\t\telif [[ $glued ]]; then\n"
	"\t\t\tglued=\n"
	"\t\telif [[ $takes ]]; then\n"
	"\t\t\ttakes=\n"
	"\t\telif [[ $word == -* ]]; then\n"
	"\t\t\t_lathe_takes \"$command\" \"$word\"\n"
	"\t\telif [[ ! $command ]]; then\n"
	"\t\t\tcommand=$word\n"
	"\t\telif _lathe_is_group \"$command\"; then\n"
	"\t\t\tcommand+=\" $word\"\n"
	"\t\tfi\n"
	"\tdone\n"
	"\tif [[ $glued ]]; then\n"
	"\t\treturn\n"
	"\telif [[ $takes ]]; then\n"
	"\t\t$takes\n"
	"\telif [[ $cur == -* ]]; then\n"
	"\t\t_lathe_options \"$command\"\n"
	"\telse\n"
	"\t\t_lathe_arguments \"$command\"\n"
	"\tfi\n"
	"}\n"
	"complete -F _lathe lathe\n";

/* "[PROFILE]" is PROFILE, "a|b" is the words a and b. ':' does nothing. */
static char *call_for(const char *argument)
{
	g_autofree char *name = g_strdup(argument);
	char *bar;

	name[strcspn(name, " ")] = '\0';
	g_strcanon(name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_.=:/|", ' ');
	g_strstrip(name);
	name[strcspn(name, " ")] = '\0'; /* "[VM]..." */
	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (strcmp(name, kinds[i].argument) == 0)
			return g_strdup(kinds[i].call);
	if (!*name || (g_ascii_isupper(name[0]) && !strchr(name, '|')))
		return g_strdup(":");
	while ((bar = strchr(name, '|')))
		*bar = ' ';
	return g_strconcat("_lathe_words ", name, NULL);
}

static void add_takes(GString *script, const char *command, const Option *options)
{
	for (const Option *option = options; option->name; option++) {
		g_autofree char *call = NULL;

		/* One that may be left out is no word of its own. */
		if (!option->argument || *option->argument == '[')
			continue;
		call = call_for(option->argument);
		g_string_append_printf(script, "\t'%s':--%s", command, option->name);
		if (option->letter)
			g_string_append_printf(script, "|'%s':-%c", command,
					       option->letter);
		g_string_append_printf(script, ") takes='%s' ;;\n", call);
	}
}

static void add_names(GString *script, const Option *options)
{
	for (const Option *option = options; option->name; option++)
		g_string_append_printf(script, " --%s", option->name);
}

/* Every command with what goes before its name, those of a group behind it. */
static void each(GString *script, const Command *const *list, const Command *group,
		 const Option *everywhere,
		 void (*add)(GString *script, const char *path, const Command *command,
			     const Command *group, const Option *everywhere))
{
	for (const Command *const *command = list; *command; command++) {
		g_autofree char *path = command_path(*command, group);

		add(script, path, *command, group, everywhere);
		if ((*command)->commands)
			each(script, (*command)->commands, *command, everywhere, add);
	}
}

static void add_command_takes(GString *script, const char *path, const Command *command,
			      const Command *group, const Option *everywhere)
{
	(void)everywhere;
	add_takes(script, path, command->options);
	if (group)
		add_takes(script, path, group->options);
}

static void add_command_options(GString *script, const char *path, const Command *command,
				const Command *group, const Option *everywhere)
{
	g_string_append_printf(script, "\t'%s') _lathe_words", path);
	add_names(script, command->options);
	if (group)
		add_names(script, group->options);
	add_names(script, everywhere);
	g_string_append(script, " ;;\n");
}

static void add_words(GString *script, const char *path, const Command *const *list)
{
	g_string_append_printf(script, "\t'%s') _lathe_words", path);
	for (const Command *const *command = list; *command; command++)
		g_string_append_printf(script, " %s", (*command)->name);
	g_string_append(script, " ;;\n");
}

static void add_command_arguments(GString *script, const char *path, const Command *command,
				  const Command *group, const Option *everywhere)
{
	g_autofree char *call = NULL;

	(void)group, (void)everywhere;
	if (command->commands) {
		add_words(script, path, command->commands);
		return;
	}
	call = call_for(command->arguments);
	g_string_append_printf(script, "\t'%s') %s ;;\n", path, call);
}

static void add_functions(GString *script, const Command *const *list, const Option *global,
			  const Option *everywhere)
{
	g_string_append(script, "# COMMAND OPTION: what completes the option's value\n"
				"_lathe_takes() {\n\tcase $1:$2 in\n");
	add_takes(script, "", global);
	each(script, list, NULL, everywhere, add_command_takes);
	g_string_append(script, "\tesac\n}\n_lathe_options() {\n\tcase $1 in\n"
				"\t'') _lathe_words");
	add_names(script, global);
	g_string_append(script, " ;;\n");
	each(script, list, NULL, everywhere, add_command_options);
	g_string_append(script, "\tesac\n}\n_lathe_arguments() {\n\tcase $1 in\n");
	add_words(script, "", list);
	each(script, list, NULL, everywhere, add_command_arguments);
	g_string_append(script, "\tesac\n}\n");
}

static void add_groups_function(GString *script, const Command *const *list)
{
	g_string_append(script, "_lathe_is_group() {\n\tcase $1 in\n");
	for (const Command *const *command = list; *command; command++)
		if ((*command)->commands)
			g_string_append_printf(script, "\t'%s') return 0 ;;\n",
					       (*command)->name);
	g_string_append(script, "\tesac\n\treturn 1\n}\n");
}

static void add_keys_function(GString *script)
{
	g_string_append(script, "_lathe_keys() {\n\tcompopt -o nospace 2>/dev/null\n"
				"\t_lathe_words");
	for (const char *const *key = profile_keys; *key; key++)
		g_string_append_printf(script, " %s=", *key);
	g_string_append(script, "\n}\n");
}

char *completion_bash(const Command *const *list, const Option *global,
		      const Option *everywhere)
{
	GString *script = g_string_new(functions);

	add_keys_function(script);
	add_functions(script, list, global, everywhere);
	add_groups_function(script, list);
	g_string_append(script, dispatcher);
	return g_string_free(script, FALSE);
}
