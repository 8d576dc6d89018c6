/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <glib.h>
#include <string.h>

#include "command.h"
#include "error.h"

static const Option options[] = {
	{"output", 'o', "DIR", FALSE, "where"},
	{"set", 's', "KEY=VALUE", TRUE, "override"},
	{"quiet", 'q', NULL, FALSE, "less"},
	{"watch", 'w', "[=SECONDS]", FALSE, "again"},
	{NULL},
};

static const struct {
	const char *argv[8];
	const char *output;  /* value of --output, or NULL */
	const char *watch;   /* the same of --watch */
	guint set;	     /* how many --set */
	gboolean quiet;
	const char *first;   /* first positional argument, or NULL */
	const char *error;   /* NULL: accepted */
	const char *hint;
} lines[] = {
	{.argv = {NULL}},
	{.argv = {"smoke"}, .first = "smoke"},
	{.argv = {"-o", "x", "smoke"}, .output = "x", .first = "smoke"},
	{.argv = {"smoke", "--output=x"}, .output = "x", .first = "smoke"},
	{.argv = {"-ox"}, .output = "x"},
	{.argv = {"--output", "-"}, .output = "-"},
	{.argv = {"-s", "a=1", "--set", "b=2", "-q"}, .set = 2, .quiet = TRUE},
	/* A value that may be left out is never the next argument. */
	{.argv = {"--watch", "3"}, .watch = "", .first = "3"},
	{.argv = {"-w", "3"}, .watch = "", .first = "3"},
	{.argv = {"--watch=3"}, .watch = "3"},
	{.argv = {"-w3"}, .watch = "3"},
	{.argv = {"--watch="}, .watch = ""},
	{.argv = {"-w", "--watch=3"}, .error = "--watch is given twice"},
	{.argv = {"--", "-q"}, .first = "-q"},
	{.argv = {"-"}, .first = "-"},
	{.argv = {"--output"}, .error = "--output needs DIR"},
	{.argv = {"-o", "x", "-o", "y"}, .error = "--output is given twice"},
	{.argv = {"--quiet=1"}, .error = "--quiet takes no value"},
	{.argv = {"-qx"}, .error = "--quiet takes no value"},
	{.argv = {"--outptu", "x"}, .error = "unknown option '--outptu'",
	 .hint = "did you mean --output?"},
	{.argv = {"-z"}, .error = "unknown option '-z'", .hint = "--help lists the options"},
	{.argv = {"--"}, .first = NULL},
};

static void test_lines(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(Arguments) arguments =
			arguments_parse(options, lines[i].argv, FALSE, &error);
		const char *output, *first;

		if (lines[i].error) {
			assert_null(arguments);
			assert_string_equal(error->message, lines[i].error);
			assert_int_equal(error->code, LATHE_ERROR_USAGE);
			if (lines[i].hint)
				assert_string_equal(lathe_error_get_hint(error), lines[i].hint);
			continue;
		}
		assert_non_null(arguments);
		output = arguments_value(arguments, "output");
		first = arguments_positional(arguments)[0];
		assert_int_equal(g_strcmp0(output, lines[i].output), 0);
		assert_int_equal(g_strcmp0(first, lines[i].first), 0);
		assert_int_equal(g_strcmp0(arguments_value(arguments, "watch"), lines[i].watch), 0);
		assert_int_equal(g_strv_length((char **)arguments_values(arguments, "set")),
				 lines[i].set);
		assert_int_equal(arguments_flag(arguments, "quiet"), lines[i].quiet);
	}
}

static void test_global_options_end_at_the_command(void **state)
{
	static const char *const argv[] = {"-q", "run", "-o", "x", NULL};
	g_autoptr(Arguments) arguments = arguments_parse(options, argv, TRUE, NULL);

	(void)state;
	assert_true(arguments_flag(arguments, "quiet"));
	assert_null(arguments_value(arguments, "output"));
	assert_int_equal(g_strv_length((char **)arguments_positional(arguments)), 3);
}

static void test_help_fits_a_terminal(void **state)
{
	g_autofree char *help = options_help(options);
	g_auto(GStrv) rows = g_strsplit(help, "\n", -1);

	(void)state;
	assert_non_null(strstr(help, "  -o, --output DIR"));
	assert_non_null(strstr(help, "  -q, --quiet"));
	for (char **row = rows; *row; row++)
		assert_true(strlen(*row) <= 80);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_global_options_end_at_the_command),
		cmocka_unit_test(test_help_fits_a_terminal),
	};

	return cmocka_run_group_tests_name("arguments", tests, NULL, NULL);
}
