/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verdict_check.h"

#include <string.h>

#include "capture.h"

gboolean clocksource_is_native(const char *clocksource)
{
	return g_strcmp0(clocksource, "tsc") == 0 ||
	       g_strcmp0(clocksource, "kvm-clock") == 0;
}

static void check_accel(const Judge *judge, const Facts *facts)
{
	const char *accel = shown(judge->vm->accel);
	const char *clocksource =
		shown(facts ? facts->clocksource : judge->vm->guest.clocksource);

	if (strcmp(accel, "kvm") != 0 && strcmp(accel, "tcg") != 0)
		doubt(judge,
		      "what ran the guest is not known: '%s' is neither kvm nor tcg",
		      accel);
	if (judge->profile->emulation_allowed)
		return;
	if (strcmp(accel, "tcg") == 0)
		doubt(judge,
		      "the guest was emulated (TCG), which profile %s does not allow",
		      judge->profile->name);
	/* tsc-early is the TSC until it is calibrated, a second after the boot began;
	 * what a stage was measured with is judged there. */
	if (!clocksource_is_native(clocksource) && strcmp(clocksource, "tsc-early") != 0)
		doubt(judge, "the guest's clocksource is %s, wanted tsc or kvm-clock",
		      clocksource);
}

static void check_isolation(const Judge *judge, const char *tree, const Facts *facts)
{
	const char *claim = judge->vm->guest.isolated;
	g_autofree char *seen = NULL;
	Cpuset claimed;

	if (!facts->isolated_known) {
		doubt(judge, "which CPUs the guest isolates is not known");
		return;
	}
	seen = cpulist_format(&facts->isolated);
	if (!cpus_of(claim, &claimed) && cpuset_count(&facts->isolated) > 0)
		doubt(judge, "run.json does not say that the guest isolates CPUs %s",
		      seen);
	else if (!cpuset_equal(&claimed, &facts->isolated))
		doubt(judge,
		      "the guest isolates CPUs %s in run.json and %s in %s",
		      claim, shown(seen), tree);
	if (judge->plan && !cpuset_is_subset(&judge->plan->guest_rt, &facts->isolated))
		doubt(judge, "the guest isolates CPUs %s, wanted the RT vCPUs %s",
		      shown(seen), judge->vm->plan.guest_rt);
}

static void check_online(const Judge *judge, const Facts *facts)
{
	if (!facts->online_known)
		doubt(judge, "which CPUs the guest has online is not known");
	else if (judge->plan && !cpuset_is_subset(&judge->plan->guest_rt, &facts->online))
		doubt(judge, "not every RT vCPU (%s) is online in the guest",
		      judge->vm->plan.guest_rt);
}

void judge_guest(const Judge *judge)
{
	const RunMachine *guest = &judge->vm->guest;
	g_autofree char *tree = run_vm_path(judge->vm, "guest", "before");
	g_autofree char *log = g_strconcat(tree, "/" CAPTURE_KERNEL_LOG, NULL);
	g_autoptr(Facts) facts = captured_facts(judge, tree);

	judge_own_file(judge, log);
	check_accel(judge, facts);
	if (g_strcmp0(guest->realtime, "yes") != 0 ||
	    (facts && facts->realtime != KNOWN_YES))
		doubt(judge,
		      "the guest's kernel is not known to be PREEMPT_RT (run.json: %s, "
		      "captured: %s)",
		      guest->realtime ? guest->realtime : known_name(UNKNOWN),
		      facts ? known_name(facts->realtime) : "nothing");
	if (!facts)
		return;
	if (!facts->kernel_version)
		doubt(judge, "the guest's kernel version is not known");
	if (!facts->clocksource)
		doubt(judge, "the guest's clocksource is not known");
	judge_machine(judge, "guest", tree, guest, facts);
	check_isolation(judge, tree, facts);
	check_online(judge, facts);
}
