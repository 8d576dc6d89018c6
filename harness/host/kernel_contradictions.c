/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel_lint.h"

#include <string.h>

typedef enum {
	GIVEN, /* with whatever value */
	IS,    /* its last value is `text` */
	OFF,   /* its last value is a kstrtobool() "no" */
	ON,    /* its last value is a kstrtobool() "yes" */
	WORD,  /* one of its values, divided at commas, is `text` */
	NOT,   /* given, and its last value is none of the words of `text` */
} Test;

typedef struct {
	const char *name;
	Test test;
	const char *text;
} Operand;

typedef struct {
	Operand a, b;
	const char *message;
	const char *remedy;
} Contradiction;

static const Contradiction contradictions[] = {
	{{"nohz", OFF, NULL}, {"nohz_full", GIVEN, NULL},
	 "nohz=off switches off what nohz_full= needs", "leave nohz=off out"},
	{{"highres", OFF, NULL}, {"nohz_full", GIVEN, NULL},
	 "without high resolution timers a tick is never stopped",
	 "leave highres=off out"},
	{{"highres", OFF, NULL}, {"isolcpus", GIVEN, NULL},
	 "without high resolution timers an isolated CPU wakes at ticks, milliseconds late",
	 "leave highres=off out"},
	{{"idle", IS, "poll"}, {"intel_idle.max_cstate", GIVEN, NULL},
	 "with idle=poll intel_idle is not used: its limit does nothing",
	 "choose one: idle=poll, or a limit of C-states"},
	{{"idle", IS, "poll"}, {"processor.max_cstate", GIVEN, NULL},
	 "with idle=poll the ACPI idle driver is not used: its limit does nothing",
	 "choose one: idle=poll, or a limit of C-states"},
	{{"intel_idle.max_cstate", IS, "0"}, {"processor.max_cstate", NOT, "0|1"},
	 "intel_idle.max_cstate=0 hands idle to the ACPI driver, which processor.max_cstate "
	 "lets sleep deeper",
	 "add processor.max_cstate=1, or limit intel_idle to 1"},
	{{"nowatchdog", GIVEN, NULL}, {"nmi_watchdog", ON, NULL},
	 "nowatchdog and nmi_watchdog=1: which of them wins is a matter of order",
	 "leave nmi_watchdog=1 out"},
	{{"clocksource", IS, "tsc"}, {"tsc", WORD, "unstable"},
	 "clocksource=tsc asks for what tsc=unstable rules out", "leave one of them out"},
	{{"clocksource", IS, "tsc"}, {"notsc", GIVEN, NULL},
	 "clocksource=tsc asks for what notsc rules out", "leave one of them out"},
	{{"clocksource", IS, "hpet"}, {"hpet", IS, "disable"},
	 "clocksource=hpet asks for what hpet=disable rules out", "leave one of them out"},
	{{"clocksource", IS, "hpet"}, {"nohpet", GIVEN, NULL},
	 "clocksource=hpet asks for what nohpet rules out", "leave one of them out"},
	{{"tsc", WORD, "unstable"}, {"tsc", WORD, "reliable"},
	 "tsc=unstable and tsc=reliable say the opposite", "leave one of them out"},
	{{"nosmp", GIVEN, NULL}, {"isolcpus", GIVEN, NULL},
	 "nosmp leaves one CPU: there is nothing to isolate", "leave nosmp out"},
	{{"maxcpus", IS, "0"}, {"isolcpus", GIVEN, NULL},
	 "maxcpus=0 leaves one CPU: there is nothing to isolate", "leave maxcpus=0 out"},
	{{"maxcpus", IS, "1"}, {"isolcpus", GIVEN, NULL},
	 "maxcpus=1 starts one CPU: there is nothing to isolate", "leave maxcpus=1 out"},
	{{"intel_iommu", WORD, "off"}, {"intel_iommu", WORD, "on"},
	 "intel_iommu=off and intel_iommu=on: the last one counts", "leave one of them out"},
	{{"intel_iommu", WORD, "off"}, {"iommu", WORD, "pt"},
	 "iommu=pt asks for an IOMMU; on an Intel machine intel_iommu=off switches it off",
	 "leave intel_iommu=off out"},
	{{"intel_iommu", WORD, "off"}, {"vfio_pci.ids", GIVEN, NULL},
	 "vfio-pci needs an IOMMU; on an Intel machine intel_iommu=off switches it off",
	 "leave intel_iommu=off out"},
	{{"amd_iommu", WORD, "off"}, {"iommu", WORD, "pt"},
	 "iommu=pt asks for an IOMMU; on an AMD machine amd_iommu=off switches it off",
	 "leave amd_iommu=off out"},
	{{"amd_iommu", WORD, "off"}, {"vfio_pci.ids", GIVEN, NULL},
	 "vfio-pci needs an IOMMU; on an AMD machine amd_iommu=off switches it off",
	 "leave amd_iommu=off out"},
};

/* Each can switch on again what mitigations=off switches off; which of them wins depends on
 * the version (Documentation/admin-guide/hw-vuln). */
static const char *const mitigations[] = {
	"spectre_v2",	   "spectre_v2_user",	  "spectre_bhi", "spec_store_bypass_disable",
	"l1tf",		   "mds",		  "tsx_async_abort", "mmio_stale_data",
	"srbds",	   "retbleed",		  "gather_data_sampling",
	"reg_file_data_sampling", "spec_rstack_overflow", "indirect_target_selection",
	"kvm.nx_huge_pages", "kvm_intel.vmentry_l1d_flush",
};

/* lib/kstrtox.c: the first letter, and the second of "on" and "off". */
static gboolean is_switch(const char *value, gboolean on)
{
	if (g_ascii_tolower(value[0]) == 'o')
		return g_ascii_tolower(value[1]) == (on ? 'n' : 'f');
	return value[0] && strchr(on ? "yYtT1" : "nNfF0", value[0]);
}

static gboolean one_of(const char *value, const char *words)
{
	g_auto(GStrv) list = g_strsplit(words, "|", -1);

	return g_strv_contains((const char *const *)list, value);
}

static gboolean holds(const KernelLint *lint, const Operand *operand)
{
	const char *value = kernel_cmdline_last(lint->cmdline, operand->name);

	if (!value)
		return FALSE;
	switch (operand->test) {
	case GIVEN:
		return TRUE;
	case IS:
		return strcmp(value, operand->text) == 0;
	case OFF:
		return is_switch(value, FALSE);
	case ON:
		return is_switch(value, TRUE);
	case WORD:
		return kernel_lint_has_word(lint, operand->name, operand->text);
	case NOT:
		return !one_of(value, operand->text);
	}
	return FALSE;
}

static void find_mitigations(KernelLint *lint)
{
	static const Operand off = {"mitigations", WORD, "off"};

	for (gsize i = 0; holds(lint, &off) && i < G_N_ELEMENTS(mitigations); i++) {
		/* What is off as well is only said twice. */
		const Operand other = {mitigations[i], NOT, "off|never|0|n|N"};
		g_autofree char *seen = NULL;

		if (!holds(lint, &other))
			continue;
		seen = kernel_lint_seen(lint, "mitigations", mitigations[i]);
		kernel_lint_add(lint, CMDLINE_CONTRADICTION, "mitigations", seen,
				"mitigations=off against a mitigation that is asked for: which "
				"of them wins depends on the kernel's version",
				"say one thing");
	}
}

/* RT kernels say so in their release: "5.14.0-427.13.1.el9_4.x86_64+rt", "6.1.0-18-rt-amd64". */
static gboolean is_realtime(const char *release)
{
	return release && (strstr(release, "-rt") || strstr(release, "+rt") ||
			   strstr(release, "-realtime") || strstr(release, ".rt"));
}

static void find_realtime(KernelLint *lint)
{
	static const Operand off = {"highres", OFF, NULL};
	g_autofree char *seen = NULL;

	if (!is_realtime(lint->release) || !holds(lint, &off))
		return;
	seen = kernel_lint_seen(lint, "highres", NULL);
	kernel_lint_add(lint, CMDLINE_CONTRADICTION, "highres", seen,
			"a real-time kernel without high resolution timers wakes at ticks, "
			"milliseconds late",
			"leave highres=off out");
}

static void find_vain_poll(KernelLint *lint)
{
	g_autofree char *seen = NULL;

	if (!kernel_cmdline_count(lint->cmdline, "rcu_nocb_poll") ||
	    kernel_cmdline_count(lint->cmdline, "rcu_nocbs") ||
	    kernel_cmdline_count(lint->cmdline, "nohz_full") ||
	    kernel_lint_has_word(lint, "isolcpus", "nohz"))
		return;
	seen = kernel_lint_seen(lint, "rcu_nocb_poll", NULL);
	kernel_lint_add(lint, CMDLINE_CONTRADICTION, "rcu_nocb_poll", seen,
			"no CPU hands its RCU callbacks to threads that could poll",
			"add rcu_nocbs= with the isolated CPUs, or leave it out");
}

void kernel_lint_contradictions(KernelLint *lint)
{
	for (gsize i = 0; i < G_N_ELEMENTS(contradictions); i++) {
		const Contradiction *row = &contradictions[i];
		g_autofree char *seen = NULL;

		if (!holds(lint, &row->a) || !holds(lint, &row->b))
			continue;
		seen = kernel_lint_seen(lint, row->a.name, row->b.name);
		kernel_lint_add(lint, CMDLINE_CONTRADICTION, row->a.name, seen, row->message,
				row->remedy);
	}
	find_mitigations(lint);
	find_realtime(lint);
	find_vain_poll(lint);
}
