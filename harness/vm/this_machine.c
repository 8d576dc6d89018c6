/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "this_machine.h"

#include <string.h>

#include <libxml/parser.h>
#include <libxml/xpath.h>

#include "error.h"
#include "escape.h"

static const char *const uuid_files[] = {
	"sys/devices/virtual/dmi/id/product_uuid",
	"sys/class/dmi/id/product_uuid",
};

/* /capabilities/host/uuid, or NULL. */
static char *host_uuid(const char *xml)
{
	xmlDoc *document = NULL;
	xmlXPathContext *context = NULL;
	xmlXPathObject *found = NULL;
	char *uuid = NULL;

	if (strlen(xml) <= G_MAXINT)
		document = xmlReadMemory(xml, (int)strlen(xml), "capabilities", NULL,
					 XML_PARSE_NONET | XML_PARSE_NOERROR |
					     XML_PARSE_NOWARNING);
	if (document)
		context = xmlXPathNewContext(document);
	if (context)
		found = xmlXPathEvalExpression(BAD_CAST "string(/capabilities/host/uuid)",
					       context);
	if (found && found->stringval && *found->stringval)
		uuid = g_strdup((char *)found->stringval);
	xmlXPathFreeObject(found);
	xmlXPathFreeContext(context);
	xmlFreeDoc(document);
	return uuid;
}

/* The spelling varies: capitals in SMBIOS, no dashes in machine-id. */
static gboolean same_uuid(const char *a, const char *b)
{
	for (;; a++, b++) {
		a += strspn(a, "-");
		b += strspn(b, "-");
		if (g_ascii_tolower(*a) != g_ascii_tolower(*b))
			return FALSE;
		if (*a == '\0')
			return TRUE;
	}
}

static gboolean has_server(const char *uri)
{
	g_autoptr(GUri) parsed = g_uri_parse(uri, G_URI_FLAGS_NON_DNS, NULL);
	const char *host = parsed ? g_uri_get_host(parsed) : NULL;

	return !parsed || (host && *host);
}

gboolean this_machine_check(const Root *live, const char *uri,
			    const char *capabilities_xml, GError **error)
{
	g_autofree char *theirs = host_uuid(capabilities_xml);
	g_autofree char *shown = escape_text(theirs ? theirs : "(none)", -1);
	g_autofree char *machine_id = NULL;
	gboolean smbios_known = FALSE;

	for (gsize i = 0; theirs && i < G_N_ELEMENTS(uuid_files) && !smbios_known; i++) {
		g_autofree char *ours = NULL;

		smbios_known = root_read_line(live, uuid_files[i], &ours, NULL, NULL);
		if (smbios_known && same_uuid(ours, theirs))
			return TRUE;
	}
	if (theirs && root_read_line(live, "etc/machine-id", &machine_id, NULL, NULL) &&
	    same_uuid(machine_id, theirs))
		return TRUE;
	if (!smbios_known && !has_server(uri))
		return TRUE;
	lathe_error(error, LATHE_ERROR_ENVIRONMENT,
		    "%s is not this machine: its host UUID is %s", uri, shown);
	lathe_error_hint(error,
			 "plan, loads and evidence belong to the machine lathe runs on: "
			 "run lathe there");
	return FALSE;
}
