/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What lathe itself chooses for a VM and its guest, judged by the knob table on a host that is
 * tuned: no row of high severity may fail by lathe's own doing.
 */
#include "good-trees.h"

#include "hand-plan.h"
#include "judge.h"
#include "root.h"
#include "vm.h"

/* Of the good trees' host: nodes 0 (CPUs 0-3) and 1 (4-7), CPUs 5-7 isolated. */
#define CPUS "5-7"

typedef struct {
	char *host, *vm, *guest;
	Plan *plan;
} Machine;

/* With every vCPU where the plan has it, as lathe names the threads (threads.h). */
static char *threads_of(const Plan *plan)
{
	g_autofree char *emulator = cpulist_format(&plan->emulator);
	GString *text = g_string_new(NULL);

	g_string_printf(text,
			"500 500 0 0 0 - %s\temulator\tqemu-system-x86\n"
			"500 501 0 0 0 - %s\tworker\tIO mon_iothread\n"
			"500 502 0 0 0 - %s\tiothread 1\tIO iothread1\n",
			emulator, emulator, emulator);
	for (guint i = 0; i < plan->n_vcpus; i++) {
		const PlanVcpu *vcpu = &plan->vcpus[i];

		g_string_append_printf(text, "500 51%u %u %u %u - %u\tvcpu %u\tCPU %u/KVM\n", i,
				       vcpu->fifo_priority ? 1 : 0, vcpu->fifo_priority,
				       vcpu->cpu, vcpu->cpu, i, i);
	}
	return g_string_free(text, FALSE);
}

static char *domain_of(const Plan *plan, gboolean lock_memory, const char *nodes)
{
	VmSpec spec = {
		.name = "lathe-4711",
		.plan = plan,
		.accel = ACCEL_KVM,
		.lock_memory = lock_memory,
		.memory_mib = 512,
		.kernel = "/image/vmlinux",
		.initrd = "/image/initrd",
		.cmdline = "console=ttyS0",
		.console_log = "/bundle/console.log",
		.owner_pid = 4711,
	};
	g_autoptr(GError) error = NULL;
	char *xml;

	assert_true(!nodes || cpulist_parse(nodes, CPUSET_CPUS, &spec.memory_nodes, NULL));
	xml = domain_xml_new(&spec, &error);
	if (!xml)
		fail_msg("%s", error->message);
	return xml;
}

/* What libvirt makes of the unit. */
static char *in_kib(const char *xml)
{
	GString *text = g_string_new(xml);

	assert_int_equal(g_string_replace(text, "<memory unit=\"MiB\">512<",
					  "<memory unit=\"KiB\">524288<", 0), 1);
	return g_string_free(text, FALSE);
}

static char *load(const char *scope)
{
	char *directory = tree_new();

	good_tree_load(scope, directory);
	return directory;
}

static Machine machine_new(gboolean lock_memory, const char *nodes)
{
	Machine machine = {load("host"), load("vm"), load("guest"),
			   hand_plan(3, CPUS, "0-4", "0-4", FALSE)};
	g_autofree char *threads = threads_of(machine.plan);
	g_autofree char *defined = domain_of(machine.plan, lock_memory, nodes);
	g_autofree char *live = in_kib(defined);
	g_autofree char *isolation = plan_guest_cmdline(machine.plan);
	g_autofree char *cmdline = g_strdup_printf("console=ttyS0 panic=-1 quiet loglevel=4 "
						   "cryptomgr.notests=1 %s\n", isolation);
	g_autofree char *log = g_strdup_printf("<5>[    0.000000] Linux version 6.1.0-47-rt-amd64\n"
					       "<6>[    0.000000] Command line: %s"
					       "<6>[    0.000000] Hypervisor detected: KVM\n",
					       cmdline);

	tree_write(machine.vm, "domain-defined.xml", defined);
	tree_write(machine.vm, "domain-live.xml", live);
	tree_write(machine.vm, "lathe/threads", threads);
	tree_write(machine.vm, "status", "Name:\tqemu-system-x86\nVmLck:\t  700000 kB\n"
					 "VmRSS:\t  690000 kB\nVmSwap:\t       0 kB\n"
					 "HugetlbPages:\t       0 kB\n");
	tree_write(machine.guest, "proc/cmdline", cmdline);
	tree_write(machine.guest, "lathe/kernel-log", log);
	tree_write(machine.guest, "sys/devices/system/cpu/online", "0-2\n");
	tree_write(machine.guest, "sys/devices/system/cpu/isolated", "1-2\n");
	tree_write(machine.guest, "sys/devices/system/cpu/nohz_full", "1-2\n");
	return machine;
}

static void machine_free(Machine *machine)
{
	tree_free(machine->host);
	tree_free(machine->vm);
	tree_free(machine->guest);
	plan_free(machine->plan);
}

static GPtrArray *judge(const Machine *machine, KnobScope scope, const char *const *only)
{
	const KnobSelection selection = {.only = only};
	g_autoptr(Root) host_root = root_open_captured(machine->host, NULL);
	g_autoptr(Root) root = root_open_captured(
		scope == SCOPE_VM ? machine->vm : machine->guest, NULL);
	Cpuset cpus = plan_reserved_cpus(machine->plan);
	g_autoptr(KnobView) host = knob_view_new(host_root, SCOPE_HOST, &cpus, NULL);
	g_autoptr(KnobView) view = knob_view_new(
		root, scope, scope == SCOPE_VM ? &cpus : &machine->plan->guest_rt, host);

	return knob_judge_all(view, &selection);
}

static gboolean is_bad(const Finding *finding)
{
	return finding->status == STATUS_FAIL ||
	       (finding->status == STATUS_UNKNOWN && finding->severity >= SEVERITY_HIGH);
}

static void expect_none_bad(const GPtrArray *findings, guint at_least)
{
	guint bad = 0;

	assert_true(findings->len >= at_least);
	for (guint i = 0; i < findings->len; i++) {
		const Finding *finding = findings->pdata[i];

		if (!is_bad(finding))
			continue;
		print_error("%s %s (%s): %s\n", finding_status_name(finding->status), finding->id,
			    finding->scope, finding->reason);
		bad++;
	}
	assert_int_equal(bad, 0);
}

static const Finding *find(const GPtrArray *findings, const char *id)
{
	for (guint i = 0; i < findings->len; i++)
		if (strcmp(((const Finding *)findings->pdata[i])->id, id) == 0)
			return findings->pdata[i];
	fail_msg("%s was not judged", id);
	return NULL;
}

static const char *const of_a_vm[] = {"domain.*", "pinning.*", "thread.*", NULL};

static void test_own_domain(void **state)
{
	Machine machine = machine_new(TRUE, "1");
	g_autoptr(GPtrArray) findings = judge(&machine, SCOPE_VM, of_a_vm);

	(void)state;
	expect_none_bad(findings, 40);
	/* The same memory in another unit is no change. */
	assert_int_equal(find(findings, "pinning.drift")->status, STATUS_PASS);
	assert_int_equal(find(findings, "pinning.numatune")->status, STATUS_PASS);
	assert_int_equal(find(findings, "domain.memory_locked")->status, STATUS_PASS);
	machine_free(&machine);
}

/* What the host refuses is not hidden. */
static void test_own_domain_without_lock(void **state)
{
	Machine machine = machine_new(FALSE, NULL);
	g_autoptr(GPtrArray) findings = judge(&machine, SCOPE_VM, of_a_vm);

	(void)state;
	assert_int_equal(find(findings, "domain.memory_locked")->status, STATUS_FAIL);
	assert_int_equal(find(findings, "pinning.numatune")->status, STATUS_FAIL);
	machine_free(&machine);
}

/* Rows that a guest's command line decides, and those of guests alone. */
static void test_own_guest(void **state)
{
	static const char *const only[] = {"boot.*", "cpu.*", "guest.*", "clock.no_timer_check",
					   NULL};
	Machine machine = machine_new(TRUE, "1");
	g_autoptr(GPtrArray) findings = NULL;

	(void)state;
	tree_write(machine.guest, "lathe/threads", "1 1 0 0 0 - 0\t\tlathe-agent\n");
	findings = judge(&machine, SCOPE_GUEST, only);
	expect_none_bad(findings, 30);
	for (guint i = 0; i < findings->len; i++) {
		const Finding *finding = findings->pdata[i];

		if (finding->status != STATUS_PASS && finding->status != STATUS_NA)
			fail_msg("%s %s: %s", finding_status_name(finding->status), finding->id,
				 finding->reason);
	}
	machine_free(&machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_domain),
		cmocka_unit_test(test_own_domain_without_lock),
		cmocka_unit_test(test_own_guest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
