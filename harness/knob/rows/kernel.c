/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kernel is running. */
#include <errno.h>
#include <string.h>

#include "judge.h"
#include "place.h"
#include "rows.h"
#include "want.h"

/* "PREEMPT RT" is how the patches for 3.x and 4.x spelled it. */
static gboolean is_realtime_version(const char *version)
{
	return strstr(version, "PREEMPT_RT") || strstr(version, "PREEMPT RT");
}

/* sys/kernel/realtime came to mainline late: an RT kernel may lack it, and says so in its
 * version. Where both speak they must agree. */
static void judge_realtime(const Knob *knob, KnobView *view, Finding *finding)
{
	g_autoptr(Tally) tally = tally_new(knob, view);
	int flag_errno = 0, version_errno = 0;
	const char *flag = knob_view_line(view, "sys/kernel/realtime", &flag_errno);
	const char *version =
		knob_view_line(view, "proc/sys/kernel/version", &version_errno);
	gboolean named = version && is_realtime_version(version);
	KnobMatch match = named ? MATCH_HOLDS : MATCH_BROKEN;
	const char *note = NULL;

	if (!version) {
		tally_errno(tally, "proc/sys/kernel/version", version_errno, -1);
		tally_finish(tally, finding);
		return;
	}
	if (!strchr(version, '#'))
		match = MATCH_ODD;
	if (!flag && flag_errno != ENOENT)
		tally_errno(tally, "sys/kernel/realtime", flag_errno, -1);
	if (flag && strcmp(flag, named ? "1" : "0") != 0) {
		match = MATCH_ODD;
		note = "proc/sys/kernel/version and sys/kernel/realtime do not agree";
	}
	tally_match(tally, match, "proc/sys/kernel/version", version, -1, knob->text,
		    note);
	if (flag)
		tally_match(tally, match, "sys/kernel/realtime", flag, -1, "1", note);
	tally_finish(tally, finding);
}

/* The version tells whether the mode can be chosen; where debugfs is not mounted, the
 * file is missing on such a kernel as well. */
static gboolean applies_dynamic(const Knob *knob G_GNUC_UNUSED, KnobView *view,
				char **ret_proof)
{
	const char *version = knob_view_line(view, "proc/sys/kernel/version", NULL);

	if (!version ||
	    (!is_realtime_version(version) && strstr(version, "PREEMPT_DYNAMIC")))
		return TRUE;
	*ret_proof = g_strdup_printf(
		"%s: proc/sys/kernel/version",
		is_realtime_version(version)
			? "a PREEMPT_RT kernel preempts for real-time tasks "
			  "in every mode"
			: "the mode was fixed when the kernel was built");
	return FALSE;
}

/* "none voluntary (full) lazy" */
static KnobMatch want_full(const Knob *knob G_GNUC_UNUSED, KnobView *view G_GNUC_UNUSED,
			   const KnobReading *reading, char **ret_wanted G_GNUC_UNUSED,
			   char **ret_note G_GNUC_UNUSED)
{
	if (!strchr(reading->value, '(') || !strstr(reading->value, "full"))
		return MATCH_ODD;
	return strstr(reading->value, "(full)") ? MATCH_HOLDS : MATCH_BROKEN;
}

/* proc/sys/kernel/arch is new in Linux 6.1; a release names it on many distributions, the
 * configuration always does. */
static void judge_arch(const Knob *knob, KnobView *view, Finding *finding)
{
	g_autoptr(Tally) tally = tally_new(knob, view);
	int errnum = 0;
	const char *arch = knob_view_line(view, "proc/sys/kernel/arch", &errnum);
	const char *built;

	if (!arch && errnum != ENOENT) {
		tally_errno(tally, "proc/sys/kernel/arch", errnum, -1);
	} else if (arch) {
		tally_match(tally,
			    strcmp(arch, "x86_64") == 0 || strcmp(arch, "aarch64") == 0
				    ? MATCH_HOLDS
			    : g_str_has_prefix(arch, "i") || g_str_has_prefix(arch, "arm")
				    ? MATCH_BROKEN
				    : MATCH_ODD,
			    "proc/sys/kernel/arch", arch, -1, knob->text, NULL);
	} else if ((built = knob_view_kconfig(view, "64BIT", NULL))) {
		tally_match(tally, strcmp(built, "y") == 0 ? MATCH_HOLDS : MATCH_BROKEN,
			    "CONFIG_64BIT", built, -1, "y", NULL);
	} else {
		tally_match(tally, MATCH_ODD, "proc/sys/kernel/arch, CONFIG_64BIT", NULL,
			    -1, NULL, "neither is to be found");
	}
	tally_finish(tally, finding);
}

/* "ffffffffff600000-ffffffffff601000 --xp ...": the last mapping is the stack or the
 * kernel's, beyond 4 GiB in a 64-bit process alone. */
static void judge_userspace(const Knob *knob, KnobView *view, Finding *finding)
{
	g_autoptr(Tally) tally = tally_new(knob, view);
	int errnum = 0;
	const char *maps = knob_view_read(view, "proc/1/maps", &errnum);
	g_autofree char *text = g_strchomp(g_strdup(maps ? maps : ""));
	const char *last = strrchr(text, '\n');
	g_autofree char *seen = NULL;
	gsize digits;

	if (!maps) {
		knob_conclude_errno(knob, view, finding, "proc/1/maps", errnum);
		return;
	}
	last = last ? last + 1 : text;
	digits = strspn(last, "0123456789abcdef");
	seen = g_strdup_printf("addresses of %" G_GSIZE_FORMAT " digits", digits);
	tally_match(tally,
		    digits == 0 || last[digits] != '-' ? MATCH_ODD
		    : digits > 8                       ? MATCH_HOLDS
						       : MATCH_BROKEN,
		    "proc/1/maps", seen, -1, knob->text, NULL);
	tally_finish(tally, finding);
}

static const char *const reads_realtime[] = {"sys/kernel/realtime",
					     "proc/sys/kernel/version", NULL};
static const char *const reads_version[] = {"proc/sys/kernel/version", NULL};
static const char *const reads_maps[] = {"proc/1/maps", NULL};
static const char *const reads_arch[] = {"proc/sys/kernel/arch",
					 "proc/sys/kernel/osrelease",
					 "boot/config-*",
					 "lib/modules/*/config",
					 "usr/lib/modules/*/config",
					 "proc/config.gz",
					 NULL};

/* clang-format off */
const Knob knob_rows_kernel[] = {
	{
		.id	= "kernel.realtime",
		.title	= "The kernel is PREEMPT_RT",
		.why	= "interrupt handlers, softirqs and spin locks of any other "
			  "kernel hold off a real-time task for as long as they like",
		.source	= "ServoBox; Virt-RT guide 4; KVM-RT guide, Host Kernel "
			  "Configuration; "
			  "Documentation/core-api/real-time/kernel-configuration.rst",
		.remedy	= "boot a PREEMPT_RT kernel (apt install linux-image-rt-amd64; "
			  "kernel-rt; ubuntu pro enable realtime-kernel)",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_FATAL, .when = WHEN_REBOOT,
		.place	= PLACE_COMPUTED,
		.text	= "PREEMPT_RT",
		.judge	= judge_realtime, .reads = reads_realtime,
	},
	{
		.id	= "kernel.preempt_rt",
		.title	= "The kernel's configuration says PREEMPT_RT",
		.why	= "nothing but this option makes interrupt handlers and locks "
			  "preemptible; where the version says PREEMPT_RT, the "
			  "configuration is another kernel's",
		.source	= "SEAPATH; "
			  "Documentation/core-api/real-time/kernel-configuration.rst",
		.remedy	= "build with CONFIG_PREEMPT_RT=y, or put the running kernel's "
			  "configuration into /boot",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_MEDIUM, .when = WHEN_REBOOT,
		.place	= PLACE_KCONFIG, .path = "PREEMPT_RT",
		.want	= want_text, .text = "y",
	},
	{
		.id	= "kernel.preempt_mode",
		.title	= "A kernel that can choose its preemption runs with full",
		.why	= "with none or voluntary a task in the kernel gives way only at "
			  "few points",
		.source	= "Documentation/admin-guide/kernel-parameters.txt (preempt=)",
		.remedy	= "echo full > /sys/kernel/debug/sched/preempt, or preempt=full "
			  "on the kernel command line",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_HIGH, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = "sys/kernel/debug/sched/preempt",
		.want	= want_full, .text = "(full)",
		.applies = applies_dynamic, .reads = reads_version,
	},
	{
		.id	= "kernel.arch",
		.title	= "The kernel is a 64-bit one",
		.why	= "on 32 bits every access to more than 1 GiB of memory is "
			  "mapped and unmapped, and KVM for such hosts is gone",
		.source	= "Virt-RT guide 1.2",
		.remedy	= "install a 64-bit distribution",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_FATAL, .when = WHEN_REBOOT,
		.place	= PLACE_COMPUTED,
		.text	= "x86_64",
		.judge	= judge_arch, .reads = reads_arch,
	},
	{
		.id	= "kernel.userspace",
		.title	= "The first process is a 64-bit program",
		.why	= "32-bit libraries and QEMU map a guest of some GiB in pieces",
		.source	= "Virt-RT guide 1.2",
		.remedy	= "install a 64-bit distribution",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_REBOOT,
		.place	= PLACE_COMPUTED,
		.text	= "addresses of more than 8 digits",
		.judge	= judge_userspace, .reads = reads_maps,
	},
	{0},
};
