/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm_rules.h"

#include <string.h>

#include "capture.h"
#include "escape.h"
#include "vm_rules_private.h"

const char *const vm_rules_files[] = {
	"sys/devices/system/node/node*/hugepages/hugepages-*/free_hugepages",
	"proc/meminfo",
	"sys/fs/resctrl/info/*/*",
	"sys/bus/pci/devices/",
	"sys/bus/pci/devices/*/iommu_group/devices/",
	"sys/bus/pci/devices/*/msi_irqs/",
	"sys/bus/pci/devices/*/class",
	NULL,
};

const VmRule *const vm_rules[] = {
	&rule_cpuset_overlap, &rule_sibling_overlap, &rule_under_provisioned,
	&rule_rt_without_cpuset, &rule_cpuset_absent, &rule_siblings_named,
	&rule_host_cpus, &rule_first_core, &rule_boot_cpu_sibling, &rule_unbound_beside,
	&rule_spans_nodes, &rule_shared_nodes, &rule_numatune_off,
	&rule_numatune_outside, &rule_numatune_overlap, &rule_numatune_absent,
	&rule_rt_memory, &rule_fifo_shared, &rule_fifo_emulator, &rule_topology_product,
	&rule_guest_housekeeping, &rule_windows_topology, &rule_rt_other,
	&rule_priority_stopper, &rule_priority_services, &rule_emulator_above,
	&rule_memory_missing, &rule_hugepages_size, &rule_hugepages_free,
	&rule_node_memory, &rule_kernel_missing, &rule_cache_ways,
	&rule_memory_bandwidth, &rule_pci_absent, &rule_pci_group,
	&rule_pci_group_shared, &rule_pci_msi, &rule_pci_twice, NULL,
};

const char *rule_level_name(RuleLevel level)
{
	static const char *const names[] = {"advice", "warning", "error"};

	return names[level];
}

void breach_free(Breach *breach)
{
	if (!breach)
		return;
	g_free(breach->text);
	g_free(breach);
}

char *rule_name(const VmConfig *vm)
{
	g_autofree char *name = escape_text(vm->name ? vm->name : vm->uuid, -1);

	return g_strdup_printf("\"%s\"", name);
}

static void add(const VmRule *rule, GPtrArray *breaches, const VmConfig *vm, VmKey key,
		gboolean unknown, char *text)
{
	Breach *breach = g_new(Breach, 1);

	*breach = (Breach){rule, rule->level, unknown, vm, key, text};
	g_ptr_array_add(breaches, breach);
}

void rule_broken(const VmRule *rule, GPtrArray *breaches, const VmConfig *vm, VmKey key,
		 const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(rule, breaches, vm, key, FALSE, g_strdup_vprintf(format, args));
	va_end(args);
}

void rule_unknown(const VmRule *rule, GPtrArray *breaches, const VmConfig *vm, VmKey key,
		  const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(rule, breaches, vm, key, TRUE, g_strdup_vprintf(format, args));
	va_end(args);
}

gboolean rule_absent_is_known(const Root *root, const char *path)
{
	g_autofree char *errors = NULL;
	g_autofree char *line = g_strconcat("\t", path, "\n", NULL);

	if (root_is_live(root))
		return TRUE;
	if (!root_exists(root, CAPTURE_COMPLETE))
		return FALSE;
	return !root_read(root, CAPTURE_ERRORS, &errors, NULL, NULL, NULL) ||
	       !strstr(errors, line);
}

/* Stable: within a level the rows' order, then the VMs'. */
static GPtrArray *worst_first(GPtrArray *found)
{
	GPtrArray *sorted = g_ptr_array_new_with_free_func((GDestroyNotify)breach_free);

	for (int level = RULE_ERROR; level >= RULE_ADVICE; level--)
		for (guint i = 0; i < found->len; i++)
			if ((int)((Breach *)found->pdata[i])->level == level)
				g_ptr_array_add(sorted, found->pdata[i]);
	return sorted;
}

GPtrArray *vm_rules_check(const RuleScene *scene)
{
	g_autoptr(GPtrArray) found = g_ptr_array_new();

	for (const VmRule *const *rule = vm_rules; *rule; rule++)
		(*rule)->check(*rule, scene, found);
	return worst_first(found);
}

gboolean breaches_worst(const GPtrArray *breaches, RuleLevel *ret, gboolean *ret_unknown)
{
	gboolean any = FALSE, unknown = FALSE;
	RuleLevel worst = RULE_ADVICE;

	for (guint i = 0; i < breaches->len; i++) {
		const Breach *breach = breaches->pdata[i];

		unknown |= breach->unknown && breach->level == RULE_ERROR;
		if (breach->unknown)
			continue;
		any = TRUE;
		worst = MAX(worst, breach->level);
	}
	if (ret_unknown)
		*ret_unknown = unknown;
	if (any)
		*ret = worst;
	return any;
}
