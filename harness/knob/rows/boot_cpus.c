/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot_cpus.h"

/* One past the last possible CPU; the largest that lathe knows when the tree does not
 * say. */
static guint limit_of(KnobView *view)
{
	Cpuset possible;
	int last = -1;

	if (!knob_view_cpulist(view, "sys/devices/system/cpu/possible", &possible, NULL))
		return CPUSET_CPUS;
	CPUSET_FOREACH (cpu, &possible)
		last = cpu;
	return last < 0 ? CPUSET_CPUS : (guint)last + 1;
}

gboolean boot_cpus_parse(KnobView *view, const char *value, Cpuset *ret)
{
	return cpulist_parse_parameter(value, limit_of(view), ret, NULL);
}

gboolean boot_isolcpus_parse(KnobView *view, const char *value, IsolcpusValue *ret)
{
	return isolcpus_parse(value, limit_of(view), ret, NULL);
}

KnobMatch boot_cpus_cover_planned(KnobView *view, const Cpuset *cpus, char **ret_wanted,
				  char **ret_note)
{
	const Cpuset *planned = knob_view_planned(view);
	KnobMatch none = MATCH_ODD;
	const char *unplanned = knob_view_unplanned(view, &none);

	if (unplanned) {
		*ret_note = g_strdup(unplanned);
		return none;
	}
	*ret_wanted = cpulist_format(planned);
	return cpuset_is_subset(planned, cpus) ? MATCH_HOLDS : MATCH_BROKEN;
}
