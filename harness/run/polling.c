/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "polling.h"

#include <string.h>

#include "error.h"
#include "guest.h"
#include "kernel_cmdline.h"
#include "throttle.h"

static gboolean guest_polls(const Profile *profile)
{
	const char *text = profile->guest_cmdline;
	g_autoptr(KernelCmdline) cmdline = kernel_cmdline_parse(text, strlen(text), NULL);
	const char *idle = cmdline ? kernel_cmdline_last(cmdline, "idle") : NULL;

	return g_strcmp0(idle, "poll") == 0;
}

gboolean polling_check(RunContext *context, GError **error)
{
	Cpuset cpus = guests_reserved_cpus(context);
	g_autoptr(KnobView) host = NULL;
	g_autofree char *why = NULL;

	if (!guest_polls(context->profile) || guests_fifo_max(context) == 0)
		return TRUE;
	host = knob_view_new(context->live, SCOPE_HOST, &cpus, NULL);
	if (throttle_host_spares(host, &why) != MATCH_BROKEN)
		return TRUE;
	lathe_error(error, LATHE_ERROR_ENVIRONMENT,
		    "the guest polls (idle=poll), so its SCHED_FIFO vCPUs never sleep, and the host "
		    "stops such threads for a part of each second: %s", why);
	lathe_error_hint(error, "take idle=poll off the guest's command line; or choose "
				"throttle.rt_runtime=-1 and throttle.fair_server=0 as the profile's "
				"policy, and keep everything else off these CPUs: a thread that "
				"never sleeps then starves it for good");
	return FALSE;
}
