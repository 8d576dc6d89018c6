/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Timers of systemd: jobs that fall due in the middle of a long run. */
#include "rows.h"
#include "set.h"
#include "want.h"

#define SOURCE "Virt-RT guide 3.1 (a minimal system); systemd.timer(5)"
#define TIMER(units)                                                                     \
	.scopes = SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_LOW,                    \
	.when = WHEN_RUNTIME, .place = PLACE_SERVICE, .path = units,                     \
	.want = want_one_of, .text = "disabled|absent", .set = set_text,                 \
	.to = "stopped", .disruption = "its jobs wait until it is started again"

/* clang-format off */
const Knob knob_rows_periodic[] = {
	{
		.id	= "periodic.apt_daily",
		.title	= "Package lists are not fetched daily (apt)",
		.why	= "download and decompression load network, disk and all "
			  "housekeeping CPUs",
		.source	= SOURCE,
		.remedy	= "systemctl disable --now apt-daily.timer",
		TIMER("apt-daily.timer"),
	},
	{
		.id	= "periodic.apt_daily_upgrade",
		.title	= "Packages are not upgraded daily (apt)",
		.why	= "an upgrade restarts services and rewrites the boot files "
			  "during a run",
		.source	= SOURCE,
		.remedy	= "systemctl disable --now apt-daily-upgrade.timer",
		TIMER("apt-daily-upgrade.timer"),
	},
	{
		.id	= "periodic.dnf_makecache",
		.title	= "Package lists are not fetched hourly (dnf)",
		.why	= "download and decompression load network, disk and all "
			  "housekeeping CPUs",
		.source	= SOURCE,
		.remedy	= "systemctl disable --now dnf-makecache.timer",
		TIMER("dnf-makecache.timer dnf5-makecache.timer"),
	},
	{
		.id	= "periodic.dnf_automatic",
		.title	= "Packages are not upgraded automatically (dnf)",
		.why	= "an upgrade restarts services and rewrites the boot files "
			  "during a run",
		.source	= SOURCE,
		.remedy	= "systemctl disable --now dnf-automatic.timer",
		TIMER("dnf-automatic.timer dnf-automatic-install.timer"),
	},
	{
		.id	= "periodic.fstrim",
		.title	= "Disks are not trimmed by a timer",
		.why	= "a trim of a whole disk holds up every other request to it "
			  "for seconds",
		.source	= SOURCE,
		.remedy	= "systemctl disable --now fstrim.timer",
		TIMER("fstrim.timer"),
	},
	{
		.id	= "periodic.logrotate",
		.title	= "Logs are not rotated by a timer",
		.why	= "compressing a day's logs is a burst of CPU and disk load",
		.source	= SOURCE,
		.remedy	= "systemctl stop logrotate.timer for the time of the run",
		TIMER("logrotate.timer"),
	},
	{
		.id	= "periodic.updatedb",
		.title	= "The file name database is not rebuilt by a timer",
		.why	= "it reads every directory of every disk",
		.source	= SOURCE,
		.remedy	= "systemctl disable --now plocate-updatedb.timer "
			  "mlocate-updatedb.timer",
		TIMER("plocate-updatedb.timer mlocate-updatedb.timer updatedb.timer"),
	},
	{
		.id	= "periodic.man_db",
		.title	= "The manual's index is not rebuilt by a timer",
		.why	= "it reads and decompresses every manual page",
		.source	= SOURCE,
		.remedy	= "systemctl disable --now man-db.timer",
		TIMER("man-db.timer"),
	},
	{
		.id	= "periodic.fwupd_refresh",
		.title	= "Firmware lists are not fetched by a timer",
		.why	= "it starts fwupd, which probes devices",
		.source	= SOURCE,
		.remedy	= "systemctl disable --now fwupd-refresh.timer",
		TIMER("fwupd-refresh.timer"),
	},
	{
		.id	= "periodic.file_system_check",
		.title	= "File systems are not scrubbed by a timer",
		.why	= "a scrub reads whole disks, from snapshots that slow every "
			  "write down",
		.source	= SOURCE,
		.remedy	= "systemctl disable --now e2scrub_all.timer xfs_scrub_all.timer",
		TIMER("e2scrub_all.timer xfs_scrub_all.timer"),
	},
	{
		.id	= "periodic.raid_check",
		.title	= "RAID arrays are not checked by a timer",
		.why	= "a check reads all disks of an array for hours",
		.source	= SOURCE,
		.remedy	= "systemctl disable --now mdcheck_start.timer "
			  "mdcheck_continue.timer raid-check.timer",
		TIMER("mdcheck_start.timer mdcheck_continue.timer raid-check.timer"),
	},
	{
		.id	= "periodic.sysstat",
		.title	= "No timer collects system statistics",
		.why	= "every ten minutes it reads all counters of the kernel, CPU "
			  "by CPU, and writes them to disk",
		.source	= SOURCE,
		.remedy	= "systemctl disable --now sysstat-collect.timer "
			  "sysstat-summary.timer",
		TIMER("sysstat-collect.timer sysstat-summary.timer"),
	},
	{
		.id	= "periodic.anacron",
		.title	= "Missed cron jobs are not caught up by a timer",
		.why	= "all jobs missed while the machine was off start soon after "
			  "the boot",
		.source	= SOURCE,
		.remedy	= "systemctl disable --now anacron.timer",
		TIMER("anacron.timer"),
	},
	{
		.id	= "periodic.snap_repair",
		.title	= "snap's repair timer is off",
		.why	= "it starts snapd and asks the network",
		.source	= SOURCE,
		.remedy	= "systemctl disable --now snapd.snap-repair.timer",
		TIMER("snapd.snap-repair.timer"),
	},
	{
		.id	= "periodic.ubuntu_notices",
		.title	= "Ubuntu's news, crash reports and update notices are off",
		.why	= "each starts an interpreter and asks the network",
		.source	= SOURCE,
		.remedy	= "systemctl disable --now motd-news.timer "
			  "apport-autoreport.timer update-notifier-download.timer "
			  "update-notifier-motd.timer ua-timer.timer",
		TIMER("motd-news.timer apport-autoreport.timer "
		      "update-notifier-download.timer update-notifier-motd.timer "
		      "ua-timer.timer"),
	},
	{
		.id	= "periodic.backup",
		.title	= "The package database is not backed up by a timer",
		.why	= "it compresses the database at midnight",
		.source	= SOURCE,
		.remedy	= "systemctl disable --now dpkg-db-backup.timer",
		TIMER("dpkg-db-backup.timer"),
	},
	{0},
};
