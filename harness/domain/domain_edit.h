/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A domain's XML and a VM's configuration, in both directions. lathe manages some
 * elements (those of VmConfig and VmLayout); everything else in a domain, devices,
 * metadata, foreign namespaces, qemu:commandline, is kept as it is. An element that
 * already means what is wanted is not touched: importing, synchronising and importing
 * again changes nothing.
 */
#ifndef LATHE_DOMAIN_EDIT_H
#define LATHE_DOMAIN_EDIT_H

#include <glib.h>

#include "topology.h"
#include "vm_config.h"
#include "vm_layout.h"
#include "vm_rules.h"

/*
 * The last-level caches that serve a VM's CPUs, as resctrl numbers them: libvirt's
 * cachetune wants bytes of each by its number, and its memorytune goes by the same
 * numbers.
 */
typedef struct {
	guint level;       /* 3 */
	guint64 way_bytes; /* of each: the size over the ways */
	Cpuset ids;
} DomainCache;

/*
 * What a domain says about its VM, as an import writes it: name, title, description,
 * vCPUs, topology, pins, locked memory, nodes, hidden KVM and whether any vCPU is
 * SCHED_FIFO or RR; of lathe's own keys those that the domain has. `topology` (may be
 * NULL) tells which nodes a cpuset has: numatune that equals them is read as auto.
 * `cache` (may be NULL: unknown) tells how large a way is; without it cache_ways is not
 * read. `notes` (of char *, may be NULL) gets a sentence about each thing that no key can
 * hold exactly. Errors: no domain XML, no UUID or name, numbers that are none.
 */
VmConfig *domain_read_config(const char *xml, const Topology *topology,
			     const DomainCache *cache, GPtrArray *notes, GError **error);

/* What rules want to know of a domain: `known` FALSE never happens on success. */
gboolean domain_read_facts(const char *xml, VmDomainFacts *ret, GError **error);

/*
 * The XML with what `layout` and its VM want; the text that was given where it wants
 * nothing. Newly allocated. Errors: no domain XML; what libvirt's schema has no place for.
 * cache: for cache_ways and memory_bandwidth, which are errors when it is NULL (unknown).
 *
 * Threads of a VM that is not real-time stay where somebody bound them as long as they are all
 * bound, to the CPUs of its cpuset and no other. A VM that loses its cpuset loses its
 * pins and its numatune; one that never had one keeps what it has. What is set for `rt`
 * (domain_apply_rt.c) stays when that is turned off, but for FIFO and locked memory.
 */
char *domain_apply(const char *xml, const VmLayout *layout, const DomainCache *cache,
		   GError **error);

/*
 * A new domain for a VM that libvirt does not have: needs `memory`, and `kernel` or
 * `disk`; has the devices of the ServoBox and host/QEMU notes (virtio disks with
 * cache=none, native AIO on the IOThread; no USB, sound, graphics or balloon). kvm: FALSE
 * makes an emulated one.
 */
char *domain_new(const VmLayout *layout, gboolean kvm, const DomainCache *cache,
		 GError **error);

/* Whether both mean the same to libvirt: order of attributes and of unordered elements,
 * blanks, and spellings that libvirt itself normalises (vcpusched vcpus='1-3' or three of
 * them, memory units) do not count. */
gboolean domain_same(const char *a, const char *b, gboolean *ret_same, GError **error);

/* A unified diff of both, indented alike, "" when they read the same; made with diff(1).
 * `name` is the domain's. Passwords and cookies are not in it. */
char *domain_diff(const char *before, const char *after, const char *name,
		  GError **error);

/* Sentences (char *) about what in the domain is not fit for a real-time VM: vCPUs that
 * float, memory that is not locked, devices that are emulated on the vCPU's time ... Rows
 * of domain_fit.c. */
GPtrArray *domain_unfit(const char *xml, GError **error);

#endif
