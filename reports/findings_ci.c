/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Findings for CI: JUnit, TAP, Markdown. FAIL is a failure; UNKNOWN is an error, never
 * skipped (design: nobody could look is not nothing to see); WARN passes and says so; N/A
 * passes and says why it does not apply.
 */
#include <libxml/tree.h>
#include <string.h>

#include "findings.h"

static void append_details(GString *out, const Finding *finding, const char *prefix)
{
	if (finding->reason)
		g_string_append_printf(out, "%s%s\n", prefix, finding->reason);
	for (guint i = 0; i < finding->evidence->len; i++) {
		g_autofree char *text = findings_evidence(finding->evidence->pdata[i]);

		g_string_append_printf(out, "%s%s\n", prefix, text);
	}
	if (finding->remedy)
		g_string_append_printf(out, "%sdo: %s\n", prefix, finding->remedy);
}

/* ---- JUnit ------------------------------------------------------------------------------ */

/* XML 1.0 has no control characters; texts here are escaped already, these are the rest. */
static void set(xmlNode *node, const char *name, const char *value)
{
	xmlSetProp(node, (const xmlChar *)name, (const xmlChar *)value);
}

static void set_number(xmlNode *node, const char *name, guint value)
{
	g_autofree char *text = g_strdup_printf("%u", value);

	set(node, name, text);
}

static void add_outcome(xmlNode *testcase, const Finding *finding)
{
	const char *element = finding->status == STATUS_FAIL	  ? "failure"
			      : finding->status == STATUS_UNKNOWN ? "error"
								  : "system-out";
	g_autoptr(GString) details = g_string_new(NULL);
	xmlNode *node;

	if (finding->status == STATUS_PASS)
		return;
	g_string_append_printf(details, "%s: ", finding_status_name(finding->status));
	append_details(details, finding, "");
	node = xmlNewTextChild(testcase, NULL, (const xmlChar *)element,
			       (const xmlChar *)details->str);
	if (finding->status == STATUS_FAIL || finding->status == STATUS_UNKNOWN) {
		set(node, "message", finding->reason ? finding->reason : finding->title);
		set(node, "type", finding_severity_name(finding->severity));
	}
}

static char *write_junit(const FindingSet *found, const FindingsStyle *style)
{
	xmlDoc *document = xmlNewDoc((const xmlChar *)"1.0");
	xmlNode *suite = xmlNewNode(NULL, (const xmlChar *)"testsuite");
	xmlChar *text = NULL;
	char *ret;

	(void)style;
	xmlDocSetRootElement(document, suite);
	set(suite, "name", "lathe validate-host");
	set(suite, "hostname", found->root);
	set_number(suite, "tests", found->findings->len);
	set_number(suite, "failures", found->counts[STATUS_FAIL]);
	set_number(suite, "errors", found->counts[STATUS_UNKNOWN]);
	set_number(suite, "skipped", 0);
	for (guint i = 0; i < found->findings->len; i++) {
		const Finding *finding = found->findings->pdata[i];
		g_autofree char *class = g_strdup_printf("%s.%s", finding->scope, finding->layer);
		xmlNode *testcase = xmlNewChild(suite, NULL, (const xmlChar *)"testcase", NULL);

		set(testcase, "classname", class);
		set(testcase, "name", finding->id);
		add_outcome(testcase, finding);
	}
	xmlDocDumpFormatMemoryEnc(document, &text, NULL, "UTF-8", 1);
	ret = g_strdup((const char *)text);
	xmlFree(text);
	xmlFreeDoc(document);
	return ret;
}

const FindingsFormat findings_junit = {
	.name = "junit",
	.summary = "XML; FAIL is a failure, UNKNOWN an error",
	.write = write_junit,
};

/* ---- TAP 13 ----------------------------------------------------------------------------- */

static char *write_tap(const FindingSet *found, const FindingsStyle *style)
{
	GString *out = g_string_new("TAP version 13\n");

	(void)style;
	g_string_append_printf(out, "1..%u\n", found->findings->len);
	for (guint i = 0; i < found->findings->len; i++) {
		const Finding *finding = found->findings->pdata[i];
		gboolean good = finding->status != STATUS_FAIL &&
				finding->status != STATUS_UNKNOWN;

		/* "# SKIP" and "# TODO" would be directives: N/A and WARN stand before '#'. */
		g_string_append_printf(out, "%sok %u - %s %s: %s\n", good ? "" : "not ", i + 1,
				       finding_status_name(finding->status), finding->id,
				       finding->title);
		if (finding->status != STATUS_PASS)
			append_details(out, finding, "# ");
	}
	return g_string_free(out, FALSE);
}

const FindingsFormat findings_tap = {
	.name = "tap",
	.summary = "TAP 13; FAIL and UNKNOWN are \"not ok\"",
	.write = write_tap,
};

/* ---- Markdown --------------------------------------------------------------------------- */

/* Nothing in a cell may end it, begin markup or a link, or be HTML. */
static void append_cell(GString *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("|\\`*_[]<>&#~", *text))
			g_string_append_printf(out, "&#%d;", *text);
		else
			g_string_append_c(out, *text == '\n' ? ' ' : *text);
	}
	g_string_append(out, " | ");
}

static void append_row(GString *out, const Finding *finding)
{
	g_string_append(out, "| ");
	append_cell(out, finding_status_name(finding->status));
	append_cell(out, finding_severity_name(finding->severity));
	append_cell(out, finding->id);
	append_cell(out, finding->reason ? finding->reason : finding->title);
	append_cell(out, finding->remedy ? finding->remedy : "");
	g_string_append_c(out, '\n');
}

static char *write_markdown(const FindingSet *found, const FindingsStyle *style)
{
	GString *out = g_string_new("# lathe validate-host\n\n");
	g_autofree char *summary = findings_summary(found->counts);
	const char *layer = "";

	g_string_append_printf(out, "%u findings: %s\n\nCPUs for vCPUs: %s (%s)\n",
			       found->findings->len, summary,
			       *found->planned ? found->planned : "none", found->planned_from);
	for (guint i = 0; i < found->notes->len; i++)
		g_string_append_printf(out, "\n%s\n", (char *)found->notes->pdata[i]);
	for (guint i = 0; i < found->findings->len; i++) {
		const Finding *finding = found->findings->pdata[i];

		if (!style->all &&
		    (finding->status == STATUS_PASS || finding->status == STATUS_NA))
			continue;
		if (strcmp(layer, finding->layer) != 0)
			g_string_append_printf(out,
					       "\n## %s\n\n| status | severity | row | seen | "
					       "remedy |\n|---|---|---|---|---|\n",
					       findings_layer_title(finding->layer));
		layer = finding->layer;
		append_row(out, finding);
	}
	return g_string_free(out, FALSE);
}

const FindingsFormat findings_markdown = {
	.name = "markdown",
	.summary = "tables for an issue or a wiki",
	.write = write_markdown,
};
