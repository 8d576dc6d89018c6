/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <glib.h>
#include <string.h>

#include "error.h"
#include "interrupts.h"

/* message: part of it; NULL: parsed. */
static const struct {
	const char *text;
	const char *message;
} tables[] = {
	{"", "table of interrupts, line 1: no ascending CPU columns"},
	{"\n", "line 1: no ascending CPU columns"},
	{",", "line 1: no ascending CPU columns"},
	{"1 2", "line 1: no ascending CPU columns"},
	{"CPU", "line 1: no ascending CPU columns"},
	{"CPU-1\n", "line 1: no ascending CPU columns"},
	{"CPU0-3\n", "line 1: no ascending CPU columns"},
	{"CPU0 x\n", "line 1: no ascending CPU columns"},
	{"CPU1 CPU0\n", "line 1: no ascending CPU columns"},
	{"CPU1 CPU1\n", "line 1: no ascending CPU columns"},
	{"CPU8192\n", "line 1: no ascending CPU columns"},
	{"CPU4294967296\n", "line 1: no ascending CPU columns"},
	{"CPU99999999999999999999\n", "line 1: no ascending CPU columns"},
	{"CPU0 CPU1\n", "line 1: no row follows"},
	{"CPU0 CPU1\n\n", "line 2: a row without a name"},
	{"CPU0 CPU1\n: 1 2\n", "line 2: a row without a name"},
	{"CPU0 CPU1\nNMI 1 2\n", "line 2: a row without a name"},
	{"CPU0 CPU1\nN MI: 1 2\n", "line 2: a row without a name"},
	{"CPU0 CPU1\nNMI: 1 2\nLOC:\n", "line 3: not as many counts as CPUs"},
	{"CPU0 CPU1\nNMI: 1 x 2\n", "line 2: not as many counts as CPUs"},
	{"CPU0 CPU1\nNMI: 1,2\n", "line 2: not as many counts as CPUs"},
	{"CPU0 CPU1\nNMI: 1 -2\n", "line 2: not as many counts as CPUs"},
	{"CPU0 CPU1\nNMI: 1 4294967296\n", "line 2: not as many counts as CPUs"},
	{"CPU0 CPU1\nNMI: 99999999999999999999 1\n", "line 2: not as many counts as CPUs"},
	{"CPU0 CPU1 CPU2\nNMI: 1 2\n", "line 2: not as many counts as CPUs"},
	{"CPU0 CPU1\nNMI: 1 2 3\n", "line 2: more counts than CPUs"},
	{"CPU0 CPU1\nNMI: 1 2 4294967296\n", "line 2: more counts than CPUs"},
	{"CPU0 CPU1\nNMI: 1 2\nNMI: 1 2\n", "table of interrupts: a name is there twice"},
	{"CPU0 CPU1\nNMI: 1 2\n", NULL},
	{"CPU0 CPU1\nNMI: 1 2", NULL},
	{"CPU0 CPU1\nERR: 1\n", NULL},
	{"CPU0\n1: 1 2-edge timer\n", NULL},
};

static void test_tables(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(tables); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(Interrupts) table =
			interrupts_parse(tables[i].text, strlen(tables[i].text), &error);

		assert_int_equal(table == NULL, tables[i].message != NULL);
		if (table) {
			assert_null(error);
			continue;
		}
		assert_true(g_error_matches(error, LATHE_ERROR, LATHE_ERROR_INPUT));
		if (!strstr(error->message, tables[i].message))
			fail_msg("'%s': %s", tables[i].text, error->message);
	}
}

static void test_binary(void **state)
{
	static const char text[] = "CPU0\nNMI: 1 \0\n";
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) name = g_string_new("CPU0\n");

	(void)state;
	assert_null(interrupts_parse(text, sizeof(text) - 1, &error));
	assert_string_equal(error->message, "table of interrupts: it holds a NUL byte");
	g_clear_error(&error);
	for (guint i = 0; i < 100; i++)
		g_string_append_c(name, 'x');
	g_string_append(name, ": 1\n");
	assert_null(interrupts_parse(name->str, name->len, &error));
	assert_string_equal(error->message,
			    "table of interrupts, line 2: a row without a name");
}

static Interrupts *parse(const char *text)
{
	g_autoptr(GError) error = NULL;
	Interrupts *table = interrupts_parse(text, strlen(text), &error);

	if (!table)
		fail_msg("%s", error->message);
	return table;
}

static void test_rows(void **state)
{
	g_autoptr(Interrupts) table =
		parse("            CPU0       CPU2       CPU11\n"
		      "   0:         43          0          7  IR-IO-APIC    2-edge      timer\n"
		      " 124:          0 4294967295          1  IR-PCI-MSI-0000:00:1c.0    0-edge "
		      "     PCIe PME, pciehp \n"
		      "2022:          0          0          0 \n"
		      " LOC:         10         20         30   Local timer interrupts\n"
		      " ERR:          3\n");
	const guint *cpus;
	const InterruptRow *row;

	(void)state;
	assert_int_equal(interrupts_columns(table, &cpus), 3);
	assert_int_equal(cpus[2], 11);
	assert_int_equal(interrupts_column(table, 2), 1);
	assert_int_equal(interrupts_column(table, 1), -1);
	assert_int_equal(interrupts_column(table, 12), -1);
	assert_int_equal(interrupts_size(table), 5);
	row = interrupts_find(table, "124");
	assert_ptr_equal(row, interrupts_at(table, 1));
	assert_true(row->is_device);
	assert_int_equal(row->n_counts, 3);
	assert_int_equal(row->counts[1], G_MAXUINT32);
	assert_string_equal(row->description,
			    "IR-PCI-MSI-0000:00:1c.0    0-edge      PCIe PME, pciehp");
	assert_string_equal(interrupts_find(table, "2022")->description, "");
	row = interrupts_find(table, "LOC");
	assert_false(row->is_device);
	assert_int_equal(row->counts[2], 30);
	assert_string_equal(row->description, "Local timer interrupts");
	row = interrupts_find(table, "ERR");
	assert_int_equal(row->n_counts, 1);
	assert_int_equal(row->counts[0], 3);
	assert_null(interrupts_find(table, "12"));
	assert_null(interrupts_find(table, ""));
}

/* 1,152 CPUs, every third one offline: a header of 8 KB and more. */
static void test_many_cpus(void **state)
{
	g_autoptr(GString) text = g_string_new("           ");
	g_autoptr(Interrupts) table = NULL;

	(void)state;
	for (guint cpu = 0; cpu < 1728; cpu++)
		if (cpu % 3 != 1)
			g_string_append_printf(text, "CPU%-8u", cpu);
	assert_true(text->len > 12000);
	for (guint row = 0; row < 100; row++) {
		g_string_append_printf(text, "\n%4u:", row);
		for (guint i = 0; i < 1152; i++)
			g_string_append_printf(text, " %10u", row * 10000 + i);
		g_string_append(text, "  IR-PCI-MSI 0-edge nvme");
	}
	table = parse(text->str);
	assert_int_equal(interrupts_size(table), 100);
	assert_int_equal(interrupts_column(table, 1727), 1151);
	assert_int_equal(interrupts_column(table, 1726), -1);
	assert_int_equal(interrupts_find(table, "99")->counts[1151], 991151);
}

static void test_softirqs(void **state)
{
	g_autoptr(Interrupts) table = parse("                    CPU0       CPU1       \n"
					    "          HI:          0          1\n"
					    "       TIMER:     366252     406294\n");

	(void)state;
	assert_int_equal(interrupts_size(table), 2);
	assert_false(interrupts_at(table, 0)->is_device);
	assert_int_equal(interrupts_find(table, "TIMER")->counts[1], 406294);
	assert_string_equal(interrupts_find(table, "HI")->description, "");
}

/* Each row of a difference as "name:fate counts". */
static char *delta_text(const InterruptsDelta *delta)
{
	static const char fates[] = {[INTERRUPT_STAYED] = '=',
				     [INTERRUPT_CAME] = '+',
				     [INTERRUPT_WENT] = '-',
				     [INTERRUPT_RESET] = '!'};
	GString *text = g_string_new(NULL);
	const guint *cpus;
	guint n = interrupts_delta_columns(delta, &cpus);

	for (guint i = 0; i < n; i++)
		g_string_append_printf(text, "%s%u", i ? "," : "", cpus[i]);
	for (guint i = 0; i < interrupts_delta_size(delta); i++) {
		const InterruptDelta *row = interrupts_delta_at(delta, i);

		assert_ptr_equal(interrupts_delta_find(delta, row->name), row);
		g_string_append_printf(text, "|%s:%c", row->name, fates[row->fate]);
		for (guint j = 0; j < row->n_counts; j++)
			g_string_append_printf(text, " %u", row->counts[j]);
	}
	return g_string_free(text, FALSE);
}

static const struct {
	const char *before, *after;
	const char *text;
} deltas[] = {
	{"CPU0 CPU1\nLOC: 1 2\n", "CPU0 CPU1\nLOC: 4 2\n", "0,1|LOC:= 3 0"},
	/* Counters of 32 bits wrap. */
	{"CPU0 CPU1\nLOC: 4294967295 4294967290\n", "CPU0 CPU1\nLOC: 0 10\n",
	 "0,1|LOC:= 1 16"},
	{"CPU0 CPU1\nLOC: 2147483648 1\n", "CPU0 CPU1\nLOC: 2147483647 1\n",
	 "0,1|LOC:! 2147483647 1"},
	/* What went back is another interrupt with the number of an older one. */
	{"CPU0 CPU1\n24: 100 7\n", "CPU0 CPU1\n24: 3 9\n", "0,1|24:! 3 9"},
	/* Rows that came and went. */
	{"CPU0 CPU1\n24: 1 1\n25: 2 2\n", "CPU0 CPU1\n25: 2 3\n26: 4 0\n",
	 "0,1|25:= 0 1|26:+ 4 0|24:-"},
	/* CPU 1 went offline, CPU 3 came. */
	{"CPU0 CPU1 CPU2\nLOC: 1 2 3\nERR: 1\n", "CPU0 CPU2 CPU3\nLOC: 11 23 9\nERR: 5\n",
	 "0,2|LOC:= 10 20|ERR:= 4"},
	{"CPU0\nLOC: 1\n", "CPU1 CPU2\nLOC: 1 2\nERR: 5\n", "|LOC:=|ERR:+ 5"},
	/* One count for the machine is not the count of the only CPU. */
	{"CPU0\nERR: 1\nLOC: 2\n", "CPU0 CPU1\nERR: 1\nLOC: 3 4\n", "0|ERR:! 1|LOC:= 1"},
	{"CPU0 CPU1\nERR: 1\nLOC: 2 3\n", "CPU1\nERR: 1\nLOC: 3\n", "1|ERR:! 1|LOC:= 0"},
};

static void test_deltas(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(deltas); i++) {
		g_autoptr(Interrupts) before = parse(deltas[i].before);
		g_autoptr(Interrupts) after = parse(deltas[i].after);
		g_autoptr(InterruptsDelta) delta = interrupts_delta(before, after);
		g_autofree char *text = delta_text(delta);

		assert_string_equal(text, deltas[i].text);
		assert_null(interrupts_delta_find(delta, "none"));
	}
}

static void test_delta_columns(void **state)
{
	g_autoptr(Interrupts) before = parse("CPU0 CPU2 CPU5\nLOC: 1 2 3\n");
	g_autoptr(Interrupts) after = parse("CPU2 CPU4 CPU5\nLOC: 5 6 7\n");
	g_autoptr(InterruptsDelta) delta = interrupts_delta(before, after);

	(void)state;
	assert_int_equal(interrupts_delta_column(delta, 0), -1);
	assert_int_equal(interrupts_delta_column(delta, 2), 0);
	assert_int_equal(interrupts_delta_column(delta, 4), -1);
	assert_int_equal(interrupts_delta_column(delta, 5), 1);
	assert_int_equal(interrupts_delta_find(delta, "LOC")->counts[0], 3);
	assert_int_equal(interrupts_delta_find(delta, "LOC")->counts[1], 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),	 cmocka_unit_test(test_binary),
		cmocka_unit_test(test_rows),	 cmocka_unit_test(test_many_cpus),
		cmocka_unit_test(test_softirqs), cmocka_unit_test(test_deltas),
		cmocka_unit_test(test_delta_columns),
	};

	return cmocka_run_group_tests_name("interrupts", tests, NULL, NULL);
}
