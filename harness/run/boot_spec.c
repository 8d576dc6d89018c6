/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot_spec.h"

#include <unistd.h>

#include "accel.h"
#include "configured.h"
#include "guest.h"
#include "kvm.h"
#include "proc.h"
#include "topology.h"

/* QEMU's own memory beside the guest's, in MiB: what <locked/> would lock as well. */
#define QEMU_OVERHEAD_MIB 512

gboolean boot_spec_choose_accel(Guest *guest, GError **error)
{
	RunContext *context = guest->context;
	RunVm *record = guest->record;

	if (guest->config && guest->config->definition)
		return configured_choose_accel(guest, error);
	if (context->options->accel == ACCEL_CHOICE_TCG) {
		guest->spec.accel = ACCEL_TCG;
		record->accel_reason = g_strdup("asked for with --accel tcg");
	} else if (context->options->accel == ACCEL_CHOICE_KVM) {
		guest->spec.accel = ACCEL_KVM;
		record->accel_reason = g_strdup("asked for with --accel kvm, not proven");
	} else {
		guest->spec.accel =
			accel_proven(bundle_path(context->bundle), &record->accel_reason);
	}
	return TRUE;
}

/* A configured VM's is its configuration's; whether the host lets it, starting it shows. */
static void take_memory_lock(Guest *guest)
{
	guest->spec.lock_memory = guest->config->layout->lock_memory;
	g_free(guest->record->memory_locked);
	guest->record->memory_locked =
		g_strdup(guest->spec.lock_memory ? "yes" : "no: its rt_memory does not ask for it");
}

static void choose_memory_lock(Guest *guest)
{
	guint64 bytes = ((guint64)guest->memory_mib + QEMU_OVERHEAD_MIB) << 20;
	g_autofree char *why_not = NULL;

	guest->spec.lock_memory = memory_lock_allowed(bytes, &why_not);
	g_free(guest->record->memory_locked);
	guest->record->memory_locked = guest->spec.lock_memory
					       ? g_strdup("yes")
					       : g_strdup_printf("no: %s", why_not);
}

/* Where the host has several NUMA nodes, those of the CPUs that vCPUs were planned on. */
static void choose_memory_nodes(Guest *guest)
{
	g_autoptr(Topology) topology = topology_read(guest->context->live, NULL);
	Cpuset cpus = plan_rt_cpus(guest->plan);
	Cpuset nodes = {0};

	if (!topology || topology->nodes->len < 2)
		return;
	CPUSET_FOREACH (cpu, &cpus) {
		const TopologyCpu *found = topology_cpu(topology, (guint)cpu);
		const TopologyNode *node = found ? found->node : NULL;

		/* A node without memory has none to give; pinning.numatune then says so. */
		if (!node || !node->memory_known || node->memory_bytes == 0)
			return;
		cpuset_add(&nodes, node->number);
	}
	guest->spec.memory_nodes = nodes;
}

/* quiet: printk to an emulated serial port stalls the vCPU that prints. panic=-1 reboots at
 * once, which ends the domain: a panicked guest is noticed, not waited for. */
static char *guest_cmdline(const Guest *guest)
{
	g_autofree char *isolation = plan_guest_cmdline(guest->plan);
	const char *more = guest->context->profile->guest_cmdline;
	const char *own = guest->config ? guest->config->vm->cmdline : NULL;
	gboolean has_own = own && *own;

	return g_strdup_printf("console=ttyS0 panic=-1 quiet loglevel=4 "
			       "cryptomgr.notests=1%s%s%s%s%s%s",
			       guest_is_rt(guest) ? " " : "", guest_is_rt(guest) ? isolation : "",
			       *more ? " " : "", more, has_own ? " " : "", has_own ? own : "");
}

static gboolean open_console_log(Guest *guest, GError **error)
{
	g_autofree char *below = run_vm_path(guest->record, "guest", "console.log");

	guest->console_log = bundle_file(guest->context->bundle, below, error);
	return guest->console_log != NULL;
}

/* What it boots: lathe's guest, unless it is one that is only defined. */
static gboolean fill_boot(Guest *guest, GError **error)
{
	VmSpec *spec = &guest->spec;

	if (!guest->image)
		return TRUE;
	guest->cmdline = guest_cmdline(guest);
	spec->kernel = guest->image->kernel;
	spec->initrd = guest->image->initrd;
	spec->cmdline = guest->cmdline;
	if (!open_console_log(guest, error))
		return FALSE;
	spec->console_log = guest->console_log;
	return TRUE;
}

gboolean boot_spec_fill(Guest *guest, GError **error)
{
	VmSpec *spec = &guest->spec;

	if (!fill_boot(guest, error))
		return FALSE;
	spec->name = guest->domain_name;
	spec->plan = guest->plan;
	spec->memory_mib = guest->memory_mib;
	spec->owner_pid = getpid();
	if (guest->config) {
		take_memory_lock(guest);
	} else {
		choose_memory_lock(guest);
		choose_memory_nodes(guest);
	}
	return proc_start_ticks(guest->context->live, getpid(), &spec->owner_start_ticks, error);
}
