/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "html.h"
#include "html_tree.h"
#include "text.h"

void html_list(xmlNode *parent, const char *class, const GPtrArray *items)
{
	xmlNode *list;

	if (!items->len)
		return;
	list = html_add(parent, "ul", class);
	for (guint i = 0; i < items->len; i++)
		html_say(list, "li", NULL, items->pdata[i]);
}

static const char *const classes[] = {
	[RESULT_PASS] = "verdict pass",
	[RESULT_FAIL] = "verdict fail",
	[RESULT_INCONCLUSIVE] = "verdict inconclusive",
};

static const char *const meanings[] = {
	[RESULT_PASS] = "Every limit was kept, in a run that can be believed.",
	[RESULT_FAIL] = "The run can be believed, and a limit was broken.",
	[RESULT_INCONCLUSIVE] = "The run cannot be believed: it says neither yes nor no.",
};

static void say_kind(xmlNode *box, const RunVerdict *verdict)
{
	GString *labels = g_string_new(NULL);

	for (guint i = 0; i < verdict->labels->len; i++)
		g_string_append_printf(labels, "%s%s", i ? ", " : "",
				       (char *)verdict->labels->pdata[i]);
	if (labels->len)
		html_sayf(box, "p", "kind", "Not a qualification: %s.", labels->str);
	g_string_free(labels, TRUE);
}

static void reasons(xmlNode *box, const RunVerdict *verdict)
{
	g_autoptr(GPtrArray) first = g_ptr_array_new(), rest = g_ptr_array_new();
	xmlNode *details;

	text_split_reasons(verdict, first, rest);
	html_say(box, "h3", NULL, "Reasons");
	html_list(box, NULL, first);
	if (!rest->len)
		return;
	details = html_add(box, "details", NULL);
	html_sayf(details, "summary", NULL, "%u more that may only follow from it", rest->len);
	html_list(details, NULL, rest);
}

static void ran_on(xmlNode *facts, const Run *run, const RunVm *vm)
{
	g_autofree char *whose = text_of_vm(run, vm);
	g_autofree char *name = g_strdup_printf("guest%s ran on", whose);

	html_factf(facts, name, "%s: %s",
		   g_strcmp0(vm->accel, "tcg") == 0   ? "emulation (TCG)"
		   : g_strcmp0(vm->accel, "kvm") == 0 ? "KVM"
						      : "unknown",
		   vm->accel_reason ?: "unknown");
}

static void kind(xmlNode *main, const Run *run)
{
	xmlNode *section = html_section(main, "kind", "What kind of run");
	xmlNode *facts = html_facts(section);
	g_autoptr(GPtrArray) deviations = g_ptr_array_new_with_free_func(g_free);

	html_factf(facts, "profile", "%s: %s", run->profile.name ?: "unknown",
		   run->profile.title ?: "unknown");
	html_fact(facts, "source of limits", run->profile.source);
	for (guint i = 0; i < run->vms->len; i++)
		ran_on(facts, run, run->vms->pdata[i]);
	html_fact(facts, "plan",
		  run_is_demonstration(run) ? "a demonstration: it breaks rules (below)"
					    : "keeps every rule");
	for (guint i = 0; i < run->deviations->len; i++) {
		const RunDeviation *deviation = run->deviations->pdata[i];
		g_autofree char *whose = run_whose(run, run_find_vm(run, deviation->vm));

		g_ptr_array_add(deviations, g_strconcat(whose, deviation->text, NULL));
	}
	html_list(section, NULL, deviations);
}

void html_verdict(xmlNode *main, const char *directory, const Run *run)
{
	const RunVerdict *verdict = &run->verdict;
	xmlNode *box = html_add(main, "div", classes[verdict->result]);

	(void)directory;
	html_say(box, "p", "result", result_name(verdict->result));
	html_say(box, "p", NULL, meanings[verdict->result]);
	say_kind(box, verdict);
	if (run->interrupted)
		html_sayf(box, "p", NULL, "Ended early: %s", run->interrupted);
	if (verdict->reasons->len)
		reasons(box, verdict);
	kind(main, run);
}

static void limit_row(HtmlTable *table, const Run *run, const RunLimit *limit)
{
	g_autofree char *bound = text_us(limit->limit_ns);
	g_autofree char *value = text_us(limit->value_ns);

	html_mark(table, limit->value_known && !limit->broken,
		  !limit->value_known ? "NOT KNOWN"
		  : limit->broken     ? "BROKEN"
				      : "kept");
	html_cell(table, limit->value_known ? value : "unknown");
	html_cellf(table, "%s %s", limit->relation ?: "?", bound);
	html_cell(table, limit->statistic);
	html_cellf(table, "%u", limit->vcpu);
	if (run->vms->len > 1)
		html_cell(table, text_vm_name(run, limit->vm));
	html_cell(table, limit->stage);
}

void html_limits(xmlNode *main, const char *directory, const Run *run)
{
	xmlNode *section = html_section(main, "limits", "Limits against values");
	const GPtrArray *limits = run->verdict.limits;
	HtmlTable table;

	(void)directory;
	if (!limits->len) {
		html_say(section, "p", NULL, "No limit was compared with any value.");
		return;
	}
	/* What matters first: the rest scrolls away on a phone. */
	table = run->vms->len > 1 ? html_table(section, "lrrlrll", "outcome", "value µs",
					       "limit µs", "of", "vCPU", "VM", "stage")
				  : html_table(section, "lrrlrl", "outcome", "value µs",
					       "limit µs", "of", "vCPU", "stage");
	for (guint i = 0; i < limits->len; i++)
		limit_row(&table, run, limits->pdata[i]);
}

void html_proves(xmlNode *main, const char *directory, const Run *run)
{
	xmlNode *section = html_section(main, "proves", "What this run proves");

	(void)directory;
	if (run->verdict.proves->len)
		html_list(section, NULL, run->verdict.proves);
	else
		html_sayf(section, "p", NULL, "Nothing: the verdict is %s.",
			  result_name(run->verdict.result));
}
