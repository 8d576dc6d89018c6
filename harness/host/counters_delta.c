/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "counters.h"

#include <errno.h>
#include <string.h>

#include "counters_moment.h"

/* row: of proc/interrupts, where one row is the whole of it. */
static const struct {
	const char *id, *title, *row;
} kinds[COUNTER_KINDS] = {
	[COUNTER_DEVICE_IRQS] = {"device-irqs", "device IRQs", NULL},
	[COUNTER_LOC] = {"loc", "local timer (LOC)", "LOC"},
	[COUNTER_RES] = {"res", "rescheduling (RES)", "RES"},
	[COUNTER_CAL] = {"cal", "function calls (CAL)", "CAL"},
	[COUNTER_TLB] = {"tlb", "TLB shootdowns (TLB)", "TLB"},
	[COUNTER_NMI] = {"nmi", "NMIs", "NMI"},
	[COUNTER_MCE] = {"mce", "machine checks (MCE)", "MCE"},
	[COUNTER_SOFTIRQS] = {"softirqs", "softirqs", NULL},
	[COUNTER_SWITCHES] = {"switches", "context switches", NULL},
	[COUNTER_STEAL_TICKS] = {"steal-ticks", "stolen (1/100 s)", NULL},
	[COUNTER_CORE_THROTTLES] = {"core-throttles", "core throttled", NULL},
	[COUNTER_PACKAGE_THROTTLES] = {"package-throttles", "package throttled", NULL},
	[COUNTER_SMIS] = {"smis", "SMIs", NULL},
};

const char *counter_id(CounterKind kind)
{
	return kinds[kind].id;
}

const char *counter_title(CounterKind kind)
{
	return kinds[kind].title;
}

const char *counter_reason(CounterKind kind, int errnum)
{
	if (kind == COUNTER_SMIS && errnum == ENOENT)
		return "no MSR device (modprobe msr)";
	if (kind == COUNTER_SMIS && errnum == EIO)
		return "this CPU has no MSR that counts them";
	switch (errnum) {
	case ENOENT:
		return "this machine does not count them";
	case EAGAIN:
		return "the CPU was not online at both moments";
	case EILSEQ:
		return "malformed, or it went back";
	case ENOTSUP:
		return "not in a captured tree";
	default:
		return g_strerror(errnum);
	}
}

static void source_free(gpointer data)
{
	CounterSource *source = data;

	g_free(source->name);
	g_free(source->description);
	g_free(source);
}

static void add_source(GPtrArray *sources, const InterruptDelta *row, guint64 count)
{
	CounterSource *source = g_new(CounterSource, 1);

	*source = (CounterSource){g_strdup(row->name), g_strdup(row->description), count};
	g_ptr_array_add(sources, source);
}

/* Most first; the order of the table among equals (g_ptr_array_sort() is stable). */
static int compare_sources(gconstpointer a, gconstpointer b)
{
	const CounterSource *left = *(const CounterSource *const *)a;
	const CounterSource *right = *(const CounterSource *const *)b;

	return (left->count < right->count) - (left->count > right->count);
}

/* The sum of all rows, or of the numbered ones. What counted goes to `sources`. */
static Counter sum_rows(const InterruptsDelta *delta, guint cpu, gboolean devices,
			GPtrArray *sources)
{
	int column = interrupts_delta_column(delta, cpu);
	Counter sum = {0, column < 0 ? EAGAIN : 0};

	for (guint i = 0; column >= 0 && i < interrupts_delta_size(delta); i++) {
		const InterruptDelta *row = interrupts_delta_at(delta, i);

		if ((devices && !row->is_device) || (guint)column >= row->n_counts ||
		    row->counts[column] == 0)
			continue;
		sum.value += row->counts[column];
		add_source(sources, row, row->counts[column]);
	}
	g_ptr_array_sort(sources, compare_sources);
	return sum;
}

static Counter one_row(const InterruptsDelta *delta, guint cpu, const char *name)
{
	int column = interrupts_delta_column(delta, cpu);
	const InterruptDelta *row = interrupts_delta_find(delta, name);

	if (!row)
		return (Counter){0, ENOENT};
	if (column < 0)
		return (Counter){0, EAGAIN};
	/* These rows neither come, go nor begin anew while a kernel runs. */
	if (row->fate != INTERRUPT_STAYED || (guint)column >= row->n_counts)
		return (Counter){0, EILSEQ};
	return (Counter){row->counts[column], 0};
}

static Counter subtract(Counter before, Counter after)
{
	if (before.errnum || after.errnum)
		return (Counter){0, after.errnum ? after.errnum : before.errnum};
	if (after.value < before.value)
		return (Counter){0, EILSEQ};
	return (Counter){after.value - before.value, 0};
}

/* MSR_SMI_COUNT has 32 bits. */
static Counter subtract_smis(Counter before, Counter after)
{
	if (before.errnum || after.errnum)
		return subtract(before, after);
	return (Counter){(guint32)after.value - (guint32)before.value, 0};
}

/* What is subtracted here; the two tables are added by the caller. */
static CounterCpu new_cpu(const MomentCpu *before, const MomentCpu *after)
{
	CounterCpu cpu = {
		.cpu = after->cpu,
		.irqs = g_ptr_array_new_with_free_func(source_free),
		.softirqs = g_ptr_array_new_with_free_func(source_free),
		.tasks = g_array_new(FALSE, FALSE, sizeof(CounterTask)),
	};

	cpu.counts[COUNTER_SWITCHES] = subtract(before->switches, after->switches);
	cpu.counts[COUNTER_STEAL_TICKS] = subtract(before->steal, after->steal);
	cpu.counts[COUNTER_CORE_THROTTLES] =
		subtract(before->core_throttles, after->core_throttles);
	cpu.counts[COUNTER_PACKAGE_THROTTLES] =
		subtract(before->package_throttles, after->package_throttles);
	cpu.counts[COUNTER_SMIS] = subtract_smis(before->smis, after->smis);
	return cpu;
}

static void add_interrupts(CounterCpu *cpu, const InterruptsDelta *interrupts)
{
	cpu->counts[COUNTER_DEVICE_IRQS] = sum_rows(interrupts, cpu->cpu, TRUE, cpu->irqs);
	for (guint kind = 0; kind < COUNTER_KINDS; kind++)
		if (kinds[kind].row)
			cpu->counts[kind] = one_row(interrupts, cpu->cpu, kinds[kind].row);
}

/* ERR and MIS; interrupts that went away. */
static void add_machine(CountersDelta *delta, const InterruptsDelta *interrupts)
{
	for (guint i = 0; i < interrupts_delta_size(interrupts); i++) {
		const InterruptDelta *row = interrupts_delta_at(interrupts, i);
		gboolean error = g_ascii_strcasecmp(row->name, "ERR") == 0 ||
				 g_ascii_strcasecmp(row->name, "MIS") == 0;

		delta->gone += row->is_device && row->fate == INTERRUPT_WENT;
		if (error && row->n_counts > 0 && row->counts[0] > 0)
			add_source(delta->errors, row, row->counts[0]);
	}
}

CountersDelta *counters_delta(const Counters *before, const Counters *after)
{
	CountersDelta *delta = g_new0(CountersDelta, 1);
	g_autoptr(InterruptsDelta) interrupts =
		interrupts_delta(before->interrupts, after->interrupts);
	g_autoptr(InterruptsDelta) softirqs = NULL;
	int softirqs_errnum = after->softirqs ? before->softirqs_errnum : after->softirqs_errnum;
	const char *source = after->switches_source;
	gboolean same = before->switches_source && source &&
			strcmp(before->switches_source, source) == 0;

	g_assert(before->cpus->len == after->cpus->len);
	if (before->softirqs && after->softirqs)
		softirqs = interrupts_delta(before->softirqs, after->softirqs);
	delta->elapsed_ns = (guint64)(after->time_us - before->time_us) * 1000;
	delta->switches_source = same ? source : NULL;
	delta->cpus = g_array_new(FALSE, FALSE, sizeof(CounterCpu));
	delta->errors = g_ptr_array_new_with_free_func(source_free);
	add_machine(delta, interrupts);
	for (guint i = 0; i < after->cpus->len; i++) {
		const MomentCpu *now = &g_array_index(after->cpus, MomentCpu, i);
		CounterCpu cpu = new_cpu(&g_array_index(before->cpus, MomentCpu, i), now);

		add_interrupts(&cpu, interrupts);
		cpu.counts[COUNTER_SOFTIRQS] =
			softirqs ? sum_rows(softirqs, cpu.cpu, FALSE, cpu.softirqs) :
				   (Counter){0, softirqs_errnum};
		/* Two files count different things. */
		if (!same && !cpu.counts[COUNTER_SWITCHES].errnum)
			cpu.counts[COUNTER_SWITCHES] = (Counter){0, EILSEQ};
		g_array_append_val(delta->cpus, cpu);
	}
	counters_add_tasks(before, after, delta);
	delta->tasks_error =
		g_strdup(after->tasks_error ? after->tasks_error : before->tasks_error);
	return delta;
}

void counters_delta_free(CountersDelta *delta)
{
	if (!delta)
		return;
	for (guint i = 0; i < delta->cpus->len; i++) {
		CounterCpu *cpu = &g_array_index(delta->cpus, CounterCpu, i);

		g_ptr_array_unref(cpu->irqs);
		g_ptr_array_unref(cpu->softirqs);
		g_array_unref(cpu->tasks);
	}
	g_array_unref(delta->cpus);
	g_ptr_array_unref(delta->errors);
	g_free(delta->tasks_error);
	g_free(delta);
}
