/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ways to a PASS that nobody earned: what is empty, hidden, of something else, or only partly
 * known. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "judge.h"
#include "remove_tree.h"
#include "tree.h"

typedef struct {
	const char *path, *content;
} File;

typedef struct {
	const char *what, *id;
	KnobScope scope;
	FindingStatus status;
	File files[4];
} Case;

#define COMPLETE	 {CAPTURE_COMPLETE, "lathe-capture/1\n"}
#define THREADS(text)	 {CAPTURE_THREADS, text}
#define GOVERNOR(cpu)	 "sys/devices/system/cpu/cpu" cpu "/cpufreq/scaling_governor"
#define TUNED(text) \
	{"domain-live.xml", "<domain><vcpu>3</vcpu><cputune>" text "</cputune></domain>"}
#define DISKS(text)	 {"domain-live.xml", "<domain><devices>" text "</devices></domain>"}
#define DISK(attributes) "<disk device='disk'><driver name='qemu'" attributes "/></disk>"
#define IOTHREADS(text) \
	{"domain-live.xml", "<domain><iothreads>2</iothreads><cputune>" text "</cputune></domain>"}

/* CPUs 1 and 2 are planned. */
static const Case cases[] = {
	{"an empty command line", "clock.highres_parameter", SCOPE_HOST, STATUS_UNKNOWN,
	 {COMPLETE, {"proc/cmdline", ""}}},
	{"a command line without parameters", "clock.highres_parameter", SCOPE_HOST, STATUS_PASS,
	 {COMPLETE, {"proc/cmdline", "\n"}}},
	{"an empty list of isolated CPUs", "cpu.boot_cpu", SCOPE_HOST, STATUS_UNKNOWN,
	 {COMPLETE, {"sys/devices/system/cpu/isolated", ""}}},
	{"all planned CPUs", "power.governor", SCOPE_HOST, STATUS_PASS,
	 {COMPLETE, {GOVERNOR("1"), "performance\n"}, {GOVERNOR("2"), "performance\n"}}},
	{"one of two planned CPUs", "power.governor", SCOPE_HOST, STATUS_UNKNOWN,
	 {COMPLETE, {GOVERNOR("1"), "performance\n"}}},
	{"none of them", "power.governor", SCOPE_HOST, STATUS_NA, {COMPLETE}},
	{"a tree of others without units", "periodic.apt_daily", SCOPE_HOST, STATUS_UNKNOWN,
	 {THREADS("1 1 0 0 0 - 0-2\t\tsystemd\n")}},
	{"units that may not be listed", "periodic.apt_daily", SCOPE_HOST, STATUS_UNKNOWN,
	 {COMPLETE, THREADS("1 1 0 0 0 - 0-2\t\tsystemd\n"), {"run/systemd/system/x", ""},
	  {CAPTURE_ERRORS, "13\tetc/systemd/system\n"}}},
	{"a PID namespace", "priority.watchdog_threads", SCOPE_HOST, STATUS_UNKNOWN,
	 {COMPLETE, THREADS("1 1 0 0 0 - 0-2\t\tsystemd\n")}},
	{"kernel threads, and none of them", "priority.watchdog_threads", SCOPE_HOST, STATUS_PASS,
	 {COMPLETE, THREADS("2 2 0 0 0 k 0-2\t\tkthreadd\n")}},
	{"a kernel thread whose CPUs are not known", "task.kthreads", SCOPE_HOST, STATUS_UNKNOWN,
	 {COMPLETE, THREADS("2 2 0 0 0 k 0\t\tkthreadd\n3 3 0 0 0 k ?\t\trcu\n")}},
	{"XML of something else", "domain.no_graphics", SCOPE_VM, STATUS_UNKNOWN,
	 {COMPLETE, {"domain-live.xml", "<network/>"}}},
	{"a disk that names no cache", "domain.disk_cache", SCOPE_VM, STATUS_WARN,
	 {COMPLETE, DISKS(DISK(" cache='none'") DISK(""))}},
	{"disks that all do", "domain.disk_cache", SCOPE_VM, STATUS_PASS,
	 {COMPLETE, DISKS(DISK(" cache='none'") DISK(" cache='directsync'"))}},
	{"one vCPU pinned twice", "pinning.vcpupin", SCOPE_VM, STATUS_FAIL,
	 {COMPLETE, TUNED("<vcpupin vcpu='0' cpuset='0'/><vcpupin vcpu='1' cpuset='1'/>"
			  "<vcpupin vcpu='1' cpuset='2'/>")}},
	{"one real-time vCPU of two", "pinning.vcpusched", SCOPE_VM, STATUS_FAIL,
	 {COMPLETE, TUNED("<vcpupin vcpu='1' cpuset='1'/><vcpupin vcpu='2' cpuset='2'/>"
			  "<vcpusched vcpus='1' scheduler='fifo' priority='1'/>")}},
	{"both", "pinning.vcpusched", SCOPE_VM, STATUS_PASS,
	 {COMPLETE, TUNED("<vcpupin vcpu='1' cpuset='1'/><vcpupin vcpu='2' cpuset='2'/>"
			  "<vcpusched vcpus='1-2' scheduler='fifo' priority='1'/>")}},
	{"an emulator pinned to nothing", "pinning.emulatorpin", SCOPE_VM, STATUS_UNKNOWN,
	 {COMPLETE, TUNED("<emulatorpin cpuset=''/>")}},
	{"one IOThread pinned of two", "pinning.iothreadpin", SCOPE_VM, STATUS_WARN,
	 {COMPLETE, IOTHREADS("<iothreadpin iothread='1' cpuset='0'/>")}},
	{"a vCPU thread whose CPUs are not known", "thread.vcpu_pinned", SCOPE_VM, STATUS_UNKNOWN,
	 {COMPLETE, THREADS("9 10 1 1 1 - 1\tvcpu 0\tCPU 0/KVM\n9 11 1 1 2 - ?\tvcpu 1\tx\n")}},
	{"arguments of which the last counts", "argv.mem_lock", SCOPE_VM, STATUS_FAIL,
	 {COMPLETE, {"qemu.argv", "-machine\nq35\n-overcommit\nmem-lock=on,mem-lock=off\n"}}},
	{"no threads at all", "tracing.programs", SCOPE_HOST, STATUS_UNKNOWN,
	 {COMPLETE, THREADS("")}},
};

static Finding *judge(const Case *one, const char *directory)
{
	const KnobLayer *layer = NULL;
	const Knob *knob = knob_find(one->id, &layer);
	g_autoptr(Root) root = NULL;
	g_autoptr(KnobView) view = NULL;
	Cpuset planned = {0};

	cpuset_add(&planned, 1);
	cpuset_add(&planned, 2);
	if (!knob)
		fail_msg("there is no row %s", one->id);
	tree_write(directory, "sys/devices/system/cpu/online", "0-2\n");
	for (gsize i = 0; i < G_N_ELEMENTS(one->files) && one->files[i].path; i++)
		tree_write(directory, one->files[i].path, one->files[i].content);
	root = root_open_captured(directory, NULL);
	view = knob_view_new(root, one->scope, &planned, NULL);
	return knob_judge(layer, knob, view);
}

static void test_cases(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *directory = tree_new();
		g_autoptr(Finding) finding = judge(&cases[i], directory);

		if (finding->status != cases[i].status)
			fail_msg("%s, %s: %s (%s)", cases[i].id, cases[i].what,
				 finding_status_name(finding->status),
				 finding->reason ? finding->reason : "");
		remove_tree(directory);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
