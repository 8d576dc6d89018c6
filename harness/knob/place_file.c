/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files, one or many: {cpu} and {node} stand for each of them, STAR for every name. */
#include <errno.h>
#include <string.h>

#include "place.h"

static char *substitute(const char *path, const char *what, guint with)
{
	g_autoptr(GString) text = g_string_new(path);
	g_autofree char *number = g_strdup_printf("%u", with);

	g_string_replace(text, what, number, 0);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/* Whole texts go to wants that read more than a line; for one line the blanks are cut. */
static void read_one(KnobView *view, Tally *tally, const char *path, int cpu)
{
	int errnum = 0;
	const char *line = knob_view_line(view, path, &errnum);

	if (!line && errnum == EILSEQ)
		line = knob_view_read(view, path, &errnum);
	if (line)
		tally_value(tally, path, line, cpu);
	else
		tally_errno(tally, path, errnum, cpu);
}

static void read_matching(KnobView *view, Tally *tally, const char *path, int cpu)
{
	const GPtrArray *paths;
	int errnum;

	if (!strchr(path, '*')) {
		read_one(view, tally, path, cpu);
		return;
	}
	paths = knob_view_glob(view, path);
	errnum = knob_view_glob_errno(view, path);
	if (errnum)
		tally_errno(tally, path, errnum, cpu);
	for (guint i = 0; i < paths->len; i++)
		read_one(view, tally, paths->pdata[i], cpu);
}

static void per_cpu(const Knob *knob, KnobView *view, Tally *tally, const Cpuset *cpus,
		    KnobMatch match, const char *none)
{
	if (cpuset_count(cpus) == 0)
		tally_match(tally, match, knob->path, NULL, -1, NULL, none);
	CPUSET_FOREACH (cpu, cpus) {
		g_autofree char *path = substitute(knob->path, "{cpu}", (guint)cpu);

		read_matching(view, tally, path, cpu);
	}
}

static void per_node(const Knob *knob, KnobView *view, Tally *tally)
{
	Cpuset nodes; /* node numbers have the same spelling */
	int errnum = 0;

	if (!knob_view_cpulist(view, "sys/devices/system/node/online", &nodes, &errnum)) {
		tally_errno(tally, "sys/devices/system/node/online", errnum, -1);
		return;
	}
	CPUSET_FOREACH (node, &nodes) {
		g_autofree char *path = substitute(knob->path, "{node}", (guint)node);

		read_matching(view, tally, path, -1);
	}
}

void place_file(const Knob *knob, KnobView *view, Tally *tally)
{
	KnobMatch match = MATCH_ODD;
	const char *unplanned;

	switch (knob->per) {
	case PER_PLANNED_CPU:
		unplanned = knob_view_unplanned(view, &match);
		per_cpu(knob, view, tally, knob_view_planned(view), match, unplanned);
		return;
	case PER_ONLINE_CPU:
		per_cpu(knob, view, tally, knob_view_online(view), MATCH_ODD,
			"nothing tells which CPUs are online");
		return;
	case PER_HOUSEKEEPING_CPU:
		per_cpu(knob, view, tally, knob_view_housekeeping(view),
			knob_view_online_known(view) ? MATCH_IRRELEVANT : MATCH_ODD,
			knob_view_online_known(view) ? "no CPU is left for housekeeping"
						     : "nothing tells which CPUs are online");
		return;
	case PER_MACHINE:
		break;
	}
	if (strstr(knob->path, "{node}"))
		per_node(knob, view, tally);
	else
		read_matching(view, tally, knob->path, -1);
}
