/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"

#include <string.h>

#include "error.h"
#include "ini.h"

struct Arguments {
	GHashTable *values; /* option name -> GPtrArray of char *, NULL-terminated */
	GPtrArray *positional;
};

static const char *const nothing[] = {NULL};

static const Option *find_option(const Option *options, const char *name, gsize length,
				 char letter)
{
	for (const Option *option = options; option->name; option++)
		if (letter ? option->letter == letter
			   : strlen(option->name) == length &&
				     strncmp(option->name, name, length) == 0)
			return option;
	return NULL;
}

static gboolean unknown_option(const Option *options, const char *given, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	const char *nearest;

	for (const Option *option = options; option->name; option++)
		g_ptr_array_add(names, (char *)option->name);
	lathe_error(error, LATHE_ERROR_USAGE, "unknown option '%s'", given);
	nearest = ini_nearest(given + strspn(given, "-"), (const char *const *)names->pdata,
			      names->len);
	if (nearest)
		lathe_error_hint(error, "did you mean --%s?", nearest);
	else
		lathe_error_hint(error, "--help lists the options");
	return FALSE;
}

static gboolean store(Arguments *arguments, const Option *option, const char *value,
		      GError **error)
{
	GPtrArray *values = g_hash_table_lookup(arguments->values, option->name);

	if (!values) {
		values = g_ptr_array_new();
		g_hash_table_insert(arguments->values, (char *)option->name, values);
	} else {
		if (!option->repeats)
			return lathe_error(error, LATHE_ERROR_USAGE, "--%s is given twice",
					   option->name);
		g_ptr_array_set_size(values, (int)values->len - 1);
	}
	g_ptr_array_add(values, (char *)value);
	g_ptr_array_add(values, NULL);
	return TRUE;
}

/* One argument that begins with '-'; *at moves on when the value is the next argument. */
static gboolean take_option(Arguments *arguments, const Option *options,
			    const char *const **at, GError **error)
{
	const char *given = **at;
	gboolean is_long = given[1] == '-';
	const char *equals = is_long ? strchr(given, '=') : NULL;
	gsize length = equals ? (gsize)(equals - given - 2) : strlen(given + 2);
	const Option *option =
		is_long ? find_option(options, given + 2, length, 0)
			: find_option(options, NULL, 0, given[1]);
	const char *value = equals ? equals + 1 : NULL;

	if (!option)
		return unknown_option(options, given, error);
	if (!is_long && given[2])
		value = given + 2; /* -oDIR */
	if (!option->argument) {
		if (value)
			return lathe_error(error, LATHE_ERROR_USAGE, "--%s takes no value",
					   option->name);
		return store(arguments, option, "", error);
	}
	if (!value && option->argument[0] == '[')
		return store(arguments, option, "", error);
	if (!value) {
		if (!(*at)[1])
			return lathe_error(error, LATHE_ERROR_USAGE, "--%s needs %s",
					   option->name, option->argument);
		value = *++*at;
	}
	return store(arguments, option, value, error);
}

Arguments *arguments_parse(const Option *options, const char *const *argv,
			   gboolean stop_at_positional, GError **error)
{
	g_autoptr(Arguments) arguments = g_new0(Arguments, 1);
	gboolean literal = FALSE;

	arguments->values = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
						  (GDestroyNotify)g_ptr_array_unref);
	arguments->positional = g_ptr_array_new();
	for (; *argv; argv++) {
		literal |= stop_at_positional && **argv != '-';
		if (!literal && strcmp(*argv, "--") == 0) {
			literal = TRUE;
		} else if (!literal && **argv == '-' && (*argv)[1]) {
			if (!take_option(arguments, options, &argv, error))
				return NULL;
		} else {
			g_ptr_array_add(arguments->positional, (char *)*argv);
		}
	}
	g_ptr_array_add(arguments->positional, NULL);
	return g_steal_pointer(&arguments);
}

void arguments_free(Arguments *arguments)
{
	if (!arguments)
		return;
	g_hash_table_unref(arguments->values);
	g_ptr_array_unref(arguments->positional);
	g_free(arguments);
}

gboolean arguments_flag(const Arguments *arguments, const char *option)
{
	return g_hash_table_contains(arguments->values, option);
}

const char *const *arguments_values(const Arguments *arguments, const char *option)
{
	const GPtrArray *values = g_hash_table_lookup(arguments->values, option);

	return values ? (const char *const *)values->pdata : nothing;
}

const char *arguments_value(const Arguments *arguments, const char *option)
{
	return arguments_values(arguments, option)[0];
}

const char *const *arguments_positional(const Arguments *arguments)
{
	return (const char *const *)arguments->positional->pdata;
}

/* Where help texts begin, and how wide a line may be: a terminal of 80 columns. */
#define HELP_COLUMN 24
#define HELP_WIDTH  78

static void append_wrapped(GString *text, const char *words)
{
	g_auto(GStrv) parts = g_strsplit(words, " ", -1);
	gsize column = HELP_COLUMN;

	for (char **part = parts; *part; part++) {
		if (column > HELP_COLUMN && column + 1 + strlen(*part) > HELP_WIDTH) {
			g_string_append_printf(text, "\n%*s", HELP_COLUMN, "");
			column = HELP_COLUMN;
		} else if (part > parts) {
			g_string_append_c(text, ' ');
			column++;
		}
		g_string_append(text, *part);
		column += strlen(*part);
	}
	g_string_append_c(text, '\n');
}

char *options_help(const Option *options)
{
	GString *text = g_string_new(NULL);

	for (const Option *option = options; option->name; option++) {
		g_autofree char *letter =
			option->letter ? g_strdup_printf("-%c, ", option->letter)
				       : g_strdup("    ");
		g_autofree char *head =
			g_strdup_printf("  %s--%s%s%s", letter, option->name,
					option->argument && *option->argument != '[' ? " " : "",
					option->argument ? option->argument : "");

		g_string_append(text, head);
		if (strlen(head) >= HELP_COLUMN)
			g_string_append_printf(text, "\n%*s", HELP_COLUMN, "");
		else
			g_string_append_printf(text, "%*s",
					       HELP_COLUMN - (int)strlen(head), "");
		append_wrapped(text, option->help);
	}
	return g_string_free(text, FALSE);
}
