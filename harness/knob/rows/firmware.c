/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the firmware does behind the kernel's back, and what only its own menu shows. */
#include "rows.h"
#include "want.h"

/* clang-format off */
const Knob knob_rows_firmware[] = {
	{
		.id	= "firmware.edac",
		.title	= "No memory controller is polled for corrected errors",
		.why	= "an EDAC driver reads the controller's registers every second, and some firmware "
			  "answers with SMIs",
		.source	= "Documentation/driver-api/edac.rst; RHEL for Real Time",
		.remedy	= "modprobe -r the driver named in the evidence, and blacklist it in "
			  "/etc/modprobe.d; errors then go unreported",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = "sys/devices/system/edac/mc/mc*/mc_name",
		.want	= want_no_value, .text = "no such controller",
		.absent	= ABSENT_HOLDS, .absent_means = "no EDAC driver watches a memory controller",
	},
	{
		.id	= "firmware.ghes",
		.title	= "No error source of the firmware is watched",
		.why	= "a source that is polled wakes a CPU up every second, and one that reports takes "
			  "an NMI or SMI",
		.source	= "drivers/acpi/apei/ghes.c; RHEL for Real Time",
		.remedy	= "boot with ghes.disable=1 or hest_disable; errors then go unreported",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO, .when = WHEN_REBOOT,
		.place	= PLACE_FILE, .path = "sys/bus/platform/drivers/GHES/GHES.*/modalias",
		.want	= want_no_value, .text = "no such source",
		.absent	= ABSENT_HOLDS, .absent_means = "no source is bound to the driver GHES",
	},
	{
		.id	= "firmware.smi_count",
		.title	= "System management interrupts do not happen while VMs run",
		.why	= "an SMI stops every CPU for tens to thousands of microseconds, and no kernel sees "
			  "it; only the difference of MSR 0x34 before and after says whether there were any",
		.source	= "rt-tests (cyclictest --smi, hwlatdetect); ACRN real-time tips (SMI belongs into "
			  "the firmware); Intel SDM 4 (MSR_SMI_COUNT)",
		.remedy	= "compare rdmsr -a 0x34 before and after a run; switch off what raises them in the "
			  "firmware (USB legacy, power capping, memory scrubbing, error reporting)",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_HIGH, .when = WHEN_FIRMWARE,
		.place	= PLACE_EXPLAIN,
	},
	{
		.id	= "firmware.hwlat",
		.title	= "The hardware takes no more than 10 us from a CPU that runs with interrupts off",
		.why	= "whatever the hwlat tracer sees comes from below the kernel, and no tuning of Linux "
			  "makes it better",
		.source	= "rt-tests (hwlatdetect); Documentation/trace/hwlat_detector.rst; ServoBox",
		.remedy	= "hwlatdetect --duration=1h --threshold=10, before anything else is measured",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_HIGH, .when = WHEN_FIRMWARE,
		.place	= PLACE_EXPLAIN,
	},
	{
		.id	= "firmware.power_saving",
		.title	= "The firmware's settings are for performance, without power saving of its own",
		.why	= "the firmware may change frequency and power limits by itself; what it is set to can "
			  "be read only in its menu or with the vendor's tool",
		.source	= "Virt-RT guide 2",
		.remedy	= "choose the profile for maximum performance; leave P-states and power limits to the "
			  "operating system, or switch them off",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_FIRMWARE,
		.place	= PLACE_EXPLAIN,
	},
	{
		.id	= "firmware.smt",
		.title	= "Hyperthreading is off in the firmware",
		.why	= "siblings share a core's caches and units; off in the firmware they also free what "
			  "each would have had for itself",
		.source	= "Virt-RT guide 2",
		.remedy	= "switch Hyper-Threading off in the firmware (nosmt on the command line does nearly "
			  "the same)",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_FIRMWARE,
		.place	= PLACE_EXPLAIN,
	},
	{
		.id	= "firmware.turbo",
		.title	= "Turbo is off in the firmware",
		.why	= "how long turbo lasts depends on heat and on what other cores do",
		.source	= "Virt-RT guide 2",
		.remedy	= "switch Turbo Mode off in the firmware, or see power.turbo",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_FIRMWARE,
		.place	= PLACE_EXPLAIN,
	},
	{
		.id	= "firmware.cstates",
		.title	= "C-states, package C-states and C1E are off in the firmware",
		.why	= "package states and the promotion of C1 to C1E happen without the kernel",
		.source	= "Virt-RT guide 2",
		.remedy	= "switch C-states and C1E off in the firmware; what the kernel may use is judged by "
			  "idle.states",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_FIRMWARE,
		.place	= PLACE_EXPLAIN,
	},
	{
		.id	= "firmware.usb_legacy",
		.title	= "USB legacy emulation is off in the firmware",
		.why	= "it makes a USB keyboard look like an old one, with an SMI for each access",
		.source	= "Intel TCC; RHEL for Real Time; Documentation/trace/hwlat_detector.rst",
		.remedy	= "switch USB legacy support off in the firmware",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_FIRMWARE,
		.place	= PLACE_EXPLAIN,
	},
	{
		.id	= "firmware.tcc",
		.title	= "The firmware's real-time mode (Intel TCC) is on where there is one",
		.why	= "it sets a dozen things at once that have no switch of their own",
		.source	= "Intel TCC",
		.remedy	= "switch Intel TCC mode on in the firmware",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_FIRMWARE,
		.place	= PLACE_EXPLAIN,
	},
	{
		.id	= "firmware.gpu",
		.title	= "The integrated GPU's frequency is locked low in the firmware",
		.why	= "not every driver lets it be locked; a GPU under load takes power and memory "
			  "bandwidth from the cores",
		.source	= "ACRN real-time tips",
		.remedy	= "lock the GPU to the lowest frequency that does, or switch it off",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_LOW, .when = WHEN_FIRMWARE,
		.place	= PLACE_EXPLAIN,
	},
	{
		.id	= NULL,
	},
};
/* clang-format on */
