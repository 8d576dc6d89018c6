/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any text as /proc/interrupts; a form feed divides a moment from a later one. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "interrupts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(gboolean claim)
{
	if (!claim)
		abort();
}

static Interrupts *read_table(const char *text, gsize length)
{
	g_autoptr(GError) error = NULL;
	Interrupts *table = interrupts_parse(text, length, &error);
	const guint *cpus;
	guint n;

	check(!table == (error != NULL));
	if (!table)
		return NULL;
	n = interrupts_columns(table, &cpus);
	check(n > 0 && interrupts_size(table) > 0);
	for (guint i = 0; i < n; i++)
		check(interrupts_column(table, cpus[i]) == (int)i);
	for (guint i = 0; i < interrupts_size(table); i++) {
		const InterruptRow *row = interrupts_at(table, i);

		check(interrupts_find(table, row->name) == row);
		check(row->n_counts == 1 || row->n_counts == n);
	}
	return table;
}

static void check_delta(const Interrupts *before, const Interrupts *after)
{
	g_autoptr(InterruptsDelta) delta = interrupts_delta(before, after);
	const guint *cpus;
	guint n = interrupts_delta_columns(delta, &cpus);
	volatile guint32 sum = 0; /* reads every count */

	for (guint i = 0; i < n; i++) {
		check(interrupts_delta_column(delta, cpus[i]) == (int)i);
		check(interrupts_column(before, cpus[i]) >= 0);
		check(interrupts_column(after, cpus[i]) >= 0);
	}
	check(interrupts_delta_size(delta) >= interrupts_size(after));
	for (guint i = 0; i < interrupts_delta_size(delta); i++) {
		const InterruptDelta *row = interrupts_delta_at(delta, i);

		check(interrupts_delta_find(delta, row->name) == row);
		check((row->fate == INTERRUPT_WENT) == !interrupts_find(after, row->name));
		for (guint j = 0; j < row->n_counts; j++)
			sum += row->counts[j];
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	const char *divide = size ? memchr(text, '\f', size) : NULL;
	g_autoptr(Interrupts) before =
		read_table(text, divide ? (gsize)(divide - text) : size);
	g_autoptr(Interrupts) after = NULL;

	if (!before)
		return 0;
	check_delta(before, before);
	if (divide)
		after = read_table(divide + 1, size - (gsize)(divide + 1 - text));
	if (after) {
		check_delta(before, after);
		check_delta(after, before);
	}
	return 0;
}
