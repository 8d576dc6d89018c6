/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verdict_check.h"

#include <string.h>

/* With none of N independent samples beyond a limit, the rate beyond it is below 3/N with
 * 95 % confidence ("rule of three": 1 - 0.05^(1/N), Hanley and Lippman-Hand, JAMA 1983).
 */
#define RULE_OF_THREE 3

/* The tool's own word where there is one. What run.json says is only listed: a stage
 * without raw outputs is INCONCLUSIVE whatever it holds. */
static gboolean find_value(const StageEvidence *evidence, guint vcpu, guint k,
			   Statistic statistic, gint64 *ret)
{
	const CyclictestThread *raw = evidence_thread(evidence, k);
	const RunThread *claim =
		evidence->measured ? claimed_thread(evidence->measured, vcpu) : NULL;

	if (raw ? !raw->max_known || raw->samples == 0 : !claim || claim->samples == 0)
		return FALSE;
	switch (statistic) {
	case STATISTIC_MIN:
		*ret = raw ? raw->min_ns : claim->min_ns;
		return TRUE;
	case STATISTIC_AVG:
		*ret = raw ? raw->avg_ns : claim->avg_ns;
		return TRUE;
	case STATISTIC_MAX:
		*ret = raw ? raw->max_ns : claim->max_ns;
		return TRUE;
	}
	return FALSE;
}

static void compare(const Judge *judge, const StageEvidence *evidence, guint vcpu,
		    guint k, const Limit *limit)
{
	RunLimit *compared = run_verdict_add_limit(&judge->run->verdict);

	compared->stage = g_strdup(evidence->wanted->name);
	compared->vm = g_strdup(judge->vm->id);
	compared->vcpu = vcpu;
	compared->statistic = g_strdup(statistic_name(limit->statistic));
	compared->relation = g_strdup(limit->or_equal ? "<=" : "<");
	compared->limit_ns = limit->limit_ns;
	compared->value_known =
		find_value(evidence, vcpu, k, limit->statistic, &compared->value_ns);
	if (!compared->value_known)
		doubt(judge,
		      "stage %s, vCPU %u: there is no %s to compare with its limit",
		      compared->stage, vcpu, compared->statistic);
	else
		compared->broken = limit->or_equal
					   ? compared->value_ns > limit->limit_ns
					   : compared->value_ns >= limit->limit_ns;
}

static gboolean bounds_maximum(const ProfileStage *stage)
{
	for (guint i = 0; i < stage->limits->len; i++)
		if (g_array_index(stage->limits, Limit, i).statistic == STATISTIC_MAX)
			return TRUE;
	return FALSE;
}

static void say_what_it_proves(const Judge *judge, const StageEvidence *evidence,
			       guint vcpu, guint k)
{
	const CyclictestThread *raw = evidence_thread(evidence, k);
	guint64 samples = raw ? raw->samples : 0;

	if (samples <= RULE_OF_THREE)
		prove(judge,
		      "stage %s, vCPU %u: %" G_GUINT64_FORMAT
			 " samples, too few to bound "
			 "how often a limit is exceeded",
			 evidence->wanted->name, vcpu, samples);
	else if (!bounds_maximum(evidence->wanted))
		prove(judge,
		      "stage %s, vCPU %u: %" G_GUINT64_FORMAT
			 " samples; no limit on the "
			 "maximum, so nothing is said about single wake-ups",
			 evidence->wanted->name, vcpu, samples);
	else
		prove(judge,
		      "stage %s, vCPU %u: none of %" G_GUINT64_FORMAT
			" samples exceeded "
			"the limit on the maximum: with 95 %% confidence fewer than 1 in "
			"%" G_GUINT64_FORMAT " wake-ups do (3/N)",
			evidence->wanted->name, vcpu, samples, samples / RULE_OF_THREE);
}

/* A host that was tuned for the time of a run is another one after it. */
static void add_tuning_caveat(GPtrArray *proves, const RunTuning *tuning)
{
	gboolean latency =
		tuning->cpu_dma_latency && g_str_has_prefix(tuning->cpu_dma_latency, "held ");
	guint n = 0;

	if (g_strcmp0(tuning->how, "run") != 0)
		return;
	for (guint i = 0; i < tuning->rows->len; i++)
		n += run_tuned_in_force(tuning->rows->pdata[i]);
	if (n > 0 || latency)
		run_note(proves,
			 "the run tuned the host for its own time (%u value%s%s): what is shown holds "
			 "while the host is tuned like that", n, n == 1 ? "" : "s",
			 latency ? ", and /dev/cpu_dma_latency held" : "");
}

static void add_caveats(const Judge *judge, gboolean dma_latency_held)
{
	GPtrArray *proves = judge->run->verdict.proves;

	run_note(proves,
		 "samples that follow each other are correlated: what disturbs one often "
		 "disturbs the next, so the true bound is weaker, and it holds only for "
		 "the "
		 "loads and the time measured");
	/* rt-tests: without --default-system cyclictest keeps the CPUs out of idle
	 * states. */
	if (dma_latency_held)
		run_note(proves, "cyclictest held /dev/cpu_dma_latency at 0 in the "
				 "machine it measured; "
				 "an application that does not may see more");
	add_tuning_caveat(proves, &judge->run->tuning);
}

/* Any label means that the run is not a qualification. */
static void add_labels(const Judge *judge)
{
	const Run *run = judge->run;
	GPtrArray *labels = run->verdict.labels;

	if (run_is_emulated(run))
		run_note(labels, "emulated");
	if (run_is_demonstration(run))
		run_note(labels, "demonstration plan");
	/* A profile that allows emulation qualifies nobody, whatever is changed about it.
	 */
	if (!judge->profile->emulation_allowed && run->profile.overrides &&
	    run->profile.overrides[0])
		run_note(labels, "profile changed on the command line");
}

static gboolean holds_dma_latency(const RunMeasured *measured)
{
	return measured && measured->tool_argv &&
	       !g_strv_contains((const char *const *)measured->tool_argv,
				"--default-system");
}

static void judge_vm_limits(const Judge *judge, const StageEvidence *evidence)
{
	const GArray *limits = evidence->wanted->limits;
	guint k = 0;

	CPUSET_FOREACH (vcpu, &judge->plan->guest_rt) {
		for (guint l = 0; l < limits->len; l++)
			compare(judge, evidence, (guint)vcpu, k, &g_array_index(limits, Limit, l));
		say_what_it_proves(judge, evidence, (guint)vcpu, k++);
	}
}

void judge_limits(const Judge *judge, const GArray *evidence)
{
	const GPtrArray *stages = judge->profile->stages;
	gboolean dma_latency_held = FALSE;

	for (guint i = 0; i < stages->len; i++) {
		const ProfileStage *stage = stages->pdata[i];

		if (stage->limits->len == 0)
			doubt(judge, "stage %s: the profile sets no limit for it", stage->name);
	}
	for (guint i = 0; i < evidence->len; i++) {
		const StageEvidence *of_vm = &g_array_index(evidence, StageEvidence, i);
		Judge one = judge_of_vm(judge, of_vm->vm);

		dma_latency_held |= holds_dma_latency(of_vm->measured);
		if (one.vm->rt && one.plan)
			judge_vm_limits(&one, of_vm);
	}
	add_caveats(judge, dma_latency_held);
	add_labels(judge);
	if (judge->run->verdict.limits->len == 0)
		doubt(judge, "no value was compared with any limit");
}
