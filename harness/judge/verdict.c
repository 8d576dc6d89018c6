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
	g_autofree char *who = run_whose(judge->run, judge->vm);
	g_autoptr(GString) sentence = g_string_new(NULL);
	va_list args;

	va_start(args, format);
	g_string_append_vprintf(sentence, format, args);
	va_end(args);
	g_string_replace(sentence, place, "", 0);
	g_string_prepend(sentence, who);
	g_ptr_array_add(judge->run->verdict.reasons, escape_text(sentence->str, -1));
}

void prove(const Judge *judge, const char *format, ...)
{
	g_autofree char *who = run_whose(judge->run, judge->vm);
	g_autoptr(GString) sentence = g_string_new(who);
	va_list args;

	va_start(args, format);
	g_string_append_vprintf(sentence, format, args);
	va_end(args);
	g_ptr_array_add(judge->run->verdict.proves, escape_text(sentence->str, -1));
}

Judge judge_of_vm(const Judge *judge, guint vm)
{
	Judge one = *judge;

	one.vm = judge->run->vms->pdata[vm];
	one.plan = judge->plans[vm];
	return one;
}

Judge judge_of_id(const Judge *judge, const char *id)
{
	Judge host = *judge;

	for (guint i = 0; id && i < judge->run->vms->len; i++)
		if (strcmp(((const RunVm *)judge->run->vms->pdata[i])->id, id) == 0)
			return judge_of_vm(judge, i);
	host.vm = NULL;
	host.plan = NULL;
	return host;
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

const RunThread *claimed_thread(const RunMeasured *measured, guint vcpu)
{
	for (guint i = 0; i < measured->threads->len; i++) {
		const RunThread *thread = measured->threads->pdata[i];

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
	for (guint i = 0; i < run->deviations->len; i++) {
		const RunDeviation *deviation = run->deviations->pdata[i];
		Judge one = judge_of_id(judge, deviation->vm);

		if (deviation->vm && !one.vm)
			doubt(judge, "something is not as planned of '%s', which is no VM of the run",
			      deviation->vm);
		doubt(&one, "not as planned: %s", deviation->text);
	}
	check_profile(judge);
}

gboolean profile_has_stage(const Profile *profile, const char *name)
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

/* Each VM of the run once, and nobody else. */
static void check_measured(const Judge *judge, const RunStage *stage)
{
	for (guint i = 0; i < stage->vms->len; i++) {
		const RunMeasured *measured = stage->vms->pdata[i];
		const RunVm *vm = run_find_vm(judge->run, measured->vm);

		if (!vm)
			doubt(judge, "stage %s has something of '%s', which is no VM of the run",
			      stage->name, measured->vm);
		else if (run_find_measured(stage, vm) != measured)
			doubt(judge, "stage %s has VM %s more than once", stage->name,
			      run_vm_name(vm));
	}
}

/* One that is not measured has its threads looked at, and nothing else. */
static void judge_beside(const Judge *judge, const StageEvidence *evidence)
{
	const RunMeasured *measured = evidence->measured;

	if (measured->tool || measured->tool_argv || measured->tool_finished ||
	    measured->raw_json || measured->raw_text || measured->threads->len)
		doubt(judge, "stage %s: run.json has measurements of a VM that was not to be measured",
		      evidence->wanted->name);
	judge_places(judge, evidence);
}

static void judge_measured(const Judge *judge, StageEvidence *evidence)
{
	evidence->measured = run_find_measured(evidence->stage, judge->vm);
	if (!evidence->measured) {
		doubt(judge, "stage %s: the VM is missing from it", evidence->wanted->name);
		return;
	}
	if (!judge->vm->rt) {
		judge_beside(judge, evidence);
		return;
	}
	judge_tool(judge, evidence);
	judge_raw(judge, evidence);
	judge_threads(judge, evidence);
	judge_readings(judge, evidence);
	judge_places(judge, evidence);
	judge_watch(judge, evidence);
}

/* Adds the evidence of each VM, whatever the run has of it. */
static void judge_stage(const Judge *judge, const ProfileStage *wanted, GArray *evidence)
{
	StageEvidence stage = {.wanted = wanted};

	find_stage(judge, &stage);
	if (stage.stage) {
		judge_settings(judge, &stage);
		check_measured(judge, stage.stage);
		judge_tids(judge, stage.stage);
		judge_loads(judge, &stage);
		judge_host_watch(judge, &stage);
	}
	for (guint i = 0; i < judge->run->vms->len; i++) {
		Judge one = judge_of_vm(judge, i);
		StageEvidence of_vm = stage;

		of_vm.vm = i;
		if (stage.stage)
			judge_measured(&one, &of_vm);
		g_array_append_val(evidence, of_vm);
	}
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
static void list_broken_limits(Run *run)
{
	RunVerdict *verdict = &run->verdict;

	for (guint i = 0; i < verdict->limits->len; i++) {
		const RunLimit *limit = verdict->limits->pdata[i];
		g_autofree char *who = run_whose(run, run_find_vm(run, limit->vm));

		if (limit->broken)
			run_note(verdict->reasons,
				 "%slimit broken: stage %s, vCPU %u: %s is %.3f us, wanted "
				 "%s %.3f us",
				 who, limit->stage, limit->vcpu, limit->statistic,
				 (double)limit->value_ns / 1000, limit->relation,
				 (double)limit->limit_ns / 1000);
	}
}

static void for_each_rt_vm(const Judge *judge, void (*function)(const Judge *judge))
{
	for (guint i = 0; i < judge->run->vms->len; i++) {
		Judge one = judge_of_vm(judge, i);

		if (one.vm->rt)
			function(&one);
	}
}

static void judge_all(Judge *judge, GArray *evidence, GPtrArray **ret_failed)
{
	const GPtrArray *stages = judge->profile->stages;

	check_run(judge);
	judge_plans(judge);
	judge_host(judge);
	judge_vms(judge);
	check_strangers(judge);
	for_each_rt_vm(judge, judge_canary);
	*ret_failed = judge_findings(judge);
	for (guint i = 0; i < stages->len; i++)
		judge_stage(judge, stages->pdata[i], evidence);
	judge_limits(judge, evidence);
	for_each_rt_vm(judge, prove_canary);
}

static void judge_clear(Judge *judge)
{
	for (guint i = 0; i < judge->run->vms->len; i++)
		plan_free(judge->plans[i]);
	g_free(judge->plans);
	g_free(judge->used);
	g_hash_table_unref(judge->files);
	g_hash_table_unref(judge->outputs);
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
	judge.outputs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	judge.plans = g_new0(Plan *, run->vms->len + 1);
	judge.used = g_new0(Cpuset, run->vms->len + 1);
	judge_all(&judge, evidence, &failed);

	believed = verdict->reasons->len == 0;
	if (believed)
		verdict->result = failed->len || any_limit_broken(verdict) ? RESULT_FAIL
									   : RESULT_PASS;
	if (verdict->result != RESULT_PASS)
		g_ptr_array_set_size(verdict->proves, 0);
	list_broken_limits(run);
	for (guint i = 0; i < failed->len; i++)
		run_note(verdict->reasons, "%s", (char *)failed->pdata[i]);
	judge_clear(&judge);
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
