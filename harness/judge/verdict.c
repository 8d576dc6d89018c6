/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verdict.h"

#include <string.h>

#include "bundle.h"
#include "escape.h"
#include "verdict_check.h"

/* Where the bundle lies is not part of a reason: it is renamed when it is closed, and moved by
 * people, and the same evidence has the same verdict, word for word. */
void doubt(const Judge *judge, const char *format, ...)
{
	g_autofree char *place = g_strconcat(judge->directory, "/", NULL);
	g_autoptr(GString) sentence = g_string_new(NULL);
	va_list args;

	va_start(args, format);
	g_string_append_vprintf(sentence, format, args);
	va_end(args);
	g_string_replace(sentence, place, "", 0);
	g_ptr_array_add(judge->run->verdict.reasons, escape_text(sentence->str, -1));
}

gboolean cpus_of(const char *cpulist, Cpuset *ret)
{
	*ret = (Cpuset){0};
	return cpulist && *cpulist && cpulist_parse(cpulist, CPUSET_CPUS, ret, NULL);
}

const char *shown(const char *text)
{
	return text && *text ? text : "nothing";
}

const CyclictestThread *evidence_thread(const StageEvidence *evidence, guint k)
{
	if (!evidence->json || k >= evidence->json->threads->len)
		return NULL;
	return evidence->json->threads->pdata[k];
}

const RunThread *claimed_thread(const RunStage *stage, guint vcpu)
{
	for (guint i = 0; i < stage->threads->len; i++) {
		const RunThread *thread = stage->threads->pdata[i];

		if (thread->vcpu == vcpu)
			return thread;
	}
	return NULL;
}

Facts *captured_facts(const Judge *judge, const char *relative)
{
	g_autofree char *path = g_build_filename(judge->directory, relative, NULL);
	g_autoptr(Root) root = root_open_captured(path, NULL);

	if (root)
		return facts_read(root);
	doubt(judge, "the captured tree %s is missing", relative);
	return NULL;
}

/* The profile as it was in force is part of the evidence. */
static void check_profile(const Judge *judge)
{
	const Run *run = judge->run;
	g_autoptr(GError) error = NULL;
	g_autofree char *seen = NULL;

	if (!judge->anew && g_strcmp0(run->profile.name, judge->profile->name) != 0)
		doubt(judge, "the run was made under profile '%s', not '%s'",
		      shown(run->profile.name), judge->profile->name);
	if (!run->profile.file || !run->profile.sha256) {
		doubt(judge, "the run does not say which profile file was in force");
		return;
	}
	seen = bundle_sha256(judge->directory, run->profile.file, &error);
	if (!seen)
		doubt(judge, "the profile in force is missing: %s", error->message);
	else if (strcmp(seen, run->profile.sha256) != 0)
		doubt(judge, "%s was changed after the run (SHA-256 %s, the run says %s)",
		      run->profile.file, seen, run->profile.sha256);
}

static void check_run(const Judge *judge)
{
	const Run *run = judge->run;

	if (run->interrupted)
		doubt(judge, "the run did not reach its end: %s", run->interrupted);
	for (guint i = 0; i < run->deviations->len; i++)
		doubt(judge, "not as planned: %s",
		      (const char *)run->deviations->pdata[i]);
	check_profile(judge);
}

static gboolean profile_has_stage(const Profile *profile, const char *name)
{
	for (guint i = 0; i < profile->stages->len; i++)
		if (strcmp(((ProfileStage *)profile->stages->pdata[i])->name, name) == 0)
			return TRUE;
	return FALSE;
}

/* The run's stages must be the profile's, each once. */
static void find_stage(const Judge *judge, StageEvidence *evidence)
{
	const GPtrArray *stages = judge->run->stages;
	guint found = 0;

	for (guint i = 0; i < stages->len; i++) {
		const RunStage *stage = stages->pdata[i];

		if (strcmp(stage->name, evidence->wanted->name) != 0)
			continue;
		if (found++ == 0)
			evidence->stage = stage;
	}
	if (found == 0)
		doubt(judge, "stage %s was not measured", evidence->wanted->name);
	if (found > 1)
		doubt(judge, "stage %s is there %u times", evidence->wanted->name, found);
}

static void check_strangers(const Judge *judge)
{
	const Run *run = judge->run;

	for (guint i = 0; i < run->stages->len; i++) {
		const RunStage *stage = run->stages->pdata[i];

		if (!profile_has_stage(judge->profile, stage->name))
			doubt(judge, "stage %s is not one of the profile's", stage->name);
	}
	for (guint i = 0; i < run->loads->len; i++) {
		const RunLoad *load = run->loads->pdata[i];

		if (!load->stage || !profile_has_stage(judge->profile, load->stage))
			doubt(judge,
			      "load %s ran in stage '%s', which is not one of the "
			      "profile's",
			      load->name, shown(load->stage));
	}
}

static void judge_stage(const Judge *judge, StageEvidence *evidence)
{
	find_stage(judge, evidence);
	if (!evidence->stage)
		return;
	judge_tool(judge, evidence);
	judge_raw(judge, evidence);
	judge_threads(judge, evidence);
	judge_readings(judge, evidence);
	judge_places(judge, evidence);
	judge_loads(judge, evidence);
	judge_watch(judge, evidence);
}

static void evidence_clear(gpointer data)
{
	g_clear_pointer(&((StageEvidence *)data)->json, cyclictest_result_free);
}

static gboolean any_limit_broken(const RunVerdict *verdict)
{
	for (guint i = 0; i < verdict->limits->len; i++)
		if (((RunLimit *)verdict->limits->pdata[i])->broken)
			return TRUE;
	return FALSE;
}

/* Last, after the reasons not to believe the run. */
static void list_broken_limits(RunVerdict *verdict)
{
	for (guint i = 0; i < verdict->limits->len; i++) {
		const RunLimit *limit = verdict->limits->pdata[i];

		if (limit->broken)
			run_note(verdict->reasons,
				 "limit broken: stage %s, vCPU %u: %s is %.3f us, wanted "
				 "%s %.3f us",
				 limit->stage, limit->vcpu, limit->statistic,
				 (double)limit->value_ns / 1000, limit->relation,
				 (double)limit->limit_ns / 1000);
	}
}

static void judge_run(const char *directory, const Profile *profile, Run *run,
		      gboolean anew)
{
	Judge judge = {
		.directory = directory, .profile = profile, .run = run, .anew = anew};
	g_autoptr(GArray) evidence = g_array_new(FALSE, TRUE, sizeof(StageEvidence));
	RunVerdict *verdict = &run->verdict;
	g_autoptr(GPtrArray) failed = NULL;
	gboolean believed;

	g_array_set_clear_func(evidence, evidence_clear);
	run_verdict_reset(verdict);
	judge.files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	check_run(&judge);
	judge_plan(&judge);
	judge_host(&judge);
	judge_guest(&judge);
	check_strangers(&judge);
	judge_canary(&judge);
	failed = judge_findings(&judge);
	for (guint i = 0; i < profile->stages->len; i++) {
		StageEvidence stage = {.wanted = profile->stages->pdata[i]};

		judge_stage(&judge, &stage);
		g_array_append_val(evidence, stage);
	}
	judge_limits(&judge, evidence);
	prove_canary(&judge);

	believed = verdict->reasons->len == 0;
	if (believed)
		verdict->result = failed->len || any_limit_broken(verdict) ? RESULT_FAIL
									   : RESULT_PASS;
	if (verdict->result != RESULT_PASS)
		g_ptr_array_set_size(verdict->proves, 0);
	list_broken_limits(verdict);
	for (guint i = 0; i < failed->len; i++)
		run_note(verdict->reasons, "%s", (char *)failed->pdata[i]);
	g_clear_pointer(&judge.plan, plan_free);
	g_hash_table_unref(judge.files);
}

void verdict_judge(const char *directory, const Profile *profile, Run *run)
{
	judge_run(directory, profile, run, FALSE);
}

void verdict_judge_anew(const char *directory, const Profile *profile, Run *run)
{
	judge_run(directory, profile, run, TRUE);
	run_note(run->verdict.labels, "judged under a profile chosen after the run");
}

void verdict_doubt(RunVerdict *verdict, const char *format, ...)
{
	g_autofree char *sentence = NULL;
	va_list args;

	va_start(args, format);
	sentence = g_strdup_vprintf(format, args);
	va_end(args);
	g_ptr_array_insert(verdict->reasons, 0, escape_text(sentence, -1));
	g_ptr_array_set_size(verdict->proves, 0);
	verdict->result = RESULT_INCONCLUSIVE;
}
