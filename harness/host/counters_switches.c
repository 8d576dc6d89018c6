/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "counters_moment.h"

#include <errno.h>

#include "number.h"

/*
 * Where the kernel counts context switches per CPU.
 *
 * proc/schedstat (CONFIG_SCHEDSTATS; Documentation/scheduler/sched-stats.rst): field 9 of a
 * cpu line, the timeslices run there, counts without kernel.sched_schedstats. The line is the
 * same in versions 14 to 17. The scheduler's debug file has nr_switches, which counts switches
 * to idle as well; it needs root and writes out every task, so it is the second choice.
 */
#define SCHEDSTAT_FIELD 9
#define SCHEDSTAT_VERSION_MIN 14
#define SCHEDSTAT_VERSION_MAX 17

static MomentCpu *find_cpu(GArray *cpus, guint64 number)
{
	guint low = 0, high = cpus->len;

	while (low < high) {
		guint middle = low + (high - low) / 2;
		MomentCpu *cpu = &g_array_index(cpus, MomentCpu, middle);

		if (cpu->cpu == number)
			return cpu;
		if (cpu->cpu < number)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static gboolean known_version(Span text)
{
	guint64 version;

	return span_take_literal(&text, "version ") &&
	       span_take_number(&text, SCHEDSTAT_VERSION_MAX, &version) &&
	       version >= SCHEDSTAT_VERSION_MIN && text.at < text.end && *text.at == '\n';
}

static void take_schedstat_line(Span line, GArray *cpus)
{
	guint64 number, value = 0;
	MomentCpu *cpu;

	if (!span_take_literal(&line, "cpu") ||
	    !span_take_number(&line, CPUSET_CPUS - 1, &number))
		return;
	cpu = find_cpu(cpus, number);
	if (!cpu)
		return;
	for (guint field = 1; field <= SCHEDSTAT_FIELD; field++) {
		span_skip_blanks(&line);
		if (!span_take_number(&line, G_MAXUINT64, &value)) {
			cpu->switches = (Counter){0, EILSEQ};
			return;
		}
	}
	cpu->switches = (Counter){value, 0};
}

static gboolean take_schedstat(Span text, GArray *cpus)
{
	Span line;

	if (!known_version(text))
		return FALSE;
	while (span_take_line(&text, &line))
		take_schedstat_line(line, cpus);
	return TRUE;
}

/* "cpu#3, 2400.000 MHz", and below it "  .nr_switches                   : 12345". */
static gboolean take_debug(Span text, GArray *cpus)
{
	MomentCpu *cpu = NULL;
	gboolean seen = FALSE;
	Span line;

	while (span_take_line(&text, &line)) {
		guint64 value;

		if (span_take_literal(&line, "cpu#")) {
			cpu = span_take_number(&line, CPUSET_CPUS - 1, &value) ?
				      find_cpu(cpus, value) :
				      NULL;
			seen = TRUE;
			continue;
		}
		span_skip_blanks(&line);
		if (!cpu || !span_take_literal(&line, ".nr_switches"))
			continue;
		span_skip_blanks(&line);
		if (!span_take_literal(&line, ":"))
			continue;
		span_skip_blanks(&line);
		cpu->switches = span_take_number(&line, G_MAXUINT64, &value) ?
					(Counter){value, 0} :
					(Counter){0, EILSEQ};
		cpu = NULL;
	}
	return seen;
}

static const struct {
	const char *path;
	gboolean (*take)(Span text, GArray *cpus);
} sources[] = {
	{"proc/schedstat", take_schedstat},
	{"proc/sched_debug", take_debug}, /* before Linux 5.13 */
	{"sys/kernel/debug/sched/debug", take_debug},
};

const char *counters_read_switches(const Root *root, GArray *cpus)
{
	int first = 0;

	for (gsize i = 0; i < G_N_ELEMENTS(sources); i++) {
		g_autofree char *text = NULL;
		int errnum = 0;
		gsize length;

		if (!root_read(root, sources[i].path, &text, &length, &errnum, NULL)) {
			/* EACCES says more than the ENOENT of the others. */
			first = first && first != ENOENT ? first : errnum;
			continue;
		}
		/* A CPU that the file leaves out is not online. */
		for (guint j = 0; j < cpus->len; j++)
			g_array_index(cpus, MomentCpu, j).switches = (Counter){0, EAGAIN};
		if (sources[i].take((Span){text, text + length}, cpus))
			return sources[i].path;
		first = EILSEQ;
	}
	for (guint j = 0; j < cpus->len; j++)
		g_array_index(cpus, MomentCpu, j).switches = (Counter){0, first};
	return NULL;
}
