/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The CPUs as the kernel has them: isolated, online, alone on their core, mended. */
#include <string.h>

#include "choice.h"
#include "judge.h"
#include "place.h"
#include "rows.h"
#include "set.h"
#include "want.h"

#define CPU_DIR "sys/devices/system/cpu/"
/* CPUs of isolated cpuset partitions, since Linux 6.8
 * (Documentation/admin-guide/cgroup-v2.rst). */
#define CPUSET_ISOLATED "sys/fs/cgroup/cpuset.cpus.isolated"

static KnobMatch want_isolated(const Knob *knob G_GNUC_UNUSED, KnobView *view,
			       const KnobReading *reading, char **ret_wanted,
			       char **ret_note)
{
	const Cpuset *planned = knob_view_planned(view);
	Cpuset cpus, dynamic;

	if (!cpulist_parse_kernel(reading->value, CPUSET_CPUS, &cpus, NULL))
		return MATCH_ODD;
	if (knob_view_cpulist(view, CPUSET_ISOLATED, &dynamic, NULL) &&
	    cpuset_count(&dynamic) > 0) {
		g_autofree char *list = cpulist_format(&dynamic);

		*ret_note = g_strdup_printf("cpuset partitions isolate %s", list);
		cpuset_union(&cpus, &dynamic);
	}
	*ret_wanted = cpuset_count(planned) ? cpulist_format(planned)
					    : g_strdup("the CPUs meant for vCPUs");
	return cpuset_count(planned) > 0 && cpuset_is_subset(planned, &cpus)
		       ? MATCH_HOLDS
		       : MATCH_BROKEN;
}

static KnobMatch want_boot_cpu_kept(const Knob *knob G_GNUC_UNUSED, KnobView *view,
				    const KnobReading *reading,
				    char **ret_wanted G_GNUC_UNUSED, char **ret_note)
{
	KnobMatch none = MATCH_ODD;
	const char *unplanned = knob_view_unplanned(view, &none);
	Cpuset cpus;

	if (!knob_view_cpulist(view, reading->place, &cpus, NULL))
		return MATCH_ODD;
	if (unplanned && cpuset_count(&cpus) == 0) {
		*ret_note = g_strdup(unplanned);
		return none;
	}
	return cpuset_contains(&cpus, 0) || cpuset_contains(knob_view_planned(view), 0)
		       ? MATCH_BROKEN
		       : MATCH_HOLDS;
}

/* Whether no online CPU shares the core. The kernel takes an offline sibling off the
 * list. */
static KnobMatch alone(KnobView *view, int cpu, const char *list)
{
	const Cpuset *online = knob_view_online(view);
	Cpuset siblings;

	if (cpu < 0 || !knob_view_online_known(view) ||
	    !cpulist_parse_kernel(list, CPUSET_CPUS, &siblings, NULL) ||
	    !cpuset_contains(&siblings, (guint)cpu))
		return MATCH_ODD;
	cpuset_remove(&siblings, (guint)cpu);
	return cpuset_intersects(&siblings, online) ? MATCH_BROKEN : MATCH_HOLDS;
}

/* Threads of a planned CPU's core that carry no vCPU. CPU 0 stays: it cannot go offline on all
 * machines, and carries what cannot be moved. */
static void change_siblings(const Knob *knob, KnobView *view, Changes *changes)
{
	Cpuset siblings = {0};

	CPUSET_FOREACH (cpu, knob_view_planned(view)) {
		g_autofree char *path = g_strdup_printf(
			"sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu);
		Cpuset core;

		if (knob_view_cpulist(view, path, &core, NULL))
			cpuset_union(&siblings, &core);
	}
	cpuset_subtract(&siblings, knob_view_planned(view));
	CPUSET_FOREACH (cpu, &siblings) {
		g_autofree char *path =
			g_strdup_printf("sys/devices/system/cpu/cpu%d/online", cpu);
		const char *now = knob_view_line(view, path, NULL);

		if (cpu == 0 || !now)
			changes_add_unchangeable(changes, knob, "%s: CPU %d cannot go offline",
						 path, cpu);
		else
			changes_add(changes, knob, CHANGE_CPU, path, now, "0");
	}
}

static KnobMatch want_alone(const Knob *knob G_GNUC_UNUSED, KnobView *view,
			    const KnobReading *reading, char **ret_wanted,
			    char **ret_note G_GNUC_UNUSED)
{
	*ret_wanted = g_strdup("the CPU itself");
	return alone(view, reading->cpu, reading->value);
}

static gboolean planned_are_alone(KnobView *view)
{
	const Cpuset *planned = knob_view_planned(view);

	CPUSET_FOREACH (cpu, planned) {
		g_autofree char *path = g_strdup_printf(
			CPU_DIR "cpu%d/topology/thread_siblings_list", cpu);
		const char *list = knob_view_line(view, path, NULL);

		if (!list || alone(view, cpu, list) != MATCH_HOLDS)
			return FALSE;
	}
	return cpuset_count(planned) > 0;
}

/* The KVM-RT guide takes down only the siblings of real-time CPUs: that is as good. */
static KnobMatch want_smt_off(const Knob *knob, KnobView *view,
			      const KnobReading *reading, char **ret_wanted,
			      char **ret_note)
{
	g_auto(GStrv) off = g_strsplit(knob->text, "|", -1);

	if (g_strv_contains((const char *const *)off, reading->value))
		return MATCH_HOLDS;
	if (strcmp(reading->value, "1") != 0 && strcmp(reading->value, "on") != 0)
		return MATCH_ODD;
	*ret_wanted = g_strdup(off[0]);
	if (!planned_are_alone(view))
		return MATCH_BROKEN;
	*ret_note = g_strdup("on, but no planned CPU has a sibling that is online");
	return MATCH_HOLDS;
}

/* The words that arch/x86/kernel/cpu/bugs.c begins with. */
static KnobMatch want_no_vulnerability(const Knob *knob G_GNUC_UNUSED,
				       KnobView *view G_GNUC_UNUSED,
				       const KnobReading *reading, char **ret_wanted,
				       char **ret_note G_GNUC_UNUSED)
{
	const char *value = reading->value;

	*ret_wanted = g_strdup("Not affected, or Mitigation");
	/* Also behind a mitigation: "Mitigation: Clear CPU buffers; SMT vulnerable" leaves
	 * the sibling's data open. */
	if (strstr(value, "ulnerable") || g_str_has_prefix(value, "Unknown"))
		return MATCH_BROKEN;
	if (g_str_has_prefix(value, "Not affected") ||
	    g_str_has_prefix(value, "Mitigation") ||
	    g_str_has_prefix(value, "KVM: Mitigation"))
		return MATCH_HOLDS;
	return MATCH_ODD;
}

static const char *const reads_isolated[] = {CPUSET_ISOLATED, NULL};
static const char *const reads_siblings[] = {CPU_DIR "cpu*/topology/thread_siblings_list",
					     NULL};

/* clang-format off */
const Knob knob_rows_cpu[] = {
	{
		.id	= "cpu.isolated",
		.title	= "The kernel isolates every planned CPU",
		.why	= "the scheduler balances other tasks onto a CPU that is not "
			  "isolated, and each of them makes the vCPU wait",
		.source	= "ServoBox RT settings 1; host and QEMU tuning notes; Virt-RT "
			  "guide 3.2.2 and 5.2.1; "
			  "Documentation/ABI/testing/sysfs-devices-system-cpu",
		.remedy	= "isolcpus=managed_irq,domain,PLANNED_CPUS on the kernel command line; "
			  "or an isolated cpuset partition",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_FATAL, .when = WHEN_REBOOT,
		.place	= PLACE_FILE,
		.path	= "sys/devices/system/cpu/isolated",
		.want	= want_isolated, .text = "the planned CPUs",
		.reads	= reads_isolated,
	},
	{
		.id	= "cpu.nohz_full",
		.title	= "The kernel may stop the tick on every planned CPU",
		.why	= "the scheduler tick interrupts the vCPU 250 to 1,000 times a "
			  "second",
		.source	= "ServoBox RT settings 2; host and QEMU tuning notes; tuned "
			  "realtime- virtual-host",
		.remedy	= "nohz_full=PLANNED_CPUS on the kernel command line",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_MEDIUM, .when = WHEN_REBOOT,
		.place	= PLACE_FILE,
		.path	= "sys/devices/system/cpu/nohz_full",
		.want	= want_covers_planned, .text = "the planned CPUs",
		.absent	= ABSENT_NA,
		.absent_means = "the kernel is built without CONFIG_NO_HZ_FULL",
		.opinions = "ServoBox, the tuning notes, tuned and OpenShift stop the "
			  "tick; the kernel's real-time guide advises against it for "
			  "periodic tasks",
		.sides	= SIDE_WANTED "|" SIDE_NONE,
	},
	{
		.id	= "cpu.boot_cpu",
		.title	= "CPU 0 is left to housekeeping",
		.why	= "the boot CPU cannot be freed of interrupts and kernel work, "
			  "whatever isolcpus= says",
		.source	= "Virt-RT guide 3.2.2 and 5.2.1; ServoBox RT settings 1; ACRN "
			  "real-time tips; KVM-RT guide, Configuring Real-Time Virtual "
			  "Machines",
		.remedy	= "take CPU 0 out of isolcpus= and out of every VM's cpuset",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_FATAL, .when = WHEN_REBOOT,
		.place	= PLACE_FILE,
		.path	= "sys/devices/system/cpu/isolated",
		.want	= want_boot_cpu_kept, .text = "not CPU 0",
	},
	{
		.id	= "cpu.planned_online",
		.title	= "Every planned CPU is online",
		.why	= "a vCPU cannot be pinned to a CPU that is not there",
		.source	= "KVM-RT guide, Configuring Real-Time Virtual Machines; "
			  "Documentation/core- api/cpu_hotplug.rst",
		.remedy	= "echo 1 > /sys/devices/system/cpu/cpuN/online",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_FATAL, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= "sys/devices/system/cpu/online",
		.want	= want_covers_planned, .text = "the planned CPUs",
	},
	{
		.id	= "cpu.smt",
		.title	= "Hyper-threading is off, or the planned CPUs own their cores",
		.why	= "two threads of a core share its caches and execution units: "
			  "what one does, the other waits for",
		.source	= "host and QEMU tuning notes (noht); Virt-RT guide 2; KVM-RT "
			  "guide, Understanding KVM-RT Use of Threaded CPUs; "
			  "Documentation/ABI/testing/sysfs-devices-system-cpu",
		.remedy	= "echo off > /sys/devices/system/cpu/smt/control, nosmt on the "
			  "kernel command line, or the firmware",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_HIGH, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= "sys/devices/system/cpu/smt/active",
		.want	= want_smt_off, .text = "0",
		.reads	= reads_siblings,
	},
	{
		.id	= "cpu.smt_control",
		.title	= "Hyper-threading cannot come back",
		.why	= "with control on, a sibling that was taken offline by hand "
			  "comes back at the next boot",
		.source	= "host and QEMU tuning notes (noht); Virt-RT guide 2; "
			  "Documentation/ABI/testing/sysfs-devices-system-cpu",
		.remedy	= "nosmt on the kernel command line, or the firmware",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_REBOOT,
		.place	= PLACE_FILE,
		.path	= "sys/devices/system/cpu/smt/control",
		.want	= want_smt_off, .text = "off|forceoff|notsupported|notimplemented",
		.reads	= reads_siblings,
	},
	{
		.id	= "cpu.siblings",
		.title	= "Each planned CPU is alone on its core",
		.why	= "a sibling that runs anything takes cache and execution units "
			  "from the vCPU",
		.source	= "KVM-RT guide, Understanding KVM-RT Use of Threaded CPUs; "
			  "OpenShift node tuning operator",
		.remedy	= "echo 0 > /sys/devices/system/cpu/cpuSIBLING/online",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_HIGH, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .per = PER_PLANNED_CPU,
		.path	= "sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list",
		.want	= want_alone, .text = "the CPU itself",
		.change	= change_siblings,
		.disruption = "half of the threads of those cores are lost to the host; cpusets of "
			      "cgroup v1 lose them for good, and interrupts stay where they went",
	},
	{
		.id	= "cpu.old_microcode",
		.title	= "The kernel knows no newer microcode",
		.why	= "old microcode has known faults, some of them stalls",
		.source	= "Documentation/admin-guide/hw-vuln/old_microcode.rst",
		.remedy	= "install the vendor's microcode package and restart",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_LOW, .when = WHEN_REBOOT,
		.place	= PLACE_FILE,
		.path	= "sys/devices/system/cpu/vulnerabilities/old_microcode",
		.want	= want_no_vulnerability, .text = "Not affected",
		.absent	= ABSENT_NA, .absent_means = "kernels before 6.16 do not tell",
	},
	{
		.id	= "cpu.vulnerabilities",
		.title	= "No vulnerability of the CPUs is open",
		.why	= "a mitigation costs time at each VM exit, an open "
			  "vulnerability lets one guest read another; the choice belongs "
			  "into the record of a measurement",
		.source	= "host and QEMU tuning notes; NI real-time; "
			  "Documentation/admin-guide/hw-vuln/index.rst",
		.remedy	= "mitigations=auto on the kernel command line, and current "
			  "microcode",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO, .when = WHEN_REBOOT,
		.place	= PLACE_FILE,
		.path	= "sys/devices/system/cpu/vulnerabilities/*",
		.want	= want_no_vulnerability, .text = "Not affected, or Mitigation",
		.absent	= ABSENT_NA, .absent_means = "the kernel does not tell",
		.opinions = "the tuning notes boot with nospectre_v2 "
			  "spectre_v2_user=off; SEAPATH and NI keep the mitigations "
			  "and record them",
	},
	{0},
};
