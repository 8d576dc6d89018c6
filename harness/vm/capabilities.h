/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What libvirt tells about the machine at the other end of a connection: enough to lay VMs out on one
 * whose /sys nobody here can read, and the caches as libvirt will let them be divided.
 */
#ifndef LATHE_CAPABILITIES_H
#define LATHE_CAPABILITIES_H

#include <glib.h>

#include "topology.h"
#include "vm.h"

/* A cache that libvirt can allocate ways of, or whose memory bandwidth it can limit. */
typedef struct {
	guint id, level;
	guint64 way_bytes; /* 0: its ways cannot be allocated */
	gboolean bandwidth;
	Cpuset cpus; /* that it serves */
} HostCache;

typedef struct {
	Topology *topology; /* NULL: libvirt does not tell */
	GArray *caches;	    /* of HostCache */
	gboolean kvm;	    /* it runs x86_64 guests with KVM */
} HostCapabilities;

HostCapabilities *hypervisor_capabilities(Hypervisor *hypervisor, GError **error);
/* From libvirt's XML. Errors: no capabilities, numbers that are none or beyond what a kernel
 * has, a CPU twice. */
HostCapabilities *capabilities_parse(const char *xml, GError **error);
void capabilities_free(HostCapabilities *capabilities);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HostCapabilities, capabilities_free)

#endif
