/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <glib.h>
#include <string.h>

#include "cpulist.h"

/* good: the list as cpulist_format() writes it; NULL: refused. */
static const struct {
	const char *text;
	guint limit;
	const char *good;
	const char *kernel; /* what the kernel's form of the same text gives */
} lists[] = {
	{"0", 8, "0", "0"},
	{"0,2,4-7", 8, "0,2,4-7", "0,2,4-7"},
	{"7,6,5", 8, "5-7", "5-7"},
	{"1-1", 8, "1", "1"},
	{"0-3,2-5", 8, "0-5", "0-5"},
	{"0-8191", 8192, "0-8191", "0-8191"},
	{"63,64,127-128", 8192, "63-64,127-128", "63-64,127-128"},
	{"", 8, NULL, ""},
	{"\n", 8, NULL, ""},
	{"1-3\n", 8, NULL, "1-3"},
	{"1-3\n\n", 8, NULL, NULL},
	{"       (null)\n", 8, NULL, ""},
	{"(null)x", 8, NULL, NULL},
	{",", 8, NULL, NULL},
	{",1", 8, NULL, NULL},
	{"1,", 8, NULL, NULL},
	{"1,,2", 8, NULL, NULL},
	{"1 2", 8, NULL, NULL},
	{" 1", 8, NULL, NULL},
	{"1-", 8, NULL, NULL},
	{"-1", 8, NULL, NULL},
	{"3-1", 8, NULL, NULL},
	{"1-3-5", 8, NULL, NULL},
	{"8", 8, NULL, NULL},
	{"0-99999", 8192, NULL, NULL},
	{"4294967296", 8192, NULL, NULL},
	{"4294967297", 8192, NULL, NULL},
	{"99999999999999999999", 8192, NULL, NULL},
	{"0-31:2/4", 64, NULL, NULL},
	{"0x3", 8, NULL, NULL},
};

static void check_list(const char *text, guint limit, const char *good, gboolean kernel)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *formatted = NULL;
	Cpuset set = {0};

	cpuset_add(&set, 4711);
	if (kernel)
		assert_int_equal(cpulist_parse_kernel(text, limit, &set, &error), good != NULL);
	else
		assert_int_equal(cpulist_parse(text, limit, &set, &error), good != NULL);
	formatted = cpulist_format(&set);
	assert_string_equal(formatted, good ? good : "4711");
	assert_int_equal(error == NULL, good != NULL);
}

static void test_lists(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(lists); i++) {
		check_list(lists[i].text, lists[i].limit, lists[i].good, FALSE);
		check_list(lists[i].text, lists[i].limit, lists[i].kernel, TRUE);
	}
}

/* good: as cpulist_format() writes it; NULL: refused. */
static const struct {
	const char *text;
	guint limit;
	const char *good;
} parameters[] = {
	{"", 8, NULL},
	{"\n", 8, NULL},
	{",", 8, NULL},
	{",1", 8, NULL},
	{"1,", 8, NULL},
	{"1,,2", 8, NULL},
	{"1 2", 8, NULL},
	{"1-", 8, NULL},
	{"3-1", 8, NULL},
	{"1-3-5", 8, NULL},
	{"-1", 8, NULL},
	{"0-99999", 8192, NULL},
	{"4294967296", 8192, NULL},
	{"99999999999999999999", 8192, NULL},
	{"8", 8, NULL},
	{"0,2,4-7", 8, "0,2,4-7"},
	{"all", 8, "0-7"},
	{"ALL", 1, "0"},
	{"al", 8, NULL},
	{"allx", 8, NULL},
	{"all-3", 8, NULL},
	{"N", 8, "7"},
	{"2-N", 8, "2-7"},
	{"N-N", 8, "7"},
	{"N-2", 8, NULL},
	{"n", 8, NULL},
	{"NN", 8, NULL},
	{"0-31:2/4", 32, "0-1,4-5,8-9,12-13,16-17,20-21,24-25,28-29"},
	{"1-6:2/4", 8, "1-2,5-6"},
	{"1-5:2/4", 8, "1-2,5"},
	{"all:1/2", 8, "0,2,4,6"},
	{"0-N:1/64", 8, "0"},
	{"0-7:4/4", 8, "0-7"},
	{"0-7:5/4", 8, NULL},
	{"0-7:0/4", 8, NULL},
	{"0-7:1/0", 8, NULL},
	{"0-7:1", 8, NULL},
	{"0-7:/2", 8, NULL},
	{"0-7:1/", 8, NULL},
	{"3:1/2", 8, NULL},
	{"0-7:1/18446744073709551616", 8, NULL},
	{"62-65,127-128", 8192, "62-65,127-128"},
	{"0-8191", 8192, "0-8191"},
};

static void test_parameters(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(parameters); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *formatted = NULL;
		const char *good = parameters[i].good;
		Cpuset set = {0};

		cpuset_add(&set, 4711);
		assert_int_equal(cpulist_parse_parameter(parameters[i].text,
							 parameters[i].limit, &set, &error),
				 good != NULL);
		formatted = cpulist_format(&set);
		assert_string_equal(formatted, good ? good : "4711");
		assert_int_equal(error == NULL, good != NULL);
	}
}

/* A line of the kernel's longest size that repeats itself costs no more than its length. */
static void test_parameter_too_long(void **state)
{
	g_autoptr(GString) text = g_string_new("all:1/2");
	g_autoptr(GError) error = NULL;
	Cpuset set;

	(void)state;
	while (text->len < (64u << 10) - 8)
		g_string_append(text, ",all:1/2");
	assert_true(cpulist_parse_parameter(text->str, CPUSET_CPUS, &set, &error));
	assert_int_equal(cpuset_count(&set), CPUSET_CPUS / 2);
	g_string_append(text, ",all:1/2");
	assert_false(cpulist_parse_parameter(text->str, CPUSET_CPUS, &set, &error));
	assert_non_null(strstr(error->message, "is not a list of CPUs from 0 to 8191 such as"));
}

static const struct {
	const char *text;
	guint limit;
	const char *list;      /* NULL: refused */
	const char *formatted; /* as cpumask_format() writes it */
} masks[] = {
	{"0x0e", 8, "1-3", "0xe"},
	{"e", 8, "1-3", "0xe"},
	{"E", 8, "1-3", "0xe"},
	{"0", 8, "", "0x0"},
	{"00000000,0000000e", 64, "1-3", "0xe"},
	{"1,00000000", 64, "32", "0x1,00000000"},
	{"100000000", 64, "32", "0x1,00000000"},
	{"ffffffff,ffffffff", 64, "0-63", "0xffffffff,ffffffff"},
	{"", 8, NULL, NULL},
	{"0x", 8, NULL, NULL},
	{",1", 64, NULL, NULL},
	{"1,", 64, NULL, NULL},
	{"1,0", 64, NULL, NULL},
	{"1,0000000g", 64, NULL, NULL},
	{"123456789,00000000", 128, NULL, NULL},
	{"100", 8, NULL, NULL},
	{"-1", 8, NULL, NULL},
	{" 1", 8, NULL, NULL},
	{"1\n", 8, NULL, NULL},
};

static void test_masks(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(masks); i++) {
		g_autofree char *list = NULL;
		g_autofree char *mask = NULL;
		Cpuset set = {0};

		cpuset_add(&set, 4711);
		assert_int_equal(cpumask_parse(masks[i].text, masks[i].limit, &set, NULL),
				 masks[i].list != NULL);
		list = cpulist_format(&set);
		assert_string_equal(list, masks[i].list ? masks[i].list : "4711");
		if (!masks[i].list)
			continue;
		mask = cpumask_format(&set);
		assert_string_equal(mask, masks[i].formatted);
	}
}

static void test_set_operations(void **state)
{
	Cpuset a, b;
	guint seen = 0;

	(void)state;
	assert_true(cpulist_parse("0-3,100", 8192, &a, NULL));
	assert_true(cpulist_parse("2-5", 8192, &b, NULL));
	assert_int_equal(cpuset_count(&a), 5);
	assert_true(cpuset_intersects(&a, &b));
	assert_false(cpuset_is_subset(&b, &a));
	cpuset_union(&a, &b);
	assert_true(cpuset_is_subset(&b, &a));
	cpuset_subtract(&a, &b);
	assert_false(cpuset_intersects(&a, &b));
	CPUSET_FOREACH(cpu, &a)
		seen += (guint)cpu;
	assert_int_equal(seen, 0 + 1 + 100);
	assert_int_equal(cpuset_next(&a, 101), -1);
	assert_false(cpuset_contains(&a, CPUSET_CPUS));
	cpuset_remove(&a, 100);
	assert_false(cpuset_contains(&a, 100));
}

static void test_message_names_the_text(void **state)
{
	g_autoptr(GError) error = NULL;
	Cpuset set;

	(void)state;
	assert_false(cpulist_parse("3-1", 4, &set, &error));
	assert_string_equal(error->message,
			    "'3-1' is not a list of CPUs from 0 to 3 such as 0,2,4-7");
	g_clear_error(&error);
	assert_false(cpulist_parse("0,\xff", 4, &set, &error));
	assert_string_equal(error->message,
			    "'0,\\xff' is not a list of CPUs from 0 to 3 such as 0,2,4-7");
	g_clear_error(&error);
	assert_false(cpumask_parse("0x\xff", 4, &set, &error));
	assert_string_equal(error->message,
			    "'0x\\xff' is not a mask of CPUs from 0 to 3 such as 0x0e");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_masks),
		cmocka_unit_test(test_parameters),
		cmocka_unit_test(test_parameter_too_long),
		cmocka_unit_test(test_set_operations),
		cmocka_unit_test(test_message_names_the_text),
	};

	return cmocka_run_group_tests_name("cpulist", tests, NULL, NULL);
}
