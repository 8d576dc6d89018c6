/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "domain_values.h"

#include <errno.h>
#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>
#include <string.h>

#include "judge.h"

static void take_nodes(GPtrArray *values, const xmlNodeSet *nodes)
{
	for (int i = 0; nodes && i < nodes->nodeNr; i++) {
		xmlChar *value = xmlNodeGetContent(nodes->nodeTab[i]);

		g_ptr_array_add(values, g_strdup(value ? (const char *)value : ""));
		xmlFree(value);
	}
}

static GPtrArray *evaluate(xmlDoc *document, const char *xpath, int *ret_errno)
{
	g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func(g_free);
	xmlXPathContext *context = xmlXPathNewContext(document);
	xmlXPathObject *object;
	xmlChar *text;

	/* libvirt declares this prefix for <qemu:commandline>. */
	xmlXPathRegisterNs(context, (const xmlChar *)"qemu",
			   (const xmlChar *)"http://libvirt.org/schemas/domain/qemu/1.0");
	object = xmlXPathEvalExpression((const xmlChar *)xpath, context);
	xmlXPathFreeContext(context);
	if (!object) {
		*ret_errno = EINVAL;
		return NULL;
	}
	if (object->type == XPATH_NODESET) {
		take_nodes(values, object->nodesetval);
	} else {
		text = xmlXPathCastToString(object);
		g_ptr_array_add(values, g_strdup(text ? (const char *)text : ""));
		xmlFree(text);
	}
	xmlXPathFreeObject(object);
	return g_steal_pointer(&values);
}

/* Of XML of something else every "there is no such element" would be true. */
static gboolean is_domain(xmlDoc *document)
{
	const xmlNode *root = xmlDocGetRootElement(document);

	return root && strcmp((const char *)root->name, "domain") == 0;
}

GPtrArray *domain_values(KnobView *view, const char *xpath, int *ret_errno)
{
	xmlDoc *document = knob_view_domain(view, ret_errno);

	if (!document)
		return NULL;
	if (!is_domain(document)) {
		*ret_errno = EILSEQ;
		return NULL;
	}
	return evaluate(document, xpath, ret_errno);
}

GPtrArray *domain_values_or_unknown(const Knob *knob, KnobView *view, Finding *finding,
				    const char *xpath)
{
	int errnum = 0;
	GPtrArray *values = domain_values(view, xpath, &errnum);

	if (!values)
		knob_conclude(knob, finding, MATCH_ODD, "domain-live.xml: %s",
			      g_strerror(errnum));
	return values;
}

gboolean domain_is_true(KnobView *view, const char *xpath, gboolean unread)
{
	int errnum = 0;
	g_autoptr(GPtrArray) values = domain_values(view, xpath, &errnum);

	if (!values)
		return unread;
	return values->len == 1 && strcmp(values->pdata[0], "true") == 0;
}

GPtrArray *domain_values_defined(KnobView *view, const char *xpath, int *ret_errno)
{
	const char *text = knob_view_read(view, "domain-defined.xml", ret_errno);
	xmlDoc *document = text ? knob_xml_parse(text) : NULL;
	GPtrArray *values;

	if (!document || !is_domain(document)) {
		if (text)
			*ret_errno = EILSEQ;
		xmlFreeDoc(document);
		return NULL;
	}
	values = evaluate(document, xpath, ret_errno);
	xmlFreeDoc(document);
	return values;
}
