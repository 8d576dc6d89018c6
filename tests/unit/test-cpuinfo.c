/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <glib.h>
#include <string.h>

#include "cpuinfo.h"
#include "error.h"

#define X86(number)                                                                          \
	"processor\t: " number "\nvendor_id\t: GenuineIntel\nmodel name\t: Xeon\n"           \
	"microcode\t: 0x1\nflags\t\t: fpu tsc tsc_deadline_timer\nvmx flags\t: vnmi\n"       \
	"bugs\t\t: spectre_v1\npower management:\n\n"

/* message NULL: taken, with `cpus`. */
static const struct {
	const char *text;
	const char *message;
	const char *cpus;
	gboolean x86;
} texts[] = {
	{"", "cpuinfo: no 'processor' line", NULL, FALSE},
	{"\n", "cpuinfo: no 'processor' line", NULL, FALSE},
	{",", "cpuinfo: no 'processor' line", NULL, FALSE},
	{"1 2", "cpuinfo: no 'processor' line", NULL, FALSE},
	{"processor", "cpuinfo: no 'processor' line", NULL, FALSE},
	{"processors: 1", "cpuinfo: no 'processor' line", NULL, FALSE},
	{"flags: a\n", "cpuinfo: no 'processor' line", NULL, FALSE},
	{"processor:", "cpuinfo, line 1: a processor whose number is none", NULL, FALSE},
	{"processor: ,1", "cpuinfo, line 1: a processor whose number is none", NULL, FALSE},
	{"processor: 1,", "cpuinfo, line 1: a processor whose number is none", NULL, FALSE},
	{"processor: 1 2", "cpuinfo, line 1: a processor whose number is none", NULL, FALSE},
	{"processor: -1", "cpuinfo, line 1: a processor whose number is none", NULL, FALSE},
	{"processor: 0-3", "cpuinfo, line 1: a processor whose number is none", NULL, FALSE},
	{"processor: 8192", "cpuinfo, line 1: a processor whose number is none", NULL, FALSE},
	{"processor: 4294967296", "line 1: a processor whose number is none", NULL, FALSE},
	{"processor: 99999999999999999999", "a processor whose number is none", NULL, FALSE},
	{X86("0") X86("0"), "cpuinfo, line 10: a processor that is there twice", NULL, FALSE},
	{"processor: 0\nflags: a\nflags: a\n", "cpuinfo, line 3: a key that is there twice",
	 NULL, FALSE},
	{X86("0"), NULL, "0", TRUE},
	{X86("7") X86("3"), NULL, "3,7", TRUE},
	{"processor: 0", NULL, "0", FALSE},
	{"processor: 0\nvendor_id: x\n", NULL, "0", FALSE},
	{"flags: x\nvendor_id: x\nprocessor: 0\n", NULL, "0", FALSE},
	/* ARM */
	{"processor\t: 0\nBogoMIPS\t: 50.00\nFeatures\t: fp asimd evtstrm\nCPU implementer\t: "
	 "0x41\n\nprocessor\t: 1\nBogoMIPS\t: 50.00\n",
	 NULL, "0-1", FALSE},
};

static void test_texts(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(CpuInfo) info =
			cpuinfo_parse(texts[i].text, strlen(texts[i].text), &error);
		g_autofree char *cpus = NULL;

		assert_int_equal(info == NULL, texts[i].message != NULL);
		if (!info) {
			assert_true(g_error_matches(error, LATHE_ERROR, LATHE_ERROR_INPUT));
			if (!strstr(error->message, texts[i].message))
				fail_msg("'%s': %s", texts[i].text, error->message);
			continue;
		}
		cpus = cpulist_format(cpuinfo_cpus(info));
		assert_string_equal(cpus, texts[i].cpus);
		assert_int_equal(cpuinfo_is_x86(info), texts[i].x86);
		assert_int_equal(cpuinfo_vendor(info) != NULL, texts[i].x86);
	}
}

static CpuInfo *parse(const char *text)
{
	CpuInfo *info = cpuinfo_parse(text, strlen(text), NULL);

	assert_non_null(info);
	return info;
}

static void test_first_processor(void **state)
{
	g_autoptr(CpuInfo) info = parse(X86("0"));

	(void)state;
	assert_string_equal(cpuinfo_vendor(info), "GenuineIntel");
	assert_string_equal(cpuinfo_model_name(info), "Xeon");
	assert_string_equal(cpuinfo_microcode(info), "0x1");
	assert_true(cpuinfo_has_flag(info, "tsc"));
	assert_true(cpuinfo_has_flag(info, "tsc_deadline_timer"));
	/* Whole words of this line only. */
	assert_false(cpuinfo_has_flag(info, "tsc_deadline"));
	assert_false(cpuinfo_has_flag(info, "deadline_timer"));
	assert_false(cpuinfo_has_flag(info, "fpu tsc"));
	assert_false(cpuinfo_has_flag(info, "vnmi"));
	assert_false(cpuinfo_has_flag(info, ""));
	assert_true(cpuinfo_has_bug(info, "spectre_v1"));
	assert_false(cpuinfo_has_bug(info, "spectre"));
	assert_false(cpuinfo_has_bug(info, "fpu"));
}

/* A key that is not told is NULL, and no flag of another architecture counts. */
static void test_not_told(void **state)
{
	g_autoptr(CpuInfo) bare = parse("processor: 0\nvendor_id: x\nflags: a\n");
	g_autoptr(CpuInfo) arm = parse("processor: 0\nFeatures: fp\nflags: a\n");

	(void)state;
	assert_true(cpuinfo_is_x86(bare));
	assert_null(cpuinfo_model_name(bare));
	assert_null(cpuinfo_microcode(bare));
	assert_true(cpuinfo_same_microcode(bare));
	assert_false(cpuinfo_has_bug(bare, "a"));
	assert_false(cpuinfo_is_x86(arm));
	assert_false(cpuinfo_has_flag(arm, "a"));
	assert_false(cpuinfo_has_flag(arm, "fp"));
}

/* same: f flags, m model, u microcode are the same on both. */
static const struct {
	const char *second;
	const char *same;
} seconds[] = {
	{X86("1"), "fmu"},
	{"processor: 1\nvendor_id: GenuineIntel\nmodel name: Xeon\nmicrocode: 0x2\n"
	 "flags: fpu tsc tsc_deadline_timer\n",
	 "fm"},
	{"processor: 1\nvendor_id: GenuineIntel\nmodel name: Atom\nmicrocode: 0x1\n"
	 "flags: fpu tsc\n",
	 "u"},
	{"processor: 1\n", ""},
	{"processor: 1\nvendor_id: Other\nmodel name: Xeon\nmicrocode: 0x1\n"
	 "flags: fpu tsc tsc_deadline_timer2\n",
	 "u"},
};

static void test_differences(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(seconds); i++) {
		/* In the middle and at the end. */
		g_autofree char *end = g_strconcat(X86("0"), seconds[i].second, NULL);
		g_autofree char *middle =
			g_strconcat(X86("0"), seconds[i].second, "\n", X86("2"), NULL);
		const char *both[] = {end, middle};

		for (gsize j = 0; j < G_N_ELEMENTS(both); j++) {
			g_autoptr(CpuInfo) info = parse(both[j]);
			const char *same = seconds[i].same;

			assert_int_equal(cpuinfo_same_flags(info), strchr(same, 'f') != NULL);
			assert_int_equal(cpuinfo_same_model(info), strchr(same, 'm') != NULL);
			assert_int_equal(cpuinfo_same_microcode(info),
					 strchr(same, 'u') != NULL);
		}
	}
}

static void test_many_cpus(void **state)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(CpuInfo) info = NULL;

	(void)state;
	for (guint cpu = 0; cpu < 1152; cpu++) {
		g_string_append_printf(text, "processor: %u\nvendor_id: x\nflags:", cpu * 7);
		for (guint flag = 0; flag < 200; flag++)
			g_string_append_printf(text, " flag_%u", flag);
		g_string_append(text, "\n\n");
	}
	info = parse(text->str);
	assert_int_equal(cpuinfo_count(info), 1152);
	assert_true(cpuinfo_same_flags(info));
	assert_true(cpuinfo_has_flag(info, "flag_199"));
	assert_false(cpuinfo_has_flag(info, "flag_200"));
	g_string_append(text, "processor: 8191\nvendor_id: x\nflags: flag_1\n");
	g_clear_pointer(&info, cpuinfo_free);
	info = parse(text->str);
	assert_false(cpuinfo_same_flags(info));
}

static void test_refused(void **state)
{
	g_autoptr(GString) text = g_string_new("processor: 0\nflags: ");
	g_autoptr(GError) error = NULL;

	(void)state;
	assert_null(cpuinfo_parse("processor: 0\n\0", 14, &error));
	assert_string_equal(error->message, "cpuinfo: it holds a NUL byte");
	g_clear_error(&error);
	for (guint i = 0; i < 70000; i++)
		g_string_append_c(text, 'a');
	assert_null(cpuinfo_parse(text->str, text->len, &error));
	assert_string_equal(error->message, "cpuinfo, line 2: a value that is too long");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),	    cmocka_unit_test(test_first_processor),
		cmocka_unit_test(test_not_told),    cmocka_unit_test(test_differences),
		cmocka_unit_test(test_many_cpus),   cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests_name("cpuinfo", tests, NULL, NULL);
}
