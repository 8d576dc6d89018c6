/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "findings.h"
#include "html.h"
#include "html_tree.h"
#include "text.h"

static gboolean is_trouble(const Finding *finding)
{
	return finding->status != STATUS_PASS && finding->status != STATUS_NA;
}

/* What was seen where, what to do, who says so: as small print below the reason, which has
 * told the first place already. */
static void add_details(xmlNode *cell, const Finding *finding)
{
	for (guint i = 1; is_trouble(finding) && i < finding->evidence->len; i++) {
		g_autofree char *text = findings_evidence(finding->evidence->pdata[i]);

		html_say(cell, "p", "soft", text);
	}
	if (is_trouble(finding) && finding->remedy)
		html_sayf(cell, "p", NULL, "Do: %s", finding->remedy);
	if (is_trouble(finding) && finding->why)
		html_sayf(cell, "p", "soft", "Why: %s (%s)", finding->why, finding->source);
}

static void add_finding(HtmlTable *table, const Finding *finding)
{
	gboolean bad = finding->status == STATUS_FAIL || finding->status == STATUS_UNKNOWN;
	const char *status = finding_status_name(finding->status);
	xmlNode *cell;

	if (finding->status == STATUS_PASS || bad)
		cell = html_mark(table, !bad, status);
	else
		cell = html_cell(table, status);
	html_say(cell, "p", "soft", finding_severity_name(finding->severity));
	cell = html_cell(table, "");
	xmlNewProp(cell, (const xmlChar *)"class", (const xmlChar *)"prose");
	html_sayf(cell, "p", NULL, "%s: %s", finding->id, finding->title);
	if (finding->reason)
		html_say(cell, "p", NULL, finding->reason);
	add_details(cell, finding);
}

/* What a table of one scope holds. */
typedef enum { KIND_BAD, KIND_WARN, KIND_GOOD } Kind;

static Kind kind_of(const Finding *finding)
{
	return finding->status == STATUS_FAIL || finding->status == STATUS_UNKNOWN ? KIND_BAD
	       : finding->status == STATUS_WARN					   ? KIND_WARN
										   : KIND_GOOD;
}

/* Whose: vm is its id, NULL: of the host. */
typedef struct {
	const char *vm, *scope;
} Part;

static gboolean is_of(const Finding *finding, const Part *part)
{
	return strcmp(finding->scope, part->scope) == 0 && g_strcmp0(finding->vm, part->vm) == 0;
}

static void add_table(xmlNode *parent, const Run *run, const Part *part, Kind kind)
{
	HtmlTable table = html_table(parent, "ll", "status", "finding");

	for (guint i = 0; i < run->findings->len; i++) {
		const Finding *finding = run->findings->pdata[i];

		if (is_of(finding, part) && kind_of(finding) == kind)
			add_finding(&table, finding);
	}
}

/* A table that is there for who asks. */
static void add_folded(xmlNode *section, const Run *run, const Part *part, Kind kind, guint n,
		       const char *what)
{
	xmlNode *details;

	if (n == 0)
		return;
	details = html_add(section, "details", NULL);
	html_sayf(details, "summary", NULL, "%u %s", n, what);
	add_table(details, run, part, kind);
}

static void add_scope(xmlNode *section, const Run *run, const Part *part, const char *title)
{
	g_autofree char *whose = text_of_vm(run, run_find_vm(run, part->vm));
	guint counts[FINDING_STATUSES] = {0}, kinds[3] = {0};
	g_autofree char *summary = NULL;

	for (guint i = 0; i < run->findings->len; i++) {
		const Finding *finding = run->findings->pdata[i];

		if (!is_of(finding, part))
			continue;
		counts[finding->status]++;
		kinds[kind_of(finding)]++;
	}
	summary = findings_summary(counts);
	html_sayf(section, "h3", NULL, "%s%s: %s", title, whose,
		  kinds[0] + kinds[1] + kinds[2] ? summary : "nothing was looked at");
	if (kinds[KIND_BAD])
		add_table(section, run, part, KIND_BAD);
	add_folded(section, run, part, KIND_WARN, kinds[KIND_WARN],
		   "warnings: of lower severity, or the sources disagree");
	add_folded(section, run, part, KIND_GOOD, kinds[KIND_GOOD], "that hold or do not apply");
}

void html_findings(xmlNode *main, const char *directory, const Run *run)
{
	xmlNode *section = html_section(main, "findings", "Findings");

	(void)directory;
	add_scope(section, run, &(const Part){NULL, "host"}, "Host");
	for (guint i = 0; i < run->vms->len; i++) {
		const RunVm *vm = run->vms->pdata[i];

		if (!vm->rt)
			continue;
		add_scope(section, run, &(const Part){vm->id, "vm"},
			  run->vms->len > 1 ? "QEMU" : "VM");
		add_scope(section, run, &(const Part){vm->id, "guest"}, "Guest");
	}
}
