/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What else is going on: load, other VMs, auditing, graphics. */
#include <errno.h>
#include <string.h>

#include "judge.h"
#include "kernel_cmdline.h"
#include "number.h"
#include "rows.h"
#include "want.h"

/* "12345.67 23456.78": seconds since the boot, seconds idle. */
static KnobMatch want_settled(const Knob *knob, KnobView *view,
			      const KnobReading *reading, char **ret_wanted,
			      char **ret_note)
{
	Span span = span_of(reading->value);
	guint64 seconds;

	(void)view;
	(void)ret_wanted;
	if (!span_take_number(&span, G_MAXINT32, &seconds) ||
	    !span_take_literal(&span, "."))
		return MATCH_ODD;
	*ret_note = g_strdup_printf("%" G_GUINT64_FORMAT " seconds", seconds);
	return (gint64)seconds >= knob->min ? MATCH_HOLDS : MATCH_BROKEN;
}

/* "0.52 0.58 0.59 1/467 12345": the first is the mean of the last minute. */
static KnobMatch want_quiet(const Knob *knob, KnobView *view, const KnobReading *reading,
			    char **ret_wanted, char **ret_note)
{
	guint cpus = cpuset_count(knob_view_housekeeping(view));
	Span span = span_of(reading->value);
	guint64 whole, hundredths;

	(void)knob;
	(void)ret_note;
	if (!span_take_number(&span, G_MAXUINT32, &whole) ||
	    !span_take_literal(&span, ".") || !span_take_number(&span, 99, &hundredths) ||
	    !span_take_literal(&span, " ") || cpus == 0)
		return MATCH_ODD;
	*ret_wanted = g_strdup_printf("at most %u, one for each housekeeping CPU", cpus);
	return whole < cpus || (whole == cpus && hundredths == 0) ? MATCH_HOLDS
								  : MATCH_BROKEN;
}

/* "MemTotal:       65536000 kB". */
static gboolean memory_field(const char *text, const char *name, guint64 *ret_kib)
{
	Span rest = span_of(text);
	Span line;

	while (span_take_line(&rest, &line)) {
		if (!span_take_literal(&line, name) || !span_take_literal(&line, ":"))
			continue;
		span_skip_blanks(&line);
		return span_take_number(&line, G_MAXINT64, ret_kib) &&
		       span_take_literal(&line, " kB");
	}
	return FALSE;
}

static void judge_memory(const Knob *knob, KnobView *view, Finding *finding)
{
	int errnum = 0;
	const char *text = knob_view_read(view, "proc/meminfo", &errnum);
	guint64 total, available;

	if (!text) {
		knob_conclude_errno(knob, view, finding, "proc/meminfo", errnum);
		return;
	}
	if (!memory_field(text, "MemTotal", &total) ||
	    !memory_field(text, "MemAvailable", &available) || available > total) {
		knob_conclude(knob, finding, MATCH_ODD,
			      "proc/meminfo does not tell how much memory is available");
		return;
	}
	finding_add_evidence(finding, g_strdup("proc/meminfo"),
			     g_strdup_printf("%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
					     " MiB are available",
					     available / 1024, total / 1024),
			     g_strdup("a tenth"));
	knob_conclude(
		knob, finding, available >= total / 10 ? MATCH_HOLDS : MATCH_BROKEN, "%s",
		available >= total / 10 ? ""
					: "less than a tenth of memory is available");
}

/* A VM is a process one of whose threads is a vCPU. */
static void judge_other_vms(const Knob *knob, KnobView *view, Finding *finding)
{
	g_autoptr(GHashTable) pids = g_hash_table_new(NULL, NULL);
	int errnum = 0;
	const GArray *threads = knob_view_threads(view, &errnum);
	guint count;

	if (!threads) {
		knob_conclude_errno(knob, view, finding, "proc", errnum);
		return;
	}
	for (guint i = 0; i < threads->len; i++) {
		const KnobThread *thread = &g_array_index(threads, KnobThread, i);

		if (g_str_has_prefix(thread->role, "vcpu "))
			g_hash_table_add(pids, GUINT_TO_POINTER(thread->pid));
	}
	count = g_hash_table_size(pids);
	finding_add_evidence(finding, g_strdup("processes"),
			     g_strdup_printf("%u VMs run", count), g_strdup("none"));
	knob_conclude(knob, finding, count ? MATCH_BROKEN : MATCH_HOLDS, "%s",
		      count ? "VMs run already: whether they share CPUs, caches and "
			      "memory with "
			      "the real-time VM is for the plan to say"
			    : "");
}

/* Rules of auditctl(8): "-a always,exit -F arch=b64 -S openat"; a rule that exempts tasks
 * or system calls begins with "-a never". */
static guint count_rules(const char *text, gboolean *ret_exempt)
{
	Span rest = span_of(text);
	Span line;
	guint count = 0;

	while (span_take_line(&rest, &line)) {
		g_autofree char *rule = span_dup(line);

		if (strstr(rule, "never,") || strstr(rule, ",never"))
			*ret_exempt = TRUE;
		else if (g_str_has_prefix(g_strstrip(rule), "-a") && strstr(rule, "-S"))
			count++;
	}
	return count;
}

static gboolean audit_applies(const Knob *knob, KnobView *view, char **ret_proof)
{
	const KernelCmdline *cmdline = knob_view_cmdline(view, NULL);
	const char *value = cmdline ? kernel_cmdline_last(cmdline, "audit") : NULL;

	(void)knob;
	if (!value || (strcmp(value, "0") != 0 && strcmp(value, "off") != 0))
		return TRUE;
	*ret_proof = g_strdup("auditing is off: audit=0 is on the kernel command line");
	return FALSE;
}

static void judge_audit_rules(const Knob *knob, KnobView *view, Finding *finding)
{
	int errnum = 0;
	const char *text = knob_view_read(view, "etc/audit/audit.rules", &errnum);
	gboolean exempt = FALSE;
	guint count;

	if (!text) {
		knob_conclude_errno(knob, view, finding, "etc/audit/audit.rules", errnum);
		return;
	}
	if (!strstr(text, "-D") && !strstr(text, "-a") && !strstr(text, "-b")) {
		knob_conclude(knob, finding, MATCH_ODD,
			      "etc/audit/audit.rules holds no rule of auditctl");
		return;
	}
	count = count_rules(text, &exempt);
	finding_add_evidence(finding, g_strdup("etc/audit/audit.rules"),
			     g_strdup_printf("%u rules on system calls%s", count,
					     exempt ? ", with exceptions" : ""),
			     g_strdup("none, or exceptions for real-time tasks"));
	knob_conclude(knob, finding, count && !exempt ? MATCH_BROKEN : MATCH_HOLDS, "%s",
		      count && !exempt ? "system calls of every task are audited" : "");
}

static const char *const thread_file[] = {CAPTURE_THREADS, NULL};
static const char *const meminfo[] = {"proc/meminfo", NULL};
static const char *const online_file[] = {"sys/devices/system/cpu/online",
					  "sys/devices/system/cpu/isolated", NULL};
static const char *const audit_files[] = {"etc/audit/audit.rules", "proc/cmdline", NULL};

#define HOST_AND_GUEST (SCOPE_HOST | SCOPE_GUEST)

/* clang-format off */
const Knob knob_rows_others[] = {
	{
		.id	= "system.uptime",
		.title	= "The last boot was over 20 minutes ago",
		.why	= "jobs of the boot still run, and systemd's first cleaning is "
			  "due after 15 minutes",
		.source	= "rteval; systemd-tmpfiles(8)",
		.remedy	= "wait, or mask systemd-tmpfiles-clean.timer",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO, .when = WHEN_NEVER,
		.place	= PLACE_FILE, .path = "proc/uptime",
		.want	= want_settled, .min = 1200, .text = "1200 seconds",
	},
	{
		.id	= "system.load",
		.title	= "The housekeeping CPUs are not overloaded",
		.why	= "QEMU's own threads, interrupts and RCU callbacks wait behind "
			  "the load",
		.source	= "rteval; Virt-RT guide 3.2.2 (how many housekeeping cores)",
		.remedy	= "find it with top, or reserve more housekeeping CPUs",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = "proc/loadavg",
		.want	= want_quiet, .reads = online_file,
	},
	{
		.id	= "system.memory_available",
		.title	= "A tenth of memory is available",
		.why	= "below that the kernel reclaims and compacts, and any thread "
			  "that allocates waits for it",
		.source	= "rteval; host and QEMU tuning notes (NUMA, free memory)",
		.remedy	= "stop what uses it, or reserve fewer huge pages",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_COMPUTED, .judge = judge_memory, .reads = meminfo,
	},
	{
		.id	= "system.other_vms",
		.title	= "No other VM runs",
		.why	= "a neighbour shares caches, memory bandwidth and the power "
			  "limit, even with CPUs of its own",
		.source	= "ACRN real-time tips (neighbor VMs); KVM-RT guide, "
			  "Configuring Real-Time Virtual Machines",
		.remedy	= "virsh list; virsh shutdown NAME, or plan CPUs and nodes for "
			  "it",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO, .when = WHEN_RUNTIME,
		.place	= PLACE_COMPUTED, .judge = judge_other_vms, .reads = thread_file,
	},
	{
		.id	= "system.audit_rules",
		.title	= "Audit rules leave the system calls of real-time tasks out",
		.why	= "each audited system call writes a record, in the thread that "
			  "calls",
		.source	= "Virt-RT guide 3.2.3",
		.remedy	= "auditctl -a never,task (or delete the rules with -S), or "
			  "audit=0",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_MEDIUM,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_COMPUTED, .judge = judge_audit_rules,
		.applies = audit_applies, .reads = audit_files,
		.absent	= ABSENT_NA, .absent_means = "auditd has no rules",
	},
	{
		.id	= "system.display",
		.title	= "No display is connected",
		.why	= "a picture is read from memory sixty times a second, through "
			  "the memory controller of the CPUs if graphics is on board",
		.source	= "KVM-RT guide, Known Issues (graphics intensive programs)",
		.remedy	= "unplug it, or use the serial console",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = "sys/class/drm/card*-*/status",
		.want	= want_one_of, .text = "disconnected|unknown",
		.absent	= ABSENT_NA, .absent_means = "no graphics driver has a connector",
	},
	{0},
};
