/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "interrupts.h"

#include <stdlib.h>
#include <string.h>

/* A CPU with a column in both tables. */
typedef struct {
	guint before, after; /* its columns there */
} Pair;

struct InterruptsDelta {
	guint n_columns;
	guint *cpus;
	Pair *pairs;
	GArray *rows;	  /* of InterruptDelta */
	guint32 *counts;  /* those of all rows */
	GPtrArray *names; /* the rows, sorted by name */
};

static void pair_columns(InterruptsDelta *delta, const Interrupts *before,
			 const Interrupts *after)
{
	const guint *old, *new;
	guint n_old = interrupts_columns(before, &old);
	guint n_new = interrupts_columns(after, &new);

	delta->cpus = g_new(guint, MIN(n_old, n_new));
	delta->pairs = g_new(Pair, MIN(n_old, n_new));
	for (guint i = 0, j = 0; i < n_old && j < n_new;) {
		if (old[i] < new[j]) {
			i++;
		} else if (old[i] > new[j]) {
			j++;
		} else {
			delta->cpus[delta->n_columns] = new[j];
			delta->pairs[delta->n_columns++] = (Pair){i++, j++};
		}
	}
}

/* A count that is lower now has wrapped when the way through zero is shorter than half of its
 * 32 bits. Anything else is another counter. */
static gboolean went_back(guint32 before, guint32 after)
{
	return after < before && after - before > G_MAXINT32;
}

/* One count for the machine, not one that happens to be of the only CPU. */
static gboolean counts_machine(const Interrupts *table, const InterruptRow *row)
{
	const guint *cpus;

	return row->n_counts == 1 && interrupts_columns(table, &cpus) > 1;
}

/* Fills counts with what a row has since `old` (NULL: since 0). pairs NULL: one count for the
 * machine. FALSE: some went back. */
static gboolean subtract(const InterruptRow *old, const InterruptRow *row, const Pair *pairs,
			 guint n_counts, guint32 *counts)
{
	for (guint i = 0; i < n_counts; i++) {
		guint32 now = row->counts[pairs ? pairs[i].after : 0];
		guint32 then = old ? old->counts[pairs ? pairs[i].before : 0] : 0;

		if (went_back(then, now))
			return FALSE;
		counts[i] = now - then;
	}
	return TRUE;
}

static void add_row(InterruptsDelta *delta, const Interrupts *before, const Interrupts *after,
		    const InterruptRow *row, guint32 **counts)
{
	const InterruptRow *old = interrupts_find(before, row->name);
	gboolean machine = counts_machine(after, row);
	gboolean comparable = !old || counts_machine(before, old) == machine;
	const Pair *pairs = machine ? NULL : delta->pairs;
	guint n_counts = machine ? 1 : delta->n_columns;
	InterruptDelta entry = {row->name, row->description, row->is_device,
				old ? INTERRUPT_STAYED : INTERRUPT_CAME, n_counts, *counts};

	if (!comparable || !subtract(old, row, pairs, n_counts, *counts)) {
		entry.fate = INTERRUPT_RESET;
		subtract(NULL, row, pairs, n_counts, *counts);
	}
	*counts += n_counts;
	g_array_append_val(delta->rows, entry);
}

static void add_gone(InterruptsDelta *delta, const Interrupts *before, const Interrupts *after)
{
	for (guint i = 0; i < interrupts_size(before); i++) {
		const InterruptRow *row = interrupts_at(before, i);
		InterruptDelta entry = {row->name, row->description, row->is_device,
					INTERRUPT_WENT,	 0,		    NULL};

		if (!interrupts_find(after, row->name))
			g_array_append_val(delta->rows, entry);
	}
}

static int compare_names(gconstpointer a, gconstpointer b)
{
	const InterruptDelta *left = *(const InterruptDelta *const *)a;
	const InterruptDelta *right = *(const InterruptDelta *const *)b;

	return strcmp(left->name, right->name);
}

static void index_names(InterruptsDelta *delta)
{
	for (guint i = 0; i < delta->rows->len; i++)
		g_ptr_array_add(delta->names, &g_array_index(delta->rows, InterruptDelta, i));
	g_ptr_array_sort(delta->names, compare_names);
}

InterruptsDelta *interrupts_delta(const Interrupts *before, const Interrupts *after)
{
	InterruptsDelta *delta = g_new0(InterruptsDelta, 1);
	guint32 *counts;
	gsize total = 0;

	pair_columns(delta, before, after);
	/* No row has more counts here than in the later table. */
	for (guint i = 0; i < interrupts_size(after); i++)
		total += interrupts_at(after, i)->n_counts;
	counts = delta->counts = g_new0(guint32, total);
	delta->rows = g_array_new(FALSE, FALSE, sizeof(InterruptDelta));
	delta->names = g_ptr_array_new();
	for (guint i = 0; i < interrupts_size(after); i++)
		add_row(delta, before, after, interrupts_at(after, i), &counts);
	add_gone(delta, before, after);
	index_names(delta);
	return delta;
}

void interrupts_delta_free(InterruptsDelta *delta)
{
	if (!delta)
		return;
	g_ptr_array_unref(delta->names);
	g_array_unref(delta->rows);
	g_free(delta->counts);
	g_free(delta->pairs);
	g_free(delta->cpus);
	g_free(delta);
}

guint interrupts_delta_columns(const InterruptsDelta *delta, const guint **ret_cpus)
{
	*ret_cpus = delta->cpus;
	return delta->n_columns;
}

static int compare_cpus(const void *a, const void *b)
{
	guint left = *(const guint *)a, right = *(const guint *)b;

	return (left > right) - (left < right);
}

int interrupts_delta_column(const InterruptsDelta *delta, guint cpu)
{
	const guint *found = bsearch(&cpu, delta->cpus, delta->n_columns, sizeof(guint),
				     compare_cpus);

	return found ? (int)(found - delta->cpus) : -1;
}

guint interrupts_delta_size(const InterruptsDelta *delta)
{
	return delta->rows->len;
}

const InterruptDelta *interrupts_delta_at(const InterruptsDelta *delta, guint index)
{
	g_assert(index < delta->rows->len);
	return &g_array_index(delta->rows, InterruptDelta, index);
}

const InterruptDelta *interrupts_delta_find(const InterruptsDelta *delta, const char *name)
{
	InterruptDelta key = {.name = name};
	const InterruptDelta *wanted = &key;
	const InterruptDelta *const *found =
		bsearch(&wanted, delta->names->pdata, delta->names->len, sizeof(gpointer),
			compare_names);

	return found ? *found : NULL;
}
