/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interrupts and their threads: where they may go. What was counted is in layer
 * irq_evidence. */
#include <string.h>

#include "irq_judge.h"
#include "rows.h"
#include "view.h"
#include "set.h"
#include "want.h"

#define BOTH         (SCOPE_HOST | SCOPE_GUEST)
#define DEBUG_IRQS   "sys/kernel/debug/irq/irqs/*"
#define MACHINECHECK "sys/devices/system/machinecheck/machinecheck*/"
#define IRQ_RST      "Documentation/core-api/irq/irq-affinity.rst"
#define THREADS      CAPTURE_THREADS, "proc/*/task/*/stat", "proc/*/task/*/status"

static const char *const reads_requested[] = {"proc/irq/*/smp_affinity_list",
					      "proc/interrupts", DEBUG_IRQS, NULL};
static const char *const reads_effective[] = {"proc/irq/*/effective_affinity_list",
					      "proc/interrupts", DEBUG_IRQS, NULL};
static const char *const reads_both[] = {"proc/irq/*/smp_affinity_list",
					 "proc/irq/*/effective_affinity_list",
					 "proc/interrupts", NULL};
static const char *const reads_default[] = {"proc/irq/default_smp_affinity", NULL};
static const char *const reads_threaded[] = {"sys/kernel/realtime",
					     "proc/sys/kernel/version", NULL};
static const char *const reads_threads[] = {THREADS, NULL};
static const char *const reads_irqbalance[] = {THREADS, "etc/default/irqbalance",
					       "etc/sysconfig/irqbalance",
					       "sys/devices/system/cpu/nohz_full", NULL};
static const char *const reads_shield[] = {"etc/sysconfig/shield", NULL};
static const char *const reads_ignore_ce[] = {MACHINECHECK "ignore_ce", NULL};
static const char *const reads_redhawk[] = {"proc/sys/kernel/osrelease", NULL};

/* Without polling its interval means nothing (arch/x86/kernel/cpu/mce/core.c,
 * mce_start_timer()). Every CPU's file is the same variable. */
static gboolean polling_applies(const Knob *knob, KnobView *view, char **ret_proof)
{
	const GPtrArray *paths = knob_view_glob(view, MACHINECHECK "ignore_ce");
	const char *line = paths->len ? knob_view_line(view, paths->pdata[0], NULL)
				      : NULL;

	(void)knob;
	if (!line || strcmp(line, "1") != 0)
		return TRUE;
	*ret_proof =
		g_strdup("corrected errors are ignored (ignore_ce), so nothing polls");
	return FALSE;
}

static gboolean redhawk_applies(const Knob *knob, KnobView *view, char **ret_proof)
{
	const char *release = knob_view_line(view, "proc/sys/kernel/osrelease", NULL);
	const KernelCmdline *cmdline = knob_view_cmdline(view, NULL);

	if (!release && cmdline && kernel_cmdline_count(cmdline, knob->path) == 0) {
		*ret_proof =
			g_strdup("it is not given, and nothing says that the kernel is "
				 "RedHawk's");
		return FALSE;
	}
	if (!release || strstr(release, "RedHawk"))
		return TRUE;
	*ret_proof = g_strdup_printf("kernel %s is not RedHawk's", release);
	return FALSE;
}

/* irqaffinity= and its like: a list with CPU 0 and without a planned CPU. */
static KnobMatch want_boot_list(const Knob *knob, KnobView *view,
				const KnobReading *reading, char **ret_wanted,
				char **ret_note)
{
	KnobMatch match = want_avoids_planned(knob, view, reading, ret_wanted, ret_note);
	Cpuset cpus;

	if (match == MATCH_HOLDS &&
	    cpulist_parse_kernel(reading->value, CPUSET_CPUS, &cpus, NULL) &&
	    !cpuset_contains(&cpus, 0)) {
		*ret_note = g_strdup("CPU 0 must be in the list");
		return MATCH_BROKEN;
	}
	return match;
}

/* A list of words, one of which turns remapping or posting off. */
static KnobMatch want_remapping(const Knob *knob, KnobView *view,
				const KnobReading *reading, char **ret_wanted,
				char **ret_note)
{
	static const char *const good[] = {"on", "nosid", "no_x2apic_mode", NULL};
	g_auto(GStrv) words = g_strsplit(reading->value, ",", -1);
	KnobMatch match = *words ? MATCH_HOLDS : MATCH_ODD;

	(void)knob;
	(void)view;
	(void)ret_wanted;
	(void)ret_note;
	for (char **word = words; *word; word++) {
		if (strcmp(*word, "off") == 0 || strcmp(*word, "nopost") == 0)
			return MATCH_BROKEN;
		if (!g_strv_contains(good, *word))
			match = MATCH_ODD;
	}
	return match;
}

/* clang-format off */
const Knob knob_rows_irq[] = {
	{
		.id	= "irq.default_affinity",
		.title	= "New interrupts go to housekeeping CPUs",
		.why	= "An interrupt that is set up later starts with this mask; an "
			  "I/O APIC interrupt takes a changed one only when it next "
			  "fires, so it must be right from boot",
		.source	= "host and QEMU tuning notes; KVM-RT guide, Migrating Managed "
			  "IRQs; tuned realtime; " IRQ_RST,
		.remedy	= "put irqaffinity=HOUSEKEEPING_CPUS on the kernel command "
			  "line, or: echo MASK_OF_HOUSEKEEPING_CPUS > "
			  "/proc/irq/default_smp_affinity",
		.scopes	= BOTH,
		.severity = SEVERITY_HIGH,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= "proc/irq/default_smp_affinity",
		.want	= want_mask_avoids_planned,
		.text	= "housekeeping CPUs",
		.set	= set_mask_without_planned,
		.disruption = "housekeeping CPUs serve the interrupts of devices that are "
			      "set up later",
	},
	{
		.id	= "irq.default_effective",
		.title	= "irqaffinity= is what proc/irq/default_smp_affinity says",
		.why	= "The command line is what was asked for, the file is what new "
			  "interrupts get; something changed it since",
		.source	= "host and QEMU tuning notes; "
			  "Documentation/admin-guide/kernel-parameters.txt "
			  "(irqaffinity)",
		.remedy	= "echo MASK_OF_HOUSEKEEPING_CPUS > "
			  "/proc/irq/default_smp_affinity, and find what changed it",
		.scopes	= BOTH,
		.severity = SEVERITY_MEDIUM,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_COMPUTED,
		.judge	= irq_judge_default,
		.reads	= reads_default,
	},
	{
		.id	= "irq.affinity_requested",
		.title	= "No interrupt is asked to go to a planned CPU",
		.why	= "What may go to a planned CPU will, when CPUs go offline or "
			  "interrupts are set up again",
		.source	= "ServoBox RT settings 19; KVM-RT guide, Migrating Managed "
			  "IRQs and Per-CPU IRQs; " IRQ_RST,
		.remedy	= "echo HOUSEKEEPING_CPUS > /proc/irq/N/smp_affinity_list for "
			  "each, and irqaffinity=HOUSEKEEPING_CPUS on the kernel "
			  "command line",
		.scopes	= BOTH,
		.severity = SEVERITY_HIGH,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_COMPUTED,
		.judge	= irq_judge_requested,
		.reads	= reads_requested,
		.change	= irq_change_requested, .refusable = TRUE,
		.disruption = "housekeeping CPUs serve all interrupts that can be moved: "
			      "less throughput of disks and networks",
	},
	{
		.id	= "irq.affinity_effective",
		.title	= "No interrupt goes to a planned CPU",
		.why	= "Every interrupt of a device there costs a VM exit, its "
			  "handler, and the caches that it cools",
		.source	= "ServoBox RT settings 19; KVM-RT guide, Per-CPU IRQs and IRQs "
			  "that cannot be migrated; Virt-RT guide 3.2.2; " IRQ_RST,
		.remedy	= "echo HOUSEKEEPING_CPUS > /proc/irq/N/smp_affinity_list for "
			  "each, and irqaffinity=HOUSEKEEPING_CPUS on the kernel "
			  "command line",
		.scopes	= BOTH,
		.severity = SEVERITY_HIGH,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_COMPUTED,
		.judge	= irq_judge_effective,
		.reads	= reads_effective,
	},
	{
		.id	= "irq.affinity_contradiction",
		.title	= "Every interrupt goes where it was asked to go",
		.why	= "A change waits for the next interrupt, and some controllers "
			  "refuse it: until then the old CPU is disturbed",
		.source	= "KVM-RT guide, IRQs that cannot be migrated; tuned pull "
			  "request 364; kernel/irq/proc.c",
		.remedy	= "let the device interrupt once, or give "
			  "irqaffinity=HOUSEKEEPING_CPUS at boot",
		.scopes	= BOTH,
		.severity = SEVERITY_MEDIUM,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_COMPUTED,
		.judge	= irq_judge_contradiction,
		.reads	= reads_both,
	},
	{
		.id	= "irq.managed",
		.title	= "No managed interrupt belongs to a planned CPU",
		.why	= "The kernel spreads the queues of NVMe, RAID and network "
			  "cards over all CPUs and lets nobody move them; one with only "
			  "isolated CPUs fires when a task there does I/O, and keeps "
			  "its CPU from going offline",
		.source	= "KVM-RT guide, Migrating Managed IRQs and Per-CPU IRQs; "
			  "Documentation/admin-guide/kernel-parameters.txt (isolcpus, "
			  "managed_irq)",
		.remedy	= "boot with isolcpus=managed_irq,domain,PLANNED_CPUS and give the "
			  "device fewer queues (ethtool -L NIC combined N; a module "
			  "parameter of the driver)",
		.scopes	= BOTH,
		.severity = SEVERITY_MEDIUM,
		.when	= WHEN_REBOOT,
		.place	= PLACE_COMPUTED,
		.absent	= ABSENT_NA,
		.absent_means = "only debugfs of a kernel with CONFIG_GENERIC_IRQ_DEBUGFS "
			  "tells which interrupts are managed; without it "
			  "irq.affinity_effective judges all alike",
		.judge	= irq_judge_managed,
		.reads	= reads_requested,
	},
	{
		.id	= "irq.threaded",
		.title	= "Interrupt handlers run in threads",
		.why	= "A handler in hard interrupt context can be preempted by "
			  "nothing, whatever priority waits",
		.source	= "ServoBox RT settings, from the paper; "
			  "Documentation/core-api/real-time; rt-conf",
		.remedy	= "boot a PREEMPT_RT kernel, or put threadirqs on the kernel "
			  "command line",
		.scopes	= BOTH,
		.severity = SEVERITY_HIGH,
		.when	= WHEN_REBOOT,
		.place	= PLACE_COMPUTED,
		.judge	= irq_judge_threaded,
		.reads	= reads_threaded,
	},
	{
		.id	= "irq.threads",
		.title	= "No interrupt thread may run on a planned CPU",
		.why	= "An interrupt thread runs at FIFO 50 and preempts every vCPU "
			  "of a lower priority",
		.source	= "host and QEMU tuning notes; Virt-RT guide 3.2.2",
		.remedy	= "taskset -a -p -c HOUSEKEEPING_CPUS PID for each, after "
			  "moving its interrupt; of NVMe each queue has its own, meant for one "
			  "CPU",
		.scopes	= BOTH,
		.severity = SEVERITY_MEDIUM,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_COMPUTED,
		.absent	= ABSENT_NA,
		.absent_means = "no interrupt has a thread",
		.judge	= irq_judge_threads,
		.reads	= reads_threads,
		.change	= irq_change_threads, .refusable = TRUE,
	},
	{
		.id	= "irq.irqbalance_banned",
		.title	= "irqbalance does not run, or spares the planned CPUs",
		.why	= "It moves interrupts to whichever CPU is idle, and a planned "
			  "CPU looks idle",
		.source	= "host and QEMU tuning notes; Virt-RT guide 3.2.1; tuned "
			  "realtime; irqbalance(1)",
		.remedy	= "systemctl disable --now irqbalance, or "
			  "IRQBALANCE_BANNED_CPULIST=PLANNED_CPUS in "
			  "/etc/default/irqbalance",
		.scopes	= BOTH,
		.severity = SEVERITY_HIGH,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_COMPUTED,
		.judge	= irq_judge_irqbalance,
		.reads	= reads_irqbalance,
		.change	= irq_change_irqbalance,
		.disruption = "interrupts are not spread over the housekeeping CPUs any more",
	},
	{
		.id	= "irq.mce_check_interval",
		.title	= "Corrected machine-check errors are not polled",
		.why	= "A timer on each CPU reads every bank of machine-check "
			  "registers, each time it fires",
		.source	= "host and QEMU tuning notes; "
			  "Documentation/ABI/testing/sysfs-mce",
		.remedy	= "for f in "
			  "/sys/devices/system/machinecheck/machinecheck*/check_interval; "
			  "do echo 0 > $f; done",
		.scopes	= BOTH,
		.severity = SEVERITY_MEDIUM,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= "sys/devices/system/machinecheck/machinecheck*/check_interval",
		.want	= want_text,
		.text	= "0",
		.absent	= ABSENT_NA,
		.absent_means = "this machine checks nothing: mce=off, or no machine-check "
			  "registers",
		.applies = polling_applies,
		.reads	= reads_ignore_ce,
		.set	= set_text, .one_value = TRUE,
		.disruption = "corrected hardware errors are found only when the processor "
			      "raises an interrupt",
	},
	{
		.id	= "irq.mce_ignore_ce",
		.title	= "Corrected machine-check errors are ignored",
		.why	= "Besides the polling timer this turns off the interrupt that "
			  "each corrected error raises",
		.source	= "tuned realtime; Documentation/ABI/testing/sysfs-mce",
		.remedy	= "for f in "
			  "/sys/devices/system/machinecheck/machinecheck*/ignore_ce; do "
			  "echo 1 > $f; done",
		.scopes	= BOTH,
		.severity = SEVERITY_MEDIUM,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= "sys/devices/system/machinecheck/machinecheck*/ignore_ce",
		.want	= want_text,
		.text	= "1",
		.absent	= ABSENT_NA,
		.absent_means = "this machine checks nothing: mce=off, or no machine-check "
			  "registers",
		.set	= set_text, .one_value = TRUE,
		.disruption = "corrected hardware errors are not reported any more",
	},
	{
		.id	= "irq.intremap",
		.title	= "Interrupt remapping and posting are not turned off",
		.why	= "Without posting every interrupt of a device in a VM is an "
			  "exit; without remapping a device can raise any vector",
		.source	= "ACRN real-time tips (PCIe device passthrough, LAPIC "
			  "passthrough); "
			  "Documentation/admin-guide/kernel-parameters.txt (intremap)",
		.remedy	= "take intremap=off and intremap=nopost off the kernel command "
			  "line",
		.scopes	= SCOPE_HOST,
		.severity = SEVERITY_MEDIUM,
		.when	= WHEN_REBOOT,
		.place	= PLACE_PARAMETER,
		.path	= "intremap",
		.want	= want_remapping,
		.text	= "neither off nor nopost",
		.absent	= ABSENT_HOLDS,
		.absent_means = "the kernel turns both on where the hardware can",
	},
	{
		.id	= "irq.msi_affinity_mask",
		.title	= "msi_affinity_mask= keeps managed interrupts off planned CPUs",
		.why	= "RedHawk kernels can move managed MSI and MSI-X interrupts, "
			  "when told so at boot; the list must hold CPU 0, and "
			  "irqaffinity= must be the same",
		.source	= "KVM-RT guide, Migrating Managed IRQs",
		.remedy	= "put msi_affinity_mask=HOUSEKEEPING_CPUS and "
			  "irqaffinity=HOUSEKEEPING_CPUS on the kernel command line",
		.scopes	= SCOPE_HOST,
		.severity = SEVERITY_INFO,
		.when	= WHEN_REBOOT,
		.place	= PLACE_PARAMETER,
		.path	= "msi_affinity_mask",
		.want	= want_boot_list,
		.text	= "housekeeping CPUs with CPU 0",
		.absent	= ABSENT_BROKEN,
		.absent_means = "managed interrupts stay where the kernel spreads them",
		.applies = redhawk_applies,
		.reads	= reads_redhawk,
	},
	{
		.id	= "irq.shield_assign",
		.title	= "The shield service assigns interrupts to housekeeping CPUs",
		.why	= "Its IRQ_ASSIGN is what RedHawk sets again at each boot",
		.source	= "KVM-RT guide, Migrating Managed IRQs and Per-CPU IRQs",
		.remedy	= "add IRQ_ASSIGN+=\"HOUSEKEEPING_CPUS:IRQ; \" to /etc/sysconfig/shield; "
			  "systemctl restart shield",
		.scopes	= SCOPE_HOST,
		.severity = SEVERITY_INFO,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_COMPUTED,
		.absent	= ABSENT_NA,
		.absent_means = "this machine has no shield service, which is RedHawk's",
		.judge	= irq_judge_shield,
		.reads	= reads_shield,
	},
	{
		.id	= "irq.shield_managed",
		.title	= "shield(1) cannot move managed interrupts",
		.why	= "Their mask has a single CPU; they need smp_affinity_list, "
			  "msi_affinity_mask= or the shield service on a RedHawk kernel",
		.source	= "KVM-RT guide, Migrating Managed IRQs",
		.scopes	= SCOPE_HOST,
		.severity = SEVERITY_INFO,
		.when	= WHEN_NEVER,
		.place	= PLACE_EXPLAIN,
	},
	{
		.id	= "irq.unmovable",
		.title	= "Some interrupts stay on the first CPU of a socket's first "
			  "core",
		.why	= "Which ones is the chipset's choice and only shows when a "
			  "write of smp_affinity is refused: leave that CPU to the host",
		.source	= "KVM-RT guide, IRQs that cannot be migrated",
		.scopes	= SCOPE_HOST,
		.severity = SEVERITY_INFO,
		.when	= WHEN_NEVER,
		.place	= PLACE_EXPLAIN,
	},
	{
		.id	= "irq.ipi_rate",
		.title	= "Planned CPUs get hardly any IPI",
		.why	= "Rescheduling, function-call and TLB interrupts kick a vCPU "
			  "out of the guest; their counts since boot say nothing, lathe "
			  "validate-host --watch N shows them",
		.source	= "Documentation/timers/no_hz.rst; rteval",
		.scopes	= BOTH,
		.severity = SEVERITY_HIGH,
		.when	= WHEN_NEVER,
		.place	= PLACE_EXPLAIN,
	},
	{NULL},
};
/* clang-format on */
