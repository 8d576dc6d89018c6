/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine that configured VMs are for: this one, one that was captured, or one elsewhere of
 * which libvirt alone tells.
 */
#ifndef LATHE_FLEET_HOST_H
#define LATHE_FLEET_HOST_H

#include <glib.h>

#include "capabilities.h"
#include "domain_edit.h"
#include "domains.h"
#include "root.h"
#include "state.h"
#include "topology.h"
#include "vm_config.h"
#include "vm_rules.h"

typedef struct {
	Hypervisor *hypervisor; /* borrowed; NULL: libvirt is not asked */
	gboolean here;		/* it is this machine */
	const Root *root;	/* of that machine; an empty tree when nobody here can read it */
	const Topology *topology; /* NULL: neither the root nor libvirt tells */
	HostCapabilities *capabilities;
	const char *lib; /* of the state, borrowed; NULL: nobody asks which siblings are offline */
	/* what the two above point to, when it is not borrowed */
	Root *own_root;
	Topology *own_topology;
} FleetHost;

/*
 * The libvirt at `uri`; "embedded" is the one inside this process, below state->lib, where its VMs
 * outlive a reboot. here: one whose VMs run on this machine, else any.
 */
Hypervisor *fleet_connect(const State *state, const char *uri, gboolean here, gboolean read_only,
			  GError **error);

/* root: a tree of the hypervisor's machine, borrowed; NULL: the live one where it is this. hypervisor
 * NULL: libvirt is not asked, and the machine is this one unless there is a root. */
FleetHost *fleet_host_new(Hypervisor *hypervisor, const Root *root, GError **error);
void fleet_host_free(FleetHost *host);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FleetHost, fleet_host_free)

/* FALSE with an error: the topology is not known, and without it no VM can be laid out. */
gboolean fleet_host_check_topology(const FleetHost *host, GError **error);

/* The caches that serve a VM's CPUs. FALSE when libvirt divides none of them. */
gboolean fleet_host_cache(const FleetHost *host, const Cpuset *cpus, DomainCache *ret);

/*
 * Takes the CPUs that are offline beside a running VM (siblings.h) out of that VM's cpuset in
 * `configs`, on a live machine: they are on no core now, and would be taken for CPUs of their own. For
 * a config that is laid out, not for one that is written. lib: the state's; NULL: nothing is done.
 */
gboolean fleet_host_leave_out_held(const FleetHost *host, const char *lib, VmConfigs *configs,
				   GError **error);

/* Whether a new VM may have KVM. libvirt takes the device node for it; a VM of a KVM that does not
 * work would only hang, so that of this machine is proven. */
gboolean fleet_host_kvm(const FleetHost *host);

/* What libvirt knows of each VM, in the order of the config. NULL with an error: libvirt cannot
 * be asked. */
VmDomainFacts *fleet_host_facts(const FleetHost *host, const VmConfigs *configs, GError **error);

/* Every breach of the rules (vm_rules_check) with those facts. */
GPtrArray *fleet_host_breaches(const FleetHost *host, const VmConfigs *configs,
			       const GPtrArray *layouts, GError **error);

#endif
