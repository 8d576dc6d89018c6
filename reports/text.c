/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an engineer reads at three in the morning: the answer, why, and then the evidence.
 */
#include "text.h"

#include <stdarg.h>
#include <string.h>

#include "escape.h"
#include "formats.h"
#include "table.h"

void text_title(GString *out, const char *format, ...)
{
	g_autofree char *title = NULL;
	va_list args;

	va_start(args, format);
	title = g_strdup_vprintf(format, args);
	va_end(args);
	g_string_append_c(out, '\n');
	text_wrap(out, "", title);
}

char *text_of_vm(const Run *run, const RunVm *vm)
{
	return vm && run->vms->len > 1 ? g_strdup_printf(" of VM %s", run_vm_name(vm))
				       : g_strdup("");
}

const char *text_vm_name(const Run *run, const char *id)
{
	const RunVm *vm = run_find_vm(run, id);

	return vm ? run_vm_name(vm) : id;
}

char *text_us(gint64 ns)
{
	guint64 magnitude = ns < 0 ? -(guint64)ns : (guint64)ns;
	const char *sign = ns < 0 ? "-" : "";

	if (magnitude % 1000 == 0)
		return g_strdup_printf("%s%" G_GUINT64_FORMAT, sign, magnitude / 1000);
	return g_strdup_printf("%s%" G_GUINT64_FORMAT ".%03u", sign, magnitude / 1000,
			       (guint)(magnitude % 1000));
}

char *text_exit(int status)
{
	const char *name = status < 0 && status > -64 ? sigabbrev_np(-status) : NULL;

	if (name)
		return g_strdup_printf("SIG%s", name);
	return g_strdup_printf("%d", status);
}

char *text_words(char *const *words)
{
	if (!words || !words[0])
		return g_strdup("none");
	return g_strjoinv(" ", (char **)words);
}

const char *text_yes(gboolean yes)
{
	return yes ? "yes" : "NO";
}

/* SGR codes: bold green, bold red, bold yellow. */
static const char *const colours[] = {
	[RESULT_PASS] = "\033[1;32m",
	[RESULT_FAIL] = "\033[1;31m",
	[RESULT_INCONCLUSIVE] = "\033[1;33m",
};

/* "PASS (emulated, demonstration plan: not a qualification)" */
static void headline(GString *out, const RunVerdict *verdict, gboolean colour)
{
	const char *name = result_name(verdict->result);
	GString *line = g_string_new(name);
	gsize start = out->len;

	for (guint i = 0; i < verdict->labels->len; i++)
		g_string_append_printf(line, "%s%s", i ? ", " : " (",
				       (char *)verdict->labels->pdata[i]);
	if (verdict->labels->len)
		g_string_append(line, ": not a qualification)");
	text_wrap(out, "", line->str);
	g_string_free(line, TRUE);
	if (colour) {
		g_string_insert(out, (gssize)(start + strlen(name)), "\033[0m");
		g_string_insert(out, (gssize)start, colours[verdict->result]);
	}
}

static void list(GString *out, const char *title, const GPtrArray *items)
{
	if (!items->len)
		return;
	text_title(out, "%s", title);
	for (guint i = 0; i < items->len; i++)
		text_wrap(out, "  - ", items->pdata[i]);
}

static void subject(GString *out, const Run *run)
{
	g_autofree char *line = g_strdup_printf(
		"Profile %s on host %s, %s to %s", run->profile.name ?: "unknown",
		run->host.hostname ?: "unknown", run->started_utc ?: "unknown",
		run->finished_utc ?: "unknown");

	text_wrap(out, "", line);
	if (run->interrupted)
		text_wrap(out, "Ended early: ", run->interrupted);
}

static Table *limits_table(gboolean several)
{
	return several ? table_new("llrlrrl", "stage", "VM", "vCPU", "statistic", "limit µs",
				   "value µs", "")
		       : table_new("lrlrrl", "stage", "vCPU", "statistic", "limit µs", "value µs",
				   "");
}

static void limits(GString *out, const Run *run)
{
	const RunVerdict *verdict = &run->verdict;
	gboolean several = run->vms->len > 1;
	g_autoptr(Table) table = limits_table(several);

	text_title(out, "Limits");
	if (!verdict->limits->len) {
		text_wrap(out, "  ", "none was compared");
		return;
	}
	for (guint i = 0; i < verdict->limits->len; i++) {
		const RunLimit *limit = verdict->limits->pdata[i];
		g_autofree char *bound = text_us(limit->limit_ns);
		g_autofree char *value = text_us(limit->value_ns);

		table_cell(table, limit->stage);
		if (several)
			table_cell(table, text_vm_name(run, limit->vm));
		table_cellf(table, "%u", limit->vcpu);
		table_cell(table, limit->statistic);
		table_cellf(table, "%s %s", limit->relation ?: "?", bound);
		table_cell(table, limit->value_known ? value : "unknown");
		table_cell(table, !limit->value_known ? "NOT KNOWN"
				  : limit->broken     ? "BROKEN"
						      : "kept");
	}
	table_print(table, out);
}

/* What an early end cannot bring about. */
static gboolean is_own_cause(const char *reason)
{
	gboolean of_vm = g_str_has_prefix(reason, "VM ");

	return g_str_has_prefix(reason, "not as planned: ") ||
	       g_str_has_prefix(reason, "limit broken: ") ||
	       (of_vm && (strstr(reason, ": not as planned: ") ||
			  strstr(reason, ": limit broken: ")));
}

void text_split_reasons(const RunVerdict *verdict, GPtrArray *first, GPtrArray *rest)
{
	gboolean ended_early = FALSE;

	for (guint i = 0; i < verdict->reasons->len; i++) {
		char *reason = verdict->reasons->pdata[i];

		g_ptr_array_add(ended_early && !is_own_cause(reason) ? rest : first, reason);
		ended_early |= g_str_has_prefix(reason, "the run did not reach its end: ");
	}
}

static void reasons(GString *out, const RunVerdict *verdict)
{
	g_autoptr(GPtrArray) first = g_ptr_array_new(), rest = g_ptr_array_new();
	g_autofree char *others = NULL;

	text_split_reasons(verdict, first, rest);
	/* One or two are as short as the sentence that stands for them. */
	if (rest->len <= 2) {
		list(out, "Reasons", verdict->reasons);
		return;
	}
	others = g_strdup_printf("and %u more that may only follow from it: run.json and "
				 "report.html have them all",
				 rest->len);
	list(out, "Reasons", first);
	text_wrap(out, "  - ", others);
}

static void answer(GString *out, const Run *run, gboolean colour)
{
	headline(out, &run->verdict, colour);
	subject(out, run);
	reasons(out, &run->verdict);
	limits(out, run);
	list(out, "What this proves", run->verdict.proves);
}

char *report_verdict(const Run *run, gboolean colour)
{
	GString *out = g_string_new(NULL);

	answer(out, run, colour);
	return g_string_free(out, FALSE);
}

static void deviations(GString *out, const Run *run)
{
	g_autoptr(GPtrArray) sentences = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < run->deviations->len; i++) {
		const RunDeviation *deviation = run->deviations->pdata[i];
		g_autofree char *whose = run_whose(run, run_find_vm(run, deviation->vm));

		g_ptr_array_add(sentences, g_strconcat(whose, deviation->text, NULL));
	}
	list(out, "Not as planned", sentences);
}

static char *write_text(const char *directory, const Run *run, gboolean colour,
			GError **error)
{
	GString *out = g_string_new(NULL);

	(void)error; /* nothing can fail: what is not known is said */
	answer(out, run, colour);
	text_canary(out, run);
	for (guint i = 0; i < run->stages->len; i++)
		text_stage(out, run, run->stages->pdata[i]);
	text_plan(out, run);
	text_tuning(out, run);
	text_findings(out, run);
	deviations(out, run);
	text_machines(out, run);
	text_provenance(out, directory, run);
	return g_string_free(out, FALSE);
}

const ReportFormat report_text = {
	.name = "text",
	.suffix = "txt",
	.summary = "for people, at most 100 columns wide",
	.write = write_text,
};
