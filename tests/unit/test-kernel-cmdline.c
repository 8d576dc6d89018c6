/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <glib.h>
#include <string.h>

#include "error.h"
#include "kernel_cmdline.h"

/* parts: what becomes of the text, "offset name=value" with '|' between; a name without '='
 * has no value. */
static const struct {
	const char *text;
	const char *parts;
} lines[] = {
	{"", ""},
	{"\n", ""},
	{",", "0 ,"},
	{",1", "0 ,1"},
	{"1,", "0 1,"},
	{"1 2", "0 1|2 2"},
	{"quiet", "0 quiet"},
	{"quiet\n", "0 quiet"},
	{"  a=1\t\tb=2\v\fc ", "2 a=1|7 b=2|12 c"},
	{"a\xa0z", "0 a|2 z"},
	{"isolcpus=1-3 isolcpus=2", "0 isolcpus=1-3|13 isolcpus=2"},
	{"kvm-intel.nested=1", "0 kvm_intel.nested=1"},
	{"a-b=c-d", "0 a_b=c-d"},
	{"a=", "0 a="},
	{"a==b", "0 a==b"},
	{"=", "0 ="},
	{"=a=b", "0 =a=b"},
	/* As the kernel's next_arg() takes quotes. */
	{"a=\"b c\" d", "0 a=b c|8 d"},
	{"\"a=b c\" d", "0 a=b c|8 d"},
	{"\"a b\" c", "0 a b|6 c"},
	{"a=b\"c d\"e", "0 a=b\"c d\"e"},
	{"a=\"b\"c", "0 a=b\"c"},
	{"a=\"\"", "0 a="},
	{"a=\"", "0 a="},
	{"\"", "0 "},
	{"\"\"", "0 "},
	{"\"a\"=b", "0 a\"=b"},
	{"\"a=\"b\"\"", "0 a=b\""},
	{"a=\"b c", "0 a=b c"},
	{"a=\"b \n", "0 a=b "},
	{"a=1 -- b=2", "0 a=1"},
	{"-- b=2", ""},
	{"\"--\" b=2", ""},
	{"--=1 b", "0 __=1|5 b"},
	{"-- --", ""},
	{"--x b", "0 __x|4 b"},
};

static char *parts_of(const KernelCmdline *cmdline)
{
	GString *parts = g_string_new(NULL);

	for (guint i = 0; i < kernel_cmdline_size(cmdline); i++) {
		const KernelParameter *p = kernel_cmdline_at(cmdline, i);

		g_string_append_printf(parts, "%s%zu %s%s%s", i ? "|" : "", p->offset, p->name,
				       p->value ? "=" : "", p->value ? p->value : "");
	}
	return g_string_free(parts, FALSE);
}

static KernelCmdline *parse(const char *text)
{
	g_autoptr(GError) error = NULL;
	KernelCmdline *cmdline = kernel_cmdline_parse(text, strlen(text), &error);

	assert_non_null(cmdline);
	assert_null(error);
	return cmdline;
}

static void test_lines(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
		g_autoptr(KernelCmdline) cmdline = parse(lines[i].text);
		g_autofree char *parts = parts_of(cmdline);

		assert_string_equal(parts, lines[i].parts);
	}
}

static void test_lookup(void **state)
{
	g_autoptr(KernelCmdline) cmdline =
		parse("nohz-full=1 quiet nohz_full=2-3 a= quiet kvm.halt-poll_ns=0 -- b=1\n");

	(void)state;
	assert_int_equal(kernel_cmdline_count(cmdline, "nohz_full"), 2);
	assert_int_equal(kernel_cmdline_count(cmdline, "nohz-full"), 2);
	assert_string_equal(kernel_cmdline_last(cmdline, "nohz_full"), "2-3");
	assert_string_equal(kernel_cmdline_first(cmdline, "nohz-full"), "1");
	assert_string_equal(kernel_cmdline_first(cmdline, "quiet"), "");
	assert_null(kernel_cmdline_first(cmdline, "b"));
	assert_string_equal(kernel_cmdline_at(cmdline, 0)->typed, "nohz-full");
	assert_string_equal(kernel_cmdline_last(cmdline, "quiet"), "");
	assert_string_equal(kernel_cmdline_last(cmdline, "a"), "");
	assert_string_equal(kernel_cmdline_last(cmdline, "kvm.halt_poll_ns"), "0");
	assert_null(kernel_cmdline_last(cmdline, "b"));
	assert_null(kernel_cmdline_last(cmdline, "nohz"));
	assert_null(kernel_cmdline_last(cmdline, ""));
	assert_int_equal(kernel_cmdline_count(cmdline, "b"), 0);
	assert_int_equal(kernel_cmdline_size(cmdline), 6);
}

static void test_length(void **state)
{
	g_autoptr(KernelCmdline) whole = parse("a=1 -- b=2 \n");
	g_autoptr(KernelCmdline) open = parse("a=1 b=\"2 c=3\n");
	g_autoptr(KernelCmdline) init = parse("a=1 -- \"b");

	(void)state;
	assert_int_equal(kernel_cmdline_length(whole), 10);
	assert_false(kernel_cmdline_quote_open(whole));
	assert_true(kernel_cmdline_quote_open(open));
	assert_string_equal(kernel_cmdline_last(open, "b"), "2 c=3");
	assert_false(kernel_cmdline_quote_open(init));
}

static void test_refused(void **state)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *big = g_strnfill(KERNEL_CMDLINE_BYTES + 1, 'a');

	(void)state;
	assert_null(kernel_cmdline_parse("a\0b", 3, &error));
	assert_true(g_error_matches(error, LATHE_ERROR, LATHE_ERROR_INPUT));
	assert_string_equal(error->message, "the kernel command line holds a NUL byte");
	g_clear_error(&error);
	assert_null(kernel_cmdline_parse(big, KERNEL_CMDLINE_BYTES + 1, &error));
	assert_string_equal(error->message,
			    "a kernel command line of 1048577 bytes: more than 1048576");
}

/* wanted: "flags|cpus|unknown flag", d domain, m managed_irq, z nohz, f has flags. */
static const struct {
	const char *value;
	const char *wanted; /* NULL: refused */
	const char *message;
} isolcpus[] = {
	{"", NULL, "isolcpus: '' is not a list of CPUs from 0 to 15"},
	{"\n", NULL, "isolcpus: '\\n' is not a list of CPUs"},
	{",", NULL, "isolcpus: ',' is not a list of CPUs"},
	{",1", NULL, "isolcpus: ',1' is not a list of CPUs"},
	{"1,", NULL, "isolcpus: '1,' is not a list of CPUs"},
	{"1,,2", NULL, "isolcpus: '1,,2' is not a list of CPUs"},
	{"1 2", NULL, "isolcpus: '1 2' is not a list of CPUs"},
	{"1-", NULL, "isolcpus: '1-' is not a list of CPUs"},
	{"3-1", NULL, "isolcpus: '3-1' is not a list of CPUs"},
	{"1-3-5", NULL, "isolcpus: '1-3-5' is not a list of CPUs"},
	{"-1", NULL, "isolcpus: '-1' is not a list of CPUs"},
	{"0-99999", NULL, "isolcpus: '0-99999' is not a list of CPUs"},
	{"4294967296", NULL, "isolcpus: '4294967296' is not a list of CPUs"},
	{"99999999999999999999", NULL, "is not a list of CPUs from 0 to 15"},
	{"16", NULL, "isolcpus: '16' is not a list of CPUs from 0 to 15"},
	{"1-3", "d|1-3|", NULL},
	{"1-N", "d|1-15|", NULL},
	{"0-15:2/8", "d|0-1,8-9|", NULL},
	{"domain,1-3", "fd|1-3|", NULL},
	{"managed_irq,1-3", "fm|1-3|", NULL},
	{"managed_irq,domain,1-3", "fdm|1-3|", NULL},
	{"nohz,domain,managed_irq,2,4", "fdmz|2,4|", NULL},
	{"nohz,1", "fz|1|", NULL},
	{"domains,1", "fd|1|domains", NULL},
	{"Domain,nohz,1", "fz|1|Domain", NULL},
	{"a_flag_of_more_than_thirty_one_letters,other,1",
	 "fd|1|a_flag_of_more_than_thirty_one_", NULL},
	{"dom4in,1", NULL, "isolcpus=dom4in,1: a flag that is none"},
	{"domain", NULL, "isolcpus=domain: no list of CPUs behind the flags"},
	{"domain,", NULL, "isolcpus: '' is not a list of CPUs"},
	{"domain,,1", NULL, "isolcpus: ',1' is not a list of CPUs"},
	{"1-3,domain", NULL, "isolcpus: '1-3,domain' is not a list of CPUs"},
	/* The kernel takes the word for a flag. */
	{"all", NULL, "isolcpus=all: no list of CPUs behind the flags"},
	{"N", NULL, "isolcpus=N: no list of CPUs behind the flags"},
};

static char *isolcpus_text(const IsolcpusValue *value)
{
	g_autofree char *cpus = cpulist_format(&value->cpus);

	return g_strdup_printf("%s%s%s%s|%s|%s", value->has_flags ? "f" : "",
			       value->domain ? "d" : "", value->managed_irq ? "m" : "",
			       value->nohz ? "z" : "", cpus, value->unknown_flag);
}

static void test_isolcpus(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(isolcpus); i++) {
		IsolcpusValue value, before;
		g_autoptr(GError) error = NULL;
		g_autofree char *text = NULL;

		memset(&value, 0xa5, sizeof(value));
		before = value;
		assert_int_equal(isolcpus_parse(isolcpus[i].value, 16, &value, &error),
				 isolcpus[i].wanted != NULL);
		if (isolcpus[i].wanted) {
			text = isolcpus_text(&value);
			assert_string_equal(text, isolcpus[i].wanted);
			continue;
		}
		assert_memory_equal(&value, &before, sizeof(value));
		assert_true(g_error_matches(error, LATHE_ERROR, LATHE_ERROR_INPUT));
		if (!strstr(error->message, isolcpus[i].message))
			fail_msg("%s", error->message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),	cmocka_unit_test(test_lookup),
		cmocka_unit_test(test_length),	cmocka_unit_test(test_refused),
		cmocka_unit_test(test_isolcpus),
	};

	return cmocka_run_group_tests_name("kernel-cmdline", tests, NULL, NULL);
}
