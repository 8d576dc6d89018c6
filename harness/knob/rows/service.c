/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Daemons: what runs beside the real-time work and what it does to it. */
#include "rows.h"
#include "set.h"
#include "view.h"
#include "want.h"

/* A unit that only a link tells of: what starts at boot ran since. */
static void change_enabled_unit(const Knob *knob, KnobView *view, Changes *changes)
{
	const GPtrArray *links = knob_view_glob(view, knob->path);
	g_autofree char *unit = g_path_get_basename(knob->path);

	if (links->len > 0)
		changes_add(changes, knob, CHANGE_SERVICE, unit, "running", "stopped");
}

/* What feeds a watchdog is not stopped: the machine might be reset. */
static char *set_unless_watchdog(const Knob *knob, KnobView *view, const KnobReading *reading)
{
	return g_str_has_prefix(reading->place, "bmc-watchdog.") ? NULL
								 : set_text(knob, view, reading);
}

#define STOPPED        .want = want_one_of, .text = "stopped|absent"
#define HOST_AND_GUEST (SCOPE_HOST | SCOPE_GUEST)

/* clang-format off */
const Knob knob_rows_service[] = {
	{
		.id	= "service.thermald",
		.title	= "thermald is stopped",
		.why	= "it clamps frequencies and injects idle time while the guest "
			  "works",
		.source	= "host and QEMU tuning notes",
		.remedy	= "systemctl disable --now thermald",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_RUNTIME,
		.place	= PLACE_SERVICE, .path = "thermald.service", STOPPED,
		.set	= set_text, .to = "stopped",
		.disruption = "the firmware alone keeps the machine from overheating",
	},
	{
		.id	= "service.wpa_supplicant",
		.title	= "wpa_supplicant is stopped",
		.why	= "scanning for wireless networks raises interrupts and wakes "
			  "threads",
		.source	= "host and QEMU tuning notes",
		.remedy	= "systemctl disable --now wpa_supplicant",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_RUNTIME,
		.place	= PLACE_SERVICE, .path = "wpa_supplicant.service", STOPPED,
		.set	= set_text, .to = "stopped",
		.disruption = "wireless networks, and wired ones with 802.1X, are cut off",
	},
	{
		.id	= "service.ksm",
		.title	= "The ksm service is not enabled",
		.why	= "it starts page merging at boot: merged pages fault when a "
			  "guest writes them",
		.source	= "Virt-RT guide 3.2.1",
		.remedy	= "systemctl disable --now ksm; echo 2 > /sys/kernel/mm/ksm/run",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_MEDIUM,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = "etc/systemd/system/*.wants/ksm.service",
		.want	= want_no_value, .text = "not enabled",
		.absent	= ABSENT_HOLDS, .absent_means = "ksm.service is not enabled",
		.change	= change_enabled_unit,
		.disruption = "pages are no longer merged: VMs of one kind need more memory",
	},
	{
		.id	= "service.ksmtuned",
		.title	= "ksmtuned is stopped",
		.why	= "it turns page merging on as soon as memory runs low",
		.source	= "Virt-RT guide 3.2.1",
		.remedy	= "systemctl disable --now ksmtuned",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_MEDIUM,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_SERVICE, .path = "ksmtuned.service", STOPPED,
		.set	= set_text, .to = "stopped",
		.disruption = "page merging is no longer adapted to how much memory is free",
	},
	{
		.id	= "service.auditd",
		.title	= "auditd is stopped",
		.why	= "auditing lengthens every system call, those of real-time "
			  "threads too",
		.source	= "Virt-RT guide 3.2.3; host and QEMU tuning notes (audit=0)",
		.remedy	= "audit=0 on the kernel command line (auditd refuses systemctl "
			  "stop)",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_MEDIUM,
		.when	= WHEN_REBOOT,
		.place	= PLACE_SERVICE, .path = "auditd.service", STOPPED,
		.set	= set_text, .to = "stopped", .refusable = TRUE,
		.disruption = "what is audited goes to the kernel log or is lost",
	},
	{
		.id	= "service.tlp",
		.title	= "TLP is not enabled",
		.why	= "it sets governors and power saving of devices anew at every "
			  "change of power source",
		.source	= "Virt-RT guide 2 (power saving off); tlp(8)",
		.remedy	= "systemctl disable --now tlp",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = "etc/systemd/system/*.wants/tlp.service",
		.want	= want_no_value, .text = "not enabled",
		.absent	= ABSENT_HOLDS, .absent_means = "tlp.service is not enabled",
	},
	{
		.id	= "service.ondemand",
		.title	= "No service sets the ondemand governor at boot",
		.why	= "it overrules the governor that was chosen",
		.source	= "ServoBox RT settings 18 (governor)",
		.remedy	= "systemctl disable ondemand",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= "etc/systemd/system/*.wants/ondemand.service",
		.want	= want_no_value, .text = "not enabled",
		.absent	= ABSENT_HOLDS, .absent_means = "ondemand.service is not enabled",
	},
	{
		.id	= "service.power_profiles",
		.title	= "power-profiles-daemon is stopped",
		.why	= "it writes energy preferences and the platform profile on its "
			  "own account",
		.source	= "ServoBox RT settings 18 (governor); tuned (the two exclude "
			  "each other)",
		.remedy	= "systemctl disable --now power-profiles-daemon",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_RUNTIME,
		.place	= PLACE_SERVICE, .path = "power-profiles-daemon.service", STOPPED,
		.set	= set_text, .to = "stopped",
		.disruption = "the desktop cannot choose a power profile",
	},
	{
		.id	= "service.cpuspeed",
		.title	= "No daemon changes the CPU frequency",
		.why	= "each change stalls the core",
		.source	= "ServoBox RT settings 18; Virt-RT guide 2",
		.remedy	= "systemctl disable --now cpuspeed cpufreqd auto-cpufreq",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_RUNTIME,
		.place	= PLACE_SERVICE,
		.path	= "cpuspeed.service cpufreqd.service auto-cpufreq.service",
		STOPPED,
		.set	= set_text, .to = "stopped",
		.disruption = "frequencies stay as they are, whatever the load",
	},
	{
		.id	= "service.numad",
		.title	= "numad is stopped",
		.why	= "it moves processes and their memory between nodes, QEMU's too",
		.source	= "numad(8); KVM-RT guide, Configuring Real-Time Virtual "
			  "Machines (NUMA)",
		.remedy	= "systemctl disable --now numad",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_MEDIUM,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_SERVICE, .path = "numad.service", STOPPED,
		.set	= set_text, .to = "stopped",
		.disruption = "processes are not moved to the memory that they use",
	},
	{
		.id	= "service.snapd",
		.title	= "snapd is stopped",
		.why	= "it refreshes packages four times a day: downloads, mounts, "
			  "restarts",
		.source	= "Virt-RT guide 3.1 (a minimal system is preferred)",
		.remedy	= "snap refresh --hold, or systemctl disable --now snapd",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_SERVICE, .path = "snapd.service", STOPPED,
		.set	= set_text, .to = "stopped",
		.disruption = "snaps are neither refreshed nor installed",
	},
	{
		.id	= "service.unattended_upgrades",
		.title	= "unattended-upgrades is stopped",
		.why	= "an upgrade in the middle of a run restarts services and "
			  "loads disk and CPUs",
		.source	= "Virt-RT guide 3.1 (a minimal system is preferred)",
		.remedy	= "systemctl disable --now unattended-upgrades",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_SERVICE, .path = "unattended-upgrades.service", STOPPED,
		.set	= set_text, .to = "stopped",
		.disruption = "security updates wait",
	},
	{
		.id	= "service.packagekit",
		.title	= "PackageKit is stopped",
		.why	= "it downloads and parses package lists whenever it likes",
		.source	= "Virt-RT guide 3.1 (a minimal system is preferred)",
		.remedy	= "systemctl mask --now packagekit",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_SERVICE,
		.path	= "packagekit.service packagekitd.service", STOPPED,
		.set	= set_text, .to = "stopped",
		.disruption = "graphical package managers do not work",
	},
	{
		.id	= "service.fwupd",
		.title	= "fwupd is stopped",
		.why	= "it probes devices and firmware, which some answer with an SMI",
		.source	= "Virt-RT guide 3.1 (a minimal system is preferred)",
		.remedy	= "systemctl mask --now fwupd",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_SERVICE, .path = "fwupd.service", STOPPED,
		.set	= set_text, .to = "stopped",
		.disruption = "firmware updates wait",
	},
	{
		.id	= "service.modem_manager",
		.title	= "ModemManager is stopped",
		.why	= "it probes every new serial port, those of instruments too",
		.source	= "Virt-RT guide 3.1 (a minimal system is preferred)",
		.remedy	= "systemctl disable --now ModemManager",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_SERVICE, .path = "ModemManager.service", STOPPED,
		.set	= set_text, .to = "stopped",
		.disruption = "mobile networks are cut off",
	},
	{
		.id	= "service.rtkit",
		.title	= "rtkit is stopped",
		.why	= "it hands real-time priorities to desktop programs, and its "
			  "watchdog runs at priority 99",
		.source	= "rtkit README; seeker cpu-rtcheck (other real-time tasks)",
		.remedy	= "systemctl mask --now rtkit-daemon",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_SERVICE, .path = "rtkit-daemon.service", STOPPED,
		.set	= set_text, .to = "stopped",
		.disruption = "desktop audio runs without real-time priority",
	},
	{
		.id	= "service.smartd",
		.title	= "smartd is stopped",
		.why	= "it queries every disk each half hour, and the disk stops "
			  "serving others meanwhile",
		.source	= "smartd(8)",
		.remedy	= "systemctl disable --now smartd",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_SERVICE,
		.path	= "smartd.service smartmontools.service", STOPPED,
		.set	= set_text, .to = "stopped",
		.disruption = "nobody hears of a disk that begins to fail",
	},
	{
		.id	= "service.cron",
		.title	= "cron is stopped",
		.why	= "its jobs start at full minutes, most of them in the night of "
			  "a long run",
		.source	= "Virt-RT guide 3.1 (a minimal system is preferred)",
		.remedy	= "systemctl stop cron (or crond) for the time of the run",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_SERVICE,
		.path	= "cron.service crond.service anacron.service", STOPPED,
		.set	= set_text, .to = "stopped",
		.disruption = "jobs that fall due are left out",
	},
	{
		.id	= "service.ipmi",
		.title	= "No daemon polls the management controller",
		.why	= "the management controller is slow, and on many boards each "
			  "question is an SMI",
		.source	= "Red Hat real-time tuning; Documentation/driver-api/ipmi.rst",
		.remedy	= "systemctl disable --now ipmievd bmc-watchdog ipmidetectd",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_SERVICE,
		.path	= "ipmievd.service bmc-watchdog.service ipmidetectd.service",
		STOPPED,
		.set	= set_unless_watchdog, .to = "stopped",
		.disruption = "events of the management controller are not logged",
	},
	{
		.id	= "service.display",
		.title	= "No graphical session runs",
		.why	= "on-board graphics reads its picture through the memory "
			  "controller that the guests need",
		.source	= "KVM-RT guide, Known Issues (graphics intensive programs)",
		.remedy	= "systemctl isolate multi-user.target",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_SERVICE,
		.path	= "gdm.service gdm3.service lightdm.service sddm.service "
			  "Xorg.service Xwayland.service gnome-shell.service",
		STOPPED,
	},
	{
		.id	= "service.wait_online",
		.title	= "The boot does not wait for a network",
		.why	= "it delays the start of guests and does nothing for them",
		.source	= "Virt-RT guide 3.1 (a minimal system is preferred)",
		.remedy	= "systemctl disable NetworkManager-wait-online "
			  "systemd-networkd-wait-online",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_INFO, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= "etc/systemd/system/*.wants/*-wait-online.service",
		.want	= want_no_value, .text = "not enabled",
		.absent	= ABSENT_HOLDS,
		.absent_means = "no wait-online service is enabled",
	},
	{0},
};
