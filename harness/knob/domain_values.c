/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "domain_values.h"

#include <errno.h>
#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>
#include <string.h>

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

GPtrArray *domain_values(KnobView *view, const char *xpath, int *ret_errno)
{
	xmlDoc *document = knob_view_domain(view, ret_errno);

	return document ? evaluate(document, xpath, ret_errno) : NULL;
}

GPtrArray *domain_values_defined(KnobView *view, const char *xpath, int *ret_errno)
{
	const char *text = knob_view_read(view, "domain-defined.xml", ret_errno);
	xmlDoc *document = text ? knob_xml_parse(text) : NULL;
	GPtrArray *values;

	if (!document) {
		if (text)
			*ret_errno = EILSEQ;
		return NULL;
	}
	values = evaluate(document, xpath, ret_errno);
	xmlFreeDoc(document);
	return values;
}
