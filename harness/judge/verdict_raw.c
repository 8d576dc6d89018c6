/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verdict_check.h"

#include <string.h>

#include "bundle.h"
#include "number.h"

/* cyclictest prints us unless it gets -N, which check_argv() would not let pass. */
#define TEXT_UNIT_NS 1000

/* What VMs measured lies apart, where there may be several. */
static gboolean is_of_vm(const Judge *judge, const char *name)
{
	g_autofree char *below = run_vm_path(judge->vm, "raw", "");

	return !judge->vm->uuid || g_str_has_prefix(name, below);
}

char *take_file(const Judge *judge, const char *stage, const char *what, const char *name,
		gsize *ret_length)
{
	g_autoptr(GError) error = NULL;
	char *text;

	if (!name) {
		doubt(judge, "stage %s: the %s is missing", stage, what);
		return NULL;
	}
	if (!is_of_vm(judge, name)) {
		doubt(judge, "stage %s: the %s is %s, which is not of this VM", stage, what, name);
		return NULL;
	}
	if (!g_hash_table_add(judge->files, g_strdup(name))) {
		doubt(judge, "stage %s: the %s is %s, which is other evidence already",
		      stage, what, name);
		return NULL;
	}
	if (bundle_read_file(judge->directory, name, &text, ret_length, &error))
		return text;
	doubt(judge, "stage %s: the %s cannot be read: %s", stage, what, error->message);
	return NULL;
}

void judge_own_bytes(const Judge *judge, const char *what, const char *text, gsize length)
{
	char *sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)text, length);
	const RunVm *other = g_hash_table_lookup(judge->outputs, sum);

	if (other && other != judge->vm)
		doubt(judge, "%s is, byte for byte, that of VM %s", what, run_vm_name(other));
	g_hash_table_insert(judge->outputs, sum, (gpointer)judge->vm);
}

void judge_own_file(const Judge *judge, const char *name)
{
	g_autofree char *text = NULL;
	gsize length;

	/* Whether it has to be there is for others to say. */
	if (judge->run->vms->len > 1 &&
	    bundle_read_file(judge->directory, name, &text, &length, NULL) && length > 0)
		judge_own_bytes(judge, name, text, length);
}

/* The seconds of a canary's window may well look alike. */
static void check_own_output(const Judge *judge, const StageEvidence *evidence, const char *text,
			     gsize length)
{
	g_autofree char *what =
		g_strdup_printf("stage %s: the tool's JSON", evidence->wanted->name);

	if (!evidence->is_window)
		judge_own_bytes(judge, what, text, length);
}

static CyclictestResult *read_json(const Judge *judge, const StageEvidence *evidence)
{
	const char *name = evidence->wanted->name;
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;
	CyclictestResult *result;
	gsize length;

	text = take_file(judge, name, "tool's JSON", evidence->measured->raw_json, &length);
	if (!text)
		return NULL;
	check_own_output(judge, evidence, text, length);
	result = cyclictest_parse_json(text, length, &error);
	if (!result)
		doubt(judge, "stage %s: %s: %s", name, evidence->measured->raw_json,
		      error->message);
	return result;
}

static CyclictestResult *read_text(const Judge *judge, const StageEvidence *evidence)
{
	const char *name = evidence->wanted->name;
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;
	CyclictestResult *result;
	gsize length;

	text = take_file(judge, name, "tool's histogram", evidence->measured->raw_text,
			 &length);
	if (!text)
		return NULL;
	result = cyclictest_parse_text(text, length, TEXT_UNIT_NS, &error);
	if (!result)
		doubt(judge, "stage %s: %s: %s", name, evidence->measured->raw_text,
		      error->message);
	return result;
}

/* What the tool says it was started with, against what run.json says. */
static void check_cmdline(const Judge *judge, const StageEvidence *evidence)
{
	char **argv = evidence->measured->tool_argv;
	const char *cmdline = evidence->json->cmdline;
	const char *arguments = cmdline ? strchr(cmdline, ' ') : NULL;
	g_autofree char *wanted = NULL, *seen = NULL;

	if (!argv || !argv[0])
		return; /* check_argv() has said so */
	wanted = g_strjoinv(" ", argv + 1);
	seen = g_strstrip(g_strdup(arguments ? arguments : ""));
	if (strcmp(seen, wanted) != 0)
		doubt(judge,
		      "stage %s: the tool says it was started with '%s', run.json says "
		      "'%s'",
		      evidence->wanted->name, shown(seen), wanted);
}

static void check_thread_cpus(const Judge *judge, const StageEvidence *evidence)
{
	const char *name = evidence->wanted->name;
	guint k = 0;

	if (evidence->json->threads->len != cpuset_count(&judge->plan->guest_rt))
		doubt(judge,
		      "stage %s: the tool measured %u threads, wanted one on each of the "
		      "RT "
		      "vCPUs %s",
		      name, evidence->json->threads->len, judge->vm->plan.guest_rt);
	CPUSET_FOREACH (vcpu, &judge->plan->guest_rt) {
		const CyclictestThread *thread = evidence_thread(evidence, k);

		if (!thread)
			doubt(judge, "stage %s, vCPU %d: not measured", name, vcpu);
		else if (thread->thread != k || !thread->cpu_known ||
			 thread->cpu != (guint)vcpu)
			doubt(judge,
			      "stage %s: the tool's thread %u measured CPU %s%u, wanted "
			      "vCPU %d",
			      name, thread->thread, thread->cpu_known ? "" : "unknown ",
			      thread->cpu, vcpu);
		k++;
	}
}

/* The version is in run.json too; its status proves nothing when it is 0. */
static void check_own_words(const Judge *judge, const StageEvidence *evidence)
{
	const CyclictestResult *json = evidence->json;
	const RunMeasured *measured = evidence->measured;

	if (g_strcmp0(json->version, measured->tool_version) != 0)
		doubt(judge, "stage %s: the tool is version '%s' in run.json and '%s' in %s",
		      evidence->wanted->name, shown(measured->tool_version), shown(json->version),
		      measured->raw_json);
	if (json->return_code_known && json->return_code != 0)
		doubt(judge, "stage %s: the tool says that it failed with %d",
		      evidence->wanted->name, json->return_code);
}

/*
 * What the tool said while it measured (cyclictest.c, set_latency_target()). It held the
 * CPUs out of idle states, or the kernel has no idle states to be held out of; any other
 * word is a warning that somebody must read first.
 */
static const char *const known_lines[] = {
	"# /dev/cpu_dma_latency set to 0us",
	"WARN: stat /dev/cpu_dma_latency failed: No such file or directory",
};

static gboolean is_known_line(Span line)
{
	g_autofree char *text = span_dup(line);

	/* A length that differs: a NUL is in it. */
	if (strlen(text) != (gsize)(line.end - line.at))
		return FALSE;
	for (gsize i = 0; i < G_N_ELEMENTS(known_lines); i++)
		if (strcmp(text, known_lines[i]) == 0)
			return TRUE;
	return FALSE;
}

static void check_output(const Judge *judge, const StageEvidence *evidence)
{
	const char *name = evidence->wanted->name;
	g_autofree char *below = g_strdup_printf("%s/%s.out", name, judge->profile->tool);
	g_autofree char *file = run_vm_path(judge->vm, "raw", below);
	g_autofree char *text = NULL;
	Span rest, line;
	gsize length;

	text = take_file(judge, name, "tool's output", file, &length);
	if (!text)
		return;
	rest = (Span){text, text + length};
	if (length == 0 || text[length - 1] != '\n')
		doubt(judge, "stage %s: %s is cut short", name, file);
	while (span_take_line(&rest, &line)) {
		g_autofree char *said = span_dup(line);

		if (is_known_line(line))
			continue;
		doubt(judge, "stage %s: the tool said: %.200s", name, said);
		return; /* one is enough to look at the file */
	}
}

void judge_raw(const Judge *judge, StageEvidence *evidence)
{
	g_autoptr(CyclictestResult) text = NULL;
	g_autoptr(GError) error = NULL;

	check_output(judge, evidence);
	evidence->json = read_json(judge, evidence);
	text = read_text(judge, evidence);
	if (!evidence->json)
		return;
	if (text && !cyclictest_agree(evidence->json, text, &error))
		doubt(judge, "stage %s: %s and %s disagree: %s", evidence->wanted->name,
		      evidence->measured->raw_json, evidence->measured->raw_text,
		      error->message);
	check_cmdline(judge, evidence);
	check_own_words(judge, evidence);
	if (judge->plan)
		check_thread_cpus(judge, evidence);
}
