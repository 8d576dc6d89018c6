/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The VMs that lathe keeps: /etc/lathe/vms.cfg, or a RedHawk kvmrt.cfg as it is. A section is a
 * VM, named by its libvirt UUID; its keys are the attributes of the KVM-RT guide, chapter 3, and
 * lathe's own (rows of vm_keys.c). What each means for the machine is vm_layout.h's, what may
 * not be vm_rules.h's: this file knows words, not CPUs.
 */
#ifndef LATHE_VM_CONFIG_H
#define LATHE_VM_CONFIG_H

#include <glib.h>

#include "cpulist.h"

/* The attributes, in the order in which a new section is written. */
typedef enum {
	/* those of the guide */
	VM_KEY_NAME,
	VM_KEY_TITLE,
	VM_KEY_DESCRIPTION,
	VM_KEY_NR_VCPUS,
	VM_KEY_CPU_TOPOLOGY,
	VM_KEY_CPUSET,
	VM_KEY_RT,
	VM_KEY_RT_MEMORY,
	VM_KEY_NUMATUNE,
	VM_KEY_HIDE_KVM,
	VM_KEY_AUTOSTART,
	/* lathe's */
	VM_KEY_HUGEPAGES,
	VM_KEY_IOTHREADS,
	VM_KEY_VCPU_PRIORITY,
	VM_KEY_EMULATOR_PRIORITY,
	VM_KEY_GUEST_HOUSEKEEPING,
	VM_KEY_CACHE_WAYS,
	VM_KEY_MEMORY_BANDWIDTH,
	VM_KEY_PCI,
	VM_KEY_KERNEL,
	VM_KEY_INITRD,
	VM_KEY_CMDLINE,
	VM_KEY_DISK,
	VM_KEY_MEMORY,
	VM_KEYS, /* how many */
} VmKey;

/* A bool or "auto". */
typedef enum { SWITCH_OFF, SWITCH_ON, SWITCH_AUTO } VmSwitch;

/* Numbers of the keys that take "auto". */
#define VM_NUMBER_AUTO (-1)

#define VM_UUID_LENGTH 36

/* hugepages: not given, or "no": the VM's memory is not from huge pages. */
#define VM_HUGEPAGES_NONE 0
/* "default": the host's default size. */
#define VM_HUGEPAGES_DEFAULT G_MAXUINT64

/* One VM as written. What was not given has its default, and lines[] says so. */
typedef struct {
	char uuid[VM_UUID_LENGTH + 1]; /* lower case */
	guint line;		       /* of its section in the file; 0: none */
	guint lines[VM_KEYS];	       /* of each key; 0: not given */
	char *name;		       /* NULL only before it is set */
	char *title, *description;     /* never NULL; a description may have several lines */
	guint nr_vcpus;
	gboolean topology_auto;		/* one socket, nr_vcpus cores, one thread */
	guint sockets, cores, threads;	/* unless auto */
	Cpuset cpuset;			/* host CPUs; empty: bound to none */
	gboolean rt;
	VmSwitch rt_memory;		/* all of its memory locked; auto: as rt */
	gboolean numatune_auto;		/* the nodes of cpuset */
	Cpuset numatune;		/* host NUMA nodes, unless auto; empty: any */
	gboolean hide_kvm, autostart;
	/* lathe's own. Not given means: what the domain has stays as it is; for a new domain,
	 * and for priorities and guest_housekeeping, what vm_keys.c says. */
	guint64 hugepages_kib;		/* VM_HUGEPAGES_*, or the size of a page */
	int iothreads;			/* or VM_NUMBER_AUTO: one for an RT VM */
	int vcpu_priority;		/* SCHED_FIFO of RT vCPUs; 0: SCHED_OTHER */
	int emulator_priority;		/* the same of QEMU's other threads */
	gboolean guest_housekeeping_auto; /* vCPU 0 where there are two or more */
	Cpuset guest_housekeeping;	/* vCPU numbers */
	guint cache_ways;		/* of the last-level cache for the RT vCPUs; 0: not limited */
	guint memory_bandwidth;		/* per cent; 0: not limited */
	GPtrArray *pci;			/* of char *: "0000:03:00.0" */
	char *kernel, *initrd, *cmdline; /* absolute paths; NULL: none */
	GPtrArray *disks;		/* of char *: absolute paths */
	guint64 memory_mib;		/* 0: not given */
} VmConfig;

VmConfig *vm_config_new(const char *uuid); /* every default; a valid UUID in lower case */
void vm_config_free(VmConfig *vm);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmConfig, vm_config_free)

gboolean vm_config_given(const VmConfig *vm, VmKey key);

/* A key: what people read of it, and its two directions. */
typedef struct {
	const char *name;	/* "nr_vcpus" */
	const char *type;	/* "INT", "BOOL", "BOOL|auto", "ID-SET" ... */
	const char *fallback;	/* the default as it would be written; "" is one; NULL: the
				 * key must be given */
	gboolean takes_empty;	/* an empty value is a value; else it is as if not given */
	gboolean ours;		/* not an attribute of the guide */
	const char *help;	/* one or more sentences */
	/* *vm untouched on failure. */
	gboolean (*parse)(VmConfig *vm, const char *text, GError **error);
	char *(*format)(const VmConfig *vm); /* what parse() takes back */
} VmKeyRow;
extern const VmKeyRow vm_keys[VM_KEYS];

/* A key by its name in lower case; VM_KEYS: none. */
VmKey vm_key_find(const char *name);

/* Sets a key as a line of the file would, and counts it as given (line 0 becomes 1) unless the
 * value is empty and the key takes none: then it has its default and is not given. *vm untouched on
 * failure; the error does not name the key. */
gboolean vm_config_set(VmConfig *vm, VmKey key, const char *text, GError **error);
/* Whether both mean the same for one key, however it is spelt: also `auto` and what it stands for,
 * where that follows from the config alone (cpu_topology, rt_memory). */
gboolean vm_config_same(const VmConfig *a, const VmConfig *b, VmKey key);

/* A whole file. */
typedef struct {
	char *path;	/* what errors call it */
	char *text;	/* as read: what is edited, so that comments and order stay */
	GPtrArray *vms; /* of VmConfig *, in file order */
} VmConfigs;

/*
 * Strict: a malformed line, a duplicate section or key, a key of no row (with the nearest one as
 * the hint), a section that is no UUID, a value that its key cannot hold, two VMs of one name
 * and a VM without one are errors: "PATH:LINE: ...". What one key means for another is the rules'
 * (vm_rules.h). What KVM-RT's own reader takes is taken (INI_CONFIGPARSER): keys in any case, ':' for '=', values that go on in indented lines.
 */
VmConfigs *vm_configs_parse(const char *text, gsize length, const char *path, GError **error);
/* A file that is not there is an error whose hint names `lathe vm import`. */
VmConfigs *vm_configs_read(const char *path, GError **error);
/* A file that is not there is an empty config. */
VmConfigs *vm_configs_read_or_empty(const char *path, GError **error);
void vm_configs_free(VmConfigs *configs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmConfigs, vm_configs_free)

/* By UUID, then by name; NULL: none. */
VmConfig *vm_configs_find(const VmConfigs *configs, const char *name_or_uuid);

/*
 * The VMs that `names` (NULL-terminated; each may be a list with commas) name, in file order,
 * each once; all of them when there are no names. Borrowed elements. A name of none is an error
 * with the nearest one.
 */
GPtrArray *vm_configs_select(const VmConfigs *configs, const char *const *names,
			     GError **error);

/*
 * The text with one VM's keys as they are in `vm`: a key that is there gets its new value in its
 * line unless the old one means the same, a key that is given, not there and not as its default is
 * added behind the section's last one, a new section at the end. Every other byte stays. Newly
 * allocated. `text` is one that vm_configs_parse() took; NULL when it is not.
 */
char *vm_configs_edit(const char *text, const VmConfig *vm);
/* The text without a VM's section: from its [UUID] to its last key. Comments behind that stay. */
char *vm_configs_remove(const char *text, const char *uuid);

/* The section of one VM as a new file would have it: every key of the guide, and those of
 * lathe's that are given. */
char *vm_config_format(const VmConfig *vm);

/*
 * Writes aside, syncs and renames; the old file stays until then. A symbolic link stays and its
 * target is replaced. Mode and owner are kept; a new file is 0644, and so (0755) are directories
 * that it needs.
 */
gboolean vm_configs_write(const char *path, const char *text, GError **error);
/* The same for what was made of `read`: an error when the file (its path) has changed since. */
gboolean vm_configs_save(const VmConfigs *read, const char *text, GError **error);

#endif
