/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <glib.h>
#include <string.h>

#include "kernel_parameters.h"

#define MAINLINE "6.1.0-18-amd64"
#define RT "6.1.0-18-rt-amd64"
#define REDHAWK "5.15.87-rt19-RedHawk-8.4.3-custom"

/* found: "kind parameter" of each finding, '|' between. possible NULL: not known. */
static const struct {
	const char *line;
	const char *release;
	const char *possible;
	const char *found;
} lines[] = {
	{"", MAINLINE, "0-7", ""},
	{"\n", MAINLINE, "0-7", ""},
	{",", MAINLINE, "0-7", ""},
	{"quiet rw root=UUID=1 rw ro=1 rw", MAINLINE, "0-7", ""},
	{"isolcpus=managed_irq,domain,2-7 nohz_full=2-7 rcu_nocbs=2-7 rcu_nocb_poll "
	 "irqaffinity=0-1 skew_tick=1 nosoftlockup nowatchdog nmi_watchdog=0 idle=poll "
	 "tsc=reliable mitigations=off spectre_v2=off nosmt intel_iommu=on iommu=pt",
	 MAINLINE, "0-7", ""},

	/* Mainline does not know them. */
	{"noht", MAINLINE, NULL, "unknown noht"},
	{"intel.max_cstate=0", MAINLINE, NULL, "unknown intel.max_cstate"},
	{"processor-idle.max_cstate=0", RT, NULL, "unknown processor_idle.max_cstate"},
	{"resctrl", REDHAWK, NULL, "unknown resctrl"},
	{"nosmt intel_idle.max_cstate=0 processor.max_cstate=1 rdt=l3cat", MAINLINE, NULL, ""},
	{"isolcpu=1", MAINLINE, NULL, "unknown isolcpu"},
	{"isolcpuss=1", MAINLINE, NULL, "unknown isolcpuss"},
	{"isolpcus=1", MAINLINE, NULL, "unknown isolpcus"},
	{"izolcpus=1", MAINLINE, NULL, "unknown izolcpus"},
	{"nohz-ful=1", MAINLINE, NULL, "unknown nohz-ful"},
	{"rcu_nocb=1 hugepage=1", MAINLINE, NULL, "unknown rcu_nocb|unknown hugepage"},
	{"hugepages=1 hugepagesz=1G nohz-full=1 nosmp nohz=on isolcp iso", MAINLINE, NULL, ""},

	/* RedHawk's own. */
	{"msi_affinity_mask=1", REDHAWK, NULL, ""},
	{"msi_affinity_mask=1", MAINLINE, NULL, "vendor msi_affinity_mask"},
	{"msi_affinity_mask=1", NULL, NULL, "vendor msi_affinity_mask"},
	{"workqueue.pri=3 vfio-pci.addrns=1 intel_iommu.exception_ids=1 "
	 "intel_iommu.blacklist_ids=2",
	 MAINLINE, NULL,
	 "vendor workqueue.pri|vendor intel_iommu.exception_ids|"
	 "vendor intel_iommu.blacklist_ids|vendor vfio_pci.addrns"},
	{"intel_iommu=on,plx_off", MAINLINE, NULL, "vendor intel_iommu"},
	{"intel_iommu=plx_off intel_iommu=on", MAINLINE, NULL, "vendor intel_iommu"},
	{"intel_iommu=on,plx_offs", MAINLINE, NULL, ""},
	{"intel_iommu=plx_off", REDHAWK, NULL, ""},

	/* Given twice. */
	{"isolcpus=1 isolcpus=2", MAINLINE, NULL, "repeated isolcpus"},
	{"isolcpus=1 isolcpus=1", MAINLINE, NULL, "repeated isolcpus"},
	{"nohz_full=1 nohz-full=2", MAINLINE, NULL, "repeated nohz_full"},
	{"rcu_nocbs=1 rcu_nocbs=2 irqaffinity=0 irqaffinity=3", MAINLINE, NULL,
	 "repeated rcu_nocbs|repeated irqaffinity"},
	{"console=ttyS0 console=tty0 hugepagesz=1G hugepages=4 hugepagesz=2M hugepages=64",
	 MAINLINE, NULL, ""},
	{"idle=poll -- idle=halt", MAINLINE, NULL, ""},

	/* Against each other. */
	{"nohz=off nohz_full=1", MAINLINE, NULL, "contradiction nohz"},
	{"nohz=0 nohz_full=1", MAINLINE, NULL, "contradiction nohz"},
	{"nohz=on nohz_full=1", MAINLINE, NULL, ""},
	{"nohz=off", MAINLINE, NULL, ""},
	{"highres=off", MAINLINE, NULL, ""},
	{"highres=off", RT, NULL, "contradiction highres"},
	{"highres=on", RT, NULL, ""},
	{"highres=off isolcpus=1", MAINLINE, NULL, "contradiction highres"},
	{"idle=poll intel_idle.max_cstate=0", MAINLINE, NULL, "contradiction idle"},
	{"idle=halt intel_idle.max_cstate=1", MAINLINE, NULL, ""},
	{"idle=poll processor.max_cstate=1", MAINLINE, NULL, "contradiction idle"},
	{"intel_idle.max_cstate=0 processor.max_cstate=6", MAINLINE, NULL,
	 "contradiction intel_idle.max_cstate"},
	{"nowatchdog nmi_watchdog=1", MAINLINE, NULL, "contradiction nowatchdog"},
	{"nowatchdog nmi_watchdog=0", MAINLINE, NULL, ""},
	{"clocksource=tsc tsc=unstable", MAINLINE, NULL, "contradiction clocksource"},
	{"tsc=unstable tsc=reliable", MAINLINE, NULL, "contradiction tsc"},
	{"clocksource=hpet hpet=disable nohpet", MAINLINE, NULL,
	 "contradiction clocksource|contradiction clocksource"},
	{"maxcpus=1 isolcpus=1", MAINLINE, NULL, "contradiction maxcpus"},
	{"mitigations=off spectre_v2=on mds=full", MAINLINE, NULL,
	 "contradiction mitigations|contradiction mitigations"},
	{"mitigations=auto spectre_v2=on", MAINLINE, NULL, ""},
	{"intel_iommu=off iommu=pt", MAINLINE, NULL, "contradiction intel_iommu"},
	{"intel_iommu=off vfio-pci.ids=1234:5678", MAINLINE, NULL, "contradiction intel_iommu"},
	{"rcu_nocb_poll", MAINLINE, NULL, "contradiction rcu_nocb_poll"},
	{"rcu_nocb_poll isolcpus=nohz,1", MAINLINE, NULL, ""},
	{"isolcpus=1-3 irqaffinity=0-1", MAINLINE, NULL, "contradiction irqaffinity"},
	{"isolcpus=nohz,domain,1-3 nohz_full=1-2", MAINLINE, NULL, "contradiction isolcpus"},
	{"isolcpus=nohz,domain,1-3 nohz_full=3,1-2", MAINLINE, NULL, ""},

	/* Against the machine. */
	{"isolcpus=1-9", MAINLINE, "0-7", "contradiction isolcpus"},
	{"isolcpus=1-9", MAINLINE, NULL, ""},
	{"isolcpus=2", MAINLINE, "0-1,4-7", "contradiction isolcpus"},
	{"isolcpus=2-N nohz_full=all:1/2", MAINLINE, "0-7", ""},
	{"nohz_full=8 rcu_nocbs=9 irqaffinity=10", MAINLINE, "0-7",
	 "contradiction nohz_full|contradiction rcu_nocbs|contradiction irqaffinity"},
	{"isolcpus=0-7", MAINLINE, "0-7", "contradiction isolcpus"},
	{"isolcpus=0-3 nohz_full=4-7", MAINLINE, "0-7", "contradiction isolcpus"},
	{"isolcpus=managed_irq,0-3 nohz_full=4-7", MAINLINE, "0-7", ""},
	{"nohz_full=all", MAINLINE, "0-7", "contradiction nohz_full"},
	/* The first isolcpus= and nohz_full= stand, the last rcu_nocbs=. */
	{"isolcpus=1 isolcpus=9", MAINLINE, "0-7", "repeated isolcpus"},
	{"nohz_full=1 nohz_full=9", MAINLINE, "0-7", "repeated nohz_full"},
	{"rcu_nocbs=1 rcu_nocbs=9", MAINLINE, "0-7",
	 "repeated rcu_nocbs|contradiction rcu_nocbs"},

	/* Values that the kernel refuses or skips. */
	{"isolcpus", MAINLINE, "0-7", "malformed isolcpus"},
	{"isolcpus=", MAINLINE, "0-7", "malformed isolcpus"},
	{"isolcpus=3-1", MAINLINE, "0-7", "malformed isolcpus"},
	{"isolcpus=,1", MAINLINE, "0-7", "malformed isolcpus"},
	{"isolcpus=1-", MAINLINE, "0-7", "malformed isolcpus"},
	{"isolcpus=0-99999", MAINLINE, "0-7", "malformed isolcpus"},
	{"isolcpus=4294967296", MAINLINE, "0-7", "malformed isolcpus"},
	{"isolcpus=99999999999999999999", MAINLINE, NULL, "malformed isolcpus"},
	{"isolcpus=domains,1", MAINLINE, "0-7", "malformed isolcpus"},
	{"nohz_full=x rcu_nocbs=y irqaffinity=z", MAINLINE, "0-7",
	 "malformed nohz_full|malformed rcu_nocbs|malformed irqaffinity"},
	{"rcu_nocbs", MAINLINE, "0-7", ""},
	{"quiet foo=\"1 2", MAINLINE, "0-7", "malformed foo"},
};

static GPtrArray *lint(const char *line, const char *release, const char *possible)
{
	g_autoptr(KernelCmdline) cmdline = kernel_cmdline_parse(line, strlen(line), NULL);
	Cpuset cpus;

	assert_non_null(cmdline);
	if (possible)
		assert_true(cpulist_parse(possible, CPUSET_CPUS, &cpus, NULL));
	return kernel_cmdline_lint(cmdline, release, possible ? &cpus : NULL);
}

static void test_lines(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
		g_autoptr(GPtrArray) found =
			lint(lines[i].line, lines[i].release, lines[i].possible);
		g_autoptr(GString) text = g_string_new(NULL);

		for (guint j = 0; j < found->len; j++) {
			const CmdlineLint *one = found->pdata[j];

			g_string_append_printf(text, "%s%s %s", j ? "|" : "",
					       cmdline_lint_kind_name(one->kind),
					       one->parameter);
			assert_true(*one->seen && *one->message && *one->remedy);
		}
		if (strcmp(text->str, lines[i].found) != 0)
			fail_msg("'%s': %s instead of %s", lines[i].line, text->str,
				 lines[i].found);
	}
}

static void test_texts(void **state)
{
	g_autoptr(GPtrArray) found =
		lint("isolcpus=1-3 noht isolcpus=\"\033[2\xff\"", MAINLINE, NULL);
	const CmdlineLint *one;

	(void)state;
	assert_int_equal(found->len, 2);
	one = found->pdata[0];
	assert_string_equal(one->seen, "noht");
	assert_string_equal(one->message, "mainline knows no parameter 'noht': it does nothing. "
					  "Meant was probably 'nosmt'");
	one = found->pdata[1];
	assert_string_equal(one->seen, "isolcpus=1-3 isolcpus=\\x1b[2\\xff");
	assert_string_equal(one->message, "'isolcpus' is given 2 times: for a flag that both set, "
					  "and before Linux 5.18 for all, the first list stands "
					  "and one that differs is refused");
	assert_string_equal(one->remedy, "give it once, with the value that is meant");
}

/* length: of the line without what GRUB puts in front. */
static const struct {
	gsize length;
	gboolean image;
	const char *message; /* begins so; NULL: nothing */
} lengths[] = {
	{987, FALSE, NULL},
	{988, FALSE, "a GRUB environment block holds 1024 bytes"},
	{987, TRUE, NULL},
	{988, TRUE, "a GRUB environment block holds 1024 bytes"},
	{2046, FALSE, "a GRUB environment block holds 1024 bytes"},
	{2047, FALSE, "an x86 kernel keeps 2047 bytes of its command line"},
	{9000, FALSE, "an x86 kernel keeps 2047 bytes of its command line"},
};

static void test_lengths(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(lengths); i++) {
		g_autofree char *fill = g_strnfill(lengths[i].length, 'x');
		g_autofree char *line = g_strconcat(
			lengths[i].image ? "BOOT_IMAGE=/boot/vmlinuz " : "", fill, "\n", NULL);
		g_autoptr(GPtrArray) found = lint(line, MAINLINE, NULL);
		const CmdlineLint *one;

		assert_int_equal(found->len, lengths[i].message ? 1 : 0);
		if (!found->len)
			continue;
		one = found->pdata[0];
		assert_int_equal(one->kind, CMDLINE_TOO_LONG);
		assert_string_equal(one->parameter, "");
		assert_true(g_str_has_prefix(one->message, lengths[i].message));
	}
}

/* What is shown of a long line is short. */
static void test_long_values(void **state)
{
	g_autoptr(GString) line = g_string_new(NULL);
	g_autoptr(GPtrArray) found = NULL;
	const CmdlineLint *one;

	(void)state;
	for (guint i = 0; i < 10000; i++)
		g_string_append_printf(line, "isolcpus=%u ", i % 8);
	found = lint(line->str, MAINLINE, "0-7");
	assert_int_equal(found->len, 2);
	one = found->pdata[0];
	assert_int_equal(one->kind, CMDLINE_REPEATED);
	assert_true(strlen(one->seen) < 500 && g_str_has_suffix(one->seen, " ..."));
	assert_true(g_str_has_prefix(one->message, "'isolcpus' is given 10000 times"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_long_values),
	};

	return cmocka_run_group_tests_name("kernel-parameters", tests, NULL, NULL);
}
