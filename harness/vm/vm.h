/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A virtual machine through libvirt: the only folder that sees it. One Hypervisor is one
 * connection, one Vm one running domain. Events arrive on the default main context.
 */
#ifndef LATHE_VM_H
#define LATHE_VM_H

#include <glib.h>
#include <sys/types.h>

#include "channel.h"
#include "plan.h"
#include "root.h"
#include "run.h"

typedef enum { ACCEL_KVM, ACCEL_TCG } Accel;
const char *accel_name(Accel accel); /* "kvm", "tcg" */

/* The virtio-serial port of every domain made here; the agent's wire.h names it as well. */
#define VM_AGENT_PORT "org.lathe.agent.0"

/* What the domain is made from. Borrowed strings. */
typedef struct {
	const char *name; /* of the domain: "lathe-<pid>" */
	const Plan *plan;
	Accel accel;
	gboolean lock_memory; /* <locked/>: only where the host allows it */
	Cpuset memory_nodes;  /* host NUMA nodes that memory must come from; empty: any */
	guint memory_mib;
	const char *kernel, *initrd, *cmdline;
	const char *console_log; /* absolute path */
	const char *emulator;	 /* NULL: libvirt's choice for x86_64 */
	pid_t owner_pid;	 /* this lathe, in <metadata>: */
	guint64 owner_start_ticks; /* how a later lathe knows a leftover */
} VmSpec;

/* Domain XML made with libxml2, newly allocated. An error: a string with control characters
 * or not UTF-8, a path that is not absolute, a command line that the kernel would cut off, a
 * plan that cannot work (plan_check). */
char *domain_xml_new(const VmSpec *spec, GError **error);

/* TRUE when the lathe that made this domain (its <metadata>) is gone. A domain without our
 * metadata is nobody's leftover. */
gboolean domain_xml_is_leftover(const char *xml, const Root *live);

typedef struct Hypervisor Hypervisor;

/* Before any main context work; another call does nothing: libvirt-glib's event loop, silence for libvirt's
 * print-to-stderr handler. */
void hypervisor_init(void);

/* The QEMU driver inside this process. `directory` is short (a socket path holds 107 bytes)
 * and gets etc/qemu.conf; libvirt's capability cache is kept in cache_directory. */
Hypervisor *hypervisor_open_embedded(const char *directory, const char *cache_directory,
				     GError **error);
/* Another URI. Refused when the host at its other end is not this machine. */
Hypervisor *hypervisor_open(const char *uri, GError **error);
void hypervisor_free(Hypervisor *hypervisor);
/* FALSE when libvirt finds no QEMU for x86_64 there. */
gboolean hypervisor_check_emulator(Hypervisor *hypervisor, GError **error);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Hypervisor, hypervisor_free)

const char *hypervisor_uri(const Hypervisor *hypervisor);
/* "9.0.0", "7.2.22" */
char *hypervisor_libvirt_version(Hypervisor *hypervisor);
char *hypervisor_qemu_version(Hypervisor *hypervisor);

/* Destroys the domains that dead lathes left. *ret_count may be NULL. */
gboolean hypervisor_destroy_leftovers(Hypervisor *hypervisor, guint *ret_count,
				      GError **error);

typedef struct Vm Vm;

/* Creates and starts a transient domain. */
Vm *vm_create(Hypervisor *hypervisor, const char *xml, GError **error);

/* Destroys the domain if it runs, waits until its process is gone, frees. Safe on NULL. */
void vm_free(Vm *vm);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Vm, vm_free)

/* Called once when the domain stops without vm_free(): "crashed", "shut down", ... */
void vm_on_stopped(Vm *vm, void (*stopped)(const char *why, gpointer data), gpointer data);
gboolean vm_is_running(const Vm *vm);

char *vm_live_xml(Vm *vm, GError **error);
pid_t vm_pid(const Vm *vm); /* QEMU's */

/* The port NAME ("org.lathe.agent.0"), with virDomainOpenChannel. */
Channel *vm_open_channel(Vm *vm, const char *name, GError **error);

/*
 * Compares every thread of the QEMU process with the plan and adds one RunPlace each to the
 * stage. FALSE (with an error) only when /proc cannot be read. Roles come from the thread
 * names that libvirt has QEMU set (debug-threads=on); a missing vCPU thread is an error.
 */
gboolean vm_read_places(const Vm *vm, const Root *live, const Plan *plan, GPtrArray *places,
			GError **error);

/*
 * Moves QEMU's worker threads, and vhost's whoever they belong to, that sit on a vCPU's CPU, or have a real-time policy, to the
 * emulator's place. Nobody plans them: a thread that a vCPU thread makes (vhost workers since
 * Linux 6.4, the kernel's recovery of huge pages for KVM when it became a thread of QEMU)
 * inherits that vCPU's pin and priority. To be called once the guest runs.
 */
gboolean vm_move_workers(const Vm *vm, const Root *live, const Plan *plan, GError **error);

/* The thread of one vCPU, found like that. */
gboolean vm_vcpu_thread(const Vm *vm, const Root *live, const Plan *plan, guint vcpu,
			pid_t *ret_tid, GError **error);

/* What QEMU was given against what the spec asked for: accelerator, kernel, initrd, command
 * line, vCPUs, memory lock ... One sentence per deviation is added. */
gboolean vm_check_argv(const Vm *vm, const Root *live, const VmSpec *spec,
		       GPtrArray *deviations, GError **error);

#endif
