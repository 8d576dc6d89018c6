/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel was built with. Where the running kernel shows a fact (clock.highres,
 * the governor of each CPU), the fact is the row that fails, and the option here tells
 * only where it comes from.
 */
#include <string.h>

#include "judge.h"
#include "place.h"
#include "rows.h"
#include "want.h"

/* Loadable is as good as built in. */
static KnobMatch want_built(const Knob *knob G_GNUC_UNUSED, KnobView *view G_GNUC_UNUSED,
			    const KnobReading *reading, char **ret_wanted,
			    char **ret_note G_GNUC_UNUSED)
{
	*ret_wanted = g_strdup("y or m");
	return strcmp(reading->value, "y") == 0 || strcmp(reading->value, "m") == 0
		       ? MATCH_HOLDS
		       : MATCH_BROKEN;
}

static gboolean applies_vendor(KnobView *view, const char *vendor, char **ret_proof)
{
	const char *text = knob_view_read(view, "proc/cpuinfo", NULL);

	if (!text || !strstr(text, "vendor_id") || strstr(text, vendor))
		return TRUE;
	*ret_proof = g_strdup_printf("proc/cpuinfo does not name %s", vendor);
	return FALSE;
}

static gboolean applies_intel(const Knob *knob G_GNUC_UNUSED, KnobView *view,
			      char **ret_proof)
{
	return applies_vendor(view, "GenuineIntel", ret_proof);
}

static gboolean applies_amd(const Knob *knob G_GNUC_UNUSED, KnobView *view,
			    char **ret_proof)
{
	return applies_vendor(view, "AuthenticAMD", ret_proof);
}

/* Only what is in use can disturb. */
static KnobMatch want_no_graphics(const Knob *knob G_GNUC_UNUSED, KnobView *view,
				  const KnobReading *reading, char **ret_wanted,
				  char **ret_note)
{
	*ret_wanted = g_strdup("n, or no graphics device in use");
	if (strcmp(reading->value, "n") == 0)
		return MATCH_HOLDS;
	if (strcmp(reading->value, "y") != 0 && strcmp(reading->value, "m") != 0)
		return MATCH_ODD;
	if (!knob_view_complete(view) ||
	    knob_view_glob_errno(view, "sys/class/drm/card*") != ENOENT)
		return MATCH_BROKEN;
	*ret_note = g_strdup("built, but no graphics device is in use");
	return MATCH_HOLDS;
}

static const char *const reads_cpuinfo[] = {"proc/cpuinfo", NULL};
static const char *const reads_drm[] = {"sys/class/drm/", NULL};

/* clang-format off */
const Knob knob_rows_kernel_config[] = {
	{
		.id	= "kernel.high_res_timers",
		.title	= "High resolution timers are built in",
		.why	= "without them a timer fires at the next tick",
		.source	= "Documentation/core-api/real-time/kernel-configuration.rst and "
			  "Documentation/timers/hrtimers.rst",
		.remedy	= "build with CONFIG_HIGH_RES_TIMERS=y",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_MEDIUM, .when = WHEN_REBOOT,
		.place	= PLACE_KCONFIG, .path = "HIGH_RES_TIMERS",
		.want	= want_text, .text = "y",
	},
	{
		.id	= "kernel.cpu_isolation",
		.title	= "CPU isolation is built in",
		.why	= "without it the kernel ignores isolcpus= and nohz_full=",
		.source	= "init/Kconfig; Documentation/admin-guide/kernel-parameters.txt",
		.remedy	= "build with CONFIG_CPU_ISOLATION=y",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_HIGH, .when = WHEN_REBOOT,
		.place	= PLACE_KCONFIG, .path = "CPU_ISOLATION",
		.want	= want_text, .text = "y",
	},
	{
		.id	= "kernel.no_hz_full",
		.title	= "The tick can be stopped on busy CPUs",
		.why	= "nohz_full= does nothing without it",
		.source	= "ServoBox RT settings 2; tuned realtime-virtual-host; "
			  "Documentation/timers/no_hz.rst",
		.remedy	= "build with CONFIG_NO_HZ_FULL=y",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_MEDIUM, .when = WHEN_REBOOT,
		.place	= PLACE_KCONFIG, .path = "NO_HZ_FULL",
		.want	= want_text, .text = "y",
		.opinions = "ServoBox, tuned and OpenShift stop the tick; the kernel's "
			  "real-time guide advises to build without for periodic tasks",
		.sides	= "y|n",
	},
	{
		.id	= "kernel.rcu_nocb_cpu",
		.title	= "RCU callbacks can be offloaded",
		.why	= "rcu_nocbs= does nothing without it",
		.source	= "ServoBox RT settings 3; "
			  "Documentation/admin-guide/kernel-parameters.txt",
		.remedy	= "build with CONFIG_RCU_NOCB_CPU=y",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_HIGH, .when = WHEN_REBOOT,
		.place	= PLACE_KCONFIG, .path = "RCU_NOCB_CPU",
		.want	= want_text, .text = "y",
	},
	{
		.id	= "kernel.cpu_freq",
		.title	= "Frequency scaling is built in",
		.why	= "without it the CPU stays at whatever clock the firmware chose",
		.source	= "Documentation/core-api/real-time/kernel-configuration.rst",
		.remedy	= "build with CONFIG_CPU_FREQ=y",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_REBOOT,
		.place	= PLACE_KCONFIG, .path = "CPU_FREQ",
		.want	= want_text, .text = "y",
	},
	{
		.id	= "kernel.default_governor",
		.title	= "The performance governor is the default",
		.why	= "between boot and tuning the frequency changes with the load; "
			  "a tuning that fails leaves it so",
		.source	= "Documentation/core-api/real-time/kernel-configuration.rst",
		.remedy	= "build with CONFIG_CPU_FREQ_DEFAULT_GOV_PERFORMANCE=y",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_REBOOT,
		.place	= PLACE_KCONFIG, .path = "CPU_FREQ_DEFAULT_GOV_PERFORMANCE",
		.want	= want_text, .text = "y",
	},
	{
		.id	= "kernel.governor_ondemand",
		.title	= "The governor ondemand is not built",
		.why	= "a program that chooses it makes the frequency follow the load "
			  "while the VM runs",
		.source	= "Documentation/core-api/real-time/kernel-configuration.rst",
		.remedy	= "build without CONFIG_CPU_FREQ_GOV_ONDEMAND",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_REBOOT,
		.place	= PLACE_KCONFIG, .path = "CPU_FREQ_GOV_ONDEMAND",
		.want	= want_text, .text = "n",
	},
	{
		.id	= "kernel.governor_schedutil",
		.title	= "The governor schedutil is not built",
		.why	= "a program that chooses it makes the frequency follow the load "
			  "while the VM runs",
		.source	= "Documentation/core-api/real-time/kernel-configuration.rst",
		.remedy	= "build without CONFIG_CPU_FREQ_GOV_SCHEDUTIL",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_LOW, .when = WHEN_REBOOT,
		.place	= PLACE_KCONFIG, .path = "CPU_FREQ_GOV_SCHEDUTIL",
		.want	= want_text, .text = "n",
	},
	{
		.id	= "kernel.governor_conservative",
		.title	= "The governor conservative is not built",
		.why	= "a program that chooses it makes the frequency follow the load "
			  "while the VM runs",
		.source	= "Documentation/core-api/real-time/kernel-configuration.rst",
		.remedy	= "build without CONFIG_CPU_FREQ_GOV_CONSERVATIVE",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_LOW, .when = WHEN_REBOOT,
		.place	= PLACE_KCONFIG, .path = "CPU_FREQ_GOV_CONSERVATIVE",
		.want	= want_text, .text = "n",
	},
	{
		.id	= "kernel.cpu_idle",
		.title	= "CPU idle states are built in",
		.why	= "without them an idle CPU spins at full power, and thermal "
			  "limits come sooner; cap the states instead",
		.source	= "Documentation/core-api/real-time/kernel-configuration.rst",
		.remedy	= "build with CONFIG_CPU_IDLE=y and boot with "
			  "processor.max_cstate=1",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO, .when = WHEN_REBOOT,
		.place	= PLACE_KCONFIG, .path = "CPU_IDLE",
		.want	= want_text, .text = "y",
	},
	{
		.id	= "kernel.drm",
		.title	= "No graphics driver is at work",
		.why	= "a GPU shares the last-level cache and the memory controller "
			  "with the CPUs",
		.source	= "Documentation/core-api/real-time/kernel-configuration.rst; "
			  "KVM-RT guide, Known Issues",
		.remedy	= "boot with nomodeset, or build without CONFIG_DRM",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO, .when = WHEN_REBOOT,
		.place	= PLACE_KCONFIG, .path = "DRM",
		.want	= want_no_graphics, .text = "n",
		.reads	= reads_drm,
	},
	{
		.id	= "kernel.kvm",
		.title	= "KVM is built",
		.why	= "without it every instruction of the guest is emulated",
		.source	= "virt-host-validate; SEAPATH; Virt-RT guide 1.1",
		.remedy	= "build with CONFIG_KVM=m",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_HIGH, .when = WHEN_REBOOT,
		.place	= PLACE_KCONFIG, .path = "KVM",
		.want	= want_built, .text = "y or m",
	},
	{
		.id	= "kernel.kvm_intel",
		.title	= "KVM's part for Intel is built",
		.why	= "KVM does not start on an Intel CPU without it",
		.source	= "virt-host-validate; SEAPATH",
		.remedy	= "build with CONFIG_KVM_INTEL=m",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_HIGH, .when = WHEN_REBOOT,
		.place	= PLACE_KCONFIG, .path = "KVM_INTEL",
		.want	= want_built, .text = "y or m",
		.applies = applies_intel, .reads = reads_cpuinfo,
	},
	{
		.id	= "kernel.kvm_amd",
		.title	= "KVM's part for AMD is built",
		.why	= "KVM does not start on an AMD CPU without it",
		.source	= "virt-host-validate; SEAPATH",
		.remedy	= "build with CONFIG_KVM_AMD=m",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_HIGH, .when = WHEN_REBOOT,
		.place	= PLACE_KCONFIG, .path = "KVM_AMD",
		.want	= want_built, .text = "y or m",
		.applies = applies_amd, .reads = reads_cpuinfo,
	},
	{
		.id	= "kernel.vfio",
		.title	= "VFIO for PCI devices is built",
		.why	= "no device can be passed through without it",
		.source	= "Virt-RT guide 1.1; virt-host-validate",
		.remedy	= "build with CONFIG_VFIO_PCI=m",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_REBOOT,
		.place	= PLACE_KCONFIG, .path = "VFIO_PCI",
		.want	= want_built, .text = "y or m",
	},
	{
		.id	= "kernel.intel_iommu",
		.title	= "The driver of Intel's IOMMU is built",
		.why	= "intel_iommu=on does nothing without it",
		.source	= "KVM-RT guide, Kernel Boot Parameters; virt-host-validate",
		.remedy	= "build with CONFIG_INTEL_IOMMU=y",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_REBOOT,
		.place	= PLACE_KCONFIG, .path = "INTEL_IOMMU",
		.want	= want_text, .text = "y",
		.applies = applies_intel, .reads = reads_cpuinfo,
	},
	{
		.id	= "kernel.amd_iommu",
		.title	= "The driver of AMD's IOMMU is built",
		.why	= "amd_iommu=on does nothing without it",
		.source	= "KVM-RT guide, Kernel Boot Parameters; virt-host-validate",
		.remedy	= "build with CONFIG_AMD_IOMMU=y",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_REBOOT,
		.place	= PLACE_KCONFIG, .path = "AMD_IOMMU",
		.want	= want_text, .text = "y",
		.applies = applies_amd, .reads = reads_cpuinfo,
	},
	{
		.id	= "kernel.resctrl",
		.title	= "Cache and bandwidth allocation is built in",
		.why	= "resctrl cannot be mounted without it",
		.source	= "host and QEMU tuning notes; "
			  "Documentation/filesystems/resctrl.rst",
		.remedy	= "build with CONFIG_X86_CPU_RESCTRL=y",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_LOW, .when = WHEN_REBOOT,
		.place	= PLACE_KCONFIG, .path = "X86_CPU_RESCTRL",
		.want	= want_text, .text = "y",
	},
	{
		.id	= "kernel.thp_always",
		.title	= "Transparent huge pages are not always on by default",
		.why	= "until somebody switches them off khugepaged compacts memory "
			  "and takes page tables away under running programs",
		.source	= "tuned realtime-virtual-host; "
			  "Documentation/admin-guide/mm/transhuge.rst",
		.remedy	= "build with CONFIG_TRANSPARENT_HUGEPAGE_MADVISE=y",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_MEDIUM, .when = WHEN_REBOOT,
		.place	= PLACE_KCONFIG, .path = "TRANSPARENT_HUGEPAGE_ALWAYS",
		.want	= want_text, .text = "n",
	},
	{
		.id	= "kernel.hz",
		.title	= "The tick rate is on record",
		.why	= "results of kernels with other tick rates do not compare",
		.source	= "crucible; kernel/Kconfig.hz",
		.remedy	= "write down CONFIG_HZ of the kernel that is measured",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_INFO, .when = WHEN_REBOOT,
		.place	= PLACE_KCONFIG, .path = "HZ",
		.want	= want_number, .text = "100 to 1000",
		.min	= 100, .max = 1000,
	},
	{0},
};
