/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings for a terminal: what is wrong first to the eye, what to do next to it. */
#include <string.h>

#include "findings.h"

#define WIDTH 88

static const char *const colours[FINDING_STATUSES] = {
	[STATUS_PASS] = "\x1b[32m", [STATUS_WARN] = "\x1b[33m",	   [STATUS_FAIL] = "\x1b[1;31m",
	[STATUS_NA] = "\x1b[2m",    [STATUS_UNKNOWN] = "\x1b[35m",
};

static gboolean is_trouble(const Finding *finding)
{
	return finding->status != STATUS_PASS && finding->status != STATUS_NA;
}

/* Breaks at blanks; a word longer than a line stands on its own. */
static void append_wrapped(GString *out, const char *label, const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	gsize indent = 10 + strlen(label), at = indent;

	g_string_append_printf(out, "          %s", label);
	for (char **word = words; *word; word++) {
		gsize length = strlen(*word);

		if (at > indent && at + 1 + length > WIDTH) {
			g_string_append_printf(out, "\n%*s", (int)indent, "");
			at = indent;
		} else if (at > indent) {
			g_string_append_c(out, ' ');
			at++;
		}
		g_string_append(out, *word);
		at += length;
	}
	g_string_append_c(out, '\n');
}

static void append_status(GString *out, const Finding *finding, gboolean colour)
{
	const char *name = finding_status_name(finding->status);

	g_string_append_printf(out, "  %s%-7s%s ", colour ? colours[finding->status] : "", name,
			       colour ? "\x1b[0m" : "");
	g_string_append_printf(out, "%s (%s): %s\n", finding->id,
			       finding_severity_name(finding->severity), finding->title);
}

/* Whether the reason tells already what the first evidence is. */
static gboolean first_is_told(const Finding *finding)
{
	const FindingEvidence *first =
		finding->evidence->len ? finding->evidence->pdata[0] : NULL;

	return first && finding->reason && strstr(finding->reason, first->place);
}

static void append_finding(GString *out, const Finding *finding, const FindingsStyle *style)
{
	append_status(out, finding, style->colour);
	if (finding->reason)
		append_wrapped(out, "", finding->reason);
	if (!is_trouble(finding))
		return;
	for (guint i = first_is_told(finding); i < finding->evidence->len; i++) {
		g_autofree char *text = findings_evidence(finding->evidence->pdata[i]);

		append_wrapped(out, "- ", text);
	}
	if (finding->remedy)
		append_wrapped(out, "do:  ", finding->remedy);
	if (finding->why)
		append_wrapped(out, "why: ", finding->why);
}

static void append_layer(GString *out, const GPtrArray *findings, guint from, guint to,
			 const FindingsStyle *style)
{
	const Finding *first = findings->pdata[from];
	guint counts[FINDING_STATUSES] = {0};
	g_autofree char *summary = NULL;

	for (guint i = from; i < to; i++)
		counts[((const Finding *)findings->pdata[i])->status]++;
	summary = findings_summary(counts);
	g_string_append_printf(out, "\n%s%s%s: %s\n", style->colour ? "\x1b[1m" : "",
			       findings_layer_title(first->layer), style->colour ? "\x1b[0m" : "",
			       summary);
	for (guint i = from; i < to; i++)
		if (style->all || is_trouble(findings->pdata[i]))
			append_finding(out, findings->pdata[i], style);
}

void findings_append_text(GString *out, const GPtrArray *findings, const FindingsStyle *style)
{
	guint from = 0;

	for (guint i = 1; i <= findings->len; i++) {
		const Finding *first = findings->pdata[from];

		if (i < findings->len &&
		    strcmp(((const Finding *)findings->pdata[i])->layer, first->layer) == 0)
			continue;
		append_layer(out, findings, from, i, style);
		from = i;
	}
}

static char *write_text(const FindingSet *set, const FindingsStyle *style)
{
	GString *out = g_string_new(NULL);
	g_autofree char *summary = findings_summary(set->counts);

	g_string_append_printf(out, "%s %s, CPUs for vCPUs: %s (%s)\n", set->scope, set->root,
			       *set->planned ? set->planned : "none", set->planned_from);
	for (guint i = 0; i < set->notes->len; i++)
		g_string_append_printf(out, "%s\n", (char *)set->notes->pdata[i]);
	findings_append_text(out, set->findings, style);
	g_string_append_printf(out, "\n%u findings: %s\n", set->findings->len, summary);
	return g_string_free(out, FALSE);
}

const FindingsFormat findings_text = {
	.name = "text",
	.summary = "for people (the default)",
	.write = write_text,
};
