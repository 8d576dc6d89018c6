/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "interrupts.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "number.h"

/* Longer than any name there is; a longer one is a binary file's first colon. */
#define NAME_BYTES 64

/* x86 has at most 64 interrupts a CPU (asm/irq_vectors.h, CPU_VECTOR_LIMIT). */
#define ROWS_MAX (64u * CPUSET_CPUS)

struct Interrupts {
	GStringChunk *strings;
	GArray *columns; /* of guint: CPUs, ascending */
	GArray *counts;	 /* of guint32: those of all rows */
	GArray *rows;	 /* of InterruptRow; counts set when all are in */
	GArray *names;	 /* of NameEntry, sorted: no choice of names makes it slow */
};

typedef struct {
	const char *name;
	guint row;
} NameEntry;

static int compare_entries(gconstpointer a, gconstpointer b)
{
	return strcmp(((const NameEntry *)a)->name, ((const NameEntry *)b)->name);
}

static gboolean malformed(GError **error, guint line, const char *why)
{
	return lathe_error(error, LATHE_ERROR_INPUT, "table of interrupts, line %u: %s", line,
			   why);
}

/* "CPU0 CPU2 CPU3" */
static gboolean take_header(Span line, GArray *columns)
{
	guint64 cpu;

	for (span_skip_blanks(&line); line.at < line.end; span_skip_blanks(&line)) {
		guint column;

		if (!span_take_literal(&line, "CPU") ||
		    !span_take_number(&line, CPUSET_CPUS - 1, &cpu))
			return FALSE;
		if (columns->len > 0 && cpu <= g_array_index(columns, guint, columns->len - 1))
			return FALSE;
		column = (guint)cpu;
		g_array_append_val(columns, column);
	}
	return columns->len > 0;
}

/* "  24:" */
static gboolean take_name(Span *line, Span *name)
{
	span_skip_blanks(line);
	*name = (Span){line->at, line->at};
	while (name->end < line->end && *name->end != ':' && *name->end != ' ')
		name->end++;
	if (name->end == line->end || *name->end != ':' || name->end == name->at ||
	    name->end - name->at >= NAME_BYTES)
		return FALSE;
	line->at = name->end + 1;
	return TRUE;
}

static gboolean at_blank(Span span)
{
	return span.at == span.end || *span.at == ' ' || *span.at == '\t';
}

/* Takes at most n_columns counts; a word that begins with a digit ("2-edge") is none. */
static guint take_counts(Span *line, guint n_columns, GArray *counts)
{
	guint taken = 0;
	guint64 value;

	for (; taken < n_columns; taken++) {
		Span rest = *line;
		guint32 count;

		span_skip_blanks(&rest);
		if (!span_take_number(&rest, G_MAXUINT32, &value) || !at_blank(rest))
			break;
		*line = rest;
		count = (guint32)value;
		g_array_append_val(counts, count);
	}
	span_skip_blanks(line);
	return taken;
}

/* A number where the description should be: more counts than there are CPUs. */
static gboolean begins_with_number(Span span)
{
	guint64 value;

	if (span.at == span.end || !g_ascii_isdigit(*span.at))
		return FALSE;
	return !span_take_number(&span, G_MAXUINT64, &value) || at_blank(span);
}

static gboolean is_number(Span span)
{
	guint64 value;

	return span_take_number(&span, G_MAXUINT64, &value) && span.at == span.end;
}

static const char *keep(Interrupts *table, Span span)
{
	while (span.end > span.at && g_ascii_isspace(span.end[-1]))
		span.end--;
	return g_string_chunk_insert_len(table->strings, span.at, span.end - span.at);
}

static const char *take_row(Interrupts *table, Span line)
{
	InterruptRow row = {0};
	Span name;

	if (table->rows->len == ROWS_MAX)
		return "more rows than a machine has interrupts";
	if (!take_name(&line, &name))
		return "a row without a name";
	row.n_counts = take_counts(&line, table->columns->len, table->counts);
	/* ERR and MIS have one count and nothing behind it. */
	if (row.n_counts != table->columns->len && !(row.n_counts == 1 && line.at == line.end))
		return "not as many counts as CPUs";
	if (begins_with_number(line))
		return "more counts than CPUs";
	row.name = g_string_chunk_insert_len(table->strings, name.at, name.end - name.at);
	row.description = keep(table, line);
	row.is_device = is_number(name);
	g_array_append_val(table->rows, row);
	return NULL;
}

static const InterruptRow *row_at(const Interrupts *table, guint index)
{
	return &g_array_index(table->rows, InterruptRow, index);
}

/* Rows point at their counts and are found by name. FALSE: a name is there twice. */
static gboolean finish(Interrupts *table)
{
	const guint32 *counts = (const guint32 *)(const void *)table->counts->data;

	for (guint i = 0; i < table->rows->len; i++) {
		InterruptRow *row = &g_array_index(table->rows, InterruptRow, i);
		NameEntry entry = {row->name, i};

		row->counts = counts;
		counts += row->n_counts;
		g_array_append_val(table->names, entry);
	}
	g_array_sort(table->names, compare_entries);
	for (guint i = 1; i < table->names->len; i++)
		if (compare_entries(&g_array_index(table->names, NameEntry, i - 1),
				    &g_array_index(table->names, NameEntry, i)) == 0)
			return FALSE;
	return TRUE;
}

static gboolean take_table(Interrupts *table, Span text, GError **error)
{
	guint number = 1;
	Span line;

	if (!span_take_line(&text, &line) || !take_header(line, table->columns))
		return malformed(error, number, "no ascending CPU columns");
	while (span_take_line(&text, &line)) {
		const char *why = take_row(table, line);

		number++;
		if (why)
			return malformed(error, number, why);
	}
	if (table->rows->len == 0)
		return malformed(error, number, "no row follows");
	if (!finish(table))
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "table of interrupts: a name is there twice");
	return TRUE;
}

Interrupts *interrupts_parse(const char *text, gsize length, GError **error)
{
	g_autoptr(Interrupts) table = NULL;

	if (memchr(text, '\0', length)) {
		lathe_error(error, LATHE_ERROR_INPUT, "table of interrupts: it holds a NUL byte");
		return NULL;
	}
	table = g_new(Interrupts, 1);
	*table = (Interrupts){
		.strings = g_string_chunk_new(4096),
		.columns = g_array_new(FALSE, FALSE, sizeof(guint)),
		.counts = g_array_new(FALSE, FALSE, sizeof(guint32)),
		.rows = g_array_new(FALSE, FALSE, sizeof(InterruptRow)),
		.names = g_array_new(FALSE, FALSE, sizeof(NameEntry)),
	};
	if (!take_table(table, (Span){text, text + length}, error))
		return NULL;
	return g_steal_pointer(&table);
}

void interrupts_free(Interrupts *table)
{
	if (!table)
		return;
	g_array_unref(table->names);
	g_array_unref(table->rows);
	g_array_unref(table->counts);
	g_array_unref(table->columns);
	g_string_chunk_free(table->strings);
	g_free(table);
}

guint interrupts_columns(const Interrupts *table, const guint **ret_cpus)
{
	*ret_cpus = (const guint *)(const void *)table->columns->data;
	return table->columns->len;
}

static int compare_cpus(const void *a, const void *b)
{
	guint left = *(const guint *)a, right = *(const guint *)b;

	return (left > right) - (left < right);
}

int interrupts_column(const Interrupts *table, guint cpu)
{
	const guint *cpus, *found;
	guint n = interrupts_columns(table, &cpus);

	found = bsearch(&cpu, cpus, n, sizeof(guint), compare_cpus);
	return found ? (int)(found - cpus) : -1;
}

guint interrupts_size(const Interrupts *table)
{
	return table->rows->len;
}

const InterruptRow *interrupts_at(const Interrupts *table, guint index)
{
	g_assert(index < table->rows->len);
	return row_at(table, index);
}

const InterruptRow *interrupts_find(const Interrupts *table, const char *name)
{
	NameEntry key = {name, 0};
	const NameEntry *found = bsearch(&key, table->names->data, table->names->len,
					 sizeof(NameEntry), compare_entries);

	return found ? row_at(table, found->row) : NULL;
}
