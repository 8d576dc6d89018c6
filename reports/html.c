/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One file that needs nothing else: what a customer is handed. Written from the bundle
 * alone, the same bytes whenever it is made again.
 */
#include "html.h"

#include <libxml/HTMLtree.h>
#include <libxml/xmlsave.h>
#include <string.h>

#include "error.h"
#include "formats.h"
#include "html_tree.h"

#define XML(text) ((const xmlChar *)(text))

/* Nothing is loaded from anywhere, and nothing runs, whatever got into the page. */
#define CONTENT_POLICY                                                                       \
	"default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "    \
	"form-action 'none'"

/* In the order of the page: the answer, why, and then the evidence. */
static void (*const sections[])(xmlNode *main, const char *directory, const Run *run) = {
	html_verdict, html_limits,   html_plan,	    html_canary,   html_stages, html_tuning,
	html_findings, html_machines, html_versions, html_proves, html_files,
};

static void add_meta(xmlNode *head, const char *kind, const char *name, const char *content)
{
	xmlNode *meta = html_add(head, "meta", NULL);

	xmlNewProp(meta, XML(kind), XML(name));
	xmlNewProp(meta, XML("content"), XML(content));
}

static void add_head(xmlNode *html, const Run *run)
{
	xmlNode *head = html_add(html, "head", NULL);

	/* The serialiser puts the character set first. */
	add_meta(head, "http-equiv", "Content-Security-Policy", CONTENT_POLICY);
	add_meta(head, "name", "viewport", "width=device-width, initial-scale=1");
	add_meta(head, "name", "referrer", "no-referrer");
	html_sayf(head, "title", NULL, "%s: %s on %s", result_name(run->verdict.result),
		  run->profile.name ?: "unknown profile", run->host.hostname ?: "unknown host");
	xmlAddChild(html_add(head, "style", NULL), xmlNewText(XML(html_style)));
}

static void add_body(xmlNode *html, const char *directory, const Run *run)
{
	xmlNode *body = html_add(html, "body", NULL);
	xmlNode *header = html_add(body, "header", NULL);
	xmlNode *main = html_add(body, "main", NULL);
	xmlNode *times;

	html_sayf(header, "h1", NULL, "lathe: profile %s on host %s",
		  run->profile.name ?: "unknown", run->host.hostname ?: "unknown");
	times = html_add(header, "p", "soft");
	html_say(times, "span", "word", run->started_utc);
	html_text(times, " to ");
	html_say(times, "span", "word", run->finished_utc);
	for (gsize i = 0; i < G_N_ELEMENTS(sections); i++)
		sections[i](main, directory, run);
	html_say(html_add(body, "footer", NULL), "p", NULL,
		 "Latencies are in µs (microseconds). Made from the bundle alone: 'lathe report' "
		 "makes this page again, 'lathe judge' the verdict.");
}

static char *serialise(xmlDoc *doc, GError **error)
{
	xmlBuffer *buffer = xmlBufferCreate();
	xmlSaveCtxt *save =
		xmlSaveToBuffer(buffer, "UTF-8", XML_SAVE_AS_HTML | XML_SAVE_NO_EMPTY);
	gboolean saved = save && xmlSaveDoc(save, doc) >= 0;
	char *text = NULL;

	saved = (save && xmlSaveClose(save) >= 0) && saved;
	if (saved && xmlBufferLength(buffer) > 0)
		text = g_strdup((const char *)xmlBufferContent(buffer));
	else
		lathe_error(error, LATHE_ERROR_IO, "libxml2 could not write the page");
	xmlBufferFree(buffer);
	return text;
}

static char *write_html(const char *directory, const Run *run, gboolean colour,
			GError **error)
{
	xmlDoc *doc = htmlNewDocNoDtD(NULL, NULL);
	xmlNode *html = xmlNewDocNode(doc, NULL, XML("html"), NULL);
	char *text;

	(void)colour; /* the page has its own */
	xmlCreateIntSubset(doc, XML("html"), NULL, NULL);
	xmlDocSetRootElement(doc, html);
	xmlNewProp(html, XML("lang"), XML("en"));
	add_head(html, run);
	add_body(html, directory, run);
	text = serialise(doc, error);
	xmlFreeDoc(doc);
	return text;
}

const ReportFormat report_html = {
	.name = "html",
	.suffix = "html",
	.summary = "one page for a browser or a printer, with the plots in it",
	.write = write_html,
};
