/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plot of a bundle may have been edited by anybody. As an image in a data: URI it can run
 * no script and load nothing (SVG 2, secure static mode); what is not plain, well-formed SVG
 * without entities is not shown at all.
 */
#include "html.h"

#include <libxml/parser.h>
#include <string.h>

#include "bundle.h"
#include "html_tree.h"

#define XML(text) ((const xmlChar *)(text))

#define SVG_NAMESPACE "http://www.w3.org/2000/svg"
/* 64 curves of 1,000 points are some 1.5 MB. */
#define SVG_BYTES_MAX (8 << 20)

static const char *svg_problem(const char *text, gsize length)
{
	const char *problem = NULL;
	xmlNode *root;
	xmlDoc *doc;

	if (length == 0 || length > SVG_BYTES_MAX)
		return length ? "it is larger than 8 MiB" : "it is empty";
	doc = xmlReadMemory(text, (int)length, NULL, NULL,
			    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	if (!doc)
		return "it is not well-formed XML";
	root = xmlDocGetRootElement(doc);
	if (doc->intSubset)
		problem = "it declares a document type";
	else if (!root || !root->ns || strcmp((const char *)root->name, "svg") != 0 ||
		 strcmp((const char *)root->ns->href, SVG_NAMESPACE) != 0)
		problem = "it is not SVG";
	xmlFreeDoc(doc);
	return problem;
}

/* " vCPU 1: at most 25.000 µs." */
static void describe_threads(GString *alt, const char *whose, const RunMeasured *measured)
{
	for (guint i = 0; i < measured->threads->len; i++) {
		const RunThread *thread = measured->threads->pdata[i];

		g_string_append_printf(alt, " %svCPU %u: at most %.3f µs.", whose, thread->vcpu,
				       (double)thread->max_ns / 1000);
	}
}

static void add_image(xmlNode *parent, const Run *run, const RunStage *stage, const char *svg,
		      gsize length)
{
	g_autofree char *base64 = g_base64_encode((const guchar *)svg, length);
	g_autofree char *uri = g_strconcat("data:image/svg+xml;base64,", base64, NULL);
	xmlNode *figure = html_add(parent, "figure", NULL);
	xmlNode *image = html_add(figure, "img", NULL);
	GString *alt = g_string_new("Histogram of latencies, counts on a log scale.");

	for (guint i = 0; i < stage->vms->len; i++) {
		const RunMeasured *measured = stage->vms->pdata[i];
		g_autofree char *whose = run_whose(run, run_find_vm(run, measured->vm));

		describe_threads(alt, whose, measured);
	}
	xmlNewProp(figure, XML("tabindex"), XML("0"));
	xmlNewProp(image, XML("alt"), XML(alt->str));
	xmlNewProp(image, XML("src"), XML(uri));
	html_say(parent, "p", "soft narrow", "The plot is wider than this screen: scroll it sideways.");
	g_string_free(alt, TRUE);
}

void html_plot(xmlNode *parent, const char *directory, const Run *run, const RunStage *stage)
{
	g_autofree char *name = g_strdup_printf("histogram-%s.svg", stage->name ?: "");
	g_autofree char *svg = NULL;
	const char *problem;
	gsize length;

	if (!bundle_read_file(directory, name, &svg, &length, NULL)) {
		html_say(parent, "p", "soft", "The bundle has no plot of this stage.");
		return;
	}
	problem = svg_problem(svg, length);
	if (problem)
		html_sayf(parent, "p", NULL, "%s is not shown: %s.", name, problem);
	else
		add_image(parent, run, stage, svg, length);
}
