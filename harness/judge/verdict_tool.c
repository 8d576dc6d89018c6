/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verdict_check.h"

#include <string.h>

/* Stands for the file names in the expected arguments, which are the run's own business.
 */
#define ANY_PATH "/any/path"

static void check_loads_named(const Judge *judge, const StageEvidence *evidence)
{
	const GPtrArray *wanted = evidence->wanted->loads, *seen = evidence->stage->loads;
	gboolean same = wanted->len == seen->len;

	for (guint i = 0; same && i < wanted->len; i++)
		same = strcmp(wanted->pdata[i], seen->pdata[i]) == 0;
	if (!same)
		doubt(judge, "stage %s: it ran under other loads than the profile's",
		      evidence->wanted->name);
}

/* Another duration or interval than the profile's: the profile's limits do not apply. */
void judge_settings(const Judge *judge, const StageEvidence *evidence)
{
	const ProfileStage *wanted = evidence->wanted;
	const RunStage *stage = evidence->stage;
	guint64 planned = profile_planned_samples(judge->profile, wanted);

	if (g_strcmp0(stage->where, wanted->where) != 0)
		doubt(judge, "stage %s was measured in the %s, wanted the %s",
		      wanted->name, shown(stage->where), wanted->where);
	if (stage->duration_s != wanted->duration_s)
		doubt(judge,
		      "stage %s: duration %" G_GUINT64_FORMAT
		      " s, wanted %" G_GUINT64_FORMAT " s",
		      wanted->name, stage->duration_s, wanted->duration_s);
	if (stage->interval_us != judge->profile->interval_us)
		doubt(judge,
		      "stage %s: interval %" G_GUINT64_FORMAT
		      " us, wanted %" G_GUINT64_FORMAT " us",
		      wanted->name, stage->interval_us, judge->profile->interval_us);
	if (stage->planned_samples != planned)
		doubt(judge,
		      "stage %s: %" G_GUINT64_FORMAT " samples planned, but duration and "
		      "interval make %" G_GUINT64_FORMAT,
		      wanted->name, stage->planned_samples, planned);
	if (!evidence->is_window && planned < PROFILE_SAMPLES_MIN)
		doubt(judge,
		      "stage %s: it is too short: %" G_GUINT64_FORMAT
		      " samples planned on each vCPU, wanted %u",
		      wanted->name, planned, PROFILE_SAMPLES_MIN);
	check_loads_named(judge, evidence);
}

/* An expected argument that ends in ANY_PATH takes any tail. */
static gboolean argument_matches(const char *wanted, const char *seen)
{
	gsize length = strlen(wanted);

	if (!g_str_has_suffix(wanted, ANY_PATH))
		return strcmp(wanted, seen) == 0;
	length -= strlen(ANY_PATH);
	return strncmp(wanted, seen, length) == 0 && seen[length] == '/';
}

static char **wanted_argv(const Judge *judge, const ProfileStage *stage)
{
	CyclictestOptions options = {
		.cpus = judge->plan->guest_rt,
		.housekeeping_cpu = judge->plan->guest_housekeeping,
		.priority = judge->profile->priority,
		.interval_us = judge->profile->interval_us,
		.buckets = judge->profile->buckets,
		.duration_s = stage->duration_s,
		.json_path = ANY_PATH,
		.histogram_path = ANY_PATH,
		.fifo_path = ANY_PATH,
	};

	return cyclictest_argv(&options);
}

/* From the second on: the first is where the program lay. */
static void check_argv(const Judge *judge, const StageEvidence *evidence)
{
	const char *name = evidence->wanted->name;
	char **seen = evidence->measured->tool_argv;
	g_auto(GStrv) wanted = NULL;

	if (!seen || !seen[0]) {
		doubt(judge, "stage %s: how the tool was started is not known", name);
		return;
	}
	if (!judge->plan)
		return;
	wanted = wanted_argv(judge, evidence->wanted);
	if (g_strv_length(seen) != g_strv_length(wanted)) {
		doubt(judge,
		      "stage %s: the tool was started with %u arguments, wanted %u", name,
		      g_strv_length(seen) - 1, g_strv_length(wanted) - 1);
		return;
	}
	for (guint i = 1; wanted[i]; i++)
		if (!argument_matches(wanted[i], seen[i]))
			doubt(judge,
			      "stage %s: argument %u of the tool was '%s', wanted '%s'",
			      name, i, seen[i], wanted[i]);
}

void judge_tool(const Judge *judge, const StageEvidence *evidence)
{
	const RunMeasured *measured = evidence->measured;
	const char *name = evidence->wanted->name;

	if (g_strcmp0(measured->tool, judge->profile->tool) != 0)
		doubt(judge, "stage %s was measured with %s, wanted %s", name,
		      shown(measured->tool), judge->profile->tool);
	if (!measured->tool_finished)
		doubt(judge, "stage %s: the tool did not end by itself", name);
	/* Its 0 proves nothing, but anything else is odd. */
	if (measured->tool_exit != 0)
		doubt(judge, "stage %s: the tool ended with %s %d", name,
		      measured->tool_exit < 0 ? "signal" : "status", ABS(measured->tool_exit));
	check_argv(judge, evidence);
}
