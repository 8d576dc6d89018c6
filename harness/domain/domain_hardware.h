/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a domain's XML asks QEMU for that its arguments can be held against. */
#ifndef LATHE_DOMAIN_HARDWARE_H
#define LATHE_DOMAIN_HARDWARE_H

#include <glib.h>

typedef struct {
	char *type;	       /* "kvm", "qemu" ... */
	guint vcpus;	       /* at the start */
	guint64 memory_kib;    /* 0: it has memory devices, which come on top and may be unplugged */
	gboolean memory_locked;
	guint iothreads;
} DomainHardware;

/* *ret untouched on failure. */
gboolean domain_read_hardware(const char *xml, DomainHardware *ret, GError **error);
void domain_hardware_clear(DomainHardware *hardware);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(DomainHardware, domain_hardware_clear)

#endif
