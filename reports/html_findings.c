/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "findings.h"
#include "html.h"
#include "html_tree.h"

static gboolean is_trouble(const Finding *finding)
{
	return finding->status != STATUS_PASS && finding->status != STATUS_NA;
}

/* What was seen where, what to do, who says so: as small print below the reason. */
static void add_details(xmlNode *cell, const Finding *finding)
{
	for (guint i = 0; is_trouble(finding) && i < finding->evidence->len; i++) {
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
		html_mark(table, !bad, status);
	else
		html_cell(table, status);
	html_cell(table, finding_severity_name(finding->severity));
	html_cell(table, finding->id);
	cell = html_cell(table, finding->title);
	if (finding->reason)
		html_say(cell, "p", NULL, finding->reason);
	add_details(cell, finding);
}

/* Findings of one scope that are trouble, or that are not. */
static void add_table(xmlNode *parent, const Run *run, const char *scope, gboolean trouble)
{
	HtmlTable table = html_table(parent, "llll", "status", "severity", "row", "finding");

	for (guint i = 0; i < run->findings->len; i++) {
		const Finding *finding = run->findings->pdata[i];

		if (strcmp(finding->scope, scope) == 0 && is_trouble(finding) == trouble)
			add_finding(&table, finding);
	}
}

static void add_scope(xmlNode *section, const Run *run, const char *scope, const char *title)
{
	guint counts[FINDING_STATUSES] = {0};
	g_autofree char *summary = NULL;
	guint n = 0, trouble = 0;
	xmlNode *details;

	for (guint i = 0; i < run->findings->len; i++) {
		const Finding *finding = run->findings->pdata[i];

		if (strcmp(finding->scope, scope) != 0)
			continue;
		counts[finding->status]++;
		trouble += is_trouble(finding);
		n++;
	}
	summary = findings_summary(counts);
	html_sayf(section, "h3", NULL, "%s: %s", title, n ? summary : "nothing was looked at");
	if (trouble)
		add_table(section, run, scope, TRUE);
	if (n == trouble)
		return;
	details = html_add(section, "details", NULL);
	html_sayf(details, "summary", NULL, "%u that hold or do not apply", n - trouble);
	add_table(details, run, scope, FALSE);
}

void html_findings(xmlNode *main, const char *directory, const Run *run)
{
	xmlNode *section = html_section(main, "findings", "Findings");

	(void)directory;
	add_scope(section, run, "host", "Host");
	add_scope(section, run, "vm", "VM");
	add_scope(section, run, "guest", "Guest");
}
