/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest_judge.h"

#include <errno.h>
#include <string.h>

#include "cpuinfo.h"
#include "judge.h"
#include "number.h"
#include "planned.h"
#include "settings.h"

#define STAT	     "proc/stat"
#define STATUS	     "proc/self/status"
#define CLOCKSOURCES "sys/devices/system/clocksource/clocksource0/available_clocksource"

/* include/asm-generic/param.h: USER_HZ is 100. */
#define MS_PER_TICK 10

/* What says that a log is whole, and arch/x86/kernel/cpu/hypervisor.c. */
#define LOG_BEGIN  "Linux version "
#define HYPERVISOR "Hypervisor detected: "

#define LOG_FILES                                                                            \
	CAPTURE_KERNEL_LOG, "sos_commands/kernel/dmesg", "sos_commands/kernel/dmesg_-T", "dmesg"

/* ---- hypervisor ------------------------------------------------------------------------- */

/* "KVM", or NULL when the log names none. */
static char *hypervisor_of(const char *log)
{
	const char *at = log ? strstr(log, HYPERVISOR) : NULL;

	if (!at)
		return NULL;
	at += strlen(HYPERVISOR);
	return g_strndup(at, strcspn(at, "\r\n"));
}

void guest_judge_hypervisor(const Knob *knob, KnobView *view, Finding *finding)
{
	int errnum = 0;
	const char *text = knob_view_read(view, "proc/cpuinfo", &errnum);
	g_autoptr(CpuInfo) info = text ? cpuinfo_parse(text, strlen(text), NULL) : NULL;
	g_autofree char *name = hypervisor_of(knob_view_kernel_log(view, NULL));
	gboolean told;

	if (!text) {
		knob_conclude_errno(knob, view, finding, "proc/cpuinfo", errnum);
		return;
	}
	if (!info || !cpuinfo_is_x86(info)) {
		knob_conclude(knob, finding, MATCH_ODD, "proc/cpuinfo is not that of an x86 CPU");
		return;
	}
	told = cpuinfo_has_flag(info, "hypervisor");
	finding_add_evidence(finding, g_strdup("proc/cpuinfo flags"),
			     g_strdup(told ? "hypervisor" : "no hypervisor"),
			     g_strdup("hypervisor"));
	finding_add_evidence(finding, g_strdup("the kernel's log"),
			     g_strdup(name ? name : "names none"), NULL);
	knob_conclude(knob, finding, told ? MATCH_HOLDS : MATCH_BROKEN, "%s",
		      told ? "" : "the guest is not told that it is a virtual machine");
}

const char *const guest_reads_hypervisor[] = {"proc/cpuinfo", LOG_FILES, NULL};

/* ---- steal time ------------------------------------------------------------------------- */

/* "cpu1 USER NICE SYSTEM IDLE IOWAIT IRQ SOFTIRQ STEAL ..." of proc/stat. FALSE when there is
 * no such line, or it does not get that far. */
static gboolean steal_of(const char *text, int cpu, guint64 *ret_ticks)
{
	g_autofree char *name = g_strdup_printf("cpu%d ", cpu);
	Span span = span_of(text), line;

	while (span_take_line(&span, &line)) {
		guint64 ticks = 0;

		if (!span_take_literal(&line, name))
			continue;
		for (guint field = 0; field < 8; field++) {
			span_skip_blanks(&line);
			if (!span_take_number(&line, G_MAXUINT64, &ticks))
				return FALSE;
		}
		*ret_ticks = ticks;
		return TRUE;
	}
	return FALSE;
}

/* HOLDS: KVM tells this guest what it took. IRRELEVANT: nobody does. */
static KnobMatch steal_is_told(KnobView *view)
{
	const char *clocks = knob_view_line(view, CLOCKSOURCES, NULL);
	const char *log = knob_view_kernel_log(view, NULL);
	g_autofree char *name = hypervisor_of(log);
	const KernelCmdline *cmdline = knob_view_cmdline(view, NULL);
	g_auto(GStrv) words = g_strsplit(clocks ? clocks : "", " ", -1);

	if (!cmdline || kernel_cmdline_size(cmdline) == 0 ||
	    kernel_cmdline_last(cmdline, "no-steal-acc"))
		return MATCH_ODD;
	if (g_strcmp0(name, "KVM") == 0 ||
	    g_strv_contains((const char *const *)words, "kvm-clock"))
		return MATCH_HOLDS;
	return log && strstr(log, LOG_BEGIN) && !name ? MATCH_IRRELEVANT : MATCH_ODD;
}

static void conclude_no_steal(const Knob *knob, KnobView *view, Finding *finding)
{
	switch (steal_is_told(view)) {
	case MATCH_HOLDS:
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
		break;
	case MATCH_IRRELEVANT:
		knob_conclude(knob, finding, MATCH_IRRELEVANT,
			      "the kernel's log names no hypervisor: nobody tells this guest what "
			      "is taken from it");
		break;
	default:
		knob_conclude(knob, finding, MATCH_ODD,
			      STAT " shows none, and nothing shows that the hypervisor tells it");
	}
}

/* FALSE, and concluded, when it cannot be read. */
static gboolean read_steal(const Knob *knob, KnobView *view, Finding *finding, int cpu,
			   guint64 *ret_ticks)
{
	int errnum = 0;
	const char *text = knob_view_read(view, STAT, &errnum);

	if (!text)
		knob_conclude_errno(knob, view, finding, STAT, errnum);
	else if (!steal_of(text, cpu, ret_ticks))
		knob_conclude(knob, finding, MATCH_ODD,
			      STAT " does not tell the stolen time of vCPU %d", cpu);
	else
		return TRUE;
	return FALSE;
}

/* What was taken while the guest booted, and by the canary, is before the measurement. FALSE, and
 * concluded, when it is not known. */
static gboolean stolen_from(const Knob *knob, KnobView *view, Finding *finding, int cpu,
			    gboolean *stolen)
{
	KnobView *before = knob_view_before(view);
	guint64 ticks, first = 0;

	if (!read_steal(knob, view, finding, cpu, &ticks) ||
	    (before && !read_steal(knob, before, finding, cpu, &first)))
		return FALSE;
	if (ticks < first) {
		knob_conclude(knob, finding, MATCH_ODD,
			      "the stolen time of vCPU %d in " STAT " went backwards", cpu);
		return FALSE;
	}
	ticks -= first;
	finding_add_evidence(finding, g_strdup_printf(STAT " cpu%d steal", cpu),
			     g_strdup_printf("%" G_GUINT64_FORMAT " ms %s",
					     ticks > G_MAXUINT64 / MS_PER_TICK
						     ? G_MAXUINT64
						     : ticks * MS_PER_TICK,
					     before ? "while measuring" : "since boot"),
			     g_strdup("0 ms"));
	*stolen |= ticks > 0;
	return TRUE;
}

void guest_judge_steal(const Knob *knob, KnobView *view, Finding *finding)
{
	gboolean stolen = FALSE;

	if (planned_missing(knob, view, finding))
		return;
	CPUSET_FOREACH (cpu, knob_view_planned(view))
		if (!stolen_from(knob, view, finding, cpu, &stolen))
			return;
	if (stolen)
		knob_conclude(knob, finding, MATCH_BROKEN,
			      "the host ran something else while a real-time vCPU wanted to run");
	else
		conclude_no_steal(knob, view, finding);
}

const char *const guest_reads_steal[] = {STAT, CLOCKSOURCES, "proc/cmdline", LOG_FILES, NULL};

/* ---- journald --------------------------------------------------------------------------- */

#define JOURNALD_CONF "etc/systemd/journald.conf"

/* Drop-ins come after the file, in the order of their names (systemd-system.conf(5)). FALSE:
 * one of them makes no sense, *ret_errno says why. */
static gboolean read_storage(KnobView *view, char **ret_storage, const char **ret_place,
			     int *ret_errno)
{
	const GPtrArray *drop_ins = knob_view_glob(view, JOURNALD_CONF ".d/*.conf");

	for (guint i = 0; i <= drop_ins->len; i++) {
		const char *path = i == 0 ? JOURNALD_CONF : drop_ins->pdata[i - 1];
		const char *text = knob_view_read(view, path, ret_errno);
		g_autofree char *value = NULL;

		if (!text && *ret_errno == ENOENT)
			continue;
		*ret_place = path;
		if (!text)
			return FALSE;
		*ret_errno = EILSEQ;
		if (!settings_find(text, "Storage", &value))
			return FALSE;
		if (value) {
			g_free(*ret_storage);
			*ret_storage = g_steal_pointer(&value);
		}
	}
	return TRUE;
}

static gboolean journald_runs(const GArray *threads)
{
	for (guint i = 0; i < threads->len; i++)
		/* comm holds 15 bytes of "systemd-journald". */
		if (strcmp(g_array_index(threads, KnobThread, i).comm, "systemd-journal") == 0)
			return TRUE;
	return FALSE;
}

void guest_judge_journald(const Knob *knob, KnobView *view, Finding *finding)
{
	int errnum = 0;
	const GArray *threads = knob_view_threads(view, &errnum);
	g_autofree char *storage = NULL;
	const char *place = JOURNALD_CONF;
	const char *shown;

	if (!threads) {
		knob_conclude_errno(knob, view, finding, "threads", errnum);
		return;
	}
	if (!journald_runs(threads)) {
		knob_conclude(knob, finding, MATCH_HOLDS, "it does not run");
		return;
	}
	if (!read_storage(view, &storage, &place, &errnum)) {
		knob_conclude_errno(knob, view, finding, place, errnum);
		return;
	}
	/* journald.conf(5): without the line it is auto, which is persistent where
	 * /var/log/journal is. */
	shown = storage ? storage : "auto";
	finding_add_evidence(finding, g_strdup_printf("%s Storage", place), g_strdup(shown),
			     g_strdup("volatile or none"));
	if (strcmp(shown, "volatile") == 0 || strcmp(shown, "none") == 0)
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
	else if (strcmp(shown, "auto") == 0 || strcmp(shown, "persistent") == 0)
		knob_conclude(knob, finding, MATCH_BROKEN, "journald runs with Storage=%s", shown);
	else
		knob_conclude(knob, finding, MATCH_ODD, "journald knows no such storage");
}

const char *const guest_reads_journald[] = {JOURNALD_CONF,	    JOURNALD_CONF ".d/*.conf",
					    CAPTURE_THREADS,	    "proc/*/task/*/stat",
					    "proc/*/task/*/status", NULL};

/* ---- capabilities ----------------------------------------------------------------------- */

/* include/uapi/linux/capability.h */
#define CAP_IPC_LOCK_BIT 14
#define CAP_SYS_NICE_BIT 23

/* "CapEff:\t000001ffffffffff" of proc/PID/status: always 16 digits. */
static gboolean effective_capabilities(const char *text, guint64 *ret)
{
	const char *line = strstr(text, "\nCapEff:\t");
	guint64 value = 0;

	if (!line)
		return FALSE;
	line += strlen("\nCapEff:\t");
	for (guint i = 0; i < 16; i++) {
		int digit = g_ascii_xdigit_value(line[i]);

		if (digit < 0)
			return FALSE;
		value = value << 4 | (guint64)digit;
	}
	*ret = value;
	return line[16] == '\n' || line[16] == '\0';
}

void guest_judge_may_measure(const Knob *knob, KnobView *view, Finding *finding)
{
	int errnum = 0;
	const char *text = knob_view_read(view, STATUS, &errnum);
	gboolean nice, lock;
	guint64 capabilities;

	if (!text) {
		knob_conclude_errno(knob, view, finding, STATUS, errnum);
		return;
	}
	if (!effective_capabilities(text, &capabilities)) {
		knob_conclude(knob, finding, MATCH_ODD, STATUS " does not tell CapEff");
		return;
	}
	nice = capabilities >> CAP_SYS_NICE_BIT & 1;
	lock = capabilities >> CAP_IPC_LOCK_BIT & 1;
	finding_add_evidence(finding, g_strdup(STATUS " CapEff"),
			     g_strdup_printf("%016" G_GINT64_MODIFIER "x", capabilities),
			     g_strdup("CAP_SYS_NICE and CAP_IPC_LOCK"));
	knob_conclude(knob, finding, nice && lock ? MATCH_HOLDS : MATCH_BROKEN, "%s%s%s",
		      nice ? "" : "the agent lacks CAP_SYS_NICE", !nice && !lock ? "; " : "",
		      lock ? "" : "the agent lacks CAP_IPC_LOCK");
}

const char *const guest_reads_may_measure[] = {STATUS, NULL};
