/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"

#include <string.h>

#include "error.h"
#include "escape.h"
#include "topology.h"

#define TUNED_PROFILE "etc/tuned/active_profile"

static gboolean check_planned(KnobView *view, GError **error)
{
	const Cpuset *planned = knob_view_planned(view);
	const char *unplanned = knob_view_unplanned(view, &(KnobMatch){MATCH_ODD});
	g_autofree char *list = cpulist_format(planned);
	g_autofree char *online = cpulist_format(knob_view_online(view));

	if (unplanned) {
		lathe_error(error, LATHE_ERROR_USAGE, "no CPU is meant for vCPUs: %s", unplanned);
		lathe_error_hint(error, "name them: --cpus LIST; `lathe plan` proposes some");
		return FALSE;
	}
	if (!knob_view_online_known(view) || !cpuset_is_subset(planned, knob_view_online(view)))
		return lathe_error(error, LATHE_ERROR_USAGE,
				   "not all of CPUs %s are online (those are %s)", list, online);
	if (!cpuset_contains(planned, 0))
		return TRUE;
	lathe_error(error, LATHE_ERROR_USAGE, "CPU 0 cannot be given to vCPUs");
	lathe_error_hint(error, "the kernel keeps work there that nothing moves: choose others");
	return FALSE;
}

static gboolean check_sockets(KnobView *view, GError **error)
{
	const char *why = "its sockets are not known";
	const Topology *topology = knob_view_topology(view, &why);

	if (!topology || topology->packages->len == 0)
		return lathe_error(error, LATHE_ERROR_ENVIRONMENT,
				   "nobody can tell whether a socket would be left without a "
				   "housekeeping CPU: %s", why);
	for (guint i = 0; i < topology->packages->len; i++) {
		const TopologyPackage *package = topology->packages->pdata[i];

		if (cpuset_is_subset(&package->cpus, knob_view_planned(view))) {
			lathe_error(error, LATHE_ERROR_USAGE,
				    "socket %d would be left without a housekeeping CPU",
				    package->number);
			lathe_error_hint(error, "interrupts that cannot be moved land on each "
						"socket: leave it one CPU at least");
			return FALSE;
		}
	}
	return TRUE;
}

static gboolean tuned_runs(KnobView *view)
{
	const GArray *threads = knob_view_threads(view, NULL);

	for (guint i = 0; threads && i < threads->len; i++)
		if (strcmp(g_array_index(threads, KnobThread, i).comm, "tuned") == 0)
			return TRUE;
	return FALSE;
}

static gboolean check_tuned(KnobView *view, GError **error)
{
	const char *profile = knob_view_line(view, TUNED_PROFILE, NULL);
	g_autofree char *shown = profile ? escape_text(profile, -1) : NULL;

	if (!profile || !*profile || !tuned_runs(view))
		return TRUE;
	lathe_error(error, LATHE_ERROR_BUSY, "tuned runs, with profile %s: two that write the same "
					     "settings undo each other", shown);
	lathe_error_hint(error, "tuned-adm off, and let lathe tune; or let tuned do it, and "
				"judge with lathe validate-host");
	return FALSE;
}

gboolean tune_guard(KnobView *view, GError **error)
{
	return check_planned(view, error) && check_sockets(view, error) &&
	       check_tuned(view, error);
}
