/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether limits come into effect: sessions that load them, and the QEMU that runs. */
#include <string.h>

#include "judge.h"
#include "number.h"
#include "row_threads.h"
#include "rows.h"
#include "user_limits.h"

/* ---- PAM
 * ------------------------------------------------------------------------------- */

/* "session required pam_limits.so", with or without a path. */
static gboolean loads_limits(Span line)
{
	g_autoptr(GPtrArray) words = limits_words(line);

	if (words->len < 3 || strcmp(words->pdata[0], "session") != 0)
		return FALSE;
	for (guint i = 2; i < words->len; i++)
		if (g_str_has_suffix(words->pdata[i], "pam_limits.so"))
			return TRUE;
	return FALSE;
}

/* The file is the first of the row's `reads`. */
static void judge_pam(const Knob *knob, KnobView *view, Finding *finding)
{
	int errnum = 0;
	const char *text = knob_view_read(view, knob->reads[0], &errnum);
	Span span, line;

	if (!text) {
		knob_conclude_errno(knob, view, finding, knob->reads[0], errnum);
		return;
	}
	span = span_of(text);
	while (span_take_line(&span, &line))
		if (loads_limits(line)) {
			knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
			return;
		}
	knob_conclude(knob, finding, MATCH_BROKEN, "%s does not load pam_limits.so",
		      knob->reads[0]);
}

/* ---- QEMU
 * ---------------------------------------------------------------------------------- */

/* The text behind the first line that begins with `name`; NULL when there is none. */
static char *line_after(const char *text, const char *name)
{
	Span span = span_of(text), line;

	while (span_take_line(&span, &line))
		if (span_take_literal(&line, name)) {
			char *rest = span_dup(line);

			return g_strstrip(rest);
		}
	return NULL;
}

/* BROKEN: the limit is finite, and nothing is locked. Where something is locked, it was
 * allowed. */
static KnobMatch judge_process(KnobView *view, guint pid, Finding *finding,
			       char **ret_why)
{
	g_autofree char *limits_path = g_strdup_printf("proc/%u/limits", pid);
	g_autofree char *status_path = g_strdup_printf("proc/%u/status", pid);
	int errnum = 0;
	const char *limits = knob_view_read(view, limits_path, &errnum);
	const char *status = knob_view_read(view, status_path, &errnum);
	g_autofree char *limit = limits ? line_after(limits, "Max locked memory") : NULL;
	g_autofree char *locked = status ? line_after(status, "VmLck:") : NULL;

	if (!limit || !locked) {
		*ret_why = g_strdup_printf("%s or %s: %s", limits_path, status_path,
					   errnum ? g_strerror(errnum) : "no such line");
		return MATCH_ODD;
	}
	finding_add_evidence(finding, g_strdup(limits_path), g_strdup(limit),
			     g_strdup("unlimited, or as much as the guest has"));
	finding_add_evidence(finding, g_strdup(status_path),
			     g_strdup_printf("VmLck %s", locked), NULL);
	if (g_str_has_prefix(limit, "unlimited"))
		return MATCH_HOLDS;
	if (!g_ascii_isdigit(*limit) || !g_ascii_isdigit(*locked))
		return MATCH_ODD;
	if (strcmp(locked, "0 kB") != 0)
		return MATCH_HOLDS;
	*ret_why = g_strdup_printf("process %u has locked nothing and may not lock much",
				   pid);
	return MATCH_BROKEN;
}

static void judge_qemu(const Knob *knob, KnobView *view, Finding *finding)
{
	int errnum = 0;
	const GArray *threads = knob_view_threads(view, &errnum);
	KnobMatch worst = MATCH_IRRELEVANT;
	g_autofree char *reason = NULL;
	guint last = 0; /* a process's threads stand together */

	if (!threads) {
		knob_conclude_errno(knob, view, finding, "proc (the threads)", errnum);
		return;
	}
	for (guint i = 0; i < threads->len && worst != MATCH_BROKEN; i++) {
		const KnobThread *thread = &g_array_index(threads, KnobThread, i);
		g_autofree char *why = NULL;
		KnobMatch match;

		if (!row_thread_is_vcpu(thread) || thread->pid == last)
			continue;
		last = thread->pid;
		match = judge_process(view, last, finding, &why);
		if (match == MATCH_HOLDS && worst == MATCH_ODD)
			continue;
		worst = match;
		g_free(reason);
		reason = g_steal_pointer(&why);
	}
	knob_conclude(knob, finding, worst, "%s",
		      worst == MATCH_IRRELEVANT ? "no vCPU thread runs"
		      : reason                  ? reason
		      : worst == MATCH_ODD      ? "the limits of QEMU make no sense"
						: "");
}

static const char *const session_files[] = {"etc/pam.d/common-session", "etc/group",
					    NULL};
static const char *const batch_files[] = {"etc/pam.d/common-session-noninteractive",
					  "etc/group", NULL};
static const char *const system_auth_files[] = {"etc/pam.d/system-auth", "etc/group",
						NULL};
static const char *const qemu_files[] = {CAPTURE_THREADS,
					 "proc/",
					 "proc/*/task/*/stat",
					 "proc/*/task/*/status",
					 "proc/*/limits",
					 "proc/*/status",
					 NULL};

#define HOST_AND_GUEST (SCOPE_HOST | SCOPE_GUEST)

/* clang-format off */
const Knob knob_rows_limits_effect[] = {
	{
		.id	= "limits.pam_session",
		.title	= "A login session gets its limits",
		.why	= "without pam_limits.so nothing in limits.conf has any effect",
		.source	= "ServoBox RT settings 6; pam_limits(8)",
		.remedy	= "echo 'session required pam_limits.so' >> /etc/pam.d/common-session",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_COMPUTED, .judge = judge_pam, .applies = limits_group_exists,
		.reads	= session_files,
		.absent	= ABSENT_NA, .absent_means = "PAM is not set up as on Debian",
	},
	{
		.id	= "limits.pam_noninteractive",
		.title	= "A session without a terminal gets its limits",
		.why	= "a program started by cron or over ssh without a terminal would go without them",
		.source	= "ServoBox RT settings 6; pam_limits(8)",
		.remedy	= "echo 'session required pam_limits.so' >> "
			  "/etc/pam.d/common-session-noninteractive",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_COMPUTED, .judge = judge_pam, .applies = limits_group_exists,
		.reads	= batch_files,
		.absent	= ABSENT_NA, .absent_means = "PAM is not set up as on Debian",
	},
	{
		.id	= "limits.pam_system_auth",
		.title	= "A session gets its limits where PAM is set up as on RHEL",
		.why	= "without pam_limits.so nothing in limits.conf has any effect",
		.source	= "ServoBox RT settings 6; pam_limits(8)",
		.remedy	= "authselect select local --force, or add: session required pam_limits.so",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_COMPUTED, .judge = judge_pam, .applies = limits_group_exists,
		.reads	= system_auth_files,
		.absent	= ABSENT_NA, .absent_means = "PAM is not set up as on RHEL",
	},
	{
		.id	= "limits.qemu_memlock",
		.title	= "QEMU may lock its guest's memory",
		.why	= "with a lower limit <locked/> fails at the start of the VM, and without <locked/> "
			  "the guest's memory can be paged out",
		.source	= "libvirt domain format (memoryBacking, hard_limit); ServoBox RT settings 10; "
			  "KVM-RT guide, rt_memory",
		.remedy	= "set <memoryBacking><locked/></memoryBacking> and <memtune><hard_limit>, or "
			  "LimitMEMLOCK=infinity for libvirtd; start the VM again",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_VM_RESTART,
		.place	= PLACE_COMPUTED, .judge = judge_qemu, .reads = qemu_files,
	},
	{0},
};
/* clang-format on */
