/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the knob table found, as part of a run's report: what counts, and how many else. */
#include <string.h>

#include "finding.h"
#include "table.h"
#include "text.h"

/* Who has more to mend than this reads the page. */
#define TOLD_MAX 10

static gboolean is_told(const Finding *finding)
{
	return finding->severity >= SEVERITY_HIGH &&
	       (finding->status == STATUS_FAIL || finding->status == STATUS_UNKNOWN);
}

static void tell(GString *out, const Run *run, const Finding *finding)
{
	g_autofree char *whose = run_whose(run, run_find_vm(run, finding->vm));
	g_autofree char *head =
		g_strdup_printf("  %-7s ", finding_status_name(finding->status));
	g_autofree char *text = g_strdup_printf(
		"%s%s (%s, %s): %s", whose, finding->id, finding->scope,
		finding_severity_name(finding->severity),
		finding->reason ? finding->reason : finding->title);

	text_wrap(out, head, text);
	if (finding->remedy)
		text_wrap(out, "            do: ", finding->remedy);
}

/* vm: its id; NULL: the host. */
static void count_scope(Table *table, const Run *run, const char *vm, const char *scope)
{
	const GPtrArray *findings = run->findings;
	g_autofree char *whose = text_of_vm(run, run_find_vm(run, vm));
	guint counts[FINDING_STATUSES] = {0};
	guint n = 0;

	for (guint i = 0; i < findings->len; i++) {
		const Finding *finding = findings->pdata[i];

		if (strcmp(finding->scope, scope) != 0 || g_strcmp0(finding->vm, vm) != 0)
			continue;
		counts[finding->status]++;
		n++;
	}
	table_cellf(table, "%s%s", scope, whose);
	table_cellf(table, "%u", n);
	for (guint i = 0; i < FINDING_STATUSES; i++)
		table_cellf(table, "%u", counts[i]);
}

void text_findings(GString *out, const Run *run)
{
	g_autoptr(Table) table = table_new("lrrrrrr", "scope", "rows", "PASS", "WARN", "FAIL",
					   "N/A", "UNKNOWN");

	g_autofree char *more = NULL, *all = NULL;
	guint told = 0;

	text_title(out, "Findings: how the host, the VM and the guest are tuned");
	if (run->findings->len == 0) {
		text_wrap(out, "  ", "none was made");
		return;
	}
	count_scope(table, run, NULL, "host");
	for (guint i = 0; i < run->vms->len; i++) {
		const RunVm *vm = run->vms->pdata[i];

		if (!vm->rt)
			continue;
		count_scope(table, run, vm->id, "vm");
		count_scope(table, run, vm->id, "guest");
	}
	table_print(table, out);
	for (guint i = 0; i < run->findings->len; i++) {
		if (!is_told(run->findings->pdata[i]))
			continue;
		if (told++ < TOLD_MAX)
			tell(out, run, run->findings->pdata[i]);
	}
	if (told > TOLD_MAX)
		more = g_strdup_printf("and %u more of severity high or fatal. ", told - TOLD_MAX);
	all = g_strconcat(more ? more : "",
			  "All of them, with their evidence, are in report.html and run.json.", NULL);
	text_wrap(out, "  ", all);
}
