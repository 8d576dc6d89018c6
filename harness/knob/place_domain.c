/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The domain XML of a running VM: the values of what an XPath selects. */
#include <errno.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>

#include "place.h"

static void take_nodes(Tally *tally, const Knob *knob, const xmlXPathObject *object)
{
	const xmlNodeSet *nodes = object->nodesetval;

	if (!nodes || nodes->nodeNr == 0) {
		tally_errno(tally, knob->path, ENOENT, -1);
		return;
	}
	for (int i = 0; i < nodes->nodeNr; i++) {
		xmlChar *value = xmlNodeGetContent(nodes->nodeTab[i]);

		tally_value(tally, knob->path, value ? (const char *)value : "", -1);
		xmlFree(value);
	}
}

/* An expression may also give a number, a string or a truth: count(...) > 0. */
static void take_value(Tally *tally, const Knob *knob, xmlXPathObject *object)
{
	xmlChar *value = xmlXPathCastToString(object);

	tally_value(tally, knob->path, value ? (const char *)value : "", -1);
	xmlFree(value);
}

void place_domain(const Knob *knob, KnobView *view, Tally *tally)
{
	int errnum = 0;
	xmlDoc *document = knob_view_domain(view, &errnum);
	xmlXPathContext *context;
	xmlXPathObject *object;

	if (!document) {
		tally_match(tally, MATCH_ODD, "domain-live.xml", NULL, -1, knob->text,
			    g_strerror(errnum));
		return;
	}
	context = xmlXPathNewContext(document);
	/* libvirt declares this prefix for <qemu:commandline>. */
	xmlXPathRegisterNs(context, (const xmlChar *)"qemu",
			   (const xmlChar *)"http://libvirt.org/schemas/domain/qemu/1.0");
	object = xmlXPathEvalExpression((const xmlChar *)knob->path, context);
	if (!object)
		tally_match(tally, MATCH_ODD, knob->path, NULL, -1, knob->text,
			    "the expression cannot be evaluated");
	else if (object->type == XPATH_NODESET)
		take_nodes(tally, knob, object);
	else
		take_value(tally, knob, object);
	xmlXPathFreeObject(object);
	xmlXPathFreeContext(context);
}
