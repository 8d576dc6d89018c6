/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "canary_words.h"

#include "cpulist.h"

/* "held for 50.123 ms by a SCHED_FIFO spinner (largest hole 0.031 ms)" */
static char *how_it_was_held(const RunCanary *canary)
{
	if (!canary->method || canary->held_ns <= 0)
		return g_strdup("NOT held");
	if (g_strcmp0(canary->method, "fifo") == 0)
		return g_strdup_printf("held for %.3f ms by a SCHED_FIFO spinner (largest hole "
				       "%.3f ms)",
				       (double)canary->held_ns / 1e6,
				       (double)canary->largest_hole_ns / 1e6);
	return g_strdup_printf("held for %.3f ms by %s", (double)canary->held_ns / 1e6,
			       canary->method);
}

static const char *what_was_seen(const RunCanary *canary)
{
	if (canary->right)
		return "seen";
	return canary->seen ? "seen, and on other vCPUs TOO" : "NOT seen";
}

char *canary_sentence(const RunCanary *canary)
{
	g_autofree char *held = how_it_was_held(canary);

	return g_strdup_printf("vCPU %u was %s; %.3f ms or more had to be seen: %s", canary->vcpu,
			       held, (double)canary->size_ns / 1e6, what_was_seen(canary));
}

const char *canary_second_attempt(const RunCanary *canary)
{
	return canary->attempts > 1 ? "This was the second attempt." : NULL;
}

/* One RT vCPU can only be the right one. */
const char *canary_only_one(const RunVm *vm)
{
	Cpuset rt;

	if (!vm->plan.guest_rt ||
	    !cpulist_parse_kernel(vm->plan.guest_rt, CPUSET_CPUS, &rt, NULL) ||
	    cpuset_count(&rt) != 1)
		return NULL;
	return "Only one vCPU is measured: that the guest would name the right one is not shown.";
}
