/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of rules share. */
#ifndef LATHE_VM_RULES_PRIVATE_H
#define LATHE_VM_RULES_PRIVATE_H

#include "vm_rules.h"

/* Where most rules come from. */
#define RULE_GUIDE	   "KVM-RT guide, Configuring Real-Time Virtual Machines"
#define RULE_GUIDE_THREADS "KVM-RT guide, Understanding KVM-RT Use of Threaded CPUs"
#define RULE_GUIDE_KEYS	   "KVM-RT guide, The KVM-RT Configuration File"

/* The rows, in the order of vm_rules[]. */
extern const VmRule rule_cpuset_overlap, rule_sibling_overlap, rule_under_provisioned,
	rule_rt_without_cpuset, rule_cpuset_absent, rule_siblings_named, rule_host_cpus,
	rule_first_core, rule_boot_cpu_sibling, rule_unbound_beside, rule_spans_nodes,
	rule_shared_nodes, rule_numatune_off, rule_numatune_outside,
	rule_numatune_overlap, rule_numatune_absent, rule_rt_memory, rule_fifo_shared,
	rule_fifo_emulator, rule_topology_product, rule_guest_housekeeping,
	rule_windows_topology, rule_rt_other, rule_priority_stopper,
	rule_priority_services, rule_emulator_above, rule_memory_missing,
	rule_hugepages_size, rule_hugepages_free, rule_node_memory, rule_kernel_missing,
	rule_cache_ways, rule_memory_bandwidth, rule_pci_absent, rule_pci_group,
	rule_pci_group_shared, rule_pci_msi, rule_pci_twice;

static inline const VmLayout *rule_layout(const RuleScene *scene, guint i)
{
	return scene->layouts->pdata[i];
}

/* What is known of its domain; NULL: nobody asked. */
static inline const VmDomainFacts *rule_facts(const RuleScene *scene, guint i)
{
	return scene->domains ? &scene->domains[i] : NULL;
}

static inline gboolean rule_runs(const RuleScene *scene, guint i)
{
	return scene->domains && scene->domains[i].running;
}

/* A VM's name in quotation marks, escaped. */
char *rule_name(const VmConfig *vm);

/* The rule is broken; of whom, where to change it, and a sentence. Strings of the machine or the
 * config are escaped by the caller. */
void rule_broken(const VmRule *rule, GPtrArray *breaches, const VmConfig *vm, VmKey key,
		 const char *format, ...) G_GNUC_PRINTF(5, 6);
/* Nobody could look. */
void rule_unknown(const VmRule *rule, GPtrArray *breaches, const VmConfig *vm, VmKey key,
		  const char *format, ...) G_GNUC_PRINTF(5, 6);

/* Whether a file or directory that is absent from the root is absent from the machine: the live
 * one, or a capture that is whole and could read it. */
gboolean rule_absent_is_known(const Root *root, const char *path);

#endif
