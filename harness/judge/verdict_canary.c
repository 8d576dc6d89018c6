/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verdict_check.h"

#include <string.h>

#include "canary_size.h"

/* Exact to the ns that is missing, and short where none is. */
#define MS ".15g ms"

/* One window, from its raw outputs. */
typedef struct {
	const char *kind; /* "quiet", "held" */
	ProfileStage wanted; /* what it had to be */
	StageEvidence evidence;
} Window;

static double ms(gint64 ns)
{
	return (double)ns / 1e6;
}

static gboolean window_name_is(const RunStage *stage, const char *kind, guint attempt)
{
	g_autofree char *wanted = g_strdup_printf("canary/%s-%u", kind, attempt);

	return g_strcmp0(stage->name, wanted) == 0;
}

/* The windows take no readings of the guest's /proc: a run that claims some is not one that
 * lathe wrote. */
static void check_no_readings(const Judge *judge, const RunWindow *window)
{
	for (guint i = 0; i < window->measured.threads->len; i++) {
		const RunThread *thread = window->measured.threads->pdata[i];

		if (thread->readings || thread->policy || thread->priority ||
		    thread->cpus_allowed || thread->ran_on || thread->locked)
			doubt(judge, "stage %s: run.json claims readings of vCPU %u that nobody took",
			      window->stage.name, thread->vcpu);
	}
}

/* Its files and claims, as of a stage. FALSE when its maxima are not known. */
static gboolean judge_window(const Judge *judge, const RunWindow *claim, Window *window)
{
	const RunStage *stage = &claim->stage;
	const RunCanary *canary = &judge->vm->canary;
	guint n = cpuset_count(&judge->plan->guest_rt);

	if (!window_name_is(stage, window->kind, canary->attempts)) {
		doubt(judge, "the canary's %s window is '%s', not that of attempt %u",
		      window->kind, shown(stage->name), canary->attempts);
		return FALSE;
	}
	window->wanted.name = stage->name;
	window->evidence = (StageEvidence){
		.wanted = &window->wanted, .stage = stage, .measured = &claim->measured,
		.is_window = TRUE};
	judge_settings(judge, &window->evidence);
	judge_tool(judge, &window->evidence);
	judge_raw(judge, &window->evidence);
	judge_threads(judge, &window->evidence);
	check_no_readings(judge, claim);
	if (!window->evidence.json || window->evidence.json->threads->len != n)
		return FALSE;
	for (guint k = 0; k < n; k++)
		if (!evidence_thread(&window->evidence, k)->max_known)
			return FALSE;
	return TRUE;
}

static gint64 largest_ns(const Window *window)
{
	gint64 max_ns = 0;

	for (guint k = 0; k < window->evidence.json->threads->len; k++)
		max_ns = MAX(max_ns, evidence_thread(&window->evidence, k)->max_ns);
	return max_ns;
}

static void check_size(const Judge *judge, gint64 quiet_ns)
{
	const RunCanary *canary = &judge->vm->canary;
	gboolean emulated = g_strcmp0(judge->vm->accel, "kvm") != 0;
	gint64 wanted_ns = canary_size_ns(quiet_ns, emulated);

	if (wanted_ns > CANARY_SIZE_MAX_NS)
		doubt(judge,
		      "canary: the quiet window shows %" MS
		      ", and three times that is more than a vCPU can be held (%" MS ")",
		      ms(quiet_ns), ms(CANARY_SIZE_MAX_NS));
	else if (canary->size_ns < wanted_ns || canary->size_ns > CANARY_SIZE_MAX_NS)
		doubt(judge,
		      "canary: its size is %" MS ", wanted %" MS " to %" MS
		      " after a quiet window of at most %" MS,
		      ms(canary->size_ns), ms(wanted_ns), ms(CANARY_SIZE_MAX_NS), ms(quiet_ns));
}

static void check_hold(const Judge *judge)
{
	const RunCanary *canary = &judge->vm->canary;
	const PlanVcpu *vcpu = &judge->plan->vcpus[canary->vcpu];
	gboolean spun = g_strcmp0(canary->method, "fifo") == 0;
	gint64 wanted_ns = canary_hold_ns(CLAMP(canary->size_ns, 0, CANARY_SIZE_MAX_NS),
					  judge->profile->interval_us);

	if (!spun && g_strcmp0(canary->method, "ptrace") != 0)
		doubt(judge, "canary: how vCPU %u was held is not known: '%s'", canary->vcpu,
		      shown(canary->method));
	else if (spun && (vcpu->shares || vcpu->fifo_priority == 0))
		doubt(judge,
		      "canary: vCPU %u does not own CPU %u: a SCHED_FIFO spinner there holds "
		      "others as well",
		      canary->vcpu, vcpu->cpu);
	/* Much longer than asked for, or with a hole that the guest could have run in: whatever
	 * that was, it was not the disturbance of known size. */
	if (canary->held_ns < wanted_ns || canary->held_ns > 2 * wanted_ns)
		doubt(judge, "canary: vCPU %u was held for %" MS ", wanted %" MS,
		      canary->vcpu, ms(canary->held_ns), ms(wanted_ns));
	if (canary->largest_hole_ns < 0 || canary->largest_hole_ns > canary->size_ns / 4)
		doubt(judge, "canary: vCPU %u got %" MS " of its CPU while it was held",
		      canary->vcpu, ms(canary->largest_hole_ns));
}

static void check_seen(const Judge *judge, const Window *held)
{
	const RunCanary *canary = &judge->vm->canary;
	gboolean seen = FALSE, right = TRUE;
	guint k = 0;

	CPUSET_FOREACH (vcpu, &judge->plan->guest_rt) {
		gint64 max_ns = evidence_thread(&held->evidence, k++)->max_ns;

		if ((guint)vcpu == canary->vcpu) {
			seen = canary->size_ns > 0 && max_ns >= canary->size_ns;
			if (!seen)
				doubt(judge,
				      "canary: vCPU %d was held, and the guest showed %" MS
				      " on it, wanted at least %" MS,
				      vcpu, ms(max_ns), ms(canary->size_ns));
		} else if (max_ns >= canary->size_ns / 2) {
			right = FALSE;
			doubt(judge,
			      "canary: vCPU %u was held, and the guest showed %" MS
			      " on vCPU %d, wanted less than half of %" MS,
			      canary->vcpu, ms(max_ns), vcpu, ms(canary->size_ns));
		}
	}
	right = seen && right;
	if (seen != canary->seen || right != canary->right)
		doubt(judge,
		      "canary: run.json says it was %s, the tool's outputs say it was %s",
		      canary->right  ? "seen"
		      : canary->seen ? "seen on other vCPUs too"
				     : "not seen",
		      right  ? "seen"
		      : seen ? "seen on other vCPUs too"
			     : "not seen");
}

static void judge_windows(const Judge *judge)
{
	const RunCanary *canary = &judge->vm->canary;
	guint64 interval_us = judge->profile->interval_us;
	g_autoptr(GPtrArray) no_loads = g_ptr_array_new();
	ProfileStage wanted = {.where = (char *)"guest", .loads = no_loads};
	Window quiet = {.kind = "quiet", .wanted = wanted};
	Window held = {.kind = "held", .wanted = wanted};

	quiet.wanted.duration_s = canary_quiet_s(interval_us);
	held.wanted.duration_s = canary_held_s(interval_us, canary->attempts);

	if (judge_window(judge, &canary->quiet, &quiet))
		check_size(judge, largest_ns(&quiet));
	else
		doubt(judge, "canary: how quiet it was before is not known");
	check_hold(judge);
	if (judge_window(judge, &canary->held, &held))
		check_seen(judge, &held);
	else
		doubt(judge, "canary: what the guest showed of it is not known");
	g_clear_pointer(&quiet.evidence.json, cyclictest_result_free);
	g_clear_pointer(&held.evidence.json, cyclictest_result_free);
}

void judge_canary(const Judge *judge)
{
	const RunCanary *canary = &judge->vm->canary;

	if (canary->attempts == 0) {
		doubt(judge, "there was no canary: nothing shows that the guest's measurement sees "
			     "a disturbance");
		return;
	}
	if (canary->attempts > CANARY_ATTEMPTS_MAX)
		doubt(judge, "canary: attempt %u, at most %d are made", canary->attempts,
		      CANARY_ATTEMPTS_MAX);
	if (canary->problem)
		doubt(judge, "canary: %s", canary->problem);
	if (!judge->plan)
		return;
	if (canary->vcpu >= judge->plan->n_vcpus ||
	    !cpuset_contains(&judge->plan->guest_rt, canary->vcpu))
		doubt(judge, "canary: vCPU %u is no RT vCPU", canary->vcpu);
	else
		judge_windows(judge);
}

void prove_canary(const Judge *judge)
{
	const RunCanary *canary = &judge->vm->canary;
	const RunThread *thread = claimed_thread(&canary->held.measured, canary->vcpu);

	if (!canary->right || !thread || !judge->plan)
		return;
	prove(judge,
	      "the measurement sees a disturbance: vCPU %u was held for %.3f ms, and the guest "
	      "showed %.3f ms%s",
	      canary->vcpu, ms(canary->held_ns), ms(thread->max_ns),
	      cpuset_count(&judge->plan->guest_rt) > 1
		      ? " on that vCPU alone"
		      : "; with one RT vCPU it is not shown that the guest would name the right one");
}
