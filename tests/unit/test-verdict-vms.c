/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A run of several configured VMs: two that are measured, on CPUs of their own, and one that runs
 * beside. Spoilt in one VM, it is not believed, and the reason names the VM. And a bundle of the
 * format before there were several.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "bundle_doubts.h"
#include "bundle_files.h"
#include "rejudge.h"
#include "remove_tree.h"
#include "report.h"
#include "run_fields.h"

#define UUID_A "11111111-2222-3333-4444-00000000000a"
#define UUID_B "11111111-2222-3333-4444-00000000000b"
#define UUID_C "11111111-2222-3333-4444-00000000000c"

static RunVm *vm_at(const Fixture *f, guint i)
{
	return f->run->vms->pdata[i];
}

static RunMeasured *measured_at(const Fixture *f, guint i)
{
	return fixture_stage(f)->vms->pdata[i];
}

/* FROM of the bundle, with all below it, as TOP/ID. */
static void move(const Fixture *f, const char *from, const char *to)
{
	g_autofree char *old = g_build_filename(f->directory, from, NULL);
	g_autofree char *new = g_build_filename(f->directory, to, NULL);

	assert_int_equal(g_rename(old, new), 0);
}

static void copy_files(const Fixture *f, const char *from, const char *to)
{
	g_autoptr(GPtrArray) names = bundle_list(f->directory, NULL);

	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i];
		g_autofree char *path = g_build_filename(f->directory, name, NULL);
		g_autofree char *text = NULL, *copy = NULL;

		if (!g_str_has_prefix(name, from))
			continue;
		copy = g_strconcat(to, name + strlen(from), NULL);
		assert_true(g_file_get_contents(path, &text, NULL, NULL));
		fixture_write(f, copy, text);
	}
}

/* The fixture's guest becomes the first of several. */
static void move_first(const Fixture *f)
{
	static const char *const tops[] = {"guest", "vm", "raw"};

	for (gsize i = 0; i < G_N_ELEMENTS(tops); i++) {
		g_autofree char *below = g_build_filename(f->directory, tops[i], NULL);
		g_autofree char *inner = g_strconcat(tops[i], "/vm1", NULL);

		move(f, tops[i], "moved");
		assert_int_equal(g_mkdir(below, 0755), 0);
		move(f, "moved", inner);
	}
}

static void set_cpus(RunVm *vm, const char *emulator, guint first)
{
	RunPlan *plan = &vm->plan;

	fixture_set(&plan->housekeeping, "0");
	fixture_set(&plan->emulator, emulator);
	fixture_set(&plan->iothread, emulator);
	for (guint i = 0; i < plan->vcpus->len; i++)
		fixture_pin(&g_array_index(plan->vcpus, RunPlanVcpu, i), first + i);
}

/* The fixture's one has been there from the start: its names and places again. */
static void rename_first(const Fixture *f)
{
	RunVm *vm = vm_at(f, 0);

	fixture_set(&vm->name, "a");
	fixture_set(&vm->uuid, UUID_A);
	set_cpus(vm, "1", 5);
	run_canary_reset(&vm->canary);
	fixture_fill_canary(vm);
	run_object_clear(&run_stage_type, fixture_stage(f));
	g_free(f->run->stages->pdata[0]);
	g_ptr_array_set_size(f->run->stages, 0);
	fixture_fill_stage(f);
}

static void add_second(const Fixture *f)
{
	RunVm *vm = run_add_vm(f->run, "b");

	vm->uuid = g_strdup(UUID_B);
	fixture_fill_vm(vm);
	set_cpus(vm, "1", 2);
	fixture_fill_measured(f, vm, 2);
}

static void add_beside(const Fixture *f)
{
	RunVm *vm = run_add_vm(f->run, "c");
	RunPlanVcpu vcpu = {0, 0, NULL, FALSE, TRUE, 0};
	RunMeasured *measured = run_stage_add_vm(fixture_stage(f), vm);

	vm->uuid = g_strdup(UUID_C);
	vm->accel = g_strdup("kvm");
	vm->plan.housekeeping = g_strdup("0");
	vm->plan.emulator = g_strdup("0-1");
	vm->plan.iothread = g_strdup("0-1");
	vcpu.cpus = g_strdup("0-1");
	g_array_append_val(vm->plan.vcpus, vcpu);
	fixture_add_place(measured, "emulator", "0-1", 1, 0);
	fixture_add_place(measured, "vcpu 0", "0-1", 1, 0);
}

static void set_loads(const Fixture *f)
{
	for (guint i = 0; i < f->run->loads->len; i++) {
		RunLoad *load = f->run->loads->pdata[i];

		fixture_set(&load->cpus, "0");
		fixture_set(&load->ran_on, "0");
	}
}

static void write_argv(const Fixture *f, guint i, const char *accel, const char *uuid)
{
	g_autofree char *name = g_strdup_printf("vm/vm%u/qemu.argv", i + 1);
	g_autofree char *text = g_strdup_printf("qemu-system-x86_64\n-accel\n%s\n-uuid\n%s\n-m\n512\n",
						accel, uuid);

	fixture_write(f, name, text);
}

/* Another latency or two than the first: no two measure the same. */
static void measure_second(Fixture *f)
{
	const FixtureThread first = f->threads[0];

	f->threads[0].counts[0]--;
	f->threads[0].counts[2]++;
	f->threads[0].avg = "16.02";
	fixture_measure_vm(f, 1);
	f->threads[0] = first;
}

static Fixture *several_new(void)
{
	Fixture *f = fixture_new();

	move_first(f);
	copy_files(f, "guest/vm1/", "guest/vm2/");
	copy_files(f, "vm/vm1/", "vm/vm2/");
	copy_files(f, "raw/vm1/", "raw/vm2/");
	write_argv(f, 0, "kvm", UUID_A);
	write_argv(f, 1, "kvm", UUID_B);
	write_argv(f, 2, "kvm", UUID_C);
	rename_first(f);
	add_second(f);
	add_beside(f);
	set_loads(f);
	fixture_measure_vm(f, 0);
	measure_second(f);
	return f;
}

static char *judge(Fixture *f)
{
	fixture_findings(f);
	verdict_judge(f->directory, f->profile, f->run);
	return joined(f->run->verdict.reasons);
}

static void test_pass(void **state)
{
	Fixture *f = several_new();
	g_autofree char *reasons = judge(f);
	g_autofree char *proves = joined(f->run->verdict.proves);

	(void)state;
	if (f->run->verdict.result != RESULT_PASS)
		fail_msg("%s: %s", result_name(f->run->verdict.result), reasons);
	/* Two limits, two vCPUs, two VMs. */
	assert_int_equal(f->run->verdict.limits->len, 8);
	assert_string_equal(((RunLimit *)f->run->verdict.limits->pdata[0])->vm, "vm1");
	assert_string_equal(((RunLimit *)f->run->verdict.limits->pdata[7])->vm, "vm2");
	assert_non_null(strstr(proves, "VM a: the measurement sees a disturbance"));
	assert_non_null(strstr(proves, "VM b: the measurement sees a disturbance"));
	assert_non_null(strstr(proves, "VM b: stage loaded, vCPU 2: none of 1000 samples"));
	assert_null(strstr(proves, "VM c"));
	for (guint i = 0; i < f->run->findings->len; i++) {
		const Finding *finding = f->run->findings->pdata[i];

		assert_true(strcmp(finding->scope, "host") == 0
				    ? !finding->vm
				    : g_strcmp0(finding->vm, "vm1") == 0 ||
					      g_strcmp0(finding->vm, "vm2") == 0);
	}
	fixture_free(f);
}

/* ---- one VM spoilt ---------------------------------------------------------------------- */

static void missing_from_stage(Fixture *f)
{
	RunMeasured *last = measured_at(f, 1);

	g_ptr_array_remove(fixture_stage(f)->vms, last);
	run_object_clear(&run_measured_type, last);
	g_free(last);
}
static void stranger_in_stage(Fixture *f)
{
	fixture_set(&measured_at(f, 1)->vm, "vm4");
}
static void twice_in_stage(Fixture *f)
{
	run_stage_add_vm(fixture_stage(f), vm_at(f, 1));
}
static void no_canary(Fixture *f)
{
	vm_at(f, 1)->canary.attempts = 0;
	run_canary_reset(&vm_at(f, 1)->canary);
}
static void canary_of_the_other(Fixture *f)
{
	RunCanary canary = vm_at(f, 1)->canary;

	vm_at(f, 1)->canary = vm_at(f, 0)->canary;
	vm_at(f, 0)->canary = canary;
}
static void raw_of_the_other(Fixture *f)
{
	fixture_set(&measured_at(f, 1)->raw_json, measured_at(f, 0)->raw_json);
}
static void few_samples(Fixture *f)
{
	f->threads[1].counts[0] = 380;
	f->threads[1].cycles = 880;
	f->threads[1].avg = "16.82";
	fixture_measure_vm(f, 1);
}
static void guest_tree_gone(Fixture *f)
{
	g_autofree char *path = g_build_filename(f->directory, "guest/vm2/before", NULL);

	remove_tree(path);
}
static void another_kernel(Fixture *f)
{
	fixture_write(f, "guest/vm2/before/proc/sys/kernel/version", "#1 SMP PREEMPT_RT Other\n");
}
static void another_accel(Fixture *f)
{
	write_argv(f, 1, "tcg", UUID_B);
}
static void beside_another_accel(Fixture *f)
{
	write_argv(f, 2, "tcg", UUID_C);
}
static void clock_set(Fixture *f)
{
	measured_at(f, 1)->guest.clock_step_ns = -2000000000;
}
static void away(Fixture *f)
{
	fixture_set(&((RunPlace *)measured_at(f, 1)->places->pdata[3])->cpus_allowed, "0-7");
}
static void beside_away(Fixture *f)
{
	RunPlace *place = measured_at(f, 2)->places->pdata[1];

	fixture_set(&place->cpus_allowed, "0-7");
}
static void beside_missing(Fixture *f)
{
	RunMeasured *last = measured_at(f, 2);

	g_ptr_array_remove(fixture_stage(f)->vms, last);
	run_object_clear(&run_measured_type, last);
	g_free(last);
}
static void shared_cpu(Fixture *f)
{
	RunVm *vm = vm_at(f, 2);

	fixture_set(&g_array_index(vm->plan.vcpus, RunPlanVcpu, 0).cpus, "0-1,4");
	fixture_set(&((RunPlace *)measured_at(f, 2)->places->pdata[1])->wanted_cpus, "0-1,4");
}
static void emulator_on_rt(Fixture *f)
{
	fixture_set(&vm_at(f, 2)->plan.emulator, "0-1,7");
}
static void housekeeping_differs(Fixture *f)
{
	fixture_set(&vm_at(f, 1)->plan.housekeeping, "0-1");
}
static void not_measured_any_more(Fixture *f)
{
	vm_at(f, 1)->rt = FALSE;
}
static void over_provisioned(Fixture *f)
{
	fixture_set(&g_array_index(vm_at(f, 1)->plan.vcpus, RunPlanVcpu, 1).cpus, "3-4");
}
static void all_measured(Fixture *f)
{
	RunVm *vm = vm_at(f, 1);
	RunPlanVcpu *vcpu = &g_array_index(vm->plan.vcpus, RunPlanVcpu, 0);

	vcpu->rt = TRUE;
	vcpu->fifo_priority = 80;
	fixture_set(&vm->plan.guest_rt, "0-2");
	fixture_set(&vm->plan.guest_rt_mask, "0x7");
}
static void deviates(Fixture *f)
{
	run_deviate(f->run, vm_at(f, 1), "QEMU was not given -cpu host");
}
static void dropped(Fixture *f)
{
	/* The last one, wherever run.json speaks of it. */
	beside_missing(f);
	run_object_clear(&run_vm_type, vm_at(f, 2));
	g_free(vm_at(f, 2));
	g_ptr_array_set_size(f->run->vms, 2);
}
/* Whoever copies the files of a VM below the other's names. */
static void measured_once(Fixture *f)
{
	fixture_measure_vm(f, 1);
}
static void same_name(Fixture *f)
{
	fixture_set(&vm_at(f, 1)->name, "a");
}
static void same_uuid(Fixture *f)
{
	fixture_set(&vm_at(f, 1)->uuid, UUID_A);
	write_argv(f, 1, "kvm", UUID_A);
}
static void beside_without_uuid(Fixture *f)
{
	fixture_set(&vm_at(f, 2)->uuid, NULL);
}
static void argv_of_the_other(Fixture *f)
{
	write_argv(f, 1, "kvm", UUID_A);
}
static void argv_without_uuid(Fixture *f)
{
	fixture_write(f, "vm/vm3/qemu.argv", "qemu-system-x86_64\n-accel\nkvm\n");
}
static void threads_of_the_other(Fixture *f)
{
	const RunPlace *first = measured_at(f, 0)->places->pdata[2];

	((RunPlace *)measured_at(f, 1)->places->pdata[2])->tid = first->tid;
}
static void log_of_the_other(Fixture *f)
{
	fixture_write(f, "guest/vm1/before/lathe/kernel-log", "[0.1] one\n");
	fixture_write(f, "guest/vm2/before/lathe/kernel-log", "[0.1] one\n");
}
static void stage_of_the_other(Fixture *f)
{
	fixture_write(f, "guest/vm1/loaded/before/proc/1/schedstat", "2923550265 501746635 863\n");
	fixture_write(f, "guest/vm2/loaded/before/proc/1/schedstat", "2923550265 501746635 863\n");
}
static void beside_was_measured(Fixture *f)
{
	copy_files(f, "raw/vm2/", "raw/vm3/");
}
static void none_measured(Fixture *f)
{
	vm_at(f, 0)->rt = vm_at(f, 1)->rt = FALSE;
}

static const Doubt doubts[] = {
	DOUBT(missing_from_stage, "VM b: stage loaded: the VM is missing from it"),
	DOUBT(stranger_in_stage, "stage loaded has something of 'vm4', which is no VM of the run"),
	DOUBT(twice_in_stage, "stage loaded has VM b more than once"),
	DOUBT(no_canary, "VM b: there was no canary"),
	DOUBT(canary_of_the_other,
	      "VM b: stage canary/quiet-1: the tool's JSON is raw/vm1/canary/quiet-1/"),
	DOUBT(raw_of_the_other, "VM b: stage loaded: the tool's JSON is raw/vm1/loaded/"),
	DOUBT(few_samples, "VM b: stage loaded, vCPU 2: 880 of 1000 planned samples"),
	DOUBT(guest_tree_gone, "VM b: the captured tree guest/vm2/before is missing"),
	DOUBT(another_kernel, "VM b: the guest's kernel version is"),
	DOUBT(another_accel, "VM b: the guest ran on 'kvm' in run.json and on 'tcg' in vm/vm2/"),
	DOUBT(beside_another_accel,
	      "VM c: the guest ran on 'kvm' in run.json and on 'tcg' in vm/vm3/"),
	DOUBT(clock_set, "VM b: stage loaded: the guest's clock was set: it moved by -2.000 s"),
	DOUBT(away, "VM b: stage loaded: the VM's thread 'vcpu 2'"),
	DOUBT(beside_away, "VM c: stage loaded: the VM's thread 'vcpu 0'"),
	DOUBT(beside_missing, "VM c: stage loaded: the VM is missing from it"),
	DOUBT(shared_cpu, "VM b: vCPU 2 is SCHED_FIFO on CPU 4, which VM c uses as well"),
	DOUBT(emulator_on_rt, "VM a: vCPU 2 shares CPU 7, and the plan does not say"),
	DOUBT(housekeeping_differs, "the housekeeping CPUs of VM a are 0, those of VM b are 0-1"),
	DOUBT(not_measured_any_more,
	      "VM b: the plan has vCPUs to measure, and the VM is not measured"),
	DOUBT(over_provisioned, "VM b: the plan's vCPU 1 is on CPU 3 and may run on '3-4'"),
	DOUBT(all_measured, "VM b: vCPU 0 keeps house in the guest and is measured as well"),
	DOUBT(deviates, "VM b: not as planned: QEMU was not given -cpu host"),
	DOUBT(dropped, "the bundle holds vm/vm3, which is of no VM of the run"),
	DOUBT(none_measured, "no VM was measured"),
	DOUBT(measured_once, "VM b: stage loaded: the tool's JSON is, byte for byte, that of VM a"),
	DOUBT(threads_of_the_other, "VM b: stage loaded: thread 4003 ('vcpu 1') of the host is there twice"),
	DOUBT(log_of_the_other, "VM b: guest/vm2/before/lathe/kernel-log is, byte for byte, that of VM a"),
	DOUBT(stage_of_the_other, "VM b: guest/vm2/loaded/before/proc/1/schedstat is, byte for byte, that of VM a"),
	DOUBT(same_name, "the run has two VMs called a"),
	DOUBT(same_uuid, "the run has VM b (" UUID_A ") more than once"),
	DOUBT(beside_without_uuid, "VM c has no UUID, and is not the only one"),
	DOUBT(argv_of_the_other, "VM b: the VM's UUID is '" UUID_B "' in run.json and '" UUID_A "' in vm/vm2/"),
	DOUBT(argv_without_uuid, "VM c: the VM's UUID is '" UUID_C "' in run.json and 'nothing' in vm/vm3/"),
	DOUBT(beside_was_measured, "the bundle holds raw/vm3, of a VM that was not to be measured"),
};

static void test_one_spoilt(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(doubts); i++) {
		Fixture *f = several_new();
		g_autofree char *reasons = NULL;

		doubts[i].spoil(f);
		reasons = judge(f);
		if (f->run->verdict.result != RESULT_INCONCLUSIVE ||
		    !strstr(reasons, doubts[i].reason))
			fail_msg("%s: %s, wanted INCONCLUSIVE with '%s' among:\n%s", doubts[i].name,
				 result_name(f->run->verdict.result), doubts[i].reason, reasons);
		fixture_free(f);
	}
}

/* A limit that one VM breaks is a FAIL that names it. */
static void test_broken_limit(void **state)
{
	Fixture *f = several_new();
	g_autofree char *reasons = NULL;

	(void)state;
	f->threads[0].buckets[2] = 70;
	f->threads[0].max = 70;
	f->threads[0].avg = "20.00";
	f->threads[0].avg_us = 20;
	fixture_measure_vm(f, 1);
	reasons = judge(f);
	assert_int_equal(f->run->verdict.result, RESULT_FAIL);
	assert_string_equal(reasons, "VM b: limit broken: stage loaded, vCPU 1: max is 70.000 us, "
				     "wanted < 60.000 us\n");
	fixture_free(f);
}

/* What people read names every VM; what a name holds is made harmless. */
static void test_reports(void **state)
{
	Fixture *f = several_new();
	g_autofree char *reasons = NULL;

	(void)state;
	fixture_set(&vm_at(f, 1)->name, "b<script>\033[2J");
	no_canary(f);
	reasons = judge(f);
	assert_non_null(strstr(reasons, "VM b<script>\\x1b[2J: there was no canary"));
	for (const ReportFormat *const *row = report_formats; *row; row++) {
		g_autofree char *text = (*row)->write(f->directory, f->run, FALSE, NULL);

		assert_non_null(text);
		assert_non_null(strstr(text, "b<script>") ? strstr(text, "b<script>")
							   : strstr(text, "b&lt;script&gt;"));
		assert_null(strchr(text, '\033'));
		if (g_str_has_suffix((*row)->name, "html"))
			assert_non_null(strstr(text, " of VM a ended by itself"));
		assert_true(g_str_has_suffix((*row)->name, "html") ? !strstr(text, "<script")
								    : TRUE);
	}
	fixture_free(f);
}

static void test_written_and_read(void **state)
{
	Fixture *f = several_new();
	g_autofree char *reasons = judge(f);
	g_autofree char *text = run_to_json(f->run);
	g_autoptr(GError) error = NULL;
	g_autoptr(Run) back = run_from_json(text, strlen(text), &error);
	g_autofree char *again = NULL;

	(void)state;
	if (!back)
		fail_msg("%s", error->message);
	again = run_to_json(back);
	assert_string_equal(text, again);
	assert_int_equal(back->vms->len, 3);
	fixture_free(f);
}

/* ---- the format before ------------------------------------------------------------------ */

static char *copy_old(void)
{
	g_autofree char *from = g_build_filename(g_getenv("TESTS"), "bundles", "lathe-run-1", NULL);
	g_autoptr(GPtrArray) names = bundle_list(from, NULL);
	char *directory = tree_new();

	assert_non_null(names);
	for (guint i = 0; i < names->len; i++) {
		g_autofree char *path = g_build_filename(from, names->pdata[i], NULL);
		g_autofree char *data = NULL;
		gsize length;

		assert_true(g_file_get_contents(path, &data, &length, NULL));
		tree_write_bytes(directory, names->pdata[i], data, (gssize)length);
	}
	return directory;
}

static void test_old_bundle(void **state)
{
	char *directory = copy_old();
	g_auto(Rejudged) rejudged = {0};
	g_autofree char *reasons = NULL;
	const RunVm *vm;

	(void)state;
	assert_true(rejudge(directory, NULL, &rejudged, NULL));
	reasons = joined(rejudged.run->verdict.reasons);
	if (rejudged.run->verdict.result != RESULT_PASS)
		fail_msg("%s", reasons);
	assert_true(rejudged.same);
	assert_int_equal(rejudged.run->vms->len, 1);
	vm = rejudged.run->vms->pdata[0];
	assert_string_equal(vm->id, "vm1");
	assert_string_equal(vm->name, "lathe-4711");
	assert_null(vm->uuid);
	assert_true(vm->rt);
	assert_string_equal(vm->agent, "0.0.9");
	assert_string_equal(g_array_index(vm->plan.vcpus, RunPlanVcpu, 2).cpus, "7");
	assert_int_equal(rejudged.run->findings->len, 12);
	tree_free(directory);
}

/* What is refused in it, and by which place of the present format. */
static const struct {
	const char *from, *to, *error;
} old[] = {
	{"\"guest\": {", "\"guest\": {\"extra\": 1, ", "vms[0].guest.extra: unknown key"},
	{"\"guest\": {", "\"other\": {", "run.json: vms[0].name: missing"},
	{"\"plan\": {", "\"plan\": [], \"x\": {", "run.json: vms[0].plan: not an object"},
	{"\"canary\": {", "\"canary\": {\"extra\": 1, ", "vms[0].canary.extra: unknown key"},
	{"\"threads\": [", "\"threads\": [7, ", "threads[0]: not an object"},
	{"\"watch\": {", "\"watch\": {\"third\": {}, ", "and has keys of 'lathe-run/2'"},
	{"\"stages\": [", "\"vms\": [], \"stages\": [", "and has keys of 'lathe-run/2'"},
	{"\"stages\": [", "\"stages\": [7, ", "run.json: stages[0]: not an object"},
	{"\"deviations\": [", "\"deviations\": [7", "run.json: deviations[0]: not an object"},
	{"\"findings\": [", "\"findings\": [7, ", "run.json: findings[0]: not an object"},
	{"\"fifo_priority\": 80", "\"fifo_priority\": 80, \"cpus\": \"6\"",
	 "and has keys of 'lathe-run/2'"},
};

static void test_old_refused(void **state)
{
	g_autofree char *path = g_build_filename(g_getenv("TESTS"), "bundles", "lathe-run-1",
						 "run.json", NULL);
	g_autofree char *text = NULL;

	(void)state;
	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	for (gsize i = 0; i < G_N_ELEMENTS(old); i++) {
		g_autoptr(GString) changed = g_string_new(text);
		g_autoptr(GError) error = NULL;
		g_autoptr(Run) run = NULL;

		assert_int_equal(g_string_replace(changed, old[i].from, old[i].to, 1), 1);
		run = run_from_json(changed->str, changed->len, &error);
		if (run || !strstr(error->message, old[i].error))
			fail_msg("%s: %s, wanted %s", old[i].to, run ? "read" : error->message,
				 old[i].error);
	}
}

/* The first documents knew of no tuning: nothing is known of it, and it is written as that. */
static void test_old_without_tuning(void **state)
{
	g_autofree char *path = g_build_filename(g_getenv("TESTS"), "bundles", "lathe-run-1",
						 "run.json", NULL);
	g_autofree char *text = NULL;
	g_autoptr(GString) changed = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(Run) run = NULL;
	char *from, *to;

	(void)state;
	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	from = strstr(text, "  \"tuning\": {");
	to = strstr(text, "  \"findings\": [");
	assert_true(from && to && from < to);
	changed = g_string_new_len(text, from - text);
	g_string_append(changed, to);
	run = run_from_json(changed->str, changed->len, &error);
	if (!run)
		fail_msg("%s", error->message);
	assert_null(run->tuning.how);
	assert_int_equal(run->tuning.rows->len, 0);
	assert_int_equal(run->tuning.left->len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pass),		cmocka_unit_test(test_one_spoilt),
		cmocka_unit_test(test_broken_limit),	cmocka_unit_test(test_reports),
		cmocka_unit_test(test_written_and_read), cmocka_unit_test(test_old_bundle),
		cmocka_unit_test(test_old_refused),	cmocka_unit_test(test_old_without_tuning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
