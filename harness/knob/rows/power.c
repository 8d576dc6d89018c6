/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frequency, turbo, links and devices that sleep, and what only the firmware can set. */
#include <errno.h>
#include <string.h>

#include "judge.h"
#include "kernel_cmdline.h"
#include "rows.h"
#include "set.h"
#include "want.h"

#define CPU     "sys/devices/system/cpu/cpu{cpu}/"
#define PSTATE  "sys/devices/system/cpu/intel_pstate/"
#define CPU_ANY "sys/devices/system/cpu/cpu*/"

/* The number is that of the file `text` in the same folder. */
static KnobMatch want_sibling(const Knob *knob, KnobView *view,
			      const KnobReading *reading, char **ret_wanted,
			      char **ret_note)
{
	g_autofree char *folder = g_path_get_dirname(reading->place);
	g_autofree char *path = g_build_filename(folder, knob->text, NULL);
	gint64 own, other;
	int errnum = 0;

	if (!knob_view_number(view, reading->place, 1, G_MAXINT64, &own, &errnum))
		return MATCH_ODD;
	if (!knob_view_number(view, path, 1, G_MAXINT64, &other, &errnum)) {
		*ret_note = g_strdup_printf("%s beside it: %s", knob->text,
					    g_strerror(errnum));
		return MATCH_ODD;
	}
	*ret_wanted = g_strdup_printf("%" G_GINT64_FORMAT " as in %s", other, knob->text);
	return own == other ? MATCH_HOLDS : MATCH_BROKEN;
}

/* The policy does not matter when ASPM was switched off at boot, which its file does not
 * show. */
static KnobMatch want_awake_links(const Knob *knob, KnobView *view,
				  const KnobReading *reading, char **ret_wanted,
				  char **ret_note)
{
	KnobMatch match = want_selected(knob, view, reading, ret_wanted, ret_note);
	const KernelCmdline *cmdline = knob_view_cmdline(view, NULL);
	const char *aspm = cmdline ? kernel_cmdline_last(cmdline, "pcie_aspm") : NULL;

	if (match == MATCH_BROKEN && aspm && strcmp(aspm, "off") == 0) {
		*ret_note = g_strdup(
			"pcie_aspm=off: the kernel leaves links as the firmware set "
			"them");
		return MATCH_IRRELEVANT;
	}
	return match;
}

static const char *const max_freq_file[] = {CPU_ANY "cpufreq/scaling_max_freq", NULL};
static const char *const i915_file[] = {"sys/class/drm/card*/gt_RPn_freq_mhz", NULL};
static const char *const xe_file[] = {
	"sys/class/drm/card*/device/tile*/gt*/freq*/rpn_freq", NULL};
static const char *const uncore_file[] = {
	"sys/devices/system/cpu/intel_uncore_frequency/*/max_freq_khz", NULL};
static const char *const cmdline_file[] = {"proc/cmdline", NULL};

#define NO_CPUFREQ "no CPU frequency driver: cpufreq is absent"
#define NO_PSTATE  "intel_pstate is not the CPU frequency driver"

/* clang-format off */
const Knob knob_rows_power[] = {
	{
		.id	= "power.governor",
		.title	= "vCPUs' CPUs are held at their highest frequency",
		.why	= "a change of frequency stalls the core, and an idle vCPU wakes up slow",
		.source	= "ServoBox RT settings 18; tuned latency-performance; SEAPATH; "
			  "Documentation/admin-guide/pm/cpufreq.rst",
		.remedy	= "cpupower -c PLANNED_CPUS frequency-set -g performance, or: "
			  "tuned-adm profile realtime-virtual-host",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_HIGH, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .per = PER_PLANNED_CPU, .path = CPU "cpufreq/scaling_governor",
		.want	= want_text, .text = "performance",
		.absent	= ABSENT_NA, .absent_means = NO_CPUFREQ,
		.set	= set_text,
		.disruption = "power and heat: the planned CPUs stay at a high frequency, "
			      "which leaves less turbo for others",
	},
	{
		.id	= "power.governor_housekeeping",
		.title	= "Housekeeping CPUs are held at their highest frequency",
		.why	= "they take the interrupts and run the emulator, so that a device's answer is "
			  "late when they are slow",
		.source	= "ServoBox RT settings 18 (CPU 0 too); tuned latency-performance",
		.remedy	= "cpupower frequency-set -g performance",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .per = PER_HOUSEKEEPING_CPU,
		.path	= CPU "cpufreq/scaling_governor",
		.want	= want_text, .text = "performance",
		.absent	= ABSENT_NA, .absent_means = NO_CPUFREQ,
		.set	= set_text,
		.disruption = "power and heat, which leave less turbo for the planned CPUs",
	},
	{
		.id	= "power.frequency_fixed",
		.title	= "The lowest frequency of vCPUs' CPUs is the highest",
		.why	= "between two limits the processor or the firmware still changes frequency by "
			  "itself",
		.source	= "ServoBox (--performance); rt-conf; OpenShift node tuning operator; "
			  "Documentation/admin-guide/pm/cpufreq.rst",
		.remedy	= "cd /sys/devices/system/cpu; for i in EACH_PLANNED_CPU; do cat cpu$i/cpufreq/"
			  "scaling_max_freq > cpu$i/cpufreq/scaling_min_freq; done",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .per = PER_PLANNED_CPU, .path = CPU "cpufreq/scaling_min_freq",
		.want	= want_sibling, .text = "scaling_max_freq", .reads = max_freq_file,
		.absent	= ABSENT_NA, .absent_means = NO_CPUFREQ,
		.set	= set_as_beside,
		.disruption = "power and heat: the planned CPUs stay at a high frequency, "
			      "which leaves less turbo for others",
	},
	{
		.id	= "power.turbo",
		.title	= "Intel's turbo is set as a source recommends",
		.why	= "how long turbo lasts depends on heat and on what other cores do: the same work "
			  "takes different times",
		.source	= "Virt-RT guide 2; ServoBox (--extreme); tuned latency-performance; "
			  "Documentation/admin-guide/pm/intel_pstate.rst",
		.remedy	= "echo 1 > /sys/devices/system/cpu/intel_pstate/no_turbo, or switch it off in the "
			  "firmware",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = PSTATE "no_turbo",
		.want	= want_number, .max = 1, .text = "0 or 1",
		.absent	= ABSENT_NA, .absent_means = NO_PSTATE,
		.opinions = "no_turbo = 1 (Virt-RT guide, ServoBox --extreme) makes run times equal; 0 "
			    "(tuned latency-performance) makes them shorter",
		.sides	= "0|1",
		.set	= set_choice,
		.disruption = "without turbo all work takes longer",
	},
	{
		.id	= "power.boost",
		.title	= "Frequency boost is set as a source recommends",
		.why	= "how long a boost lasts depends on heat and on what other cores do",
		.source	= "Virt-RT guide 2; tuned latency-performance (boost=1); "
			  "Documentation/admin-guide/pm/cpufreq.rst",
		.remedy	= "echo 0 > /sys/devices/system/cpu/cpufreq/boost",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = "sys/devices/system/cpu/cpufreq/boost",
		.want	= want_number, .max = 1, .text = "0 or 1",
		.absent	= ABSENT_NA, .absent_means = "the frequency driver has no such switch",
		.opinions = "0 (Virt-RT guide) makes run times equal; 1 (tuned latency-performance) "
			    "makes them shorter",
		.sides	= "0|1",
		.set	= set_choice,
		.disruption = "without boost all work takes longer",
	},
	{
		.id	= "power.intel_pstate",
		.title	= "intel_pstate is in a mode that a source recommends",
		.why	= "in active mode with HWP the processor chooses its frequency by itself",
		.source	= "host and QEMU tuning notes (intel_pstate=disable); ACRN real-time tips; tuned "
			  "realtime; OpenShift node tuning operator (active, passive)",
		.remedy	= "boot with intel_pstate=disable, or: echo passive > "
			  "/sys/devices/system/cpu/intel_pstate/status",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = PSTATE "status",
		.want	= want_one_of, .text = "off|active|passive",
		.absent	= ABSENT_NA, .absent_means = NO_PSTATE " (disabled, or another vendor's CPU)",
		.opinions = "the host notes, ACRN and tuned realtime disable it; OpenShift runs it "
			    "active or passive",
		.sides	= "off|active|passive",
	},
	{
		.id	= "power.amd_pstate",
		.title	= "amd_pstate is in a mode of which the consequences are known",
		.why	= "in active mode the processor chooses its frequency by itself",
		.source	= "Documentation/admin-guide/pm/amd-pstate.rst; by analogy tuned realtime and "
			  "OpenShift node tuning operator on intel_pstate",
		.remedy	= "boot with amd_pstate=disable, or: echo passive > "
			  "/sys/devices/system/cpu/amd_pstate/status",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = "sys/devices/system/cpu/amd_pstate/status",
		.want	= want_one_of, .text = "disable|active|passive|guided",
		.absent	= ABSENT_NA, .absent_means = "this kernel has no amd_pstate",
		.opinions = "what tuned says of intel_pstate speaks for disable, what OpenShift says "
			    "for active or passive with the governor performance",
		.sides	= "disable|active|passive|guided",
	},
	{
		.id	= "power.energy_bias",
		.title	= "vCPUs' CPUs are biased to performance",
		.why	= "the bias decides how eagerly the processor saves power in between",
		.source	= "tuned latency-performance; OpenShift node tuning operator; "
			  "Documentation/admin-guide/pm/intel_epb.rst",
		.remedy	= "cpupower -c PLANNED_CPUS set -b 0",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .per = PER_PLANNED_CPU, .path = CPU "power/energy_perf_bias",
		.want	= want_number, .text = "0",
		.absent	= ABSENT_NA, .absent_means = "the processor has no energy-performance bias",
		.set	= set_text,
		.disruption = "power",
	},
	{
		.id	= "power.energy_preference",
		.title	= "vCPUs' CPUs prefer performance to saving energy",
		.why	= "with hardware-managed frequency this hint is what the processor goes by",
		.source	= "tuned cpu plugin; OpenShift node tuning operator; "
			  "Documentation/admin-guide/pm/intel_pstate.rst",
		.remedy	= "for i in EACH_PLANNED_CPU; do echo performance > /sys/devices/system/cpu/cpu$i/cpufreq/"
			  "energy_performance_preference; done",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .per = PER_PLANNED_CPU,
		.path	= CPU "cpufreq/energy_performance_preference",
		.want	= want_one_of, .text = "performance|0",
		.absent	= ABSENT_NA, .absent_means = "frequency is not managed by the hardware (HWP, CPPC)",
		.set	= set_text,
		.disruption = "power",
	},
	{
		.id	= "power.min_perf_pct",
		.title	= "intel_pstate never goes below full performance",
		.why	= "it is the floor of all CPUs together, whatever their own limits are",
		.source	= "tuned latency-performance; OpenShift node tuning operator; "
			  "Documentation/admin-guide/pm/intel_pstate.rst",
		.remedy	= "echo 100 > /sys/devices/system/cpu/intel_pstate/min_perf_pct",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = PSTATE "min_perf_pct",
		.want	= want_number, .min = 100, .max = 100, .text = "100",
		.absent	= ABSENT_NA, .absent_means = NO_PSTATE,
		.set	= set_number,
		.disruption = "power and heat, of every CPU",
	},
	{
		.id	= "power.max_perf_pct",
		.title	= "intel_pstate is not capped",
		.why	= "a cap that a tool left behind slows every CPU down",
		.source	= "Documentation/admin-guide/pm/intel_pstate.rst",
		.remedy	= "echo 100 > /sys/devices/system/cpu/intel_pstate/max_perf_pct",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = PSTATE "max_perf_pct",
		.want	= want_number, .min = 100, .max = 100, .text = "100",
		.absent	= ABSENT_NA, .absent_means = NO_PSTATE,
		.set	= set_number,
	},
	{
		.id	= "power.platform_profile",
		.title	= "The firmware's profile is performance",
		.why	= "in other profiles the firmware lowers power limits behind the kernel's back",
		.source	= "tuned latency-performance; Documentation/ABI/testing/"
			  "sysfs-platform_profile",
		.remedy	= "echo performance > /sys/firmware/acpi/platform_profile",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = "sys/firmware/acpi/platform_profile",
		.want	= want_text, .text = "performance",
		.absent	= ABSENT_NA, .absent_means = "the firmware offers no profiles",
		.set	= set_text,
		.disruption = "power, heat, noise of the fans",
	},
	{
		.id	= "power.uncore_frequency",
		.title	= "The lowest frequency of the mesh and the memory controller is the highest",
		.why	= "after a quiet moment the first accesses to the shared cache and to memory are "
			  "slow",
		.source	= "tuned uncore plugin; Documentation/admin-guide/pm/intel_uncore_frequency_"
			  "scaling.rst",
		.remedy	= "cd /sys/devices/system/cpu/intel_uncore_frequency; for i in */; do cat "
			  "$i/max_freq_khz > $i/min_freq_khz; done",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= "sys/devices/system/cpu/intel_uncore_frequency/*/min_freq_khz",
		.want	= want_sibling, .text = "max_freq_khz", .reads = uncore_file,
		.absent	= ABSENT_NA, .absent_means = "no driver for it (intel_uncore_frequency)",
		.set	= set_as_beside,
		.disruption = "power and heat, which leave less turbo for the cores",
	},
	{
		.id	= "power.core_throttled",
		.title	= "No core of a vCPU was throttled for heat since boot",
		.why	= "a hot core runs at a fraction of its frequency for milliseconds",
		.source	= "drivers/thermal/intel/therm_throt.c (the count is kept since boot)",
		.remedy	= "see to the cooling, switch turbo off, then reboot",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_REBOOT,
		.place	= PLACE_FILE, .per = PER_PLANNED_CPU,
		.path	= CPU "thermal_throttle/core_throttle_count",
		.want	= want_number, .text = "0",
		.absent	= ABSENT_NA, .absent_means = "the processor does not count it",
		.again	= AGAIN_WORSE,
	},
	{
		.id	= "power.package_throttled",
		.title	= "No package of a vCPU was throttled for heat since boot",
		.why	= "a hot package slows all its cores down, the real-time ones with the others",
		.source	= "drivers/thermal/intel/therm_throt.c",
		.remedy	= "see to the cooling, switch turbo off, then reboot",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_REBOOT,
		.place	= PLACE_FILE, .per = PER_PLANNED_CPU,
		.path	= CPU "thermal_throttle/package_throttle_count",
		.want	= want_number, .text = "0",
		.absent	= ABSENT_NA, .absent_means = "the processor does not count it",
		.again	= AGAIN_WORSE,
	},
	{
		.id	= "power.pcie_aspm",
		.title	= "PCI Express links do not sleep",
		.why	= "a link in L1 takes microseconds to come back, on each access to its device",
		.source	= "Documentation/admin-guide/kernel-parameters.txt (pcie_aspm); "
			  "drivers/pci/pcie/aspm.c",
		.remedy	= "echo performance > /sys/module/pcie_aspm/parameters/policy, or boot with "
			  "pcie_aspm=off and switch ASPM off in the firmware",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = "sys/module/pcie_aspm/parameters/policy",
		.want	= want_awake_links, .text = "performance", .reads = cmdline_file,
		.absent	= ABSENT_NA, .absent_means = "the kernel does not manage ASPM: the firmware does",
		.set	= set_text,
		.disruption = "power",
	},
	{
		.id	= "power.pci_control",
		.title	= "PCI devices are not suspended while they idle",
		.why	= "the first access to a suspended device waits until it is back",
		.source	= "Documentation/ABI/testing/sysfs-devices-power; rtcqs",
		.remedy	= "for i in /sys/bus/pci/devices/*/power/control; do echo on > $i; done; do not "
			  "run powertop --auto-tune",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = "sys/bus/pci/devices/*/power/control",
		.want	= want_text, .text = "on",
		.absent	= ABSENT_NA, .absent_means = "there is no PCI device",
		.set	= set_text,
		.disruption = "power",
	},
	{
		.id	= "power.usb_control",
		.title	= "USB devices are not suspended while they idle",
		.why	= "suspending and resuming a device keeps its controller and a worker busy",
		.source	= "Documentation/ABI/testing/sysfs-devices-power; rtcqs",
		.remedy	= "for i in /sys/bus/usb/devices/*/power/control; do echo on > $i; done, or boot "
			  "with usbcore.autosuspend=-1",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = "sys/bus/usb/devices/*/power/control",
		.want	= want_text, .text = "on",
		.absent	= ABSENT_NA, .absent_means = "there is no USB device",
		.set	= set_text,
		.disruption = "power",
	},
	{
		.id	= "power.gpu_frequency",
		.title	= "The integrated GPU is locked to its lowest frequency (i915)",
		.why	= "it shares the power budget, the ring and the memory controller with the cores",
		.source	= "ACRN real-time tips; KVM-RT guide, Known Issues (graphics)",
		.remedy	= "cd /sys/class/drm/card0; cat gt_RPn_freq_mhz | tee gt_min_freq_mhz > "
			  "gt_max_freq_mhz, or lock it in the firmware",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = "sys/class/drm/card*/gt_max_freq_mhz",
		.want	= want_sibling, .text = "gt_RPn_freq_mhz", .reads = i915_file,
		.absent	= ABSENT_NA, .absent_means = "no GPU is driven by i915",
		.set	= set_as_beside, .disruption = "graphics are slow",
	},
	{
		.id	= "power.gpu_frequency_xe",
		.title	= "The integrated GPU is locked to its lowest frequency (xe)",
		.why	= "it shares the power budget, the ring and the memory controller with the cores",
		.source	= "ACRN real-time tips; KVM-RT guide, Known Issues (graphics)",
		.remedy	= "for i in /sys/class/drm/card*/device/tile*/gt*/freq*; do cat $i/rpn_freq | tee "
			  "$i/min_freq > $i/max_freq; done, or lock it in the firmware",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = "sys/class/drm/card*/device/tile*/gt*/freq*/max_freq",
		.want	= want_sibling, .text = "rpn_freq", .reads = xe_file,
		.absent	= ABSENT_NA, .absent_means = "no GPU is driven by xe",
		.set	= set_as_beside, .disruption = "graphics are slow",
	},
	{
		.id	= "power.panel_savings",
		.title	= "The panel does not save power",
		.why	= "the driver recomputes the picture to dim the light behind it",
		.source	= "tuned latency-performance (panel_power_savings)",
		.remedy	= "echo 0 > /sys/class/drm/card0-eDP-1/amdgpu/panel_power_savings",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = "sys/class/drm/*/amdgpu/panel_power_savings",
		.want	= want_number, .text = "0",
		.absent	= ABSENT_NA, .absent_means = "no panel is driven by amdgpu",
		.set	= set_text, .disruption = "power",
	},
	{
		.id	= NULL,
	},
};
/* clang-format on */
