/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <sys/stat.h>

#include "error.h"
#include "ini.h"
#include "tree.h"

static const char good[] = "# comment\n"
			   "; another\n"
			   "\n"
			   "  [ first ]  \n"
			   "key = value\n"
			   "\tcolon:x = y\n"
			   "empty =\n"
			   "a.b_c-9 =   # no comment here  \n"
			   "[stage two words]\n"
			   "key = again, in another section";

static void test_good(void **state)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Ini) ini = ini_parse(good, strlen(good), "good.ini", &error);
	static const struct {
		const char *section, *key, *value;
		guint line;
	} wanted[] = {
		{"first", "key", "value", 5},
		{"first", "colon", "x = y", 6},
		{"first", "empty", "", 7},
		{"first", "a.b_c-9", "# no comment here", 8},
		{"stage two words", "key", "again, in another section", 10},
	};

	(void)state;
	assert_null(error);
	assert_int_equal(ini->sections->len, 2);
	for (gsize i = 0; i < G_N_ELEMENTS(wanted); i++) {
		const IniSection *section = ini_section(ini, wanted[i].section);
		const IniEntry *entry = ini_entry(section, wanted[i].key);

		assert_string_equal(entry->value, wanted[i].value);
		assert_int_equal(entry->line, wanted[i].line);
	}
	assert_int_equal(ini_section(ini, "first")->line, 4);
	assert_null(ini_section(ini, "second"));
	assert_null(ini_entry(ini_section(ini, "first"), "none"));
}

static const struct {
	const char *text;
	gssize length;
	const char *error;
} bad[] = {
	{"key = value\n", -1, "x.ini:1: 'key' stands before any [section]"},
	{"[a]\nno separator\n", -1, "x.ini:2: neither a section, a comment nor 'key = value'"},
	{"[a]\n= value\n", -1, "x.ini:2: '' is not a key (a-z, 0-9, '_', '.', '-')"},
	{"[a]\nKey = value\n", -1, "x.ini:2: 'Key' is not a key (a-z, 0-9, '_', '.', '-')"},
	{"[a]\ntwo words = value\n", -1,
	 "x.ini:2: 'two words' is not a key (a-z, 0-9, '_', '.', '-')"},
	{"[a]\nk = 1\n\nk = 2\n", -1, "x.ini:4: 'k' again in [a]; the first is in line 2"},
	{"[a]\n[b]\n[a]\n", -1, "x.ini:3: section [a] again; the first is in line 1"},
	{"[a]\n[ a ]\n", -1, "x.ini:2: section [a] again; the first is in line 1"},
	{"[a\n", -1, "x.ini:1: a section must end in ']'"},
	{"[\n", -1, "x.ini:1: a section must end in ']'"},
	{"[]\n", -1, "x.ini:1: '' is not a section name"},
	{"[ ]\n", -1, "x.ini:1: '' is not a section name"},
	{"[a] # comment\n", -1, "x.ini:1: a section must end in ']'"},
	{"[a]b]\n", -1, "x.ini:1: 'a]b' is not a section name"},
	{"[a]\nk = a\0b\n", 10, "x.ini:2: not valid UTF-8, or a NUL byte"},
	{"[a]\nk = \xff\n", -1, "x.ini:2: not valid UTF-8, or a NUL byte"},
	{"[a]\r\nk = v\r\n", -1, "x.ini:1: a carriage return at the end of the line"},
	{"[a]\nk = \033[31m\n", -1, "x.ini:2: a control character (0x1b)"},
	{"\xef\xbb\xbf[a]\n", -1, "x.ini:1: neither a section, a comment nor 'key = value'"},
	{"[\xe2\x80\xae]\n[\xe2\x80\xae]\n", -1,
	 "x.ini:2: section [\\u202e] again; the first is in line 1"},
};

static void test_bad(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;
		gsize length = bad[i].length < 0 ? strlen(bad[i].text) : (gsize)bad[i].length;

		assert_null(ini_parse(bad[i].text, length, "x.ini", &error));
		assert_string_equal(error->message, bad[i].error);
		assert_int_equal(error->code, LATHE_ERROR_INPUT);
	}
}

static void test_empty(void **state)
{
	static const char *const texts[] = {"", "\n", " \n\t\n", "# only a comment"};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(Ini) ini = ini_parse(texts[i], strlen(texts[i]), "x.ini", NULL);

		assert_non_null(ini);
		assert_int_equal(ini->sections->len, 0);
	}
}

/* At the bound it is read, one byte beyond it is not. */
static void test_bounds(void **state)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) text = g_string_new("[a]\nk=");
	g_autoptr(Ini) ini = NULL;

	(void)state;
	while (text->len < 4 + 4096)
		g_string_append_c(text, 'x');
	ini = ini_parse(text->str, text->len, "x.ini", NULL);
	assert_non_null(ini);
	g_string_append_c(text, 'x');
	assert_null(ini_parse(text->str, text->len, "x.ini", &error));
	assert_string_equal(error->message, "x.ini:2: a line of 4097 bytes; at most 4096");
	g_clear_error(&error);
	g_string_truncate(text, 0);
	while (text->len < 1u << 20)
		g_string_append_c(text, '\n');
	g_clear_pointer(&ini, ini_free);
	ini = ini_parse(text->str, text->len, "x.ini", NULL);
	assert_non_null(ini);
	g_string_append_c(text, '\n');
	assert_null(ini_parse(text->str, text->len, "x.ini", &error));
	assert_string_equal(error->message, "x.ini: larger than 1048576 bytes");
}

static void test_too_many(void **state)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) sections = g_string_new(NULL);
	g_autoptr(GString) keys = g_string_new("[a]\n");

	(void)state;
	for (guint i = 0; i < 257; i++) {
		g_string_append_printf(sections, "[s%u]\n", i);
		g_string_append_printf(keys, "k%u = 1\n", i);
	}
	assert_null(ini_parse(sections->str, sections->len, "x.ini", &error));
	assert_string_equal(error->message, "x.ini:257: more than 256 sections");
	g_clear_error(&error);
	assert_null(ini_parse(keys->str, keys->len, "x.ini", &error));
	assert_string_equal(error->message, "x.ini:258: more than 256 keys in [a]");
}

/* What only INI_CONFIGPARSER takes. */
static const char python[] = "[a] # comment\r\n"
			     "Key = one\r\n"
			     " two\r\n"
			     "  # comment\r\n"
			     "\r\n"
			     "\t[b]\r\n"
			     "\r\n"
			     "  INDENTED: x\r\n"
			     "  Other =\r\n"
			     "last = 1\r\n"
			     "  [c]\r\n"
			     "[d]\r\n"
			     "    k = v\r\n";

static void test_configparser(void **state)
{
	static const struct {
		const char *section, *key, *value;
		guint line, last_line;
	} wanted[] = {
		{"a", "key", "one\ntwo\n\n[b]\n\nINDENTED: x\nOther =", 2, 9},
		{"a", "last", "1\n[c]", 10, 11},
		{"d", "k", "v", 13, 13},
	};
	g_autoptr(GError) error = NULL;
	g_autoptr(Ini) ini =
		ini_parse_as(INI_CONFIGPARSER, python, strlen(python), "x.ini", &error);

	(void)state;
	assert_null(error);
	assert_int_equal(ini->sections->len, 2);
	for (gsize i = 0; i < G_N_ELEMENTS(wanted); i++) {
		const IniEntry *entry =
			ini_entry(ini_section(ini, wanted[i].section), wanted[i].key);

		assert_non_null(entry);
		assert_string_equal(entry->value, wanted[i].value);
		assert_int_equal(entry->line, wanted[i].line);
		assert_int_equal(entry->last_line, wanted[i].last_line);
	}
	assert_null(ini_parse(python, strlen(python), "x.ini", &error));
}

static void test_bad_configparser(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{"[a] b\n", "x.ini:1: a section must end in ']'"},
		{"[a\n", "x.ini:1: a section must end in ']'"},
		{"  k = v\n", "x.ini:1: 'k' stands before any [section]"},
		{"[a]\nk = v\nK = w\n", "x.ini:3: 'k' again in [a]; the first is in line 2"},
		{"[a]\nk = v\nw\n", "x.ini:3: neither a section, a comment nor 'key = value'"},
		{"[a]\n  w\n", "x.ini:2: neither a section, a comment nor 'key = value'"},
		{"[a]\nk = \r v\n", "x.ini:2: a control character (0x0d)"},
	};
	g_autoptr(GString) text = g_string_new("[a]\nk = v\n");
	g_autoptr(GError) error = NULL;

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) why = NULL;

		assert_null(ini_parse_as(INI_CONFIGPARSER, rows[i].text, strlen(rows[i].text),
					 "x.ini", &why));
		assert_string_equal(why->message, rows[i].error);
	}
	for (guint i = 1; i <= 256; i++)
		g_string_append(text, " w\n");
	assert_null(ini_parse_as(INI_CONFIGPARSER, text->str, text->len, "x.ini", &error));
	assert_string_equal(error->message,
			    "x.ini:258: the value of 'k' (line 2) has more than 256 lines");
}

static void test_read(void **state)
{
	char *tree = tree_new();
	g_autofree char *file = g_build_filename(tree, "a.ini", NULL);
	g_autofree char *fifo = g_build_filename(tree, "fifo.ini", NULL);
	g_autofree char *none = g_build_filename(tree, "none.ini", NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(Ini) ini = NULL;

	(void)state;
	tree_write(tree, "a.ini", "[a]\nk = v\n");
	ini = ini_read(file, &error);
	assert_non_null(ini);
	assert_string_equal(ini->name, file);
	assert_null(ini_read(none, &error));
	assert_non_null(strstr(error->message, "No such file"));
	g_clear_error(&error);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_null(ini_read(fifo, &error)); /* and does not block */
	assert_non_null(strstr(error->message, "not a regular file"));
	g_clear_error(&error);
	assert_null(ini_read(tree, &error));
	assert_non_null(strstr(error->message, "not a regular file"));
	tree_free(tree);
}

static void test_nearest(void **state)
{
	static const char *const keys[] = {"duration", "interval", "histogram", "max", "loads"};
	static const struct {
		const char *word, *nearest;
	} rows[] = {
		{"durations", "duration"}, {"duraton", "duration"}, {"druation", "duration"},
		{"max", "max"},		   {"mx", "max"},	    {"maxi", "max"},
		{"load", "loads"},	   {"intervall", "interval"}, {"", NULL},
		{"xyz", NULL},		   {"vcpus", NULL},	    {"hist", NULL},
	};
	g_autofree char *huge = g_strnfill(100000, 'x');

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		const char *nearest = ini_nearest(rows[i].word, keys, G_N_ELEMENTS(keys));

		if (g_strcmp0(nearest, rows[i].nearest) != 0)
			fail_msg("%s: %s", rows[i].word, nearest ? nearest : "NULL");
	}
	assert_null(ini_nearest(huge, keys, G_N_ELEMENTS(keys)));
	assert_null(ini_nearest("max", (const char *const *)&huge, 1));
	assert_null(ini_nearest("max", keys, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),	 cmocka_unit_test(test_bad),
		cmocka_unit_test(test_empty),	 cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_too_many), cmocka_unit_test(test_configparser),
		cmocka_unit_test(test_bad_configparser),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
