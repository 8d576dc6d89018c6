/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verdict_check.h"

#include <string.h>

/* A load that hangs (a dead disk, a frozen cgroup, SIGSTOP) loads nothing. All loads use CPU
 * time every second; five leave room for writeback that blocks the disk load. */
#define IDLE_SECONDS_MAX 5

static void check_load_cpus(const Judge *judge, const char *stage, const RunLoad *load)
{
	Cpuset cpus, ran_on;

	if (!cpus_of(load->cpus, &cpus)) {
		doubt(judge, "stage %s: which CPUs load %s was confined to is not known",
		      stage, load->name);
		return;
	}
	if (!cpus_of(load->ran_on, &ran_on))
		doubt(judge, "stage %s: which CPUs load %s ran on is not known", stage,
		      load->name);
	else if (!cpuset_is_subset(&ran_on, &cpus))
		doubt(judge, "stage %s: load %s ran on CPUs %s, wanted %s", stage,
		      load->name, load->ran_on, load->cpus);
	if (cpuset_count(&judge->housekeeping) == 0)
		return;
	if (cpuset_intersects(&cpus, &judge->rt_cpus) ||
	    cpuset_intersects(&ran_on, &judge->rt_cpus))
		doubt(judge,
		      "stage %s: load %s (CPUs %s, seen on %s) ran on the CPU of an RT "
		      "vCPU",
		      stage, load->name, load->cpus, shown(load->ran_on));
	if (!cpuset_is_subset(&cpus, &judge->housekeeping)) {
		g_autofree char *wanted = cpulist_format(&judge->housekeeping);

		doubt(judge,
		      "stage %s: load %s was confined to CPUs %s, wanted the "
		      "housekeeping CPUs "
		      "%s",
		      stage, load->name, load->cpus, wanted);
	}
}

static void check_load(const Judge *judge, const char *stage, const RunLoad *load)
{
	if (!load->argv || !load->argv[0])
		doubt(judge, "stage %s: how load %s was started is not known", stage,
		      load->name);
	if (!load->ran)
		doubt(judge, "stage %s: load %s had not run when the measurement began",
		      stage, load->name);
	if (load->exited_early)
		doubt(judge,
		      "stage %s: load %s ended by itself (%s %d) while the stage "
		      "measured",
		      stage, load->name, load->exit < 0 ? "signal" : "status",
		      ABS(load->exit));
	if (!(load->cpu_seconds > 0))
		doubt(judge,
		      "stage %s: load %s used no CPU time while the stage measured",
		      stage, load->name);
	if (!(load->idle_seconds <= IDLE_SECONDS_MAX))
		doubt(judge,
		      "stage %s: load %s used no CPU time for %.1f s on end while the stage "
		      "measured, at most %d s are believed",
		      stage, load->name, load->idle_seconds, IDLE_SECONDS_MAX);
	check_load_cpus(judge, stage, load);
}

void judge_loads(const Judge *judge, const StageEvidence *evidence)
{
	const GPtrArray *wanted = evidence->wanted->loads, *loads = judge->run->loads;
	const char *stage = evidence->wanted->name;
	guint *found = g_newa0(guint, wanted->len + 1);

	for (guint i = 0; i < loads->len; i++) {
		const RunLoad *load = loads->pdata[i];
		guint index = wanted->len;

		if (g_strcmp0(load->stage, stage) != 0)
			continue;
		g_ptr_array_find_with_equal_func((GPtrArray *)wanted, load->name,
						 g_str_equal, &index);
		if (index >= wanted->len)
			doubt(judge, "stage %s: load %s is not one of the profile's",
			      stage, load->name);
		else
			found[index]++;
		check_load(judge, stage, load);
	}
	for (guint i = 0; i < wanted->len; i++)
		if (found[i] != 1)
			doubt(judge, "stage %s: load %s %s", stage,
			      (const char *)wanted->pdata[i],
			      found[i] ? "is there more than once" : "never ran");
}
