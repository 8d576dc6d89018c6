/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "domains.h"

#include <string.h>

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <libxml/parser.h>

#include "error.h"
#include "internal.h"

/* The name that the XML gives its domain. */
static gboolean read_name(const char *xml, char **ret, GError **error)
{
	xmlDoc *document = strlen(xml) <= G_MAXINT
		? xmlReadMemory(xml, (int)strlen(xml), "domain", NULL,
				XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING)
		: NULL;
	xmlNode *root = document ? xmlDocGetRootElement(document) : NULL;
	xmlChar *name = NULL;

	for (xmlNode *at = root ? root->children : NULL; at && !name; at = at->next)
		if (at->type == XML_ELEMENT_NODE && strcmp((const char *)at->name, "name") == 0)
			name = xmlNodeGetContent(at);
	if (name)
		*ret = g_strdup((const char *)name);
	xmlFree(name);
	xmlFreeDoc(document);
	return *ret || lathe_error(error, LATHE_ERROR_INPUT, "a domain without a name");
}

/* libvirt would say it as well, but not before a rename was done, and not what to do. */
static gboolean check_name_is_free(Hypervisor *hypervisor, const char *uuid, const char *name,
				   GError **error)
{
	virDomainPtr other = virDomainLookupByName(hypervisor->connection, name);
	char owner[VIR_UUID_STRING_BUFLEN];
	gboolean known;

	if (!other) {
		if (virGetLastErrorCode() != VIR_ERR_NO_DOMAIN)
			return domains_failed(hypervisor, error, "look for VM '%s'", name);
		virResetLastError();
		return TRUE;
	}
	known = virDomainGetUUIDString(other, owner) == 0;
	virDomainFree(other);
	if (!known)
		return domains_failed(hypervisor, error, "read the UUID of VM '%s'", name);
	if (strcmp(owner, uuid) == 0)
		return TRUE;
	lathe_error(error, LATHE_ERROR_USAGE, "libvirt has another VM named '%s', %s", name, owner);
	lathe_error_hint(error, "a name is one VM's only: choose another");
	return FALSE;
}

static gboolean rename_domain(Hypervisor *hypervisor, virDomainPtr domain, const char *name,
			      GError **error)
{
	g_autofree char *old = g_strdup(virDomainGetName(domain));
	int active = virDomainIsActive(domain);

	if (active == 1) {
		lathe_error(error, LATHE_ERROR_BUSY,
			    "VM '%s' runs: libvirt renames only what is shut off", old);
		lathe_error_hint(error, "shut it down first, or keep its name");
		return FALSE;
	}
	if (active < 0 || virDomainRename(domain, name, 0) < 0)
		return domains_failed(hypervisor, error, "rename VM '%s' to '%s'", old, name);
	return TRUE;
}

static gboolean define(Hypervisor *hypervisor, const char *name, const char *xml, GError **error)
{
	virDomainPtr defined = virDomainDefineXMLFlags(hypervisor->connection, xml,
						       VIR_DOMAIN_DEFINE_VALIDATE);

	if (!defined)
		return domains_failed(hypervisor, error, "define VM '%s'", name);
	virDomainFree(defined);
	return TRUE;
}

static gboolean changed_in_between(const char *name, const char *what, GError **error)
{
	lathe_error(error, LATHE_ERROR_BUSY, "VM '%s' was %s by somebody else in between", name,
		    what);
	lathe_error_hint(error, "nothing was defined; look at it, and run this again");
	return FALSE;
}

/* The rename is taken back, so that what failed has changed nothing. */
static gboolean define_renamed(Hypervisor *hypervisor, const char *uuid, virDomainPtr domain,
			       const char *name, const char *xml, GError **error)
{
	g_autofree char *old = g_strdup(virDomainGetName(domain));
	g_autoptr(GError) again = NULL;
	virDomainPtr renamed;

	if (!rename_domain(hypervisor, domain, name, error))
		return FALSE;
	if (define(hypervisor, name, xml, error))
		return TRUE;
	/* The object knows itself by its old name. */
	renamed = domains_get(hypervisor, uuid, &again);
	if (renamed) {
		rename_domain(hypervisor, renamed, old, &again);
		virDomainFree(renamed);
	}
	if (again)
		g_prefix_error(error, "VM '%s' is now '%s', and is not called back (%s): ", old,
			       name, again->message);
	return FALSE;
}

static gboolean redefine(Hypervisor *hypervisor, const char *uuid, virDomainPtr domain,
			 const char *name, const char *xml, const char *expected, GError **error)
{
	g_autofree char *old = g_strdup(virDomainGetName(domain));
	g_autofree char *seen = domains_read_xml(hypervisor, domain, FALSE, error);

	if (!seen)
		return FALSE;
	if (strcmp(seen, expected) != 0)
		return changed_in_between(old, "changed", error);
	if (strcmp(old, name) == 0)
		return define(hypervisor, name, xml, error);
	return check_name_is_free(hypervisor, uuid, name, error) &&
	       define_renamed(hypervisor, uuid, domain, name, xml, error);
}

gboolean domains_define(Hypervisor *hypervisor, const char *uuid, const char *xml,
			const char *expected, GError **error)
{
	g_autofree char *name = NULL;
	virDomainPtr domain = NULL;
	gboolean ok;

	if (!read_name(xml, &name, error) || !domains_lookup(hypervisor, uuid, &domain, error))
		return FALSE;
	if (!domain && expected)
		return changed_in_between(name, "undefined", error);
	if (!domain)
		return check_name_is_free(hypervisor, uuid, name, error) &&
		       define(hypervisor, name, xml, error);
	ok = expected ? redefine(hypervisor, uuid, domain, name, xml, expected, error)
		      : changed_in_between(name, "defined", error);
	virDomainFree(domain);
	return ok;
}
