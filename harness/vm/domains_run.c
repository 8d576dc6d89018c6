/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "domains.h"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "internal.h"
#include "qemu_process.h"
#include "root.h"

static gboolean start_as(Hypervisor *hypervisor, const char *uuid, const char *xml,
			 GError **error)
{
	virDomainPtr domain = NULL, started;
	g_autofree char *name = NULL;

	if (!domains_lookup(hypervisor, uuid, &domain, error))
		return FALSE;
	name = g_strdup(domain ? virDomainGetName(domain) : uuid);
	if (domain)
		virDomainFree(domain);
	started = virDomainCreateXML(hypervisor->connection, xml, VIR_DOMAIN_START_VALIDATE);
	if (!started)
		return domains_failed(hypervisor, error, "start VM '%s'", name);
	virDomainFree(started);
	return TRUE;
}

gboolean domains_start(Hypervisor *hypervisor, const char *uuid, const char *xml, GError **error)
{
	virDomainPtr domain;
	gboolean ok;

	if (xml)
		return start_as(hypervisor, uuid, xml, error);
	domain = domains_get(hypervisor, uuid, error);
	if (!domain)
		return FALSE;
	ok = virDomainCreate(domain) == 0;
	if (!ok)
		domains_failed(hypervisor, error, "start VM '%s'", virDomainGetName(domain));
	virDomainFree(domain);
	return ok;
}

gboolean domains_ask_shutdown(Hypervisor *hypervisor, const char *uuid, GError **error)
{
	virDomainPtr domain = domains_get(hypervisor, uuid, error);
	g_autofree char *name = domain ? g_strdup(virDomainGetName(domain)) : NULL;
	gboolean ok;

	if (!domain)
		return FALSE;
	/* By its own choice libvirt would ask an agent in the guest and wait for its answer.
	 * Drivers other than QEMU's know no choice. */
	ok = virDomainShutdownFlags(domain, VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN) == 0;
	if (!ok && virGetLastErrorCode() == VIR_ERR_INVALID_ARG)
		ok = virDomainShutdown(domain) == 0;
	if (!ok)
		domains_failed(hypervisor, error, "ask VM '%s' to shut down", name);
	virDomainFree(domain);
	return ok;
}

/* It may have gone off between the look and the stroke. */
static gboolean is_off(virDomainPtr domain)
{
	int active = virDomainIsActive(domain);

	return active == 0 || (active < 0 && virGetLastErrorCode() == VIR_ERR_NO_DOMAIN);
}

gboolean domains_destroy(Hypervisor *hypervisor, const char *uuid, GError **error)
{
	g_autoptr(GError) cause = NULL;
	g_autofree char *name = NULL;
	virDomainPtr domain = NULL;
	gboolean ok;

	/* A transient one is gone as soon as it is off. */
	if (!domains_lookup(hypervisor, uuid, &domain, error))
		return FALSE;
	if (!domain)
		return TRUE;
	name = g_strdup(virDomainGetName(domain));
	ok = virDomainDestroy(domain) == 0 ||
	     domains_failed(hypervisor, &cause, "end VM '%s'", name) || is_off(domain);
	if (!ok)
		g_propagate_error(error, g_steal_pointer(&cause));
	virResetLastError();
	virDomainFree(domain);
	return ok;
}

gboolean domains_pid(Hypervisor *hypervisor, const char *uuid, pid_t *ret, GError **error)
{
	g_autoptr(Root) live = root_open_live(error);
	virDomainPtr domain = live ? domains_get(hypervisor, uuid, error) : NULL;
	gboolean ok;

	if (!domain)
		return FALSE;
	ok = hypervisor_is_here(hypervisor, error) &&
	     qemu_process_find(live, virDomainGetName(domain), uuid, ret, error);
	virDomainFree(domain);
	return ok;
}
