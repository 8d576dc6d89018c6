/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "error.h"
#include "plan.h"
#include "vm_config.h"
#include "vm_value.h"

/* CONFIG_NODES_SHIFT is at most 10. */
#define NODES_MAX 1024
/* 99 belongs to the kernel's migration and watchdog threads. */
#define PRIORITY_MAX  98
#define IOTHREADS_MAX 64
/* A capacity bitmask of resctrl has 32 bits. */
#define CACHE_WAYS_MAX 32
#define BANDWIDTH_MIN  10
#define MEMORY_MIN_KIB (16u << 10)
#define MEMORY_MAX_KIB (G_GUINT64_CONSTANT(64) << 30)
#define PAGE_MIN_KIB   64
#define PAGE_MAX_KIB   (16u << 20)
#define KIB_PER_MIB    1024
/* libvirt's file of the VM is NAME.xml. */
#define NAME_MAX_BYTES 251

/* Each row has these two; what they are called with is the row's. */
#define PARSE(id)                                                                        \
	static gboolean parse_##id(VmConfig *vm, const char *text, GError **error)
#define FORMAT(id) static char *format_##id(const VmConfig *vm)

#define TEXT_KEY(id, parser)                                                             \
	PARSE(id)                                                                        \
	{                                                                                \
		return parser(text, &vm->id, error);                                     \
	}                                                                                \
	FORMAT(id)                                                                       \
	{                                                                                \
		return g_strdup(vm->id ? vm->id : "");                                   \
	}
#define BOOL_KEY(id)                                                                     \
	PARSE(id)                                                                        \
	{                                                                                \
		return vm_value_bool(text, &vm->id, error);                                 \
	}                                                                                \
	FORMAT(id)                                                                       \
	{                                                                                \
		return g_strdup(vm->id ? "True" : "False");                              \
	}
#define LIST_KEY(id, member, parser)                                                     \
	PARSE(id)                                                                        \
	{                                                                                \
		return parser(text, &vm->member, error);                                 \
	}                                                                                \
	FORMAT(id)                                                                       \
	{                                                                                \
		return vm_value_format_list(vm->member);                                    \
	}
/* "" is 0, which means that the key is not given. */
#define LIMIT_KEY(id, min, max)                                                          \
	PARSE(id)                                                                        \
	{                                                                                \
		if (*text)                                                               \
			return vm_value_number(text, min, max, &vm->id, error);             \
		vm->id = 0;                                                              \
		return TRUE;                                                             \
	}                                                                                \
	FORMAT(id)                                                                       \
	{                                                                                \
		return vm->id ? g_strdup_printf("%u", vm->id) : g_strdup("");            \
	}
#define PRIORITY_KEY(id)                                                                 \
	PARSE(id)                                                                        \
	{                                                                                \
		return parse_or_auto(text, PRIORITY_MAX, &vm->id, error);                \
	}                                                                                \
	FORMAT(id)                                                                       \
	{                                                                                \
		return format_or_auto(vm->id);                                           \
	}

static gboolean parse_or_auto(const char *text, guint max, int *ret, GError **error)
{
	guint number;

	if (vm_value_is_auto(text)) {
		*ret = VM_NUMBER_AUTO;
		return TRUE;
	}
	if (!vm_value_number(text, 0, max, &number, NULL))
		return vm_value_refuse(error, text, "'auto' or a number from 0 to %u", max);
	*ret = (int)number;
	return TRUE;
}

static char *format_or_auto(int number)
{
	return number == VM_NUMBER_AUTO ? g_strdup("auto") : g_strdup_printf("%d", number);
}

TEXT_KEY(title, vm_value_line)
TEXT_KEY(description, vm_value_lines)
BOOL_KEY(rt)
BOOL_KEY(hide_kvm)
BOOL_KEY(autostart)
PRIORITY_KEY(vcpu_priority)
PRIORITY_KEY(emulator_priority)
LIMIT_KEY(cache_ways, 1, CACHE_WAYS_MAX)
LIMIT_KEY(memory_bandwidth, BANDWIDTH_MIN, 100)
LIST_KEY(pci, pci, vm_value_pci)
LIST_KEY(disk, disks, vm_value_paths)
TEXT_KEY(kernel, vm_value_path)
TEXT_KEY(initrd, vm_value_path)
TEXT_KEY(cmdline, vm_value_cmdline)

PARSE(name)
{
	if (!*text)
		return lathe_error(error, LATHE_ERROR_INPUT, "a VM needs a name");
	/* libvirt's QEMU driver makes file names of it. */
	if (strchr(text, '/') || strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
		return vm_value_refuse(error, text, "a name that libvirt takes: it has a '/'");
	if (strlen(text) > NAME_MAX_BYTES)
		return vm_value_refuse(error, text, "a name of at most %d bytes", NAME_MAX_BYTES);
	if (g_ascii_isspace(text[0]) || g_ascii_isspace(text[strlen(text) - 1]))
		return vm_value_refuse(error, text,
				    "a name that a file can hold: it begins or ends with a blank");
	return vm_value_line(text, &vm->name, error);
}

FORMAT(name)
{
	return g_strdup(vm->name ? vm->name : "");
}

PARSE(nr_vcpus)
{
	return vm_value_number(text, 1, PLAN_VCPUS_MAX, &vm->nr_vcpus, error);
}

FORMAT(nr_vcpus)
{
	return g_strdup_printf("%u", vm->nr_vcpus);
}

PARSE(cpu_topology)
{
	g_auto(GStrv) parts = g_strsplit(text, ",", -1);
	guint counts[3];

	if (vm_value_is_auto(text)) {
		vm->topology_auto = TRUE;
		vm->sockets = vm->cores = vm->threads = 0;
		return TRUE;
	}
	for (guint i = 0; i < 3; i++)
		if (g_strv_length(parts) != 3 ||
		    !vm_value_number(g_strstrip(parts[i]), 1, PLAN_VCPUS_MAX, &counts[i], NULL))
			return vm_value_refuse(error, text,
					    "'auto' or 'sockets, cores, threads', each from 1 to %d",
					    PLAN_VCPUS_MAX);
	vm->topology_auto = FALSE;
	vm->sockets = counts[0];
	vm->cores = counts[1];
	vm->threads = counts[2];
	return TRUE;
}

FORMAT(cpu_topology)
{
	return vm->topology_auto ? g_strdup("auto")
				 : g_strdup_printf("%u, %u, %u", vm->sockets, vm->cores,
						   vm->threads);
}

PARSE(cpuset)
{
	return vm_value_set(text, CPUSET_CPUS, &vm->cpuset, error);
}

FORMAT(cpuset)
{
	return cpulist_format(&vm->cpuset);
}

PARSE(rt_memory)
{
	gboolean on = FALSE;
	gboolean is_auto = vm_value_is_auto(text);

	if (!is_auto && !vm_value_bool(text, &on, NULL))
		return vm_value_refuse(error, text,
				    "'auto' or one of true, false, on, off, yes, no, 1, 0");
	vm->rt_memory = is_auto ? SWITCH_AUTO : on ? SWITCH_ON : SWITCH_OFF;
	return TRUE;
}

FORMAT(rt_memory)
{
	static const char *const words[] = {"False", "True", "auto"};

	return g_strdup(words[vm->rt_memory]);
}

PARSE(numatune)
{
	return vm_value_set_or_auto(text, NODES_MAX, &vm->numatune_auto, &vm->numatune, error);
}

FORMAT(numatune)
{
	return vm->numatune_auto ? g_strdup("auto") : cpulist_format(&vm->numatune);
}

PARSE(hugepages)
{
	guint64 kib;

	if (!*text || g_ascii_strcasecmp(text, "no") == 0) {
		vm->hugepages_kib = VM_HUGEPAGES_NONE;
		return TRUE;
	}
	if (g_ascii_strcasecmp(text, "default") == 0) {
		vm->hugepages_kib = VM_HUGEPAGES_DEFAULT;
		return TRUE;
	}
	if (!vm_value_size(text, PAGE_MIN_KIB, PAGE_MAX_KIB, &kib, NULL) || (kib & (kib - 1)) != 0)
		return vm_value_refuse(error, text,
				    "'no', 'default' or the size of a page such as 2M or 1G");
	vm->hugepages_kib = kib;
	return TRUE;
}

FORMAT(hugepages)
{
	if (vm->hugepages_kib == VM_HUGEPAGES_NONE)
		return g_strdup(vm_config_given(vm, VM_KEY_HUGEPAGES) ? "no" : "");
	return vm->hugepages_kib == VM_HUGEPAGES_DEFAULT ? g_strdup("default")
							 : vm_value_format_size(vm->hugepages_kib);
}

PARSE(iothreads)
{
	return parse_or_auto(*text ? text : "auto", IOTHREADS_MAX, &vm->iothreads, error);
}

FORMAT(iothreads)
{
	return vm_config_given(vm, VM_KEY_IOTHREADS) ? format_or_auto(vm->iothreads)
						     : g_strdup("");
}

PARSE(guest_housekeeping)
{
	return vm_value_set_or_auto(text, PLAN_VCPUS_MAX, &vm->guest_housekeeping_auto,
				 &vm->guest_housekeeping, error);
}

FORMAT(guest_housekeeping)
{
	return vm->guest_housekeeping_auto ? g_strdup("auto")
					   : cpulist_format(&vm->guest_housekeeping);
}

PARSE(memory)
{
	guint64 kib = 0;

	if (*text && !vm_value_size(text, MEMORY_MIN_KIB, MEMORY_MAX_KIB, &kib, error))
		return FALSE;
	if (kib % KIB_PER_MIB != 0)
		return vm_value_refuse(error, text, "a number of whole MiB");
	vm->memory_mib = kib / KIB_PER_MIB;
	return TRUE;
}

FORMAT(memory)
{
	return vm->memory_mib ? vm_value_format_size(vm->memory_mib * KIB_PER_MIB) : g_strdup("");
}

#define ROW(id) .name = #id, .parse = parse_##id, .format = format_##id

const VmKeyRow vm_keys[VM_KEYS] = {
	[VM_KEY_NAME] = {
		ROW(name), .type = "STRING", .fallback = NULL,
		.help = "The VM's name in libvirt. It must be given, and can be changed.",
	},
	[VM_KEY_TITLE] = {
		ROW(title), .type = "STRING", .fallback = "", .takes_empty = TRUE,
		.help = "A title: one line.",
	},
	[VM_KEY_DESCRIPTION] = {
		ROW(description), .type = "STRING", .fallback = "", .takes_empty = TRUE,
		.help = "A description. It may go on in lines that are indented.",
	},
	[VM_KEY_NR_VCPUS] = {
		ROW(nr_vcpus), .type = "INT", .fallback = "1",
		.help = "How many virtual CPUs the VM has.",
	},
	[VM_KEY_CPU_TOPOLOGY] = {
		ROW(cpu_topology), .type = "INT, INT, INT|auto", .fallback = "auto",
		.help = "The CPU topology that the guest sees: sockets, cores of a socket, threads "
			"of a core. Their product is nr_vcpus. auto: one socket with nr_vcpus cores "
			"of one thread.",
	},
	[VM_KEY_CPUSET] = {
		ROW(cpuset), .type = "ID-SET", .fallback = "", .takes_empty = TRUE,
		.help = "The host CPUs that the VM's threads are bound to. The first one carries "
			"every thread that runs no vCPU, the vCPUs take turns on the others. Empty: "
			"bound to none.",
	},
	[VM_KEY_RT] = {
		ROW(rt), .type = "BOOL", .fallback = "False",
		.help = "Whether the VM is real-time. It needs a cpuset and locked memory then, and "
			"owns every sibling thread of its CPUs.",
	},
	[VM_KEY_RT_MEMORY] = {
		ROW(rt_memory), .type = "BOOL|auto", .fallback = "auto",
		.help = "Whether all memory of the VM is locked. auto: as rt.",
	},
	[VM_KEY_NUMATUNE] = {
		ROW(numatune), .type = "ID-SET|auto", .fallback = "auto", .takes_empty = TRUE,
		.help = "The host NUMA nodes that the VM's memory comes from. Empty, or without a "
			"cpuset: any. auto: the nodes of cpuset.",
	},
	[VM_KEY_HIDE_KVM] = {
		ROW(hide_kvm), .type = "BOOL", .fallback = "False",
		.help = "Whether the guest may not see that it runs on KVM.",
	},
	[VM_KEY_AUTOSTART] = {
		ROW(autostart), .type = "BOOL", .fallback = "True",
		.help = "Whether lathe vm boot starts the VM when no VM is named.",
	},
	[VM_KEY_HUGEPAGES] = {
		ROW(hugepages), .type = "no|default|SIZE", .fallback = "", .ours = TRUE,
		.help = "Memory from huge pages: no, default for those of the host's default size, "
			"or the size of a page (2M, 1G).",
	},
	[VM_KEY_IOTHREADS] = {
		ROW(iothreads), .type = "INT|auto", .fallback = "", .ours = TRUE,
		.help = "How many IOThreads serve the VM's disks. auto: one for a real-time VM.",
	},
	[VM_KEY_VCPU_PRIORITY] = {
		ROW(vcpu_priority), .type = "INT|auto", .fallback = "auto", .ours = TRUE,
		.help = "The SCHED_FIFO priority of the real-time vCPUs, at most 98; 0: SCHED_OTHER. "
			"auto: 80 for the vCPUs of a real-time VM that are not guest_housekeeping.",
	},
	[VM_KEY_EMULATOR_PRIORITY] = {
		ROW(emulator_priority), .type = "INT|auto", .fallback = "auto", .ours = TRUE,
		.help = "The same for QEMU's other threads. auto: 0.",
	},
	[VM_KEY_GUEST_HOUSEKEEPING] = {
		ROW(guest_housekeeping), .type = "ID-SET|auto", .fallback = "auto", .ours = TRUE,
		.takes_empty = TRUE,
		.help = "The vCPUs (numbers from 0) that a real-time VM's guest keeps house on: they "
			"are SCHED_OTHER and are not measured. auto: vCPU 0 where there are two or "
			"more.",
	},
	[VM_KEY_CACHE_WAYS] = {
		ROW(cache_ways), .type = "INT", .fallback = "", .ours = TRUE,
		.help = "How many ways of the last-level cache are the VM's alone (libvirt's "
			"cachetune; the CPU must support it).",
	},
	[VM_KEY_MEMORY_BANDWIDTH] = {
		ROW(memory_bandwidth), .type = "INT", .fallback = "", .ours = TRUE,
		.help = "The memory bandwidth that the VM may use, in per cent from 10 to 100 "
			"(libvirt's memorytune; the CPU must support it).",
	},
	[VM_KEY_PCI] = {
		ROW(pci), .type = "PCI-LIST", .fallback = "", .ours = TRUE,
		.help = "Host PCI devices that are the VM's (VFIO): [domain:]bus:slot.function, with "
			"commas between them.",
	},
	[VM_KEY_KERNEL] = {
		ROW(kernel), .type = "PATH", .fallback = "", .ours = TRUE,
		.help = "A kernel that is booted directly, without boot loader.",
	},
	[VM_KEY_INITRD] = {
		ROW(initrd), .type = "PATH", .fallback = "", .ours = TRUE,
		.help = "The initial RAM file system of kernel.",
	},
	[VM_KEY_CMDLINE] = {
		ROW(cmdline), .type = "STRING", .fallback = "", .ours = TRUE,
		.help = "The command line of kernel.",
	},
	[VM_KEY_DISK] = {
		ROW(disk), .type = "PATH-LIST", .fallback = "", .ours = TRUE,
		.help = "Disk images or block devices of a VM that libvirt does not have yet, with "
			"commas between them.",
	},
	[VM_KEY_MEMORY] = {
		ROW(memory), .type = "SIZE", .fallback = "", .ours = TRUE,
		.help = "The VM's memory; a number without unit counts MiB.",
	},
};
