/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What Hypervisor and Vm are made of: for the files of this folder only. */
#ifndef LATHE_VM_INTERNAL_H
#define LATHE_VM_INTERNAL_H

#include "vm.h"

struct _virConnect;
struct _virDomain;

struct Hypervisor {
	struct _virConnect *connection;
	char *uri;
	/* Vm *: those whose events are listened to. libvirt takes a callback for all domains once a
	 * connection, however many listen. */
	GPtrArray *watched;
	int lifecycle_id; /* of libvirt's callbacks, while there are some; monitor: -1: none */
	int monitor_id;
	char *directory; /* of the embedded libvirt, canonical; else NULL */
	gboolean read_only;
};

struct Vm {
	Hypervisor *hypervisor;
	struct _virDomain *domain;
	char uuid[37];
	pid_t pid;
	int pidfd;	    /* readable once the process is gone */
	guint gone_source;  /* GLib sources, 0: none */
	guint report_source;
	char *guest_reason; /* what QEMU said about the guest's end, or NULL */
	char *why;	    /* the domain stopped: why */
	gboolean reported;
	void (*stopped)(const char *why, gpointer data);
	gpointer stopped_data;
};

/* As libvirt_error(); tells when it was the connection that went. FALSE. */
gboolean domains_failed(const Hypervisor *hypervisor, GError **error, const char *format, ...)
	G_GNUC_PRINTF(3, 4);
/* *ret NULL: libvirt knows none of that UUID, which is no error. To be freed. */
gboolean domains_lookup(Hypervisor *hypervisor, const char *uuid, struct _virDomain **ret,
			GError **error);
/* The same, where a missing one is an error: it was there a moment ago. */
struct _virDomain *domains_get(Hypervisor *hypervisor, const char *uuid, GError **error);
/* Of the definition, or what runs. */
char *domains_read_xml(const Hypervisor *hypervisor, struct _virDomain *domain, gboolean live,
		       GError **error);

#endif
