/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text.h"

#include "cpulist.h"
#include "table.h"

static void window_rows(Table *table, const char *name, const RunStage *window)
{
	for (guint i = 0; i < window->threads->len; i++) {
		const RunThread *thread = window->threads->pdata[i];
		g_autofree char *max = text_us(thread->max_ns);

		table_cell(table, name);
		table_cellf(table, "%u", thread->vcpu);
		table_cellf(table, "%" G_GUINT64_FORMAT, thread->samples);
		table_cellf(table, "%" G_GUINT64_FORMAT, window->planned_samples);
		table_cell(table, thread->samples ? max : "-");
	}
}

/* "held for 50.123 ms by a SCHED_FIFO spinner (largest hole 0.031 ms)" */
static char *how_it_was_held(const RunCanary *canary)
{
	if (!canary->method || canary->held_ns <= 0)
		return g_strdup("NOT held");
	if (g_strcmp0(canary->method, "fifo") == 0)
		return g_strdup_printf("held for %.3f ms by a SCHED_FIFO spinner (largest hole "
				       "%.3f ms)",
				       (double)canary->held_ns / 1e6,
				       (double)canary->largest_hole_ns / 1e6);
	return g_strdup_printf("held for %.3f ms by %s", (double)canary->held_ns / 1e6,
			       canary->method);
}

static const char *what_was_seen(const RunCanary *canary)
{
	if (canary->right)
		return "seen";
	return canary->seen ? "seen, and on other vCPUs TOO" : "NOT seen";
}

/* One RT vCPU can only be the right one. */
static gboolean only_one_measured(const Run *run)
{
	Cpuset rt;

	return run->plan.guest_rt &&
	       cpulist_parse_kernel(run->plan.guest_rt, CPUSET_CPUS, &rt, NULL) &&
	       cpuset_count(&rt) == 1;
}

void text_canary(GString *out, const Run *run)
{
	const RunCanary *canary = &run->canary;
	g_autoptr(Table) table = table_new("lrrrr", "window", "vCPU", "samples", "planned",
					   "max µs");
	g_autofree char *held = how_it_was_held(canary);
	g_autofree char *line = NULL;

	text_title(out, "Canary: a vCPU kept from running on purpose, before the first stage");
	if (canary->attempts == 0) {
		text_wrap(out, "  ", "There was none.");
		return;
	}
	line = g_strdup_printf("vCPU %u was %s; %.3f ms or more had to be seen: %s",
			       canary->vcpu, held, (double)canary->size_ns / 1e6,
			       what_was_seen(canary));
	text_wrap(out, "  ", line);
	if (canary->problem)
		text_wrap(out, "  problem: ", canary->problem);
	if (canary->attempts > 1)
		text_wrap(out, "  ", "This was the second attempt.");
	if (only_one_measured(run))
		text_wrap(out, "  ",
			  "Only one vCPU is measured: that the guest would name the right one is "
			  "not shown.");
	window_rows(table, "quiet", &canary->quiet);
	window_rows(table, "held", &canary->held);
	if (canary->quiet.threads->len + canary->held.threads->len)
		table_print(table, out);
}
