/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <glib.h>

#include "error.h"
#include "number.h"

static const struct {
	const char *text;
	guint64 min, max;
	gboolean good;
	guint64 value;
} numbers[] = {
	{"0", 0, 10, TRUE, 0},
	{"10", 0, 10, TRUE, 10},
	{"11", 0, 10, FALSE, 0},
	{"2", 3, 10, FALSE, 0},
	{"007", 0, 10, TRUE, 7},
	{"18446744073709551615", 0, G_MAXUINT64, TRUE, G_MAXUINT64},
	{"18446744073709551616", 0, G_MAXUINT64, FALSE, 0},
	{"99999999999999999999", 0, G_MAXUINT64, FALSE, 0},
	{"4294967296", 0, G_MAXUINT32, FALSE, 0},
	{"9", 0, 5, FALSE, 0},
	{"", 0, 10, FALSE, 0},
	{"\n", 0, 10, FALSE, 0},
	{" 1", 0, 10, FALSE, 0},
	{"1 ", 0, 10, FALSE, 0},
	{"1\n", 0, 10, FALSE, 0},
	{"+1", 0, 10, FALSE, 0},
	{"-1", 0, 10, FALSE, 0},
	{"0x1", 0, 10, FALSE, 0},
	{"1.0", 0, 10, FALSE, 0},
	{"1e1", 0, 10, FALSE, 0},
	{"\xd9\xa1", 0, 10, FALSE, 0}, /* a digit, but not ASCII's */
};

static void test_numbers(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++) {
		g_autoptr(GError) error = NULL;
		guint64 value = 4711;

		assert_int_equal(number_parse(numbers[i].text, numbers[i].min, numbers[i].max,
					      &value, &error),
				 numbers[i].good);
		assert_int_equal(value, numbers[i].good ? numbers[i].value : 4711);
		assert_int_equal(error == NULL, numbers[i].good);
	}
}

static void test_message_states_the_range(void **state)
{
	g_autoptr(GError) error = NULL;
	guint64 value;

	(void)state;
	assert_false(number_parse("70000", 1, 65535, &value, &error));
	assert_string_equal(error->message, "'70000' is not a number from 1 to 65535");
	assert_int_equal(error->code, LATHE_ERROR_INPUT);
	g_clear_error(&error);
	assert_false(number_parse("7\x1b\x8d", 0, 9, &value, &error));
	assert_string_equal(error->message, "'7\\x1b\\x8d' is not a number from 0 to 9");
}

static const struct {
	const char *text;
	gboolean good;
	guint64 ns;
	const char *formatted;
} durations[] = {
	{"250us", TRUE, 250000, "250us"},
	{"10ms", TRUE, 10000000, "10ms"},
	{"1500ms", TRUE, 1500000000, "1500ms"},
	{"60s", TRUE, 60000000000, "1m"},
	{"90m", TRUE, 5400000000000, "90m"},
	{"12h", TRUE, 43200000000000, "12h"},
	{"1ns", TRUE, 1, "1ns"},
	{"10", FALSE, 0, NULL},
	{"s", FALSE, 0, NULL},
	{"", FALSE, 0, NULL},
	{"10 s", FALSE, 0, NULL},
	{"10sec", FALSE, 0, NULL},
	{"-10s", FALSE, 0, NULL},
	{"1.5s", FALSE, 0, NULL},
	{"99999999999999999999h", FALSE, 0, NULL},
	{"5124096h", FALSE, 0, NULL}, /* would overflow 64 bits of ns */
};

static void test_durations(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(durations); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *formatted = NULL;
		guint64 ns = 4711;

		assert_int_equal(duration_parse(durations[i].text, 1, G_MAXUINT64, &ns, &error),
				 durations[i].good);
		assert_int_equal(ns, durations[i].good ? durations[i].ns : 4711);
		if (!durations[i].good) {
			assert_non_null(lathe_error_get_hint(error));
			continue;
		}
		formatted = duration_format(ns);
		assert_string_equal(formatted, durations[i].formatted);
	}
}

static void test_duration_range(void **state)
{
	g_autoptr(GError) error = NULL;
	guint64 ns = 4711;

	(void)state;
	assert_false(duration_parse("2s", 1000, 1000000000, &ns, &error));
	assert_int_equal(ns, 4711);
	assert_string_equal(error->message, "'2s' is not a duration from 1us to 1s");
	g_clear_error(&error);
	assert_false(duration_parse("250u\x8ds", 1000, 1000000000, &ns, &error));
	assert_string_equal(error->message, "'250u\\x8ds' is not a duration from 1us to 1s");
}

static void test_spans(void **state)
{
	Span span = span_of("12,-7\nrest");
	Span line;
	guint64 number = 0;
	gint64 value = 0;

	(void)state;
	assert_true(span_take_number(&span, 100, &number));
	assert_int_equal(number, 12);
	assert_false(span_take_literal(&span, ";"));
	assert_true(span_take_literal(&span, ","));
	assert_false(span_take_number(&span, 100, &number));
	assert_true(span_take_signed(&span, 100, &value));
	assert_int_equal(value, -7);
	assert_true(span_take_line(&span, &line));
	assert_ptr_equal(line.at, line.end);
	assert_true(span_take_line(&span, &line));
	assert_int_equal(line.end - line.at, 4);
	assert_false(span_take_line(&span, &line));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),	  cmocka_unit_test(test_message_states_the_range),
		cmocka_unit_test(test_durations), cmocka_unit_test(test_duration_range),
		cmocka_unit_test(test_spans),
	};

	return cmocka_run_group_tests_name("number", tests, NULL, NULL);
}
