/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows of the scheduler, idle states and limits whose answer depends on more than one place:
 * the kernel's version, the host below a guest, who holds a file open.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "cpu_latency.h"
#include "judge.h"
#include "tree.h"

#define RUNTIME "proc/sys/kernel/sched_rt_runtime_us"
#define RELEASE "proc/sys/kernel/osrelease"
#define FAIR	"sys/kernel/debug/sched/fair_server/cpu1/runtime"
#define STATE	"sys/devices/system/cpu/cpu1/cpuidle/state1/"
#define RESUME	"sys/devices/system/cpu/cpu1/power/pm_qos_resume_latency_us"

typedef struct {
	const char *path, *text;
} File;

typedef struct {
	const char *what, *id;
	FindingStatus status;
	const char *reason;
	const char *choice;
	File files[8];
	File host[6]; /* of a guest's row; none: nobody looked at the host */
} Case;

#define KERNEL_6_1     {RELEASE, "6.1.0-47-rt-amd64\n"}
#define KERNEL_6_12    {RELEASE, "6.12.8-rt\n"}
#define CONFIG(option) {"boot/config-6.12.8-rt", "CONFIG_64BIT=y\n" option "\n"}
#define GROUPS	       CONFIG("CONFIG_RT_GROUP_SCHED=y")
#define NO_GROUPS      CONFIG("# CONFIG_RT_GROUP_SCHED is not set")
#define POLLS	       {"proc/cmdline", "console=ttyS0 idle=poll\n"}
#define GROUP_OF_VM(file, text) {"sys/fs/cgroup/cpu/machine/qemu-1-vm/" file, text}
#define SOME_THREADS   "1 1 0 0 0 - 0-1\t\tsystemd\n"

static const Case cases[] = {
	{"a host that throttles", "throttle.polling_guest", STATUS_FAIL, RUNTIME " is 950000",
	 NULL, {POLLS}, {KERNEL_6_1, {RUNTIME, "950000\n"}}},
	{"a host that does not throttle", "throttle.polling_guest", STATUS_PASS, NULL, NULL,
	 {POLLS}, {KERNEL_6_1, {RUNTIME, "-1\n"}}},
	{"a host with a fair server", "throttle.polling_guest", STATUS_FAIL, FAIR, NULL,
	 {POLLS}, {KERNEL_6_12, NO_GROUPS, {RUNTIME, "950000\n"}, {FAIR, "50000000\n"}}},
	{"a host whose fair server is off", "throttle.polling_guest", STATUS_PASS, NULL, NULL,
	 {POLLS}, {KERNEL_6_12, NO_GROUPS, {RUNTIME, "950000\n"}, {FAIR, "0\n"}}},
	{"a host without debugfs", "throttle.polling_guest", STATUS_UNKNOWN, FAIR, NULL,
	 {POLLS}, {KERNEL_6_12, NO_GROUPS, {RUNTIME, "-1\n"}}},
	{"a host with real-time groups", "throttle.polling_guest", STATUS_FAIL, RUNTIME, NULL,
	 {POLLS}, {KERNEL_6_12, GROUPS, {RUNTIME, "950000\n"}, {FAIR, "0\n"}}},
	{"no host", "throttle.polling_guest", STATUS_UNKNOWN, "nobody looked at its host", NULL,
	 {POLLS}, {{NULL, NULL}}},

	{"a kernel that does not throttle", "throttle.rt_runtime", STATUS_NA,
	 "without CONFIG_RT_GROUP_SCHED", NULL,
	 {KERNEL_6_12, NO_GROUPS, {RUNTIME, "950000\n"}}, {{NULL, NULL}}},
	{"a kernel with groups does", "throttle.rt_runtime", STATUS_WARN, "500000", NULL,
	 {KERNEL_6_12, GROUPS, {RUNTIME, "500000\n"}}, {{NULL, NULL}}},
	{"a profile's choice", "throttle.rt_runtime", STATUS_WARN, "the profile's choice", "-1",
	 {KERNEL_6_1, {RUNTIME, "950000\n"}}, {{NULL, NULL}}},
	{"an old kernel", "throttle.fair_server", STATUS_NA, "it came with 6.12", NULL,
	 {KERNEL_6_1, {FAIR, "0\n"}}, {{NULL, NULL}}},
	{"a kernel nobody knows", "throttle.fair_server", STATUS_UNKNOWN, FAIR, NULL,
	 {{RELEASE, "unknown\n"}}, {{NULL, NULL}}},

	{"cgroup 2 with cpu", "throttle.rt_group", STATUS_FAIL, "none can be given", NULL,
	 {KERNEL_6_12, GROUPS, {RUNTIME, "950000\n"},
	  {"sys/fs/cgroup/cgroup.subtree_control", "cpuset cpu memory\n"}}, {{NULL, NULL}}},
	{"cgroup 2 without cpu", "throttle.rt_group", STATUS_PASS, NULL, NULL,
	 {KERNEL_6_12, GROUPS, {RUNTIME, "950000\n"},
	  {"sys/fs/cgroup/cgroup.subtree_control", "cpuset memory\n"}}, {{NULL, NULL}}},
	{"cgroup 1 before the first VM", "throttle.rt_group", STATUS_FAIL, "libvirt makes", NULL,
	 {KERNEL_6_12, {RUNTIME, "950000\n"},
	  {"sys/fs/cgroup/cpu/cpu.rt_runtime_us", "950000\n"}}, {{NULL, NULL}}},
	{"cgroup 1 whose VM has none", "throttle.rt_group", STATUS_FAIL, "vcpu0", NULL,
	 {KERNEL_6_12, GROUPS, {RUNTIME, "950000\n"}, GROUP_OF_VM("cpu.rt_runtime_us", "950000\n"),
	  GROUP_OF_VM("cpu.rt_period_us", "1000000\n"),
	  GROUP_OF_VM("vcpu0/cpu.rt_runtime_us", "0\n"),
	  GROUP_OF_VM("vcpu0/cpu.rt_period_us", "1000000\n")}, {{NULL, NULL}}},
	{"cgroup 1 with run time that no VM has", "throttle.rt_group", STATUS_FAIL, "libvirt makes",
	 NULL, {KERNEL_6_12, GROUPS, {RUNTIME, "950000\n"},
	  {"sys/fs/cgroup/cpu/machine/cpu.rt_runtime_us", "950000\n"},
	  {"sys/fs/cgroup/cpu/machine/cpu.rt_period_us", "1000000\n"}}, {{NULL, NULL}}},
	{"a kernel that does not say it", "throttle.rt_group", STATUS_UNKNOWN,
	 "CONFIG_RT_GROUP_SCHED", NULL,
	 {KERNEL_6_12, {RUNTIME, "950000\n"},
	  {"sys/fs/cgroup/cgroup.subtree_control", "cpuset cpu memory\n"}}, {{NULL, NULL}}},
	{"groups that nobody asks", "throttle.rt_group", STATUS_PASS, "not asked", NULL,
	 {KERNEL_6_12, GROUPS, {RUNTIME, "-1\n"},
	  {"sys/fs/cgroup/cpu/cpu.rt_runtime_us", "950000\n"}}, {{NULL, NULL}}},
	{"groups switched off at boot", "throttle.rt_group", STATUS_PASS, "no real-time groups",
	 NULL, {{RELEASE, "6.16.1-rt\n"}, {"boot/config-6.16.1-rt", "CONFIG_RT_GROUP_SCHED=y\n"},
	  {RUNTIME, "950000\n"}, {"proc/cmdline", "rt_group_sched=0\n"}}, {{NULL, NULL}}},
	{"a kernel that does not know how to switch them off", "throttle.rt_group", STATUS_FAIL,
	 "none can be given", NULL,
	 {KERNEL_6_12, GROUPS, {RUNTIME, "950000\n"}, {"proc/cmdline", "rt_group_sched=0\n"},
	  {"sys/fs/cgroup/cgroup.subtree_control", "cpuset cpu memory\n"}}, {{NULL, NULL}}},
	{"neither file of cgroups", "throttle.rt_group", STATUS_UNKNOWN, "subtree_control", NULL,
	 {KERNEL_6_12, GROUPS, {RUNTIME, "950000\n"}}, {{NULL, NULL}}},

	{"a deep state", "idle.states", STATUS_FAIL, "the state is enabled", NULL,
	 {{STATE "latency", "133\n"}, {STATE "disable", "0\n"},
	  {CAPTURE_CPU_LATENCY, "2000000000\n"}}, {{NULL, NULL}}},
	{"a deep state that tuned forbids", "idle.states", STATUS_PASS, "held at 1 us", NULL,
	 {{STATE "latency", "133\n"}, {STATE "disable", "0\n"},
	  {CAPTURE_CPU_LATENCY, "1\n900 tuned\n"}}, {{NULL, NULL}}},
	{"a deep state that only cyclictest forbids", "idle.states", STATUS_FAIL, "enabled", NULL,
	 {{STATE "latency", "133\n"}, {STATE "disable", "0\n"},
	  {CAPTURE_CPU_LATENCY, "0\n901 cyclictest\n"}}, {{NULL, NULL}}},
	{"a deep state that one CPU is kept from", "idle.states", STATUS_PASS, "resume", NULL,
	 {{STATE "latency", "133\n"}, {STATE "disable", "0\n"}, {RESUME, "n/a\n"}},
	 {{NULL, NULL}}},
	{"any resume latency", "idle.states", STATUS_FAIL, "enabled", NULL,
	 {{STATE "latency", "133\n"}, {STATE "disable", "0\n"}, {RESUME, "0\n"}},
	 {{NULL, NULL}}},
	{"no driver", "idle.states", STATUS_NA, "cpuidle", NULL, {{RESUME, "0\n"}},
	 {{NULL, NULL}}},
	{"nothing to forbid", "idle.cpu_dma_latency", STATUS_NA, "no idle state", NULL,
	 {{STATE "latency", "133\n"}, {STATE "disable", "1\n"},
	  {CAPTURE_CPU_LATENCY, "2000000000\n"}}, {{NULL, NULL}}},
	{"the kernel's own request", "idle.cpu_dma_latency", STATUS_PASS, "the kernel", NULL,
	 {{STATE "latency", "133\n"}, {STATE "disable", "0\n"}, {CAPTURE_CPU_LATENCY, "0\n"}},
	 {{NULL, NULL}}},
	{"states that make no sense", "idle.cpu_dma_latency", STATUS_UNKNOWN, "understood", NULL,
	 {{STATE "latency", "133\n"}, {CAPTURE_CPU_LATENCY, "2000000000\n"}}, {{NULL, NULL}}},
	{"nothing to hold a CPU from", "idle.resume_latency", STATUS_NA, "no idle state", NULL,
	 {{RESUME, "0\n"}}, {{NULL, NULL}}},

	{"a driver that is not in use", "idle.intel_idle", STATUS_NA, "holds none", NULL,
	 {{"sys/module/intel_idle/parameters/max_cstate", "9\n"},
	  {"sys/devices/system/cpu/cpuidle/current_driver", "none\n"}}, {{NULL, NULL}}},
	{"links that sleep", "power.pcie_aspm", STATUS_WARN, "default", NULL,
	 {{"sys/module/pcie_aspm/parameters/policy", "[default] performance powersave\n"},
	  {"proc/cmdline", "quiet\n"}}, {{NULL, NULL}}},
	{"links that Linux leaves alone", "power.pcie_aspm", STATUS_NA, "pcie_aspm=off", NULL,
	 {{"sys/module/pcie_aspm/parameters/policy", "[default] performance powersave\n"},
	  {"proc/cmdline", "pcie_aspm=off\n"}}, {{NULL, NULL}}},

	{"no group", "limits.rtprio", STATUS_NA, "no group realtime", NULL,
	 {{"etc/group", "root:x:0:\n"}, {"etc/security/limits.conf", "\n"}}, {{NULL, NULL}}},
	{"a file of its own", "limits.rtprio", STATUS_PASS, NULL, NULL,
	 {{"etc/group", "realtime:x:9:\n"}, {"etc/security/limits.conf", "# none\n"},
	  {"etc/security/limits.d/rt.conf", "@realtime\t-\trtprio 99 # all\n"}}, {{NULL, NULL}}},
	{"a later file that takes it back", "limits.rtprio", STATUS_WARN, "not 99", NULL,
	 {{"etc/group", "realtime:x:9:\n"},
	  {"etc/security/limits.conf", "@realtime - rtprio 99\n"},
	  {"etc/security/limits.d/rt.conf", "@realtime hard rtprio 0\n"}}, {{NULL, NULL}}},
	{"another group's", "limits.rtprio", STATUS_WARN, "nothing in etc/security", NULL,
	 {{"etc/group", "realtime:x:9:\n"},
	  {"etc/security/limits.conf", "@audio - rtprio 99\n#@realtime - rtprio 99\n"}},
	 {{NULL, NULL}}},
	{"without end", "limits.memlock", STATUS_PASS, NULL, NULL,
	 {{"etc/group", "realtime:x:9:\n"},
	  {"etc/security/limits.conf", "@realtime - memlock unlimited\n"}}, {{NULL, NULL}}},

	{"a vCPU above, as the profile wants", "priority.vcpu_inversion", STATUS_PASS, "keeps",
	 "above",
	 {{CAPTURE_THREADS, SOME_THREADS "20 20 1 2 1 kb 1\t\tksoftirqd/1\n"
			    "9 10 1 80 1 - 1\tvcpu 0\tCPU 0/KVM\n"}}, {{NULL, NULL}}},
	{"a vCPU that ties", "priority.vcpu_inversion", STATUS_WARN, "keeps ksoftirqd/1 (1)",
	 NULL,
	 {{CAPTURE_THREADS, SOME_THREADS "20 20 1 1 1 kb 1\t\tksoftirqd/1\n"
			    "9 10 1 1 1 - 1\tvcpu 0\tCPU 0/KVM\n"}}, {{NULL, NULL}}},
	{"no VM", "priority.vcpu_inversion", STATUS_NA, "no vCPU thread runs", NULL,
	 {{CAPTURE_THREADS, SOME_THREADS}}, {{NULL, NULL}}},
	{"a VM that has its memory locked", "limits.qemu_memlock", STATUS_PASS, NULL, NULL,
	 {{CAPTURE_THREADS, SOME_THREADS "9 10 1 1 1 - 1\tvcpu 0\tCPU 0/KVM\n"},
	  {"proc/9/limits", "Max locked memory         8388608    8388608   bytes\n"},
	  {"proc/9/status", "VmLck:\t  524288 kB\n"}}, {{NULL, NULL}}},
};

static void write_files(const char *directory, const File *files, gsize max)
{
	tree_write(directory, CAPTURE_COMPLETE, "lathe-capture/1\n");
	tree_write(directory, "sys/devices/system/cpu/online", "0-1\n");
	for (gsize i = 0; i < max && files[i].path; i++)
		tree_write(directory, files[i].path, files[i].text);
}

static Finding *judge(const Case *one, const char *directory, const char *host_directory,
		      const Cpuset *planned)
{
	g_autoptr(Root) root = root_open_captured(directory, NULL);
	g_autoptr(Root) host_root = root_open_captured(host_directory, NULL);
	const KnobLayer *layer = NULL;
	const Knob *knob = knob_find(one->id, &layer);
	g_autoptr(KnobView) host = NULL;
	g_autoptr(KnobView) view = NULL;

	if (!knob)
		fail_msg("there is no row %s", one->id);
	if (one->host[0].path)
		host = knob_view_new(host_root, SCOPE_HOST, planned, NULL);
	view = knob_view_new(root, knob->scopes & SCOPE_HOST ? SCOPE_HOST : SCOPE_GUEST, planned,
			     host);
	if (one->choice)
		knob_view_choose(view, one->id, one->choice);
	return knob_judge(layer, knob, view);
}

static void test_cases(void **state)
{
	Cpuset planned = {0};

	(void)state;
	cpuset_add(&planned, 1);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const Case *one = &cases[i];
		char *directory = tree_new(), *host = tree_new();
		g_autoptr(Finding) finding = NULL;

		write_files(directory, one->files, G_N_ELEMENTS(one->files));
		write_files(host, one->host, G_N_ELEMENTS(one->host));
		finding = judge(one, directory, host, &planned);
		if (finding->status != one->status ||
		    (one->reason &&
		     (!finding->reason || !strstr(finding->reason, one->reason))))
			fail_msg("%s, %s: %s (%s) instead of %s (%s)", one->id, one->what,
				 finding_status_name(finding->status),
				 finding->reason ? finding->reason : "",
				 finding_status_name(one->status),
				 one->reason ? one->reason : "");
		tree_free(directory);
		tree_free(host);
	}
}

/* Nothing that is about CPUs of vCPUs passes where there are none. */
static void test_no_planned_cpu(void **state)
{
	static const char *const ids[] = {
		"throttle.fair_server", "priority.ksoftirqd", "priority.programs",
		"idle.states",		"idle.cpu_dma_latency", "idle.resume_latency",
		"power.governor",	"power.core_throttled", "sched.watchdog"};
	static const File files[] = {
		KERNEL_6_12, {FAIR, "0\n"}, {STATE "latency", "1\n"}, {STATE "disable", "0\n"},
		{RESUME, "n/a\n"}, {CAPTURE_CPU_LATENCY, "0\n900 tuned\n"},
		{"sys/devices/system/cpu/cpu1/cpufreq/scaling_governor", "performance\n"},
		{"sys/devices/system/cpu/cpu1/thermal_throttle/core_throttle_count", "0\n"},
		{"proc/sys/kernel/watchdog", "1\n"},
		{"proc/sys/kernel/watchdog_cpumask", "0\n"},
		{CAPTURE_THREADS, SOME_THREADS "20 20 1 2 1 kb 1\t\tksoftirqd/1\n"},
	};
	char *directory = tree_new();
	const Cpuset none = {0};

	(void)state;
	write_files(directory, files, G_N_ELEMENTS(files));
	for (gsize i = 0; i < G_N_ELEMENTS(ids); i++) {
		const Case one = {.id = ids[i]};
		g_autoptr(Finding) finding = judge(&one, directory, directory, &none);

		if (finding->status != STATUS_UNKNOWN && finding->status != STATUS_NA)
			fail_msg("%s: %s", ids[i], finding_status_name(finding->status));
		if (!finding->reason || !strstr(finding->reason, "no CPU is planned"))
			fail_msg("%s: '%s'", ids[i], finding->reason ? finding->reason : "");
	}
	tree_free(directory);
}

static void test_cpu_latency(void **state)
{
	static const struct {
		const char *text;
		int us; /* -1: malformed */
		guint holders;
		gboolean tool;
	} texts[] = {
		{"0\n", 0, 0, FALSE},
		{"2000000000\n", 2000000000, 0, FALSE},
		{"1\n900 tuned\n", 1, 1, FALSE},
		{"0\n901 cyclictest\n", 0, 1, TRUE},
		{"0\n901 cyclictest\n900 tuned\n", 0, 2, FALSE},
		{"0\n12 a name with blanks\n", 0, 1, FALSE},
		{"", -1, 0, FALSE},
		{"\n", -1, 0, FALSE},
		{"-1\n", -1, 0, FALSE},
		{"4294967296\n", -1, 0, FALSE},
		{"0 us\n", -1, 0, FALSE},
		{"0\ntuned\n", -1, 0, FALSE},
		{"0\n900\n", -1, 0, FALSE},
		{"0\n900 \n", -1, 0, FALSE},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		int errnum = 0;
		g_autoptr(CpuLatency) latency = cpu_latency_parse(texts[i].text, &errnum);

		if (!latency != (texts[i].us < 0))
			fail_msg("'%s'", texts[i].text);
		if (!latency) {
			assert_int_equal(errnum, EILSEQ);
			continue;
		}
		assert_int_equal(latency->us, texts[i].us);
		assert_int_equal(g_strv_length(latency->holders), texts[i].holders);
		assert_int_equal(latency->tool, texts[i].tool);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_no_planned_cpu),
		cmocka_unit_test(test_cpu_latency),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
