/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "counters.h"

#include <errno.h>

#include "counters_moment.h"
#include "error.h"
#include "number.h"

/* MSR_SMI_COUNT (Intel SDM volume 4): bits 31:0 count SMIs since reset. */
#define MSR_SMI_COUNT 0x34

static Counter read_throttle(const Root *root, guint cpu, const char *file)
{
	g_autofree char *directory =
		g_strdup_printf("sys/devices/system/cpu/cpu%u/thermal_throttle", cpu);
	g_autofree char *path = g_build_filename(directory, file, NULL);
	g_autofree char *line = NULL;
	Counter counter = {0};

	if (!root_read_line(root, path, &line, &counter.errnum, NULL))
		return counter;
	if (!number_parse(line, 0, G_MAXUINT64, &counter.value, NULL))
		counter.errnum = EILSEQ;
	return counter;
}

static Counter read_smis(const Root *root, guint cpu)
{
	g_autofree char *path = g_strdup_printf("dev/cpu/%u/msr", cpu);
	Counter counter = {0};
	guint64 value = 0;

	if (root_pread(root, path, MSR_SMI_COUNT, &value, sizeof(value), &counter.errnum, NULL))
		counter.value = value & G_MAXUINT32;
	return counter;
}

static void read_throttles_and_smis(const Root *root, GArray *cpus)
{
	for (guint i = 0; i < cpus->len; i++) {
		MomentCpu *cpu = &g_array_index(cpus, MomentCpu, i);

		cpu->core_throttles = read_throttle(root, cpu->cpu, "core_throttle_count");
		cpu->package_throttles = read_throttle(root, cpu->cpu, "package_throttle_count");
		cpu->smis = read_smis(root, cpu->cpu);
	}
}

/* "cpu3 user nice system idle iowait irq softirq steal ..." (proc_stat(5)), behind "cpu". */
static gboolean take_steal(Span line, guint64 *ret_cpu, guint64 *ret_steal)
{
	if (!span_take_number(&line, CPUSET_CPUS - 1, ret_cpu))
		return FALSE;
	for (guint field = 1; field <= 8; field++) {
		span_skip_blanks(&line);
		if (!span_take_number(&line, G_MAXUINT64, ret_steal))
			return FALSE;
	}
	return TRUE;
}

static void read_steal(const Root *root, GArray *cpus)
{
	g_autofree char *text = NULL;
	int errnum = EAGAIN;
	gsize length;
	Span rest, line;
	guint next = 0;

	for (guint i = 0; i < cpus->len; i++)
		g_array_index(cpus, MomentCpu, i).steal.errnum = errnum;
	if (!root_read(root, "proc/stat", &text, &length, &errnum, NULL)) {
		for (guint i = 0; i < cpus->len; i++)
			g_array_index(cpus, MomentCpu, i).steal.errnum = errnum;
		return;
	}
	rest = (Span){text, text + length};
	/* Both ascend. A CPU that the file leaves out is not online. */
	while (next < cpus->len && span_take_line(&rest, &line)) {
		guint64 number, steal;

		if (!span_take_literal(&line, "cpu") || !take_steal(line, &number, &steal))
			continue;
		while (next < cpus->len && g_array_index(cpus, MomentCpu, next).cpu < number)
			next++;
		if (next < cpus->len && g_array_index(cpus, MomentCpu, next).cpu == number)
			g_array_index(cpus, MomentCpu, next++).steal = (Counter){steal, 0};
	}
}

static Interrupts *read_table(const Root *root, const char *path, int *ret_errno,
			      GError **error)
{
	g_autofree char *text = NULL;
	Interrupts *table;
	gsize length;

	if (!root_read(root, path, &text, &length, ret_errno, error))
		return NULL;
	table = interrupts_parse(text, length, error);
	if (!table) {
		*ret_errno = EILSEQ;
		g_prefix_error(error, "'%s': ", path);
	}
	return table;
}

static gboolean read_tables(const Root *root, Counters *counters, GError **error)
{
	int errnum;

	counters->interrupts = read_table(root, "proc/interrupts", &errnum, error);
	if (!counters->interrupts)
		return FALSE;
	counters->softirqs =
		read_table(root, "proc/softirqs", &counters->softirqs_errnum, NULL);
	return TRUE;
}

Counters *counters_read(const Root *root, const Cpuset *cpus, CountersMoment moment,
			GError **error)
{
	g_autoptr(Counters) counters = g_new0(Counters, 1);

	counters->cpus = g_array_new(FALSE, TRUE, sizeof(MomentCpu));
	CPUSET_FOREACH (cpu, cpus) {
		MomentCpu one = {.cpu = (guint)cpu};

		g_array_append_val(counters->cpus, one);
	}
	if (counters->cpus->len == 0) {
		lathe_error(error, LATHE_ERROR_USAGE, "no CPU is to be watched");
		return NULL;
	}
	if (moment == COUNTERS_FIRST) {
		counters->tasks = counters_read_tasks(root, &counters->tasks_error);
		read_throttles_and_smis(root, counters->cpus);
	}
	counters->time_us = root_is_live(root) ? g_get_monotonic_time() : 0;
	counters->switches_source = counters_read_switches(root, counters->cpus);
	read_steal(root, counters->cpus);
	if (!read_tables(root, counters, error))
		return NULL;
	if (moment == COUNTERS_SECOND) {
		read_throttles_and_smis(root, counters->cpus);
		counters->tasks = counters_read_tasks(root, &counters->tasks_error);
	}
	return g_steal_pointer(&counters);
}

void counters_free(Counters *counters)
{
	if (!counters)
		return;
	interrupts_free(counters->interrupts);
	interrupts_free(counters->softirqs);
	g_clear_pointer(&counters->cpus, g_array_unref);
	g_clear_pointer(&counters->tasks, g_array_unref);
	g_free(counters->tasks_error);
	g_free(counters);
}
