/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel_parameters.h"

#include <string.h>

#include "escape.h"
#include "kernel_lint.h"

/* As much of a command line as a finding repeats. */
#define SHOWN_BYTES 400

/* Found in documents, not in kernel-parameters.txt or any mainline source. */
static const struct {
	const char *name;
	const char *meant;
	const char *remedy;
} unknown[] = {
	{"noht", "nosmt", "use nosmt, or echo off > /sys/devices/system/cpu/smt/control"},
	{"intel.max_cstate", "intel_idle.max_cstate", "use intel_idle.max_cstate="},
	{"processor_idle.max_cstate", "processor.max_cstate", "use processor.max_cstate="},
	{"resctrl", "rdt",
	 "mount -t resctrl resctrl /sys/fs/resctrl; rdt= only switches its features on and off"},
};

/* RedHawk Linux User's Guide, RedHawk KVM-RT User's Guide. word: of the value, NULL: any. */
static const struct {
	const char *name;
	const char *word;
	const char *remedy;
} redhawk[] = {
	{"msi_affinity_mask", NULL,
	 "mainline: irqaffinity=, and isolcpus=managed_irq,domain,LIST for managed interrupts"},
	{"workqueue.pri", NULL,
	 "mainline: keep workqueues off isolated CPUs (workqueue.unbound_cpus=), or set the "
	 "priority of kworkers at run time"},
	{"intel_iommu", "plx_off", "mainline has no such option: leave it out"},
	{"intel_iommu.exception_ids", NULL, "mainline has no such option: leave it out"},
	{"intel_iommu.blacklist_ids", NULL, "mainline has no such option: leave it out"},
	{"vfio_pci.addrns", NULL,
	 "mainline: vfio-pci.ids=, or driver_override of the device at run time"},
};

/* Names whose one-letter misspellings are told. No other mainline parameter is one letter
 * away from these. */
static const char *const spelled[] = {
	"amd_iommu",	  "amd_pstate",	  "clocksource",    "default_hugepagesz",
	"highres",	  "hugepages",	  "hugepagesz",	    "intel_iommu",
	"intel_pstate",	  "irqaffinity",  "isolcpus",	    "mitigations",
	"nmi_watchdog",	  "no_timer_check", "nohz_full",    "nosoftlockup",
	"nowatchdog",	  "pcie_aspm",	  "preempt",	    "rcu_nocb_poll",
	"rcu_nocbs",	  "skew_tick",	  "threadirqs",	    "transparent_hugepage",
};

/* Where a second occurrence that differs is silently in vain, or silently wins. Parameters
 * that add up (console=, hugepagesz=, intel_iommu=, tsc=, module lists) are not here. */
static const struct {
	const char *name;
	const char *outcome; /* NULL: the last one counts */
} single[] = {
	/* housekeeping_setup() of kernel/sched/isolation.c; one list for all flags until 5.17 */
	{"isolcpus", "for a flag that both set, and before Linux 5.18 for all, the first list "
		     "stands and one that differs is refused"},
	{"nohz_full", "the first list stands and one that differs is refused"},
	{"rcu_nocbs", NULL},
	{"irqaffinity", NULL},
	{"nohz", NULL},
	{"highres", NULL},
	{"skew_tick", NULL},
	{"mitigations", NULL},
	{"idle", NULL},
	{"intel_idle.max_cstate", NULL},
	{"processor.max_cstate", NULL},
	{"cpufreq.default_governor", NULL},
	{"clocksource", NULL},
	{"preempt", NULL},
	{"audit", NULL},
	{"psi", NULL},
	{"maxcpus", NULL},
	{"nr_cpus", NULL},
	{"transparent_hugepage", NULL},
	{"default_hugepagesz", NULL},
	{"rcutree.kthread_prio", NULL},
	{"rcupdate.rcu_normal_after_boot", NULL},
	{"workqueue.unbound_cpus", NULL},
	{"kvm.halt_poll_ns", NULL},
	{"kvm.nx_huge_pages", NULL},
	{"kvm_intel.ple_gap", NULL},
	{"kvm_intel.nested", NULL},
};

static const char *const kind_names[CMDLINE_LINT_KINDS] = {
	[CMDLINE_UNKNOWN] = "unknown",	     [CMDLINE_VENDOR] = "vendor",
	[CMDLINE_REPEATED] = "repeated",     [CMDLINE_CONTRADICTION] = "contradiction",
	[CMDLINE_MALFORMED] = "malformed",   [CMDLINE_TOO_LONG] = "too-long",
};

const char *cmdline_lint_kind_name(CmdlineLintKind kind)
{
	return kind_names[kind];
}

void cmdline_lint_free(CmdlineLint *found)
{
	if (!found)
		return;
	g_free(found->parameter);
	g_free(found->seen);
	g_free(found->message);
	g_free(found->remedy);
	g_free(found);
}

char *kernel_lint_seen(const KernelLint *lint, const char *name, const char *other)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < kernel_cmdline_size(lint->cmdline); i++) {
		const KernelParameter *p = kernel_cmdline_at(lint->cmdline, i);

		if (strcmp(p->name, name) != 0 && (!other || strcmp(p->name, other) != 0))
			continue;
		if (text->len > SHOWN_BYTES)
			break;
		g_string_append_printf(text, "%s%s%s%s", text->len ? " " : "", p->typed,
				       p->value ? "=" : "", p->value ? p->value : "");
	}
	return g_string_free(text, FALSE);
}

void kernel_lint_add(KernelLint *lint, CmdlineLintKind kind, const char *name,
		     const char *seen, const char *message, const char *remedy)
{
	CmdlineLint *found = g_new(CmdlineLint, 1);
	gsize length = strlen(seen);
	g_autofree char *escaped = escape_text(seen, (gssize)MIN(length, SHOWN_BYTES));

	*found = (CmdlineLint){
		.kind = kind,
		.parameter = escape_text(name, (gssize)strnlen(name, SHOWN_BYTES)),
		.seen = g_strconcat(escaped, length > SHOWN_BYTES ? " ..." : "", NULL),
		.message = g_strdup(message),
		.remedy = g_strdup(remedy),
	};
	g_ptr_array_add(lint->found, found);
}

static void find_unknown(KernelLint *lint)
{
	for (gsize i = 0; i < G_N_ELEMENTS(unknown); i++) {
		g_autofree char *seen = NULL;
		g_autofree char *message = NULL;

		if (!kernel_cmdline_count(lint->cmdline, unknown[i].name))
			continue;
		seen = kernel_lint_seen(lint, unknown[i].name, NULL);
		message = g_strdup_printf("mainline knows no parameter '%s': it does nothing. "
					  "Meant was probably '%s'",
					  unknown[i].name, unknown[i].meant);
		kernel_lint_add(lint, CMDLINE_UNKNOWN, unknown[i].name, seen, message,
				unknown[i].remedy);
	}
}

/* One letter wrong, missing, too many, or two that changed places. */
static gboolean one_off(const char *a, const char *b)
{
	gsize n = strlen(a), m = strlen(b), i = 0;

	if (n > m + 1 || m > n + 1)
		return FALSE;
	while (a[i] && a[i] == b[i])
		i++;
	if (n == m && a[i] && a[i + 1] && a[i] == b[i + 1] && a[i + 1] == b[i] &&
	    strcmp(a + i + 2, b + i + 2) == 0)
		return TRUE;
	if (n == m)
		return a[i] && strcmp(a + i + 1, b + i + 1) == 0;
	return n > m ? strcmp(a + i + 1, b + i) == 0 : strcmp(a + i, b + i + 1) == 0;
}

/* The name that was meant, or NULL: it is right, or nothing like it. */
static const char *misspelled(const char *name)
{
	const char *meant = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(spelled); i++) {
		if (strcmp(name, spelled[i]) == 0)
			return NULL;
		if (one_off(name, spelled[i]))
			meant = spelled[i];
	}
	return meant;
}

static void find_misspelled(KernelLint *lint)
{
	for (guint i = 0; i < kernel_cmdline_size(lint->cmdline); i++) {
		const KernelParameter *p = kernel_cmdline_at(lint->cmdline, i);
		const char *meant = misspelled(p->name);
		g_autofree char *name = NULL, *seen = NULL, *message = NULL, *remedy = NULL;

		if (!meant)
			continue;
		name = escape_text(p->typed, -1);
		seen = g_strconcat(p->typed, p->value ? "=" : NULL, p->value, NULL);
		message = g_strdup_printf("mainline knows no parameter '%s': it does nothing. "
					  "'%s' is one letter away",
					  name, meant);
		remedy = g_strdup_printf("write %s", meant);
		kernel_lint_add(lint, CMDLINE_UNKNOWN, p->typed, seen, message, remedy);
	}
}

gboolean kernel_lint_has_word(const KernelLint *lint, const char *name, const char *word)
{
	gsize length = strlen(word);

	if (!kernel_cmdline_count(lint->cmdline, name))
		return FALSE;
	for (guint i = 0; i < kernel_cmdline_size(lint->cmdline); i++) {
		const KernelParameter *p = kernel_cmdline_at(lint->cmdline, i);
		const char *at = p->value;

		if (!at || strcmp(p->name, name) != 0)
			continue;
		for (; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
			if (strncmp(at, word, length) == 0 && (!at[length] || at[length] == ','))
				return TRUE;
	}
	return FALSE;
}

static gboolean is_redhawk(const char *release)
{
	g_autofree char *lower = release ? g_ascii_strdown(release, -1) : NULL;

	return lower && strstr(lower, "redhawk");
}

static void find_vendor(KernelLint *lint)
{
	if (is_redhawk(lint->release))
		return;
	for (gsize i = 0; i < G_N_ELEMENTS(redhawk); i++) {
		g_autofree char *seen = NULL;
		g_autofree char *message = NULL;

		if (redhawk[i].word ?
			    !kernel_lint_has_word(lint, redhawk[i].name, redhawk[i].word) :
			    !kernel_cmdline_count(lint->cmdline, redhawk[i].name))
			continue;
		seen = kernel_lint_seen(lint, redhawk[i].name, NULL);
		message = g_strdup_printf("'%s%s%s' is RedHawk's own: %s", redhawk[i].name,
					  redhawk[i].word ? "=" : "",
					  redhawk[i].word ? redhawk[i].word : "",
					  lint->release ? "this kernel is not RedHawk's, and "
							  "does nothing with it" :
							  "any other kernel does nothing with it");
		kernel_lint_add(lint, CMDLINE_VENDOR, redhawk[i].name, seen, message,
				redhawk[i].remedy);
	}
}

static void find_repeated(KernelLint *lint)
{
	for (gsize i = 0; i < G_N_ELEMENTS(single); i++) {
		const char *name = single[i].name;
		g_autofree char *seen = NULL;
		g_autofree char *message = NULL;
		guint count = kernel_cmdline_count(lint->cmdline, name);

		if (count < 2)
			continue;
		seen = kernel_lint_seen(lint, name, NULL);
		message = g_strdup_printf("'%s' is given %u times: %s", name, count,
					  single[i].outcome ? single[i].outcome :
							      "only the last one counts");
		kernel_lint_add(lint, CMDLINE_REPEATED, name, seen, message,
				"give it once, with the value that is meant");
	}
}

/* arch/x86/include/asm/setup.h, with the NUL. */
#define COMMAND_LINE_SIZE 2048

/* GRUB_ENVBLK of util/editenv.c is 1,024 bytes, of which "# GRUB Environment Block\n" and
 * "kernelopts=" with its newline take their part. */
#define GRUBENV_BYTES (1024 - 25 - 12)

static void find_too_long(KernelLint *lint)
{
	gsize length = kernel_cmdline_length(lint->cmdline);
	const char *image = kernel_cmdline_last(lint->cmdline, "BOOT_IMAGE");
	/* GRUB puts that one in front by itself. */
	gsize stored = length - (image ? MIN(length, strlen("BOOT_IMAGE= ") + strlen(image)) : 0);
	g_autofree char *seen = g_strdup_printf("%zu bytes", length);

	if (length >= COMMAND_LINE_SIZE - 1) {
		kernel_lint_add(lint, CMDLINE_TOO_LONG, "", seen,
				"an x86 kernel keeps 2047 bytes of its command line: what stood "
				"behind them is lost",
				"shorten it: ranges and strides in lists of CPUs (2-N, 2-62:1/2), "
				"module parameters in /etc/modprobe.d");
	} else if (stored > GRUBENV_BYTES) {
		kernel_lint_add(lint, CMDLINE_TOO_LONG, "", seen,
				"a GRUB environment block holds 1024 bytes: where kernelopts is "
				"kept there (RHEL 8, tuned), the line is refused or cut",
				"shorten it: ranges and strides in lists of CPUs (2-N, 2-62:1/2), "
				"module parameters in /etc/modprobe.d");
	}
}

static void find_quote(KernelLint *lint)
{
	const KernelParameter *p;
	g_autofree char *seen = NULL;

	if (!kernel_cmdline_quote_open(lint->cmdline))
		return;
	p = kernel_cmdline_at(lint->cmdline, kernel_cmdline_size(lint->cmdline) - 1);
	seen = g_strconcat(p->typed, p->value ? "=" : NULL, p->value, NULL);
	kernel_lint_add(lint, CMDLINE_MALFORMED, p->typed, seen,
			"a quote is never closed: everything behind it became part of this "
			"parameter",
			"close the quote");
}

GPtrArray *kernel_cmdline_lint(const KernelCmdline *cmdline, const char *release,
			       const Cpuset *possible)
{
	KernelLint lint = {
		.cmdline = cmdline,
		.release = release,
		.possible = possible,
		.found = g_ptr_array_new_with_free_func((GDestroyNotify)cmdline_lint_free),
	};

	find_unknown(&lint);
	find_misspelled(&lint);
	find_vendor(&lint);
	find_repeated(&lint);
	kernel_lint_contradictions(&lint);
	kernel_lint_cpus(&lint);
	find_quote(&lint);
	find_too_long(&lint);
	return lint.found;
}
