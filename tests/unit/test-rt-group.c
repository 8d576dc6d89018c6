/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Real-time run time for the groups of VMs: who gets how much, and who can get none. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "change.h"
#include "tree.h"

#define CPU	"sys/fs/cgroup/cpu/"
#define SLICE	CPU "machine.slice/"
#define VM	SLICE "machine-qemu\\x2d1\\x2dvm.scope/"
#define RUNTIME "cpu.rt_runtime_us"
#define PERIOD	"cpu.rt_period_us"
#define GLOBAL	"proc/sys/kernel/sched_rt_runtime_us"

typedef struct {
	const char *directory, *runtime, *period;
} Group;

typedef struct {
	const char *what;
	Group groups[8];
	const char *global;
	const char *choice; /* of throttle.rt_runtime */
	const char *changes; /* place=value, a line each */
	const char *unchangeable; /* a part of the only one; NULL: none */
} Case;

#define SECOND "1000000"
#define ROOT   {CPU, "950000", SECOND}

static const Case cases[] = {
	{"those above first, in equal parts", {ROOT, {SLICE, "0", SECOND}, {VM, "0", SECOND},
	  {VM "libvirt/", "0", SECOND}, {VM "libvirt/vcpu0/", "0", SECOND},
	  {VM "libvirt/vcpu1/", "0", SECOND}}, "950000", NULL,
	 SLICE RUNTIME "=950000\n" VM RUNTIME "=950000\n" VM "libvirt/" RUNTIME "=950000\n"
	 VM "libvirt/vcpu0/" RUNTIME "=475000\n" VM "libvirt/vcpu1/" RUNTIME "=475000\n", NULL},
	{"what others have stays theirs", {ROOT, {CPU "docker/", "400000", SECOND},
	  {CPU "user.slice/", "0", SECOND}, {CPU "machine/", "0", SECOND},
	  {CPU "machine/qemu-1-a/", "0", SECOND}}, "950000", NULL,
	 CPU "machine/" RUNTIME "=550000\n" CPU "machine/qemu-1-a/" RUNTIME "=550000\n", NULL},
	{"what a VM has stays its own", {ROOT, {CPU "machine/", "900000", SECOND},
	  {CPU "machine/lxc-3-c/", "100000", SECOND}, {CPU "machine/lxc-4-d/", "0", SECOND},
	  {CPU "machine/qemu-1-a/", "500000", SECOND}, {CPU "machine/qemu-2-b/", "0", SECOND}},
	 "950000", NULL, CPU "machine/qemu-2-b/" RUNTIME "=300000\n", NULL},
	{"other periods", {ROOT, {CPU "docker/", "10001", "100000"},
	  {CPU "machine/", "0", "500000"}, {CPU "machine/qemu-1-a/", "0", "500000"}}, "950000",
	 NULL, CPU "machine/" RUNTIME "=424995\n" CPU "machine/qemu-1-a/" RUNTIME "=424995\n",
	 NULL},
	{"no VM", {ROOT, {CPU "docker/", "950000", SECOND}, {CPU "machine/", "0", SECOND}},
	 "950000", NULL, "", "no VM runs"},
	{"nothing left for a VM", {ROOT, {CPU "machine/", "500000", SECOND},
	  {CPU "machine/lxc-1-a/", "500000", SECOND}, {CPU "machine/qemu-2-b/", "0", SECOND}},
	 "950000", NULL, "", "no real-time run time left"},
	{"a slice that has some, and no VM", {ROOT, {SLICE, "900000", SECOND}}, "950000", NULL,
	 "", "starts with no real-time run time"},
	{"what one beside it has is not known", {ROOT, {CPU "machine/", "500000", SECOND},
	  {CPU "machine/lxc-1-a/", "much", SECOND}, {CPU "machine/qemu-2-b/", "0", SECOND}},
	 "950000", NULL, "", "what is left above it"},
	{"nothing above", {{CPU "machine/", "0", SECOND}, {CPU "machine/qemu-2-b/", "1", SECOND}},
	 "950000", NULL, "", "nothing is known above it"},
	{"more than its period", {ROOT, {CPU "machine/", "0", SECOND},
	  {CPU "machine/qemu-2-b/", "2000000000", "1"}}, "950000", NULL, "",
	 "what is left above it"},
	{"no group is asked", {ROOT, {CPU "machine/", "0", SECOND},
	  {CPU "machine/qemu-2-b/", "0", SECOND}}, "-1", NULL, "", NULL},
	{"no group will be asked", {ROOT, {CPU "machine/", "0", SECOND},
	  {CPU "machine/qemu-2-b/", "0", SECOND}}, "950000", "-1", GLOBAL "=-1\n", NULL},
};

static char *new_tree(const Case *one)
{
	char *directory = tree_new();

	tree_write(directory, "proc/sys/kernel/osrelease", "6.12.8-rt\n");
	tree_write(directory, "boot/config-6.12.8-rt",
		   "CONFIG_64BIT=y\nCONFIG_RT_GROUP_SCHED=y\n");
	tree_write(directory, "proc/cmdline", "quiet\n");
	tree_write(directory, GLOBAL, one->global);
	for (gsize i = 0; i < G_N_ELEMENTS(one->groups) && one->groups[i].directory; i++) {
		const Group *group = &one->groups[i];
		g_autofree char *runtime = g_strconcat(group->directory, RUNTIME, NULL);
		g_autofree char *period = g_strconcat(group->directory, PERIOD, NULL);

		tree_write(directory, runtime, group->runtime);
		tree_write(directory, period, group->period);
	}
	return directory;
}

static char *shown(const Changes *changes)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < changes->changes->len; i++) {
		const Change *change = changes->changes->pdata[i];

		assert_int_equal(change->kind, CHANGE_FILE);
		g_string_append_printf(text, "%s=%s\n", change->place, change->then);
	}
	return g_string_free(text, FALSE);
}

static void check(const Case *one)
{
	static const char *const only[] = {"throttle.rt_runtime", "throttle.rt_group", NULL};
	const KnobSelection selection = {.only = only};
	char *directory = new_tree(one);
	g_autoptr(Root) root = root_open_captured(directory, NULL);
	g_autoptr(KnobView) view = knob_view_new(root, SCOPE_HOST, NULL, NULL);
	g_autoptr(Changes) changes = NULL;
	g_autofree char *text = NULL;

	if (one->choice)
		knob_view_choose(view, "throttle.rt_runtime", one->choice);
	changes = changes_find(view, &selection);
	text = shown(changes);
	if (strcmp(text, one->changes) != 0)
		fail_msg("%s: '%s' instead of '%s'", one->what, text, one->changes);
	if (changes->unchangeable->len != (one->unchangeable ? 1 : 0))
		fail_msg("%s: %u cannot be changed", one->what, changes->unchangeable->len);
	if (one->unchangeable) {
		const Unchangeable *only_one = changes->unchangeable->pdata[0];

		if (!strstr(only_one->why, one->unchangeable))
			fail_msg("%s: '%s'", one->what, only_one->why);
	}
	tree_free(directory);
}

static void test_cases(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		check(&cases[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
