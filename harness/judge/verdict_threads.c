/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verdict_check.h"

#include <string.h>

#include "bundle.h"

__extension__ typedef unsigned __int128 guint128; /* buckets times counts of 64 bits */

#define SAMPLES_FLOOR_MIN 50

#define COUNT G_GUINT64_FORMAT
#define NS    G_GINT64_FORMAT

/* A stage under a wrong interval has many more. What a late SIGALRM adds on an emulated,
 * loaded guest is a second or so. */
static guint64 samples_max(const StageEvidence *evidence, guint64 interval_us)
{
	guint64 planned = evidence->wanted->duration_s * 1000000 / interval_us;

	return planned + planned / 10 + 1000000 / interval_us + 1;
}

static void check_samples(const Judge *judge, const StageEvidence *evidence, guint vcpu,
			  const CyclictestThread *thread, guint64 overruns)
{
	const char *name = evidence->wanted->name;
	guint64 interval_us = judge->profile->interval_us;
	guint64 planned = profile_planned_samples(judge->profile, evidence->wanted);
	/* Never below half, whatever a profile says (design). The tool's start and the hold take
	 * much of a window of the canary: half is what it needs. */
	guint floor = evidence->is_window ? SAMPLES_FLOOR_MIN
					  : MAX(judge->profile->samples_floor_percent,
						SAMPLES_FLOOR_MIN);

	if (thread->samples == 0 || !thread->max_known || !thread->samples_known) {
		doubt(judge, "stage %s, vCPU %u: no sample", name, vcpu);
		return;
	}
	if ((guint128)thread->samples * 100 < (guint128)planned * floor)
		doubt(judge,
		      "stage %s, vCPU %u: %" COUNT " of %" COUNT
		      " planned samples (%.1f %%, %" COUNT
		      " periods overrun), wanted %u %%",
		      name, vcpu, thread->samples, planned,
		      planned ? 100.0 * (double)thread->samples / (double)planned : 0.0,
		      overruns, floor);
	if (thread->samples > samples_max(evidence, interval_us))
		doubt(judge,
		      "stage %s, vCPU %u: %" COUNT " samples, but only %" COUNT
		      " periods fit into its duration",
		      name, vcpu, thread->samples, planned);
}

/* The tool's min, max and mean against the tool's buckets. */
static const char *bucket_contradiction(const CyclictestThread *thread, guint32 buckets)
{
	const Histogram *histogram = thread->histogram;
	gint64 width = (gint64)histogram->bucket_ns;
	gint64 end_ns = (gint64)buckets * width;

	if (histogram->overflow > 0 && thread->max_ns < end_ns)
		return "samples overflowed, but the maximum is within the buckets";
	if (histogram->n_rows == 0)
		return thread->min_ns < end_ns
			       ? "every sample overflowed, but the minimum is within "
				 "the buckets"
			       : NULL;
	if (histogram->last_bucket >= buckets)
		return "a bucket beyond the last one asked for";
	if (thread->min_ns / width != histogram->first_bucket)
		return "the minimum is not in the lowest bucket that counts";
	if (histogram->overflow == 0 && thread->max_ns / width != histogram->last_bucket)
		return "the maximum is not in the highest bucket that counts";
	return NULL;
}

/* Without overflow the mean lies within a bucket's width of the buckets' mean. */
static gboolean mean_is_possible(const CyclictestResult *result,
				 const CyclictestThread *thread)
{
	const Histogram *histogram = thread->histogram;
	HistogramCursor cursor = histogram_rows(histogram);
	HistogramRow row;
	guint128 sum = 0;
	guint64 low_ns;

	if (histogram->overflow > 0 || histogram->total == 0)
		return TRUE;
	while (histogram_next(&cursor, &row))
		sum += (guint128)row.bucket * row.count;
	low_ns = (guint64)(sum * histogram->bucket_ns / histogram->total);
	return (guint64)thread->avg_ns + result->avg_above_ns >= low_ns &&
	       (guint64)thread->avg_ns <=
		       low_ns + histogram->bucket_ns + result->avg_below_ns;
}

static void check_consistency(const Judge *judge, const StageEvidence *evidence,
			      guint vcpu, const CyclictestThread *thread)
{
	const char *name = evidence->wanted->name;
	const Histogram *histogram = thread->histogram;
	const char *contradiction;

	if (!histogram) {
		doubt(judge, "stage %s, vCPU %u: the tool left no histogram", name, vcpu);
		return;
	}
	if ((guint128)histogram->total + histogram->overflow != thread->samples)
		doubt(judge,
		      "stage %s, vCPU %u: %" COUNT " samples in buckets and %" COUNT
		      " beyond are not the %" COUNT " counted",
		      name, vcpu, histogram->total, histogram->overflow, thread->samples);
	if (thread->min_ns < 0 || thread->min_ns > thread->avg_ns ||
	    thread->avg_ns > thread->max_ns) {
		doubt(judge,
		      "stage %s, vCPU %u: min %" NS " ns, avg %" NS " ns, max %" NS
		      " ns contradict each other",
		      name, vcpu, thread->min_ns, thread->avg_ns, thread->max_ns);
		return;
	}
	contradiction = bucket_contradiction(thread, judge->profile->buckets);
	if (contradiction)
		doubt(judge, "stage %s, vCPU %u: %s", name, vcpu, contradiction);
	else if (!mean_is_possible(evidence->json, thread))
		doubt(judge,
		      "stage %s, vCPU %u: the mean of %" NS
		      " ns is not one of its buckets",
		      name, vcpu, thread->avg_ns);
}

static void check_histogram_file(const Judge *judge, const char *name,
				 const RunThread *claim, const Histogram *raw)
{
	g_autofree char *what = g_strdup_printf("histogram of vCPU %u", claim->vcpu);
	g_autofree char *sum = NULL, *text = NULL;
	g_autoptr(Histogram) histogram = NULL;
	g_autoptr(GError) error = NULL;
	gsize length;

	text = take_file(judge, name, what, claim->histogram_file, &length);
	if (!text)
		return;
	sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)text,
					  length);
	if (g_strcmp0(sum, claim->histogram_sha256) != 0)
		doubt(judge, "stage %s: %s has SHA-256 %s, run.json says %s", name,
		      claim->histogram_file, sum, shown(claim->histogram_sha256));
	histogram = histogram_parse(text, length, &error);
	if (!histogram)
		doubt(judge, "stage %s: %s: %s", name, claim->histogram_file,
		      error->message);
	else if (claim->bucket_ns != histogram->bucket_ns ||
		 (raw && !histogram_equal(histogram, raw)))
		doubt(judge, "stage %s: %s is not the histogram that the tool wrote",
		      name, claim->histogram_file);
}

static void check_claim(const Judge *judge, const StageEvidence *evidence,
			const RunThread *claim, const CyclictestThread *raw)
{
	const char *name = evidence->wanted->name;
	guint64 planned = evidence->stage->planned_samples;
	const struct {
		const char *what;
		gint64 claim, raw;
	} values[] = {
		{"samples", (gint64)claim->samples, (gint64)raw->samples},
		{"overruns", (gint64)claim->overruns,
		 raw->samples < planned ? (gint64)(planned - raw->samples) : 0},
		{"overflow", (gint64)claim->overflow,
		 raw->histogram ? (gint64)raw->histogram->overflow : 0},
		{"min_ns", claim->min_ns, raw->min_ns},
		{"avg_ns", claim->avg_ns, raw->avg_ns},
		{"max_ns", claim->max_ns, raw->max_ns},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(values); i++)
		if (values[i].claim != values[i].raw)
			doubt(judge,
			      "stage %s, vCPU %u: %s is %" NS " in run.json and %" NS
			      " in the tool's output",
			      name, claim->vcpu, values[i].what, values[i].claim,
			      values[i].raw);
}

static void check_how_it_ran(const Judge *judge, const char *name, const RunThread *claim)
{
	g_autofree char *vcpu = g_strdup_printf("%u", claim->vcpu);

	if (claim->readings == 0) {
		doubt(judge,
		      "stage %s, vCPU %s: nobody looked at its thread while it measured",
		      name, vcpu);
		return;
	}
	if (g_strcmp0(claim->policy, "SCHED_FIFO") != 0 ||
	    claim->priority != judge->profile->priority)
		doubt(judge,
		      "stage %s, vCPU %s: its thread ran as %s %u, wanted SCHED_FIFO %u",
		      name, vcpu, shown(claim->policy), claim->priority,
		      judge->profile->priority);
	if (g_strcmp0(claim->cpus_allowed, vcpu) != 0)
		doubt(judge,
		      "stage %s, vCPU %s: its thread was allowed on CPUs %s, wanted %s",
		      name, vcpu, shown(claim->cpus_allowed), vcpu);
	if (g_strcmp0(claim->ran_on, vcpu) != 0)
		doubt(judge, "stage %s, vCPU %s: its thread ran on CPUs %s, wanted %s",
		      name, vcpu, shown(claim->ran_on), vcpu);
	if (!claim->locked)
		doubt(judge, "stage %s, vCPU %s: its thread's memory was not locked",
		      name, vcpu);
}

static void check_strangers(const Judge *judge, const StageEvidence *evidence)
{
	const GPtrArray *threads = evidence->measured->threads;
	Cpuset seen = {0};

	for (guint i = 0; i < threads->len; i++) {
		guint vcpu = ((const RunThread *)threads->pdata[i])->vcpu;

		if (vcpu >= CPUSET_CPUS || !cpuset_contains(&judge->plan->guest_rt, vcpu))
			doubt(judge, "stage %s: vCPU %u was measured but is no RT vCPU",
			      evidence->wanted->name, vcpu);
		else if (cpuset_contains(&seen, vcpu))
			doubt(judge, "stage %s: vCPU %u is there twice",
			      evidence->wanted->name, vcpu);
		else
			cpuset_add(&seen, vcpu);
	}
}

void judge_threads(const Judge *judge, const StageEvidence *evidence)
{
	const char *name = evidence->wanted->name;
	guint k = 0;

	if (!judge->plan)
		return;
	check_strangers(judge, evidence);
	CPUSET_FOREACH (vcpu, &judge->plan->guest_rt) {
		const CyclictestThread *raw = evidence_thread(evidence, k++);
		const RunThread *claim = claimed_thread(evidence->measured, (guint)vcpu);

		if (raw) {
			check_samples(judge, evidence, (guint)vcpu, raw,
				      claim ? claim->overruns : 0);
			check_consistency(judge, evidence, (guint)vcpu, raw);
		}
		if (!claim) {
			doubt(judge, "stage %s: run.json has no thread for vCPU %d", name,
			      vcpu);
			continue;
		}
		if (raw)
			check_claim(judge, evidence, claim, raw);
		if (!evidence->is_window)
			check_how_it_ran(judge, name, claim);
		check_histogram_file(judge, name, claim, raw ? raw->histogram : NULL);
	}
}
