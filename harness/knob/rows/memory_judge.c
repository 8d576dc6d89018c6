/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "memory_judge.h"

#include <errno.h>
#include <string.h>

#include "judge.h"
#include "kernel_cmdline.h"
#include "number.h"
#include "place.h"
#include "planned.h"
#include "view.h"

#define THP   "sys/kernel/mm/transparent_hugepage/enabled"
#define SWAPS "proc/swaps"

const char *const memory_reads_thp[] = {THP, "proc/cmdline", NULL};
const char *const memory_reads_swap[] = {SWAPS, NULL};
const char *const memory_reads_one_node[] = {PLANNED_NODES, NULL};
const char *const memory_reads_node_memory[] = {
	PLANNED_NODES, "sys/devices/system/node/node*/meminfo", NULL};

void memory_judge_thp_effective(const Knob *knob, KnobView *view, Finding *finding)
{
	int errnum = 0;
	const KernelCmdline *cmdline = knob_view_cmdline(view, &errnum);
	const char *given = cmdline ? kernel_cmdline_last(cmdline, "transparent_hugepage")
				    : NULL;
	const char *line;
	g_autofree char *selected = NULL;

	if (!cmdline) {
		knob_conclude(knob, finding, MATCH_ODD, "proc/cmdline: %s",
			      knob_view_strerror(view, errnum));
		return;
	}
	if (!given) {
		knob_conclude(knob, finding, MATCH_IRRELEVANT,
			      "transparent_hugepage= is not on the kernel command line");
		return;
	}
	line = knob_view_line(view, THP, &errnum);
	if (!line) {
		knob_conclude_errno(knob, view, finding, THP, errnum);
		return;
	}
	selected = g_strdup_printf("[%s]", given);
	finding_add_evidence(finding, g_strdup(THP), g_strdup(line), g_strdup(given));
	if (!strchr(line, '[') || !strchr(line, ']'))
		knob_conclude(knob, finding, MATCH_ODD,
			      "%s holds %s: nothing is selected", THP, line);
	else if (!strstr(line, selected))
		knob_conclude(knob, finding, MATCH_BROKEN,
			      "transparent_hugepage=%s was asked for, and %s holds %s",
			      given, THP, line);
	else
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
}

void memory_judge_swap(const Knob *knob, KnobView *view, Finding *finding)
{
	int errnum = 0;
	const char *text = knob_view_read(view, SWAPS, &errnum);
	Span span, line;
	guint areas = 0;

	if (!text) {
		knob_conclude_errno(knob, view, finding, SWAPS, errnum);
		return;
	}
	span = span_of(text);
	if (!g_str_has_prefix(text, "Filename") || !span_take_line(&span, &line)) {
		knob_conclude(knob, finding, MATCH_ODD,
			      "%s does not begin with its header", SWAPS);
		return;
	}
	while (span_take_line(&span, &line)) {
		if (line.at == line.end)
			continue;
		if (areas++ < 8)
			finding_add_evidence(finding, g_strdup(SWAPS), span_dup(line),
					     g_strdup("no swap area"));
	}
	if (areas > 0)
		knob_conclude(knob, finding, MATCH_BROKEN, "%u swap areas are in use",
			      areas);
	else
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
}

void memory_judge_one_node(const Knob *knob, KnobView *view, Finding *finding)
{
	Cpuset nodes;
	g_autofree char *list = NULL;
	g_autofree char *cpus = cpulist_format(knob_view_planned(view));

	if (!planned_nodes(knob, view, finding, &nodes))
		return;
	list = cpulist_format(&nodes);
	finding_add_evidence(finding, g_strdup_printf("nodes of CPUs %s", cpus),
			     g_strdup(list), g_strdup("one node"));
	knob_conclude(knob, finding,
		      cpuset_count(&nodes) == 1 ? MATCH_HOLDS : MATCH_BROKEN,
		      "CPUs %s belong to node%s %s", cpus,
		      cpuset_count(&nodes) == 1 ? "" : "s", list);
}

static gboolean node_total_kib(const char *text, guint64 *ret)
{
	const char *at = strstr(text, "MemTotal:");
	Span span;

	if (!at)
		return FALSE;
	span = span_of(at + strlen("MemTotal:"));
	span_skip_blanks(&span);
	return span_take_number(&span, G_MAXINT64, ret);
}

void memory_judge_node_memory(const Knob *knob, KnobView *view, Finding *finding)
{
	g_autoptr(Tally) tally = NULL;
	Cpuset nodes;

	if (!planned_nodes(knob, view, finding, &nodes))
		return;
	tally = tally_new(knob, view);
	CPUSET_FOREACH (node, &nodes) {
		g_autofree char *path =
			g_strdup_printf("sys/devices/system/node/node%d/meminfo", node);
		g_autofree char *seen = NULL;
		int errnum = 0;
		const char *text = knob_view_read(view, path, &errnum);
		guint64 total_kib = 0;

		if (!text) {
			tally_errno(tally, path, errnum, -1);
			continue;
		}
		if (!node_total_kib(text, &total_kib)) {
			tally_match(tally, MATCH_ODD, path, "no MemTotal", -1, NULL,
				    NULL);
			continue;
		}
		seen = g_strdup_printf("%" G_GUINT64_FORMAT " MiB", total_kib >> 10);
		tally_match(tally, total_kib > 0 ? MATCH_HOLDS : MATCH_BROKEN, path, seen,
			    -1, "memory of its own", NULL);
	}
	tally_finish(tally, finding);
}
