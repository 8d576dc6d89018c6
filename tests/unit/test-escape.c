/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "escape.h"

static const struct {
	const char *bytes;
	gssize length;
	const char *escaped;
} rows[] = {
	{"", -1, ""},
	{NULL, -1, ""},
	{"plain text, 60 µs ≤ ∞ 日本", -1, "plain text, 60 µs ≤ ∞ 日本"},
	{"a\nb", -1, "a\\nb"},
	{"a\tb\rc", -1, "a\\x09b\\x0dc"},
	{"\033[31mred\a\177", -1, "\\x1b[31mred\\x07\\x7f"},
	{"a\0b", 3, "a\\x00b"},
	{"abc", 2, "ab"},
	{"\xff\xfe", -1, "\\xff\\xfe"},
	{"cut \xe2\x82", -1, "cut \\xe2\\x82"},
	{"overlong \xc0\x80", -1, "overlong \\xc0\\x80"},
	{"surrogate \xed\xa0\x80", -1, "surrogate \\xed\\xa0\\x80"},
	{"\xc2\x9b", -1, "\\u009b"},		       /* C1: CSI */
	{"\xe2\x80\xae" "abc", -1, "\\u202e" "abc"},   /* right-to-left override */
	{"\xe2\x81\xa6", -1, "\\u2066"},	       /* isolate */
	{"\xe2\x80\xa8", -1, "\\u2028"},	       /* line separator */
	{"\xef\xbb\xbf", -1, "\\ufeff"},	       /* byte order mark */
	{"\xf3\xa0\x80\x81", -1, "\\U000e0001"},       /* language tag */
	{"\xf4\x90\x80\x80", -1, "\\xf4\\x90\\x80\\x80"}, /* beyond U+10FFFF */
};

static void test_rows(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *escaped = escape_text(rows[i].bytes, rows[i].length);

		assert_string_equal(escaped, rows[i].escaped);
	}
}

/* Escaping what is escaped changes nothing: a text may pass through twice. */
static void test_idempotent(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *once = escape_text(rows[i].bytes, rows[i].length);
		g_autofree char *twice = escape_text(once, -1);

		assert_string_equal(once, twice);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_idempotent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
