/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The persistent domains of a libvirt connection: listed, read, defined, started, shut down. Every
 * function asks libvirt anew: a domain may have been edited, renamed or undefined by somebody else
 * since the last look.
 */
#ifndef LATHE_DOMAINS_H
#define LATHE_DOMAINS_H

#include <glib.h>
#include <sys/types.h>

#include "vm.h"

/* For import, show and sync: any libvirt driver, on any machine (design.md §3). */
Hypervisor *hypervisor_open_any(const char *uri, gboolean read_only, GError **error);
/* Whether the connection's VMs run on this machine: boot, shutdown and stat -t need it. */
gboolean hypervisor_is_here(const Hypervisor *hypervisor, GError **error);

typedef enum {
	DOMAIN_SHUT_OFF,
	DOMAIN_RUNNING,
	DOMAIN_PAUSED,
	DOMAIN_SHUTTING_DOWN,
	DOMAIN_CRASHED,
	DOMAIN_OTHER,
} DomainState;
const char *domain_state_name(DomainState state); /* "running", "shut off", ... */

typedef struct {
	char uuid[37]; /* lower case */
	char *name;
	DomainState state;
	gboolean persistent;
	gboolean autostart; /* libvirt's own */
	gboolean saved;	    /* its next start goes on with a saved state, and with the XML of that */
} DomainInfo;

/* All of them, running or not, by name: an array of DomainInfo * that owns its elements. */
GPtrArray *domains_list(Hypervisor *hypervisor, GError **error);
void domain_info_free(DomainInfo *info);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DomainInfo, domain_info_free)
/* Those of a list that `names` (NULL-terminated; each may be a list with commas, of names and UUIDs)
 * name, in its order; borrowed elements. A name of none is an error with the nearest one. */
GPtrArray *domains_select(const GPtrArray *list, const char *const *names, GError **error);
/* *ret NULL: there is none with that UUID, which is no error. */
gboolean domains_find(Hypervisor *hypervisor, const char *uuid, DomainInfo **ret, GError **error);

/* The persistent definition (inactive), or what runs. With what libvirt keeps from those who only
 * look (a password of a VNC display, say), since a definition without it would lose it; a
 * read-only connection has it without. */
char *domains_xml(Hypervisor *hypervisor, const char *uuid, gboolean live, GError **error);

/*
 * Defines (VIR_DOMAIN_DEFINE_VALIDATE). `expected`: the inactive XML that the change was made from,
 * or NULL when there must be no such domain: an error, and nothing is defined, when somebody has
 * changed or undefined it in between, or made one. A new name is a rename first, which libvirt refuses
 * for a running domain; a failed definition takes the rename back.
 */
gboolean domains_define(Hypervisor *hypervisor, const char *uuid, const char *xml,
			const char *expected, GError **error);

/* Starts it: with `xml` as what runs, the definition staying as it is, or staying away; NULL: as
 * defined. */
gboolean domains_start(Hypervisor *hypervisor, const char *uuid, const char *xml, GError **error);
/* Asks the guest to power off (ACPI), returns at once. What the guest makes of it is for
 * domains_find() to see. */
gboolean domains_ask_shutdown(Hypervisor *hypervisor, const char *uuid, GError **error);
/* Ends QEMU. One that is off already is no error. */
gboolean domains_destroy(Hypervisor *hypervisor, const char *uuid, GError **error);

/* QEMU's process on this machine. */
gboolean domains_pid(Hypervisor *hypervisor, const char *uuid, pid_t *ret, GError **error);

#endif
