/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tune_text.h"

#include <string.h>

#include "table.h"

static const char *plural(guint n)
{
	return n == 1 ? "" : "s";
}

static void add_unchangeable(GString *out, const Changes *changes)
{
	if (changes->unchangeable->len == 0)
		return;
	g_string_append(out, "\nNot changed, though it does not hold or is not known:\n");
	for (guint i = 0; i < changes->unchangeable->len; i++) {
		const Unchangeable *row = changes->unchangeable->pdata[i];
		g_autofree char *lead = g_strdup_printf("  %s: ", row->row);

		text_wrap(out, lead, row->why);
	}
}

static void add_disruptions(GString *out, const Changes *changes)
{
	/* A row may have changes of several kinds, and others between them. */
	g_autoptr(GHashTable) told = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < changes->changes->len; i++) {
		const Change *change = changes->changes->pdata[i];
		g_autofree char *lead = g_strdup_printf("  %s: ", change->row);

		if (!change->disruption || !g_hash_table_add(told, (char *)change->row))
			continue;
		if (g_hash_table_size(told) == 1)
			g_string_append(out, "\nWhat it costs:\n");
		text_wrap(out, lead, change->disruption);
	}
}

char *tune_text_diff(const Changes *changes, const char *cpus)
{
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(Table) table = table_new("LLLL", "row", "now", "then", "place");
	guint n = changes->changes->len;

	if (n == 0)
		g_string_append_printf(out, "Nothing to change for CPUs %s.\n", cpus);
	else
		g_string_append_printf(out, "For CPUs %s lathe would make %u change%s:\n\n", cpus, n,
				       plural(n));
	for (guint i = 0; i < n; i++) {
		const Change *change = changes->changes->pdata[i];
		g_autofree char *place = change_shown_place(change->kind, change->place);

		table_cell(table, change->row);
		table_cell(table, change->was);
		table_cell(table, change->then);
		table_cell(table, place);
	}
	if (n > 0)
		table_print(table, out);
	add_disruptions(out, changes);
	add_unchangeable(out, changes);
	if (n > 0)
		g_string_append(out, "\nNothing was changed: `lathe tune apply` does it.\n");
	return g_string_free(g_steal_pointer(&out), FALSE);
}

/* Rows whose state is in `mask` (1 << state). */
static void add_rows(GString *out, const GPtrArray *rows, guint mask)
{
	g_autoptr(Table) table = table_new("LLLLL", "row", "was", "now", "place", "state");
	gboolean any = FALSE;

	for (guint i = 0; i < rows->len; i++) {
		const Tuned *row = rows->pdata[i];
		g_autofree char *place = change_shown_place(row->kind, row->place);

		if (!(mask & 1u << row->state))
			continue;
		any = TRUE;
		table_cell(table, row->row);
		table_cell(table, row->was);
		table_cell(table, row->now ? row->now
				  : row->state == TUNED_RESTORED ? row->was : "not known");
		table_cell(table, place);
		if (row->why)
			table_cellf(table, "%s: %s", tuned_state_name(row->state), row->why);
		else
			table_cell(table, tuned_state_name(row->state));
	}
	if (any)
		table_print(table, out);
}

static guint count(const GPtrArray *rows, TunedState state)
{
	guint n = 0;

	for (guint i = 0; i < rows->len; i++)
		n += ((Tuned *)rows->pdata[i])->state == state;
	return n;
}

#define EVERY_STATE G_MAXUINT

char *tune_text_apply(const Changes *changes, const GPtrArray *outcomes, const char *cpus,
		      gboolean ok)
{
	g_autoptr(GString) out = g_string_new(NULL);
	guint made = count(outcomes, TUNED_MADE), failed = count(outcomes, TUNED_FAILED);

	if (outcomes->len == 0 && ok)
		g_string_append_printf(out, "Nothing to change for CPUs %s.\n", cpus);
	add_rows(out, outcomes,
		 ok ? EVERY_STATE
		    : 1u << TUNED_FAILED | 1u << TUNED_FOREIGN | 1u << TUNED_STUCK);
	if (!ok && outcomes->len > 0)
		g_string_append_printf(out, "\n%u change%s put back, %u not tried.\n",
				       count(outcomes, TUNED_RESTORED),
				       plural(count(outcomes, TUNED_RESTORED)),
				       count(outcomes, TUNED_UNTRIED));
	add_unchangeable(out, changes);
	if (ok && outcomes->len > 0)
		g_string_append_printf(out,
				       "\n%u change%s made for CPUs %s, %u did not take. "
				       "`lathe tune restore` puts everything back.\n",
				       made, plural(made), cpus, failed);
	return g_string_free(g_steal_pointer(&out), FALSE);
}

static void add_doubts(GString *out, const GPtrArray *doubts)
{
	for (guint i = 0; i < doubts->len; i++)
		text_wrap(out, "  the journal is damaged: ", doubts->pdata[i]);
}

static void add_pending(GString *out, const GPtrArray *pending)
{
	g_autoptr(Table) table = table_new("LLl", "row", "severity", "what is to hold");

	if (pending->len == 0)
		return;
	g_string_append_printf(out, "\n%u row%s can hold only after a reboot (`lathe tune persist` "
				    "writes boot parameters).\nOf severity high or fatal:\n\n",
			       pending->len, plural(pending->len));
	for (guint i = 0; i < pending->len; i++) {
		const Finding *finding = pending->pdata[i];

		if (finding->severity < SEVERITY_HIGH)
			continue;
		table_cell(table, finding->id);
		table_cell(table, finding_severity_name(finding->severity));
		table_cell(table, finding->title);
	}
	table_print(table, out);
}

char *tune_text_status(const TuneStatus *status, gboolean under_way,
		       const GPtrArray *pending)
{
	g_autoptr(GString) out = g_string_new(NULL);
	guint in_force = count(status->rows, TUNED_IN_FORCE);

	if (!status->tuned)
		return g_strdup("This host is not tuned by lathe.\n");
	g_string_append_printf(out, "Tuned for CPUs %s by %s: %u of %u changes in force.\n",
			       status->cpus ? status->cpus : "nobody knows",
			       status->by ? status->by : "nobody knows", in_force,
			       status->rows->len);
	if (under_way)
		g_string_append(out, "It is under way, and puts this back when it ends.\n");
	else if (!status->complete)
		g_string_append(out, "It was interrupted: `lathe tune restore` puts back what was "
				     "changed.\n");
	add_doubts(out, status->doubts);
	g_string_append_c(out, '\n');
	add_rows(out, status->rows, EVERY_STATE);
	add_pending(out, pending);
	return g_string_free(g_steal_pointer(&out), FALSE);
}

char *tune_text_restore(const GPtrArray *outcomes, const GPtrArray *doubts, const char *aside)
{
	g_autoptr(GString) out = g_string_new(NULL);
	guint restored = count(outcomes, TUNED_RESTORED);
	guint before = count(outcomes, TUNED_ALREADY) + count(outcomes, TUNED_RESET) +
		       count(outcomes, TUNED_GONE);
	guint foreign = count(outcomes, TUNED_FOREIGN), stuck = count(outcomes, TUNED_STUCK);

	if (outcomes->len == 0 && doubts->len == 0)
		return g_strdup("Nothing to put back.\n");
	add_rows(out, outcomes, EVERY_STATE);
	g_string_append_printf(out, "\n%u put back, %u needed nothing", restored, before);
	if (foreign > 0)
		g_string_append_printf(out, ", %u changed by others and left alone", foreign);
	if (stuck > 0)
		g_string_append_printf(out, ", %u could not be put back", stuck);
	g_string_append(out, ".\n");
	add_doubts(out, doubts);
	if (aside)
		text_wrap(out, "  what could not be believed is kept in ", aside);
	return g_string_free(g_steal_pointer(&out), FALSE);
}
