/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verdict_check.h"

/*
 * CLOCK_REALTIME against CLOCK_MONOTONIC: both are slewed alike, so only setting the clock
 * moves one of them, however long the stage. The two are read at slightly different instants,
 * by a thread that can be preempted. ntpd never steps by less than 128 ms.
 */
#define CLOCK_STEP_MAX_NS (100 * G_GINT64_CONSTANT(1000000))

typedef struct {
	const char *machine; /* "host", "guest" */
	const RunMachineWatch *claim;
	char *before, *after; /* captured trees below the bundle */
} Watch;

static void check_clocksource(const Judge *judge, const char *stage, const Watch *watch)
{
	g_autoptr(Facts) before = captured_facts(judge, watch->before);
	g_autoptr(Facts) after = captured_facts(judge, watch->after);
	const RunMachineWatch *claim = watch->claim;

	if (!claim->clocksource_before || !claim->clocksource_after) {
		doubt(judge,
		      "stage %s: the %s's clocksource is not known before and after",
		      stage, watch->machine);
		return;
	}
	if (g_strcmp0(claim->clocksource_before, claim->clocksource_after) != 0)
		doubt(judge, "stage %s: the %s's clocksource changed from %s to %s",
		      stage, watch->machine, claim->clocksource_before,
		      claim->clocksource_after);
	if ((before && g_strcmp0(before->clocksource, claim->clocksource_before) != 0) ||
	    (after && g_strcmp0(after->clocksource, claim->clocksource_after) != 0))
		doubt(judge,
		      "stage %s: the %s's clocksource was %s, then %s as captured; "
		      "run.json "
		      "says %s, then %s",
		      stage, watch->machine, shown(before ? before->clocksource : NULL),
		      shown(after ? after->clocksource : NULL), claim->clocksource_before,
		      claim->clocksource_after);
}

static void check_clock(const Judge *judge, const StageEvidence *evidence,
			const Watch *watch)
{
	gint64 step_ns = watch->claim->clock_step_ns;

	if (!watch->claim->clock_known)
		doubt(judge, "stage %s: whether the %s's clock was set is not known",
		      evidence->wanted->name, watch->machine);
	else if (step_ns > CLOCK_STEP_MAX_NS || step_ns < -CLOCK_STEP_MAX_NS)
		doubt(judge,
		      "stage %s: the %s's clock was set: it moved by %.3f s",
		      evidence->wanted->name, watch->machine, (double)step_ns / 1e9);
}

/* FALSE when the machine has no such counters. */
static gboolean captured_throttling(const Judge *judge, const char *relative,
				    guint64 *ret)
{
	g_autofree char *path = g_build_filename(judge->directory, relative, NULL);
	g_autoptr(Root) root = root_open_captured(path, NULL);

	return root && facts_throttle_count(root, ret);
}

static void check_throttling(const Judge *judge, const char *stage, const Watch *watch)
{
	gboolean known_before, known_after;
	guint64 before = 0, after = 0;

	known_before = captured_throttling(judge, watch->before, &before);
	known_after = captured_throttling(judge, watch->after, &after);
	if (watch->claim->throttle_events > 0)
		doubt(judge,
		      "stage %s: CPUs of the %s were throttled %" G_GUINT64_FORMAT
		      " times",
		      stage, watch->machine, watch->claim->throttle_events);
	else if (known_before && known_after && before != after)
		doubt(judge,
		      "stage %s: the %s's throttle counters moved from %" G_GUINT64_FORMAT
		      " to %" G_GUINT64_FORMAT,
		      stage, watch->machine, before, after);
	if (known_before != known_after || watch->claim->throttle_known != known_before)
		doubt(judge,
		      "stage %s: whether CPUs of the %s were throttled is not known",
		      stage, watch->machine);
}

static void check_machine(const Judge *judge, const StageEvidence *evidence,
			  const char *machine, const char *below, const RunMachineWatch *claim)
{
	const char *stage = evidence->wanted->name;
	Watch watch = {machine, claim, g_build_filename(below, "before", NULL),
		       g_build_filename(below, "after", NULL)};

	check_clocksource(judge, stage, &watch);
	check_clock(judge, evidence, &watch);
	check_throttling(judge, stage, &watch);
	g_free(watch.before);
	g_free(watch.after);
}

void judge_host_watch(const Judge *judge, const StageEvidence *evidence)
{
	g_autofree char *below = g_build_filename("host", evidence->wanted->name, NULL);

	check_machine(judge, evidence, "host", below, &evidence->stage->host);
}

void judge_watch(const Judge *judge, const StageEvidence *evidence)
{
	const RunMachineWatch *guest = &evidence->measured->guest;
	g_autofree char *below = run_vm_path(judge->vm, "guest", evidence->wanted->name);
	g_autofree char *ran = g_strconcat(below, "/before/proc/1/schedstat", NULL);

	judge_own_file(judge, ran); /* of the agent, in ns */
	check_machine(judge, evidence, "guest", below, guest);
	if (!judge->profile->emulation_allowed &&
	    !clocksource_is_native(guest->clocksource_before))
		doubt(judge,
		      "stage %s: the guest measured with clocksource %s, wanted tsc or "
		      "kvm-clock",
		      evidence->wanted->name, shown(guest->clocksource_before));
}
