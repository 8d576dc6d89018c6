/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "domain_editing.h"
#include "domain_reading.h"
#include "element.h"
#include "error.h"
#include "xml_values.h"

#define KIB_PER_MIB 1024

static void write_mib(xmlNode *node, guint64 mib)
{
	element_set(element_set_text_number(node, mib), "unit", "MiB");
}

/* Guest NUMA nodes have memory of their own, whose sum libvirt takes for the whole. */
static gboolean set_size(const DomainEdit *edit, GError **error)
{
	guint64 mib = edit->layout->vm->memory_mib;
	xmlNode *memory = element_child(edit->domain, "memory");
	xmlNode *current = element_child(edit->domain, "currentMemory");
	guint64 kib = 0;

	if (mib == 0)
		return TRUE;
	if (memory && !xml_memory_kib(memory, &kib, error))
		return FALSE;
	if (kib == mib * KIB_PER_MIB)
		return TRUE;
	if (element_at(edit->domain, "cpu/numa"))
		return lathe_error(
			error, LATHE_ERROR_USAGE,
			"memory is %" G_GUINT64_FORMAT
			" MiB and the domain divides another size into NUMA nodes of "
			"the guest's: change both with virsh edit",
			mib);
	write_mib(memory ? memory : element_add(edit->domain, "memory"), mib);
	if (current)
		write_mib(current, mib);
	return TRUE;
}

/* Without a balloon nobody can give the guest the rest. */
static gboolean set_current(const DomainEdit *edit, GError **error)
{
	xmlNode *memory = element_child(edit->domain, "memory");
	xmlNode *current = element_child(edit->domain, "currentMemory");
	guint64 kib, current_kib;

	if (!edit->layout->vm->rt || !memory || !current)
		return TRUE;
	if (!xml_memory_kib(memory, &kib, error) ||
	    !xml_memory_kib(current, &current_kib, error))
		return FALSE;
	if (current_kib < kib)
		element_remove(current);
	return TRUE;
}

/* ---- <memoryBacking> ---- */

static void set_flag(xmlNode *domain, const char *name, gboolean wanted)
{
	xmlNode *backing = element_child(domain, "memoryBacking");

	if (wanted) {
		element_need_at(domain, "memoryBacking");
		element_need(element_child(domain, "memoryBacking"), name);
	} else if (element_child(backing, name)) {
		element_remove(element_child(backing, name));
		element_remove_empty(backing);
	}
}

/* libvirt refuses huge pages that are anonymous, or handed out on demand. */
static void make_room_for_hugepages(xmlNode *backing)
{
	xmlNode *source = element_child(backing, "source");
	xmlNode *allocation = element_child(backing, "allocation");

	if (source && element_has(source, "type", "anonymous"))
		element_remove(source);
	if (allocation && element_has(allocation, "mode", "ondemand"))
		element_set(allocation, "mode", "immediate");
}

static gboolean set_hugepages(const DomainEdit *edit, GError **error)
{
	const VmConfig *vm = edit->layout->vm;
	guint64 kib;
	gboolean exact;
	xmlNode *node, *page;

	if (!vm_config_given(vm, VM_KEY_HUGEPAGES))
		return TRUE;
	if (!domain_hugepages(edit->domain, &kib, &exact, error))
		return FALSE;
	if (exact && kib == vm->hugepages_kib)
		return TRUE;
	set_flag(edit->domain, "hugepages", FALSE);
	if (vm->hugepages_kib == VM_HUGEPAGES_NONE)
		return TRUE;
	node = element_need_at(edit->domain, "memoryBacking/hugepages");
	make_room_for_hugepages(node->parent);
	if (vm->hugepages_kib == VM_HUGEPAGES_DEFAULT)
		return TRUE;
	page = element_add(node, "page");
	element_set_number(page, "size", vm->hugepages_kib);
	element_set(page, "unit", "KiB");
	return TRUE;
}

static void set_backing(const DomainEdit *edit)
{
	set_flag(edit->domain, "locked", edit->layout->lock_memory);
	if (!edit->layout->vm->rt)
		return;
	/* libvirt kbase kvm-realtime, SEAPATH: KSM breaks shared pages up again at a
	 * write, which is a fault. */
	set_flag(edit->domain, "nosharepages", TRUE);
	/* Host and QEMU tuning notes (-mem-prealloc beside -mem-path). */
	if (element_at(edit->domain, "memoryBacking/hugepages"))
		element_set(element_need_at(edit->domain, "memoryBacking/allocation"),
			    "mode", "immediate");
}

/* ---- <numatune> ---- */

static gboolean comes_from(const xmlNode *memory, const Cpuset *nodes, gboolean strictly)
{
	g_autofree char *mode = element_get(memory, "mode");
	Cpuset now;

	if (!memory || !xmlHasProp((xmlNode *)memory, BAD_CAST "nodeset") ||
	    !xml_list_attribute(memory, "nodeset", TOPOLOGY_NODES, &now, NULL) ||
	    !cpuset_equal(&now, nodes))
		return FALSE;
	/* strict is libvirt's default; restrictive goes by the same nodes, through the
	 * cgroup. */
	return !strictly || !mode || g_str_equal(mode, "strict") ||
	       g_str_equal(mode, "restrictive");
}

static void set_numatune(const DomainEdit *edit)
{
	const VmLayout *layout = edit->layout;
	xmlNode *tune = element_child(edit->domain, "numatune");
	xmlNode *memory = element_child(tune, "memory");
	g_autofree char *list = cpulist_format(&layout->nodes);

	if (*list) {
		if (comes_from(memory, &layout->nodes, layout->vm->rt))
			return;
		memory = element_need_at(edit->domain, "numatune/memory");
		element_unset(memory, "placement");
		element_set(memory, "mode", "strict");
		element_set(memory, "nodeset", list);
		return;
	}
	/* Of a VM that never was bound it is not the configuration's. */
	if (!memory || !xmlHasProp(memory, BAD_CAST "nodeset") ||
	    (!layout->bound && !edit->was_bound))
		return;
	element_remove(memory);
	element_remove_empty(tune);
}

gboolean domain_apply_memory(const DomainEdit *edit, GError **error)
{
	if (!set_size(edit, error) || !set_current(edit, error) ||
	    !set_hugepages(edit, error))
		return FALSE;
	set_backing(edit);
	set_numatune(edit);
	return TRUE;
}
