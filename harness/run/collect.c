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

static gboolean store_thread(Bundle *bundle, RunStage *stage, guint vcpu,
			     const CyclictestThread *from, GError **error)
{
	RunThread *thread = run_stage_add_thread(stage, vcpu);
	g_autofree char *rows = NULL;
	gsize length;

	thread->samples = from->samples;
	/* cyclictest skips the periods that it overran and counts none of them. */
	if (stage->planned_samples > from->samples)
		thread->overruns = stage->planned_samples - from->samples;
	thread->min_ns = from->min_ns;
	thread->avg_ns = from->avg_ns;
	thread->max_ns = from->max_ns;
	thread->overflow = from->histogram->overflow;
	thread->bucket_ns = from->histogram->bucket_ns;
	rows = histogram_format(from->histogram, &length);
	thread->histogram_file = g_strdup_printf("raw/%s/vcpu%u.hist", stage->name, vcpu);
	if (!bundle_write(bundle, thread->histogram_file, rows, length, error))
		return FALSE;
	thread->histogram_sha256 = g_compute_checksum_for_data(G_CHECKSUM_SHA256,
							       (const guchar *)rows, length);
	return TRUE;
}

gboolean collect_results(Bundle *bundle, RunStage *stage, const Cpuset *rt, GError **error)
{
	g_autoptr(CyclictestResult) json = NULL;
	g_autoptr(CyclictestResult) text = NULL;
	guint index = 0;

	if (!stage->raw_json || !stage->raw_text)
		return lathe_error(error, LATHE_ERROR_GUEST, "%s left no %s", stage->tool,
				   stage->raw_json ? "histogram" : "JSON");
	json = read_json(bundle, stage->raw_json, error);
	text = json ? read_text(bundle, stage->raw_text, error) : NULL;
	if (!text)
		return FALSE;
	stage->tool_version = g_strdup(json->version);
	if (!cyclictest_agree(json, text, error)) {
		g_prefix_error(error, "%s and %s disagree: ", stage->raw_json, stage->raw_text);
		return FALSE;
	}
	if (json->threads->len != cpuset_count(rt))
		return lathe_error(error, LATHE_ERROR_GUEST, "%s measured %u threads, not %u",
				   stage->tool, json->threads->len, cpuset_count(rt));
	CPUSET_FOREACH(vcpu, rt) {
		const CyclictestThread *thread = json->threads->pdata[index++];

		if (!thread->cpu_known || thread->cpu != (guint)vcpu || !thread->histogram ||
		    !thread->samples_known)
			return lathe_error(error, LATHE_ERROR_GUEST,
					   "%s: thread %u is not a full measurement of vCPU %d",
					   stage->raw_json, thread->thread, vcpu);
		if (!store_thread(bundle, stage, (guint)vcpu, thread, error))
			return FALSE;
	}
	return TRUE;
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

void collect_store_readings(RunStage *stage, const ThreadReadings *sums, guint n)
{
	for (guint i = 0; i < MIN(n, stage->threads->len); i++) {
		RunThread *thread = stage->threads->pdata[i];
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
