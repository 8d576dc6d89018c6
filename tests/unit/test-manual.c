/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of commands and options: sound in themselves, and the same as the manual says. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <glib.h>
#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "load.h"
#include "profile.h"
#include "report.h"

static char *manual_directory(void)
{
	return g_build_filename(g_getenv("TESTS"), "..", "man", NULL);
}

static char *read_page(const char *name)
{
	g_autofree char *directory = manual_directory();
	g_autofree char *path = g_build_filename(directory, name, NULL);
	char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		fail_msg("there is no manual page %s", name);
	return text;
}

static char *page_of(const char *command)
{
	g_autofree char *name = g_strdup_printf("lathe-%s.1", command);

	return read_page(name);
}

static gboolean is_id(const char *text)
{
	return g_ascii_islower(text[0]) &&
	       strspn(text, G_CSET_a_2_z G_CSET_DIGITS "-") == strlen(text);
}

/* A sentence fragment for a help text: something, and no full stop. */
static gboolean is_summary(const char *text)
{
	return text && strlen(text) > 3 && !g_str_has_suffix(text, ".") && !strchr(text, '\n');
}

static void check_options(const char *where, const Option *options)
{
	for (const Option *option = options; option->name; option++) {
		if (!is_id(option->name) || !is_summary(option->help) ||
		    (option->letter && !g_ascii_isalpha(option->letter)) ||
		    (option->argument && !*option->argument))
			fail_msg("%s: the row of --%s is not sound", where, option->name);
		for (const Option *other = options; other < option; other++)
			if (strcmp(other->name, option->name) == 0 ||
			    (option->letter && other->letter == option->letter))
				fail_msg("%s: --%s and --%s are alike", where, other->name,
					 option->name);
	}
}

/* Every command takes --help besides its own. */
static void check_not_help(const char *where, const Option *options)
{
	for (const Option *option = options; option->name; option++)
		if (strcmp(option->name, help_option->name) == 0 ||
		    option->letter == help_option->letter)
			fail_msg("%s: --%s takes the place of --help", where, option->name);
}

/* A command of a group takes the group's options as well. */
static void check_group_options(const Command *command, const Command *group)
{
	g_autoptr(GArray) all = g_array_new(TRUE, TRUE, sizeof(Option));
	g_autofree char *path = command_path(command, group);

	for (const Option *option = command->options; option->name; option++)
		g_array_append_val(all, *option);
	for (const Option *option = group->options; option->name; option++)
		g_array_append_val(all, *option);
	check_options(path, (const Option *)all->data);
}

static void check_list(const Command *const *list, const Command *group)
{
	for (const Command *const *at = list; *at; at++) {
		const Command *command = *at;

		assert_true(is_id(command->name) && is_summary(command->summary));
		assert_non_null(command->arguments);
		/* A group does nothing itself, and is in none. */
		assert_true(!command->run == !!command->commands);
		assert_false(group && command->commands);
		assert_int_equal(command->arguments_max > 0, *command->arguments != '\0');
		assert_true(g_str_has_suffix(command->description, "\n"));
		check_options(command->name, command->options);
		check_not_help(command->name, command->options);
		if (group)
			check_group_options(command, group);
		for (const Command *const *other = list; other < at; other++)
			assert_string_not_equal((*other)->name, command->name);
		if (command->commands)
			check_list(command->commands, command);
	}
}

static void test_tables(void **state)
{
	(void)state;
	check_options("lathe", global_options);
	check_list(commands, NULL);
}

/* ".It Fl o , Fl -output Ar DIR": how a page documents an option. */
static gboolean documents(const char *line, const Option *option)
{
	g_auto(GStrv) words = g_strsplit(line, " ", -1);
	g_autofree char *name = g_strconcat("-", option->name, NULL);
	char letter[] = {option->letter, '\0'};
	gboolean argument = strstr(line, " Ar ") || strstr(line, " Cm ");

	return g_strv_contains((const char *const *)words, name) &&
	       (!option->letter || g_strv_contains((const char *const *)words, letter)) &&
	       argument == (option->argument != NULL);
}

/* The lines of a page that begin the description of an option. */
static GPtrArray *option_lines(const char *page)
{
	GPtrArray *found = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) lines = g_strsplit(page, "\n", -1);

	for (char **line = lines; *line; line++)
		if (g_str_has_prefix(*line, ".It Fl "))
			g_ptr_array_add(found, g_strdup(*line));
	return found;
}

static gboolean some_line_documents(const GPtrArray *lines, const Option *option)
{
	for (guint i = 0; i < lines->len; i++)
		if (documents(lines->pdata[i], option))
			return TRUE;
	return FALSE;
}

static gboolean some_option_is_on(const char *line, const Option *options)
{
	for (const Option *option = options; option->name; option++)
		if (documents(line, option))
			return TRUE;
	return FALSE;
}

static void all_are_documented(const char *where, const GPtrArray *lines, const Option *options)
{
	for (const Option *option = options; option->name; option++)
		if (!some_line_documents(lines, option))
			fail_msg("%s: --%s is not in the manual", where, option->name);
}

static gboolean some_command_has(const char *line, const Command *const *list)
{
	for (const Command *const *command = list; command && *command; command++)
		if (some_option_is_on(line, (*command)->options))
			return TRUE;
	return FALSE;
}

/* Each option has its line, and each line its option: one of these, of `more`, or of a command of
 * the group `list`. */
static void compare(const char *where, const char *page, const Option *options,
		    const Option *more, const Command *const *list)
{
	g_autoptr(GPtrArray) lines = option_lines(page);

	all_are_documented(where, lines, options);
	for (const Command *const *command = list; command && *command; command++)
		all_are_documented((*command)->name, lines, (*command)->options);
	for (guint i = 0; i < lines->len; i++)
		if (!some_option_is_on(lines->pdata[i], options) &&
		    !some_option_is_on(lines->pdata[i], more) &&
		    !some_command_has(lines->pdata[i], list))
			fail_msg("%s: no option is as the manual says: %s", where,
				 (char *)lines->pdata[i]);
}

/* The page lists each command by its name. */
static void check_commands_listed(const char *where, const char *page,
				  const Command *const *list)
{
	for (const Command *const *command = list; command && *command; command++) {
		g_autofree char *entry = g_strdup_printf("\n.It Cm %s\n", (*command)->name);

		if (!strstr(page, entry))
			fail_msg("%s does not list '%s'", where, (*command)->name);
	}
}

static void test_options_are_in_the_manual(void **state)
{
	g_autofree char *overview = read_page("lathe.1");

	(void)state;
	compare("lathe", overview, global_options, global_options, NULL);
	check_commands_listed("lathe.1", overview, commands);
	for (const Command *const *command = commands; *command; command++) {
		g_autofree char *page = page_of((*command)->name);

		compare((*command)->name, page, (*command)->options, help_option,
			(*command)->commands);
		check_commands_listed((*command)->name, page, (*command)->commands);
	}
}

/* What the house wants of every page of a command. */
static void test_sections(void **state)
{
	static const char *const sections[] = {"SYNOPSIS", "DESCRIPTION", "FILES", "EXIT STATUS",
					       "EXAMPLES", "SEE ALSO"};

	(void)state;
	for (const Command *const *command = commands; *command; command++) {
		g_autofree char *page = page_of((*command)->name);

		for (gsize i = 0; i < G_N_ELEMENTS(sections); i++) {
			g_autofree char *heading = g_strdup_printf("\n.Sh %s\n", sections[i]);

			if (!strstr(page, heading))
				fail_msg("%s: no section %s", (*command)->name, sections[i]);
		}
	}
}

static gboolean is_command(const char *name)
{
	for (const Command *const *command = commands; *command; command++)
		if (strcmp((*command)->name, name) == 0)
			return TRUE;
	return FALSE;
}

/* No page is about a command that does not exist. */
static void test_pages_are_commands(void **state)
{
	g_autofree char *directory = manual_directory();
	g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
	const char *entry;

	(void)state;
	assert_non_null(dir);
	while ((entry = g_dir_read_name(dir))) {
		g_autofree char *name = NULL;

		if (!g_str_has_prefix(entry, "lathe-") || !g_str_has_suffix(entry, ".1"))
			continue;
		name = g_strndup(entry + 6, strlen(entry) - 8);
		if (!is_command(name))
			fail_msg("%s: there is no such command", entry);
	}
}

static guint items(const char *page)
{
	guint count = 0;

	for (const char *at = strstr(page, "\n.It Ic "); at; at = strstr(at + 1, "\n.It Ic "))
		count++;
	return count;
}

static void test_profile_keys_are_in_the_manual(void **state)
{
	g_autofree char *page = read_page("lathe-profile.5");
	guint count = 0;

	(void)state;
	for (const char *const *key = profile_keys; *key; key++, count++) {
		g_autofree char *entry = g_strdup_printf("\n.It Ic %s\n", *key);

		if (!strstr(page, entry))
			fail_msg("profile key '%s' is not in the manual", *key);
	}
	assert_int_equal(items(page), count);
	for (const Load *const *load = loads; *load; load++)
		assert_non_null(strstr(page, (*load)->name));
}

/* The words that --format takes in the pages are formats. */
static void test_formats_are_in_the_manual(void **state)
{
	g_autofree char *page = read_page("lathe-report.1");

	(void)state;
	for (const ReportFormat *const *format = report_formats; *format; format++) {
		g_autofree char *entry = g_strdup_printf("\n.Cm %s", (*format)->name);

		if (!strstr(page, entry))
			fail_msg("format '%s' is not in lathe-report(1)", (*format)->name);
	}
}

/* With standard output as `fd`. */
static gboolean wanted_on(int fd)
{
	int saved = dup(STDOUT_FILENO);
	gboolean wanted;

	fflush(stdout);
	assert_true(saved >= 0 && dup2(fd, STDOUT_FILENO) == STDOUT_FILENO);
	wanted = colour_wanted();
	assert_int_equal(dup2(saved, STDOUT_FILENO), STDOUT_FILENO);
	close(saved);
	return wanted;
}

static void test_colour(void **state)
{
	int master, terminal, null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	(void)state;
	assert_true(null >= 0);
	assert_int_equal(openpty(&master, &terminal, NULL, NULL, NULL), 0);
	g_unsetenv("NO_COLOR");
	assert_true(wanted_on(terminal));
	assert_false(wanted_on(null));
	g_setenv("NO_COLOR", "", TRUE);
	assert_true(wanted_on(terminal));
	g_setenv("NO_COLOR", "0", TRUE);
	assert_false(wanted_on(terminal));
	assert_false(wanted_on(null));
	g_unsetenv("NO_COLOR");
	close(master);
	close(terminal);
	close(null);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_options_are_in_the_manual),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_pages_are_commands),
		cmocka_unit_test(test_profile_keys_are_in_the_manual),
		cmocka_unit_test(test_formats_are_in_the_manual),
		cmocka_unit_test(test_colour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
