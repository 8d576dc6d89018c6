/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect.h"

#include "cyclictest.h"
#include "error.h"
#include "proc.h"

static CyclictestResult *read_text(const Bundle *bundle, const char *file, GError **error)
{
	g_autofree char *text = NULL;
	CyclictestResult *result;
	gsize length;

	if (!bundle_read_file(bundle_path(bundle), file, &text, &length, error))
		return NULL;
	result = cyclictest_parse_text(text, length, 1000, error);
	if (!result)
		g_prefix_error(error, "%s: ", file);
	return result;
}

static CyclictestResult *read_json(const Bundle *bundle, const char *file, GError **error)
{
	g_autofree char *text = NULL;
	CyclictestResult *result;
	gsize length;

	if (!bundle_read_file(bundle_path(bundle), file, &text, &length, error))
		return NULL;
	result = cyclictest_parse_json(text, length, error);
	if (!result)
		g_prefix_error(error, "%s: ", file);
	return result;
}

/* What the results are of. */
typedef struct {
	Bundle *bundle;
	const RunVm *vm;
	const RunStage *stage;
	RunMeasured *measured;
} Target;

static gboolean store_thread(const Target *target, guint vcpu, const CyclictestThread *from,
			     GError **error)
{
	guint64 planned = target->stage->planned_samples;
	RunThread *thread = run_add_thread(target->measured, vcpu);
	g_autofree char *below = g_strdup_printf("%s/vcpu%u.hist", target->stage->name, vcpu);
	g_autofree char *rows = NULL;
	gsize length;

	thread->samples = from->samples;
	/* cyclictest skips the periods that it overran and counts none of them. */
	if (planned > from->samples)
		thread->overruns = planned - from->samples;
	thread->min_ns = from->min_ns;
	thread->avg_ns = from->avg_ns;
	thread->max_ns = from->max_ns;
	thread->overflow = from->histogram->overflow;
	thread->bucket_ns = from->histogram->bucket_ns;
	rows = histogram_format(from->histogram, &length);
	thread->histogram_file = run_vm_path(target->vm, "raw", below);
	if (!bundle_write(target->bundle, thread->histogram_file, rows, length, error))
		return FALSE;
	thread->histogram_sha256 = g_compute_checksum_for_data(G_CHECKSUM_SHA256,
							       (const guchar *)rows, length);
	return TRUE;
}

static gboolean store_threads(const Target *target, const CyclictestResult *json,
			      const Cpuset *rt, GError **error)
{
	guint index = 0;

	if (json->threads->len != cpuset_count(rt))
		return lathe_error(error, LATHE_ERROR_GUEST, "%s measured %u threads, not %u",
				   target->measured->tool, json->threads->len, cpuset_count(rt));
	CPUSET_FOREACH(vcpu, rt) {
		const CyclictestThread *thread = json->threads->pdata[index++];

		if (!thread->cpu_known || thread->cpu != (guint)vcpu || !thread->histogram ||
		    !thread->samples_known)
			return lathe_error(error, LATHE_ERROR_GUEST,
					   "%s: thread %u is not a full measurement of vCPU %d",
					   target->measured->raw_json, thread->thread, vcpu);
		if (!store_thread(target, (guint)vcpu, thread, error))
			return FALSE;
	}
	return TRUE;
}

gboolean collect_results(Bundle *bundle, const RunVm *vm, const RunStage *stage,
			 RunMeasured *measured, const Cpuset *rt, GError **error)
{
	const Target target = {bundle, vm, stage, measured};
	g_autoptr(CyclictestResult) json = NULL;
	g_autoptr(CyclictestResult) text = NULL;

	if (!measured->raw_json || !measured->raw_text)
		return lathe_error(error, LATHE_ERROR_GUEST, "%s left no %s", measured->tool,
				   measured->raw_json ? "histogram" : "JSON");
	json = read_json(bundle, measured->raw_json, error);
	text = json ? read_text(bundle, measured->raw_text, error) : NULL;
	if (!text)
		return FALSE;
	measured->tool_version = g_strdup(json->version);
	if (!cyclictest_agree(json, text, error)) {
		g_prefix_error(error, "%s and %s disagree: ", measured->raw_json,
			       measured->raw_text);
		return FALSE;
	}
	return store_threads(&target, json, rt, error);
}

static void add_reading(ThreadReadings *sum, const ProcThread *seen, gboolean locked)
{
	if (sum->readings == 0) {
		sum->policy = seen->policy;
		sum->priority = seen->rt_priority;
		sum->allowed = seen->allowed;
		sum->agree = TRUE;
		sum->locked = TRUE;
	}
	sum->agree &= sum->policy == seen->policy && sum->priority == seen->rt_priority &&
		      cpuset_equal(&sum->allowed, &seen->allowed);
	sum->locked &= locked;
	cpuset_add(&sum->ran_on, seen->last_cpu);
	sum->readings++;
}

void collect_reading(const char *directory, pid_t pid, const ProgressThread *threads,
		     ThreadReadings *sums, guint n)
{
	g_autoptr(Root) root = root_open_captured(directory, NULL);
	ProcMemory memory = {0};
	gboolean locked;

	/* A process that is just ending has no memory any more: that is no reading. */
	if (!root || !proc_memory_read(root, pid, &memory, NULL))
		return;
	/* mlockall() locks every page of the data segment; what stays unlocked (the vdso, a
	 * guard page) is not data. */
	locked = memory.data_kib > 0 && memory.locked_kib >= memory.data_kib;
	for (guint i = 0; i < n; i++) {
		ProcThread seen;

		if (threads[i].seen && threads[i].tid > 0 && threads[i].tid <= G_MAXINT &&
		    proc_thread_read(root, pid, (pid_t)threads[i].tid, &seen, NULL))
			add_reading(&sums[i], &seen, locked);
	}
}

void collect_store_readings(RunMeasured *measured, const ThreadReadings *sums, guint n)
{
	for (guint i = 0; i < MIN(n, measured->threads->len); i++) {
		RunThread *thread = measured->threads->pdata[i];
		const ThreadReadings *sum = &sums[i];

		thread->readings = sum->readings;
		if (sum->readings == 0)
			continue;
		thread->policy = g_strdup(sum->agree ? proc_policy_name(sum->policy) : "changed");
		thread->priority = sum->priority;
		thread->cpus_allowed = cpulist_format(&sum->allowed);
		thread->ran_on = cpulist_format(&sum->ran_on);
		thread->locked = sum->locked;
	}
}
