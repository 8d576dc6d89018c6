/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mistakes on the kernel command line, and what the boot loader makes of it. */
#include <errno.h>
#include <string.h>

#include "boot_cpus.h"
#include "judge.h"
#include "kernel_parameters.h"
#include "number.h"
#include "place.h"
#include "rows.h"

/* A command line that a boot loader wrote holds printable text; with anything else
 * nothing follows from not finding a mistake. */
static gboolean is_text(const KernelCmdline *cmdline)
{
	for (guint i = 0; i < kernel_cmdline_size(cmdline); i++)
		for (const char *at = kernel_cmdline_at(cmdline, i)->typed; *at; at++)
			if (!g_ascii_isprint(*at))
				return FALSE;
	return kernel_cmdline_size(cmdline) > 0;
}

/* Every lint row does the same; `min` is its CmdlineLintKind. */
static void judge_lint(const Knob *knob, KnobView *view, Finding *finding)
{
	g_autoptr(Tally) tally = tally_new(knob, view);
	g_autoptr(GPtrArray) lints = NULL;
	int errnum = 0;
	const KernelCmdline *cmdline = knob_view_cmdline(view, &errnum);
	Cpuset possible;
	gboolean known = knob_view_cpulist(view, "sys/devices/system/cpu/possible",
					   &possible, NULL);
	gboolean found = FALSE;

	if (!cmdline || !is_text(cmdline)) {
		knob_conclude_errno(knob, view, finding, "proc/cmdline",
				    cmdline ? EILSEQ : errnum);
		return;
	}
	lints = kernel_cmdline_lint(
		cmdline, knob_view_line(view, "proc/sys/kernel/osrelease", NULL),
		known ? &possible : NULL);
	for (guint i = 0; i < lints->len; i++) {
		const CmdlineLint *lint = lints->pdata[i];
		g_autofree char *place =
			g_strdup_printf("proc/cmdline %s", lint->parameter);

		if ((gint64)lint->kind != knob->min)
			continue;
		found = TRUE;
		tally_match(tally, MATCH_BROKEN,
			    *lint->parameter ? place : "proc/cmdline", lint->seen, -1,
			    lint->remedy, lint->message);
	}
	if (!found)
		tally_match(tally, MATCH_HOLDS, "proc/cmdline", knob->text, -1,
			    knob->text, NULL);
	tally_finish(tally, finding);
}

/* init/main.c prints, since 5.14:
 * Unknown kernel command line parameters "splash BOOT_IMAGE=/boot/vmlinuz", will be
 * passed to user space. */
static char *unknown_of_log(const char *log)
{
	static const char marker[] = "Unknown kernel command line parameters \"";
	const char *at = strstr(log, marker);
	g_auto(GStrv) words = NULL;
	g_autofree char *list = NULL;
	g_autoptr(GString) left = g_string_new(NULL);

	if (!at)
		return NULL;
	at += strlen(marker);
	list = g_strndup(at, strcspn(at, "\"\n"));
	words = g_strsplit(list, " ", -1);
	for (guint i = 0; words[i]; i++)
		/* The boot loader's own; later kernels leave it out. */
		if (*words[i] && !g_str_has_prefix(words[i], "BOOT_IMAGE="))
			g_string_append_printf(left, "%s%s", left->len ? " " : "",
					       words[i]);
	return left->len ? g_string_free(g_steal_pointer(&left), FALSE) : NULL;
}

static gboolean kernel_names_unknown(KnobView *view)
{
	const char *release = knob_view_line(view, "proc/sys/kernel/osrelease", NULL);
	Span span = span_of(release ? release : "");
	guint64 major, minor;

	return span_take_number(&span, 9999, &major) && span_take_literal(&span, ".") &&
	       span_take_number(&span, 9999, &minor) &&
	       (major > 5 || (major == 5 && minor >= 14));
}

static void judge_log(const Knob *knob, KnobView *view, Finding *finding)
{
	g_autoptr(Tally) tally = tally_new(knob, view);
	g_autofree char *unknown = NULL;
	int errnum = 0;
	const char *log = knob_view_kernel_log(view, &errnum);

	if (!log) {
		knob_conclude_errno(knob, view, finding, "the kernel's log", errnum);
		return;
	}
	unknown = unknown_of_log(log);
	if (unknown)
		tally_match(tally, MATCH_BROKEN, "the kernel's log", unknown, -1,
			    knob->text, "it passed these on to init");
	else if (!strstr(log, "Command line: "))
		tally_match(tally, MATCH_ODD, "the kernel's log", "no command line", -1,
			    NULL, "it no longer reaches back to the boot");
	else if (!kernel_names_unknown(view))
		tally_match(tally, MATCH_IRRELEVANT, "the kernel's log", NULL, -1, NULL,
			    "does not name unknown parameters before Linux 5.14");
	else
		tally_match(tally, MATCH_HOLDS, "the kernel's log", knob->text, -1,
			    knob->text, NULL);
	tally_finish(tally, finding);
}

/* What is left of the 1,024 bytes is filled with '#' (GRUB manual, environment block). */
static void judge_grubenv(const Knob *knob, KnobView *view, Finding *finding)
{
	enum { ROOM_BYTES = 64 }; /* one more short list */
	static const char pattern[] = "boot/grub*/grubenv";
	g_autoptr(Tally) tally = tally_new(knob, view);
	const GPtrArray *paths = knob_view_glob(view, pattern);

	if (knob_view_glob_errno(view, pattern))
		tally_errno(tally, pattern, knob_view_glob_errno(view, pattern), -1);
	for (guint i = 0; i < paths->len; i++) {
		int errnum = 0;
		const char *path = paths->pdata[i];
		const char *text = knob_view_read(view, path, &errnum);
		g_autofree char *block = g_strchomp(g_strdup(text ? text : ""));
		g_autofree char *seen = NULL;
		gsize length = strlen(block), room = 0;

		if (!text) {
			tally_errno(tally, path, errnum, -1);
			continue;
		}
		while (room < length && block[length - 1 - room] == '#')
			room++;
		seen = g_strdup_printf("%" G_GSIZE_FORMAT " bytes left", room);
		tally_match(tally,
			    !g_str_has_prefix(block, "# GRUB Environment Block")
				    ? MATCH_ODD
			    : room >= ROOM_BYTES ? MATCH_HOLDS
						 : MATCH_BROKEN,
			    path, seen, -1, knob->text, NULL);
	}
	tally_finish(tally, finding);
}

typedef struct {
	guint entries, isolating, unclear;
} BootEntries;

/* "linux /vmlinuz ...", "linux16", "linuxefi" of grub.cfg; "options ..." of a loader
 * entry. A variable in it may stand for anything. */
static void count_entries(const char *text, BootEntries *count)
{
	Span span = span_of(text), line;

	while (span_take_line(&span, &line)) {
		g_autofree char *entry = NULL;

		while (line.at < line.end && (*line.at == ' ' || *line.at == '\t'))
			line.at++;
		entry = span_dup(line);
		if (!g_str_has_prefix(entry, "linux") &&
		    !g_str_has_prefix(entry, "options"))
			continue;
		if (!strpbrk(entry, " \t") ||
		    strcspn(entry, " \t") > strlen("linux16efi"))
			continue;
		count->entries++;
		if (strstr(entry, "isolcpus="))
			count->isolating++;
		else if (g_str_has_prefix(entry, "options") && strchr(entry, '$'))
			count->unclear++;
	}
}

static void judge_fallback(const Knob *knob, KnobView *view, Finding *finding)
{
	static const char *const patterns[] = {"boot/grub/grub.cfg",
					       "boot/grub2/grub.cfg",
					       "boot/loader/entries/*.conf"};
	BootEntries count = {0};

	for (guint i = 0; i < G_N_ELEMENTS(patterns); i++) {
		const GPtrArray *paths = knob_view_glob(view, patterns[i]);
		int errnum = knob_view_glob_errno(view, patterns[i]);

		/* The entry that nobody can read may be the one that isolates. */
		for (guint j = 0; j < paths->len; j++) {
			const char *text = knob_view_read(view, paths->pdata[j], &errnum);

			if (text)
				count_entries(text, &count);
		}
		if (errnum && errnum != ENOENT) {
			knob_conclude_errno(knob, view, finding, patterns[i], errnum);
			return;
		}
	}
	if (count.entries == 0) {
		knob_conclude_errno(knob, view, finding, patterns[0], ENOENT);
		return;
	}
	finding_add_evidence(finding, g_strdup("boot/grub/grub.cfg, boot/loader/entries"),
			     g_strdup_printf("%u entries, %u with isolcpus=",
					     count.entries, count.isolating),
			     g_strdup(knob->text));
	if (count.isolating + count.unclear < count.entries)
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
	else if (count.unclear)
		knob_conclude(knob, finding, MATCH_ODD,
			      "the entries take their options from variables");
	else
		knob_conclude(knob, finding, MATCH_BROKEN,
			      "every boot entry isolates CPUs");
}

static const char *const reads_lint[] = {BOOT_CPUS_READS, "proc/sys/kernel/osrelease",
					 NULL};
static const char *const reads_grubenv[] = {"boot/", "boot/grub*/grubenv", NULL};
static const char *const reads_log[] = {CAPTURE_KERNEL_LOG, "proc/sys/kernel/osrelease",
					NULL};
static const char *const reads_fallback[] = {"boot/grub/grub.cfg", "boot/grub2/grub.cfg",
					     "boot/loader/entries/*.conf", NULL};

/* clang-format off */
const Knob knob_rows_boot_lint[] = {
	{
		.id	= "boot.unknown",
		.title	= "Every kernel parameter is one that Linux knows",
		.why	= "the kernel ignores a name it does not know (noht, "
			  "intel.max_cstate, processor_idle.max_cstate, resctrl), and "
			  "the tuning behind it is missing",
		.source	= "host and QEMU tuning notes; "
			  "Documentation/admin-guide/kernel-parameters.rst",
		.remedy	= "write the parameter that is meant (nosmt, "
			  "intel_idle.max_cstate, processor.max_cstate, rdt) or take it "
			  "away",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_LOW,
		.when	= WHEN_REBOOT,
		.place	= PLACE_COMPUTED,
		.text	= "none unknown",
		.min	= CMDLINE_UNKNOWN,
		.judge	= judge_lint, .reads = reads_lint,
	},
	{
		.id	= "boot.vendor",
		.title	= "No kernel parameter belongs to another vendor's kernel",
		.why	= "RedHawk's parameters (msi_affinity_mask, workqueue.pri, "
			  "vfio-pci.addrns) do nothing on any other kernel",
		.source	= "KVM-RT guide, Kernel Boot Parameters",
		.remedy	= "boot the RedHawk kernel, or take the parameter away",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_LOW,
		.when	= WHEN_REBOOT,
		.place	= PLACE_COMPUTED,
		.text	= "none of another vendor",
		.min	= CMDLINE_VENDOR,
		.judge	= judge_lint, .reads = reads_lint,
	},
	{
		.id	= "boot.repeated",
		.title	= "No kernel parameter is given twice where one counts",
		.why	= "the last one wins without a word, and a tool that edits the "
			  "first changes nothing",
		.source	= "Documentation/admin-guide/kernel-parameters.rst; "
			  "kernel/params.c",
		.remedy	= "keep one of them",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_LOW,
		.when	= WHEN_REBOOT,
		.place	= PLACE_COMPUTED,
		.text	= "none repeated",
		.min	= CMDLINE_REPEATED,
		.judge	= judge_lint, .reads = reads_lint,
	},
	{
		.id	= "boot.contradiction",
		.title	= "No kernel parameter works against another",
		.why	= "one of the two is ignored, and which one depends on the "
			  "kernel",
		.source	= "Documentation/admin-guide/kernel-parameters.rst",
		.remedy	= "decide for one of them",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_MEDIUM,
		.when	= WHEN_REBOOT,
		.place	= PLACE_COMPUTED,
		.text	= "none contradicting",
		.min	= CMDLINE_CONTRADICTION,
		.judge	= judge_lint, .reads = reads_lint,
	},
	{
		.id	= "boot.malformed",
		.title	= "Every kernel parameter has a value that the kernel takes",
		.why	= "a list that cannot be read or a quote that is never closed "
			  "loses the parameter, and maybe all that follow",
		.source	= "Documentation/admin-guide/kernel-parameters.rst; "
			  "lib/cmdline.c",
		.remedy	= "correct the value",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_HIGH,
		.when	= WHEN_REBOOT,
		.place	= PLACE_COMPUTED,
		.text	= "none malformed",
		.min	= CMDLINE_MALFORMED,
		.judge	= judge_lint, .reads = reads_lint,
	},
	{
		.id	= "boot.length",
		.title	= "The kernel command line is not cut",
		.why	= "an x86 kernel takes 2,047 bytes; what is beyond is lost, and "
			  "with a long isolcpus= that is the isolation",
		.source	= "rt-conf; tuned (bootloader plugin); "
			  "arch/x86/include/asm/setup.h",
		.remedy	= "write CPU lists as ranges, and take away what is not needed",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_HIGH,
		.when	= WHEN_REBOOT,
		.place	= PLACE_COMPUTED,
		.text	= "not too long",
		.min	= CMDLINE_TOO_LONG,
		.judge	= judge_lint, .reads = reads_lint,
	},
	{
		.id	= "boot.unknown_in_log",
		.title	= "The kernel knew every parameter when it booted",
		.why	= "what this very kernel did not know it handed to init, and did "
			  "nothing about it",
		.source	= "init/main.c; Documentation/admin-guide/kernel-parameters.rst",
		.remedy	= "take the parameters away, or boot the kernel that they are "
			  "for",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_LOW,
		.when	= WHEN_REBOOT,
		.place	= PLACE_COMPUTED,
		.text	= "none unknown",
		.judge	= judge_log, .reads = reads_log,
	},
	{
		.id	= "boot.grubenv",
		.title	= "GRUB's environment block has room",
		.why	= "it holds 1,024 bytes; a long CPU list that does not fit is "
			  "not saved, and the next boot has the old parameters",
		.source	= "tuned (bootloader plugin, machines with 112 CPUs); GRUB "
			  "manual",
		.remedy	= "grub2-editenv - unset VARIABLE, or put the parameters into "
			  "GRUB_CMDLINE_LINUX",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_LOW, .when = WHEN_REBOOT,
		.place	= PLACE_COMPUTED,
		.text	= "64 bytes left or more",
		.absent	= ABSENT_NA,
		.absent_means = "the boot loader keeps no environment block",
		.judge	= judge_grubenv, .reads = reads_grubenv,
	},
	{
		.id	= "boot.fallback_entry",
		.title	= "The boot menu has an entry that isolates no CPU",
		.why	= "on a development host it gives all CPUs back for compiling, "
			  "and a way in when the isolation was a mistake",
		.source	= "Virt-RT guide 3.2.2",
		.remedy	= "keep the distribution's kernel in the boot menu without "
			  "isolcpus=",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO, .when = WHEN_REBOOT,
		.place	= PLACE_COMPUTED,
		.text	= "one without isolcpus=",
		.absent	= ABSENT_NA,
		.absent_means = "the machine has no GRUB menu and no loader entries",
		.judge	= judge_fallback, .reads = reads_fallback,
	},
	{0},
};
