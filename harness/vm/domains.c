/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "domains.h"

#include <stdlib.h>
#include <string.h>

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "error.h"
#include "escape.h"
#include "internal.h"
#include "libvirt_error.h"

G_STATIC_ASSERT(sizeof(((DomainInfo *)NULL)->uuid) == VIR_UUID_STRING_BUFLEN);

const char *domain_state_name(DomainState state)
{
	static const char *const names[] = {
		[DOMAIN_SHUT_OFF] = "shut off",
		[DOMAIN_RUNNING] = "running",
		[DOMAIN_PAUSED] = "paused",
		[DOMAIN_SHUTTING_DOWN] = "shutting down",
		[DOMAIN_CRASHED] = "crashed",
		[DOMAIN_OTHER] = "in another state",
	};

	return names[state];
}

static DomainState state_of(int state)
{
	switch (state) {
	case VIR_DOMAIN_SHUTOFF:
		return DOMAIN_SHUT_OFF;
	/* Blocked is what Xen calls a guest that waits. */
	case VIR_DOMAIN_RUNNING:
	case VIR_DOMAIN_BLOCKED:
		return DOMAIN_RUNNING;
	case VIR_DOMAIN_PAUSED:
		return DOMAIN_PAUSED;
	case VIR_DOMAIN_SHUTDOWN:
		return DOMAIN_SHUTTING_DOWN;
	case VIR_DOMAIN_CRASHED:
		return DOMAIN_CRASHED;
	default:
		return DOMAIN_OTHER;
	}
}

/* What libvirt says of a daemon that died is a matter of the moment (end of file, broken pipe,
 * internal error): whether the connection is still there is not. */
gboolean domains_failed(const Hypervisor *hypervisor, GError **error, const char *format, ...)
{
	g_autofree char *what = NULL;
	va_list args;

	va_start(args, format);
	what = g_strdup_vprintf(format, args);
	va_end(args);
	libvirt_error(error, "%s", what);
	if (virConnectIsAlive(hypervisor->connection) == 1)
		return FALSE;
	virResetLastError();
	g_prefix_error(error, "the connection to libvirt at '%s' was lost: ", hypervisor->uri);
	lathe_error_hint(error, "its daemon has ended: see why (journalctl -u libvirtd -u "
				"virtqemud), start it, and run this again");
	return FALSE;
}

gboolean domains_lookup(Hypervisor *hypervisor, const char *uuid, virDomainPtr *ret,
			GError **error)
{
	virDomainPtr domain = virDomainLookupByUUIDString(hypervisor->connection, uuid);

	if (!domain && virGetLastErrorCode() != VIR_ERR_NO_DOMAIN)
		return domains_failed(hypervisor, error, "look for VM %s", uuid);
	virResetLastError();
	*ret = domain;
	return TRUE;
}

virDomainPtr domains_get(Hypervisor *hypervisor, const char *uuid, GError **error)
{
	virDomainPtr domain = NULL;

	if (!domains_lookup(hypervisor, uuid, &domain, error) || domain)
		return domain;
	lathe_error(error, LATHE_ERROR_ENVIRONMENT, "libvirt has no VM %s any more", uuid);
	lathe_error_hint(error, "somebody has undefined it: `virsh list --all` shows what is there");
	return NULL;
}

void domain_info_free(DomainInfo *info)
{
	if (!info)
		return;
	g_free(info->name);
	g_free(info);
}

/* *ret NULL: the domain has gone meanwhile. */
static gboolean read_info(Hypervisor *hypervisor, virDomainPtr domain, DomainInfo **ret,
			  GError **error)
{
	g_autoptr(DomainInfo) info = g_new0(DomainInfo, 1);
	int state = 0, persistent, autostart = 0;
	const char *name = virDomainGetName(domain);

	if (!name || virDomainGetUUIDString(domain, info->uuid) < 0)
		return domains_failed(hypervisor, error, "read a VM's name");
	info->name = g_strdup(name);
	persistent = virDomainIsPersistent(domain);
	if (persistent < 0 || virDomainGetState(domain, &state, NULL, 0) < 0 ||
	    /* A transient one has none, and some drivers (libvirt's test driver over a remote
	     * connection) do not know it. */
	    (persistent && virDomainGetAutostart(domain, &autostart) < 0 &&
	     virGetLastErrorCode() != VIR_ERR_NO_SUPPORT)) {
		if (virGetLastErrorCode() != VIR_ERR_NO_DOMAIN)
			return domains_failed(hypervisor, error, "read the state of VM '%s'", name);
		virResetLastError();
		*ret = NULL;
		return TRUE;
	}
	/* Drivers that save nothing do not know it either. */
	info->saved = virDomainHasManagedSaveImage(domain, 0) == 1;
	virResetLastError();
	info->state = state_of(state);
	info->persistent = persistent == 1;
	info->autostart = autostart == 1;
	*ret = g_steal_pointer(&info);
	return TRUE;
}

static int compare_names(gconstpointer a, gconstpointer b)
{
	const DomainInfo *left = *(DomainInfo *const *)a, *right = *(DomainInfo *const *)b;
	int order = strcmp(left->name, right->name);

	return order ? order : strcmp(left->uuid, right->uuid);
}

static void free_list(virDomainPtr *list, int n)
{
	for (int i = 0; i < n; i++)
		virDomainFree(list[i]);
	free(list);
}

GPtrArray *domains_list(Hypervisor *hypervisor, GError **error)
{
	g_autoptr(GPtrArray) infos =
		g_ptr_array_new_with_free_func((GDestroyNotify)domain_info_free);
	virDomainPtr *list = NULL;
	int n = virConnectListAllDomains(hypervisor->connection, &list, 0);
	gboolean ok = TRUE;

	if (n < 0) {
		domains_failed(hypervisor, error, "list the VMs of '%s'", hypervisor->uri);
		return NULL;
	}
	for (int i = 0; i < n && ok; i++) {
		DomainInfo *info = NULL;

		ok = read_info(hypervisor, list[i], &info, error);
		if (info)
			g_ptr_array_add(infos, info);
	}
	free_list(list, n);
	if (!ok)
		return NULL;
	g_ptr_array_sort(infos, compare_names);
	return g_steal_pointer(&infos);
}

gboolean domains_find(Hypervisor *hypervisor, const char *uuid, DomainInfo **ret, GError **error)
{
	virDomainPtr domain = NULL;
	DomainInfo *info = NULL;
	gboolean ok;

	if (!domains_lookup(hypervisor, uuid, &domain, error))
		return FALSE;
	ok = !domain || read_info(hypervisor, domain, &info, error);
	if (domain)
		virDomainFree(domain);
	if (ok)
		*ret = info;
	return ok;
}

char *domains_read_xml(const Hypervisor *hypervisor, virDomainPtr domain, gboolean live,
		       GError **error)
{
	unsigned int flags = (live ? 0 : VIR_DOMAIN_XML_INACTIVE) |
			     (hypervisor->read_only ? 0 : VIR_DOMAIN_XML_SECURE);
	/* First: asking for it forgets libvirt's last error. */
	const char *name = virDomainGetName(domain);
	char *xml = virDomainGetXMLDesc(domain, flags);
	char *copy;

	if (!xml) {
		domains_failed(hypervisor, error, "read the XML of VM '%s'", name);
		return NULL;
	}
	copy = g_strdup(xml);
	free(xml);
	return copy;
}

char *domains_xml(Hypervisor *hypervisor, const char *uuid, gboolean live, GError **error)
{
	virDomainPtr domain = domains_get(hypervisor, uuid, error);
	char *xml;

	if (!domain)
		return NULL;
	xml = domains_read_xml(hypervisor, domain, live, error);
	virDomainFree(domain);
	return xml;
}
