/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A domain's XML: parsed, read, brought in line with layouts of what was read, compared.
 */
#include <stdint.h>
#include <string.h>

#include "domain_edit.h"
#include "domain_hardware.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Of whatever machine: no CPU of it is known. */
static char *apply(const char *xml, const VmConfig *vm, const DomainCache *cache)
{
	g_autoptr(GPtrArray) none = g_ptr_array_new();
	const Topology nowhere = {.by_cpu = none};
	VmConfigs configs = {.vms = g_ptr_array_new()};
	g_autoptr(GError) error = NULL;
	GPtrArray *layouts;
	char *result;

	g_ptr_array_add(configs.vms, (gpointer)vm);
	layouts = vm_layouts_new(&configs, &nowhere, FALSE);
	result = domain_apply(xml, layouts->pdata[0], cache, &error);
	g_assert((result == NULL) == (error != NULL));
	g_ptr_array_unref(layouts);
	g_ptr_array_unref(configs.vms);
	return result;
}

/* Once is enough, and what comes out is read as the same VM. */
static void check_apply(const char *xml, const VmConfig *vm)
{
	static const DomainCache cache = {
		.level = 3, .way_bytes = 1 << 20, .ids = {.bits = {1}}};
	g_autofree char *once = apply(xml, vm, &cache);
	g_autofree char *twice = once ? apply(once, vm, &cache) : NULL;
	g_autoptr(VmConfig) back = NULL;

	if (!once)
		return;
	g_assert_cmpstr(once, ==, twice);
	back = domain_read_config(once, NULL, &cache, NULL, NULL);
	g_assert(back && strcmp(back->name, vm->name) == 0 &&
		 back->nr_vcpus == vm->nr_vcpus && back->rt == vm->rt);
	g_assert(!vm->rt || cpuset_equal(&back->cpuset, &vm->cpuset));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *xml = g_strndup((const char *)data, size);
	g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) error = NULL;
	g_autoptr(VmConfig) vm = domain_read_config(xml, NULL, NULL, notes, &error);
	g_autoptr(GPtrArray) unfit = domain_unfit(xml, NULL);
	g_auto(DomainHardware) hardware = {0};
	VmDomainFacts facts;
	gboolean same = FALSE;

	g_assert((vm == NULL) == (error != NULL));
	domain_read_facts(xml, &facts, NULL);
	g_assert(!domain_read_hardware(xml, &hardware, NULL) || hardware.vcpus > 0);
	if (domain_same(xml, xml, &same, NULL))
		g_assert(same);
	if (!vm)
		return 0;
	check_apply(xml, vm);
	vm_config_set(vm, VM_KEY_CPUSET, "1-3,7", NULL);
	vm_config_set(vm, VM_KEY_RT, "True", NULL);
	vm_config_set(vm, VM_KEY_VCPU_PRIORITY, "5", NULL);
	vm_config_set(vm, VM_KEY_GUEST_HOUSEKEEPING, "", NULL);
	vm_config_set(vm, VM_KEY_IOTHREADS, "2", NULL);
	vm_config_set(vm, VM_KEY_HUGEPAGES, "2M", NULL);
	vm_config_set(vm, VM_KEY_CACHE_WAYS, "3", NULL);
	check_apply(xml, vm);
	return 0;
}
