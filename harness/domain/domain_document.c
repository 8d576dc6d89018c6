/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "domain_document.h"

#include <string.h>

#include <libxml/parser.h>
#include <libxml/xmlsave.h>

#include "element.h"
#include "error.h"
#include "escape.h"

typedef struct _xmlParserCtxt ParserContext;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ParserContext, xmlFreeParserCtxt)

/* Ends the parser before it has read a single declaration. */
static void refuse_doctype(void *data, const xmlChar *name, const xmlChar *external_id,
			   const xmlChar *system_id)
{
	ParserContext *context = data;

	(void)name;
	(void)external_id;
	(void)system_id;
	context->_private = context;
	xmlStopParser(context);
}

static gboolean explain(ParserContext *context, GError **error)
{
	const xmlError *cause = xmlCtxtGetLastError(context);
	g_autofree char *message = NULL;

	if (context->_private)
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "the domain's XML has a document type, which none of "
				   "libvirt's has");
	if (!cause || !cause->message)
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "the domain's XML is malformed");
	message = g_strdup(cause->message);
	g_strstrip(message);
	{
		g_autofree char *shown = escape_text(message, -1);

		return lathe_error(error, LATHE_ERROR_INPUT,
				   "the domain's XML is malformed in line %d: %s",
				   cause->line, shown);
	}
}

static gboolean check_root(xmlDoc *document, GError **error)
{
	const xmlNode *root = xmlDocGetRootElement(document);
	g_autofree char *shown = NULL;

	if (root && element_is(root, "domain"))
		return TRUE;
	shown = escape_text(root ? (const char *)root->name : "", -1);
	return lathe_error(error, LATHE_ERROR_INPUT,
			   "the XML is no domain's: its root element is <%s>%s", shown,
			   root && root->ns ? " of a namespace" : "");
}

xmlDoc *domain_document_parse(const char *xml, GError **error)
{
	gsize length = strlen(xml);
	g_autoptr(ParserContext) context = NULL;
	g_autoptr(xmlDoc) document = NULL;

	if (length > DOMAIN_DOCUMENT_MAX) {
		lathe_error(
			error, LATHE_ERROR_INPUT,
			"the domain's XML has %zu bytes; libvirt takes no more than %u",
			length, DOMAIN_DOCUMENT_MAX);
		return NULL;
	}
	context = xmlNewParserCtxt();
	context->sax->internalSubset = refuse_doctype;
	document = xmlCtxtReadMemory(context, xml, (int)length, "domain.xml", NULL,
				     XML_PARSE_NONET | XML_PARSE_NOERROR |
					     XML_PARSE_NOWARNING);
	if (!document || context->_private) {
		explain(context, error);
		return NULL;
	}
	return check_root(document, error) ? g_steal_pointer(&document) : NULL;
}

char *domain_document_text(xmlDoc *document)
{
	/* xmlReadMemory() gives every document a version; only encoding or "standalone"
	 * say that it had a declaration, which libvirt's have not. */
	int options = document->encoding || document->standalone != -2 ? 0
								       : XML_SAVE_NO_DECL;
	xmlBuffer *buffer = xmlBufferCreate();
	xmlSaveCtxt *save = xmlSaveToBuffer(buffer, "UTF-8", options);
	char *text;

	xmlSaveDoc(save, document);
	xmlSaveClose(save);
	text = g_strdup((const char *)xmlBufferContent(buffer));
	xmlBufferFree(buffer);
	return text;
}
