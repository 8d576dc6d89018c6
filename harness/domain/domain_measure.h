/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A domain as it is to run while it is measured: what it is defined as, and what lathe needs of it.
 * Never defined: it is started on top of the definition, which stays.
 */
#ifndef LATHE_DOMAIN_MEASURE_H
#define LATHE_DOMAIN_MEASURE_H

#include <glib.h>

typedef struct {
	/* Who started it, as <ELEMENT pid= start-ticks=> of that namespace in its metadata: a later
	 * lathe recognises what an earlier one left. */
	const char *owner_namespace, *owner_element;
	guint64 owner_pid, owner_start_ticks;
	/* lathe's own guest; NULL: it boots what it is defined with, and nothing else is changed. */
	const char *kernel, *initrd, *cmdline;
	const char *console_log; /* its first serial port */
	const char *agent_port;	 /* a virtio-serial port of this name */
} DomainMeasure;

/* Newly allocated. An error: no domain XML. */
char *domain_measure(const char *xml, const DomainMeasure *measure, GError **error);

/* What of a domain its configuration does not say. */
typedef struct {
	gboolean kvm; /* else emulated */
	guint iothreads;
} DomainTraits;
gboolean domain_read_traits(const char *xml, DomainTraits *ret, GError **error);

#endif
