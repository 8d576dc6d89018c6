/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bundle that proves what it claims: three vCPUs on eight CPUs under KVM, vCPUs 1 and 2
 * measured on CPUs 6 and 7. Tests spoil it in one place and watch the verdict.
 */
#ifndef LATHE_TEST_BUNDLE_FIXTURE_H
#define LATHE_TEST_BUNDLE_FIXTURE_H

#include <glib.h>
#include <string.h>

#include "bundle.h"
#include "cyclictest.h"
#include "profile.h"
#include "run.h"
#include "tree.h"
#include "trees.h"

#define FIXTURE_PROFILE                                                                      \
	"[profile]\nname = strict\nsource = this test\nplan = qualification\n"               \
	"findings = shown\n"                                                                \
	"[guest]\nvcpus = 3\n"                                                               \
	"[measure]\ninterval = 10ms\nhistogram = 100\npriority = 80\n"                       \
	"[stage loaded]\nduration = 10s\nloads = cpu vm\nlimits = max < 60us, avg <= 25us\n"

#define FIXTURE_VCPUS 3 /* 0 keeps house, 1 and 2 are measured */
#define FIXTURE_RT    2

#define CLOCKSOURCE_FILE                                                                     \
	"sys/devices/system/clocksource/clocksource0/current_clocksource"
#define THROTTLE_FILE "sys/devices/system/cpu/cpu6/thermal_throttle/core_throttle_count"
#define READING	      "guest/loaded/reading-1/proc/200/"
#define RAW_JSON      "raw/loaded/cyclictest.json"
#define RAW_TEXT      "raw/loaded/cyclictest.hist"
#define QUIET	      "raw/canary/quiet-1/"
#define HELD	      "raw/canary/held-1/"
#define RAW_OUTPUT    "raw/loaded/cyclictest.out"

/* What one measuring thread saw, in us, as cyclictest prints it. */
typedef struct {
	guint buckets[8], counts[8]; /* ascending; a count of 0 ends them */
	guint overflow, cycles;
	guint min, max;
	const char *avg;   /* of the JSON: "16.00" */
	guint avg_us;	   /* of the text */
	guint cpu;
} FixtureThread;

typedef struct {
	char *directory;
	Profile *profile;
	Run *run;
	FixtureThread threads[FIXTURE_RT];
	FixtureThread quiet[FIXTURE_RT], held[FIXTURE_RT]; /* of the canary */
} Fixture;

static inline RunStage *fixture_stage(const Fixture *f)
{
	return f->run->stages->pdata[0];
}

static inline RunVm *fixture_vm(const Fixture *f)
{
	return f->run->vms->pdata[0];
}

static inline RunMeasured *fixture_measured(const Fixture *f)
{
	return fixture_stage(f)->vms->pdata[0];
}

static inline RunThread *fixture_thread(const Fixture *f, guint k)
{
	return fixture_measured(f)->threads->pdata[k];
}

static inline void fixture_write(const Fixture *f, const char *path, const char *text)
{
	tree_write(f->directory, path, text);
}

static inline void fixture_remove(const Fixture *f, const char *path)
{
	g_autofree char *file = g_build_filename(f->directory, path, NULL);

	g_assert_cmpint(g_remove(file), ==, 0);
}

static inline void fixture_set(char **member, const char *text)
{
	g_free(*member);
	*member = g_strdup(text);
}

/* Replaces the first `from` in a file of the bundle, which must be there. */
static inline void fixture_replace(const Fixture *f, const char *path, const char *from,
				   const char *to)
{
	g_autofree char *file = g_build_filename(f->directory, path, NULL);
	g_autofree char *text = NULL;
	g_autoptr(GString) changed = NULL;

	g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
	g_assert_nonnull(strstr(text, from));
	changed = g_string_new(text);
	g_string_replace(changed, from, to, 1);
	fixture_write(f, path, changed->str);
}

static inline void fixture_write_json(const Fixture *f, const RunMeasured *measured,
				      const FixtureThread *threads)
{
	g_autofree char *cmdline = g_strjoinv(" ", measured->tool_argv);
	g_autoptr(GString) json = g_string_new(NULL);

	g_string_append_printf(json,
			       "{\n  \"file_version\": 1,\n  \"cmdline:\": \"%s\",\n"
			       "  \"rt_test_version:\": \"2.40\",\n  \"return_code\": 0,\n"
			       "  \"num_threads\": %d,\n  \"resolution_in_ns\": 0,\n"
			       "  \"thread\": {\n",
			       cmdline, FIXTURE_RT);
	for (guint k = 0; k < FIXTURE_RT; k++) {
		const FixtureThread *t = &threads[k];

		g_string_append_printf(json, "    \"%u\": {\n      \"histogram\": {", k);
		for (guint i = 0; i < G_N_ELEMENTS(t->counts) && t->counts[i]; i++)
			g_string_append_printf(json, "%s\n        \"%u\": %u", i ? "," : "",
					       t->buckets[i], t->counts[i]);
		g_string_append_printf(json,
				       "\n      },\n      \"cycles\": %u,\n      \"min\": %u,\n"
				       "      \"max\": %u,\n      \"avg\": %s,\n      \"cpu\": %u,\n"
				       "      \"node\": 0\n    }%s\n",
				       t->cycles, t->min, t->max, t->avg, t->cpu,
				       k + 1 < FIXTURE_RT ? "," : "");
	}
	g_string_append(json, "  }\n}\n");
	fixture_write(f, measured->raw_json, json->str);
}

static inline guint fixture_count(const FixtureThread *t, guint bucket)
{
	for (guint i = 0; i < G_N_ELEMENTS(t->counts) && t->counts[i]; i++)
		if (t->buckets[i] == bucket)
			return t->counts[i];
	return 0;
}

static inline void fixture_write_text(const Fixture *f, const RunMeasured *measured,
				      const FixtureThread *t)
{
	g_autoptr(GString) text = g_string_new("# Histogram\n");
	guint total[FIXTURE_RT] = {0};

	for (guint b = 0; b < f->profile->buckets; b++) {
		for (guint k = 0; k < FIXTURE_RT; k++)
			total[k] += fixture_count(&t[k], b);
		g_string_append_printf(text, "%06u %06u\t%06u\n", b, fixture_count(&t[0], b),
				       fixture_count(&t[1], b));
	}
	g_string_append_printf(text,
			       "# Total: %09u %09u\n# Min Latencies: %05u %05u\n"
			       "# Avg Latencies: %05u %05u\n# Max Latencies: %05u %05u\n"
			       "# Histogram Overflows: %05u %05u\n"
			       "# Histogram Overflow at cycle number:\n",
			       total[0], total[1], t[0].min, t[1].min, t[0].avg_us, t[1].avg_us,
			       t[0].max, t[1].max, t[0].overflow, t[1].overflow);
	for (guint k = 0; k < FIXTURE_RT; k++) {
		g_string_append_printf(text, "# Thread %u:", k);
		for (guint i = 0; i < t[k].overflow; i++)
			g_string_append_printf(text, " %05u", i + 1);
		g_string_append_c(text, '\n');
	}
	fixture_write(f, measured->raw_text, text->str);
}

/* run.json's claim and histogram file of one thread, as the run makes them. */
static inline void fixture_claim(const Fixture *f, const RunVm *vm, const RunStage *stage,
				 const RunMeasured *measured, const FixtureThread *t, guint k)
{
	RunThread *claim = measured->threads->pdata[k];
	g_autofree char *below = g_strdup_printf("%s/vcpu%u.hist", stage->name, claim->vcpu);
	g_autoptr(Histogram) histogram = histogram_new(1000, f->profile->buckets);
	g_autofree char *rows = NULL;
	gsize length;

	for (guint i = 0; i < G_N_ELEMENTS(t->counts) && t->counts[i]; i++)
		g_assert_true(histogram_append(histogram, t->buckets[i], t->counts[i], NULL));
	histogram->overflow = t->overflow;
	rows = histogram_format(histogram, &length);
	claim->samples = t->cycles;
	claim->overruns = t->cycles < stage->planned_samples
				  ? (guint)stage->planned_samples - t->cycles
				  : 0;
	claim->overflow = t->overflow;
	claim->min_ns = t->min * 1000;
	claim->max_ns = t->max * 1000;
	claim->avg_ns = (gint64)(g_ascii_strtod(t->avg, NULL) * 1000 + 0.5);
	claim->bucket_ns = 1000;
	g_free(claim->histogram_file);
	claim->histogram_file = run_vm_path(vm, "raw", below);
	g_free(claim->histogram_sha256);
	claim->histogram_sha256 = g_compute_checksum_for_string(G_CHECKSUM_SHA256, rows, -1);
	fixture_write(f, claim->histogram_file, rows);
}

static inline void fixture_measure_stage(const Fixture *f, const RunVm *vm, const RunStage *stage,
					 const RunMeasured *measured, const FixtureThread *threads)
{
	fixture_write_json(f, measured, threads);
	fixture_write_text(f, measured, threads);
	for (guint k = 0; k < FIXTURE_RT; k++)
		fixture_claim(f, vm, stage, measured, &threads[k], k);
}

/* Raw outputs and claims of one VM anew, from the threads of f. */
static inline void fixture_measure_vm(const Fixture *f, guint i)
{
	const RunVm *vm = f->run->vms->pdata[i];
	const RunWindow *quiet = &vm->canary.quiet, *held = &vm->canary.held;

	fixture_measure_stage(f, vm, &quiet->stage, &quiet->measured, f->quiet);
	fixture_measure_stage(f, vm, &held->stage, &held->measured, f->held);
	fixture_measure_stage(f, vm, fixture_stage(f), fixture_stage(f)->vms->pdata[i], f->threads);
}

static inline void fixture_measure(const Fixture *f)
{
	fixture_measure_vm(f, 0);
}

static inline void fixture_write_task(const Fixture *f, guint tid, guint cpu, guint policy,
				      guint priority)
{
	g_autofree char *stat_path = g_strdup_printf(READING "task/%u/stat", tid);
	g_autofree char *status_path = g_strdup_printf(READING "task/%u/status", tid);
	g_autofree char *stat = g_strdup_printf(
		"%u (cyclictest) S 1 1 1 0 -1 4194560 1 0 0 0 7 5 0 0 20 -5 2 0 99 1000 100 "
		"1844674407370955 1 1 0 0 0 0 0 0 0 0 0 0 -1 %u %u %u 0 0\n",
		tid, cpu, priority, policy);
	g_autofree char *status = g_strdup_printf(
		"Name:\tcyclictest\nCpus_allowed_list:\t%u\nvoluntary_ctxt_switches:\t10\n"
		"nonvoluntary_ctxt_switches:\t2\n",
		cpu);

	fixture_write(f, stat_path, stat);
	fixture_write(f, status_path, status);
}

/* Of a tree that findings are made from: it was captured to its end. */
#define COMPLETE "/lathe/complete"

static inline void fixture_write_trees(const Fixture *f)
{
	static const char *const clocks[] = {"host/loaded/before/", "host/loaded/after/",
					     "guest/loaded/before/", "guest/loaded/after/",
					     "guest/before/"};

	for (gsize i = 0; i < G_N_ELEMENTS(clocks); i++) {
		g_autofree char *path = g_strconcat(clocks[i], CLOCKSOURCE_FILE, NULL);

		fixture_write(f, path, "tsc\n");
	}
	fixture_write(f, TREE_HOST COMPLETE, "lathe-capture/1\n");
	fixture_write(f, TREE_VM COMPLETE, "lathe-capture/1\n");
	fixture_write(f, TREE_GUEST COMPLETE, "lathe-capture/1\n");
	fixture_write(f, TREE_HOST_AFTER COMPLETE, "lathe-capture/1\n");
	fixture_write(f, TREE_GUEST_AFTER COMPLETE, "lathe-capture/1\n");
	fixture_write(f, "host/loaded/before/" THROTTLE_FILE, "5\n");
	fixture_write(f, "host/loaded/after/" THROTTLE_FILE, "5\n");
	fixture_write(f, "host/before/proc/sys/kernel/osrelease", "6.1.0-amd64\n");
	fixture_write(f, "host/before/proc/sys/kernel/version", "#1 SMP PREEMPT_DYNAMIC\n");
	fixture_write(f, "host/before/proc/sys/kernel/hostname", "machine-7\n");
	fixture_write(f, "host/before/sys/devices/system/cpu/online", "0-7\n");
	fixture_write(f, "host/before/sys/devices/system/cpu/isolated", "5-7\n");
	fixture_write(f, "vm/qemu.argv", "/usr/bin/qemu-system-x86_64\n-accel\nkvm\n-m\n512\n");
	fixture_write(f, RAW_OUTPUT, "# /dev/cpu_dma_latency set to 0us\n");
	fixture_write(f, QUIET "cyclictest.out", "# /dev/cpu_dma_latency set to 0us\n");
	fixture_write(f, HELD "cyclictest.out", "# /dev/cpu_dma_latency set to 0us\n");
	fixture_write(f, "guest/before/proc/sys/kernel/osrelease", "6.1.0-rt-amd64\n");
	fixture_write(f, "guest/before/proc/sys/kernel/version", "#1 SMP PREEMPT_RT Debian\n");
	fixture_write(f, "guest/before/proc/cmdline", "isolcpus=managed_irq,domain,1-2\n");
	fixture_write(f, "guest/before/sys/kernel/realtime", "1\n");
	fixture_write(f, "guest/before/sys/devices/system/cpu/online", "0-2\n");
	fixture_write(f, "guest/before/sys/devices/system/cpu/isolated", "1-2\n");
	fixture_write(f, "guest/loaded/reading-1/proc/1/stat", "1 (init) S\n"); /* the agent */
	fixture_write(f, READING "status", "VmSize:\t200 kB\nVmLck:\t150 kB\nVmData:\t120 kB\n");
	fixture_write_task(f, 200, 0, 0, 0);
	fixture_write_task(f, 201, 1, 1, 80);
	fixture_write_task(f, 202, 2, 1, 80);
}

static inline void fixture_pin(RunPlanVcpu *vcpu, guint cpu)
{
	vcpu->cpu = cpu;
	g_free(vcpu->cpus);
	vcpu->cpus = g_strdup_printf("%u", cpu);
}

static inline void fixture_fill_plan(RunPlan *plan)
{
	fixture_set(&plan->housekeeping, "0-4");
	fixture_set(&plan->emulator, "0-4");
	fixture_set(&plan->iothread, "0-4");
	fixture_set(&plan->guest_rt, "1-2");
	fixture_set(&plan->guest_rt_mask, "0x6");
	for (guint i = 0; i < FIXTURE_VCPUS; i++) {
		RunPlanVcpu vcpu = {i, 0, NULL, i > 0, FALSE, i > 0 ? 80 : 0};

		fixture_pin(&vcpu, 5 + i);
		g_array_append_val(plan->vcpus, vcpu);
	}
}

static inline void fixture_add_place(RunMeasured *measured, const char *role, const char *cpus,
				     guint last_cpu, guint priority)
{
	RunPlace *place = run_add_place(measured->places, role);

	/* No VM has a thread of another. */
	place->tid = 4000 + 100 * (measured->vm[2] - '1') + measured->places->len;
	place->comm = g_strdup("CPU 1/KVM");
	place->policy = g_strdup(priority ? "SCHED_FIFO" : "SCHED_OTHER");
	place->wanted_policy = g_strdup(place->policy);
	place->priority = place->wanted_priority = priority;
	place->cpus_allowed = g_strdup(cpus);
	place->wanted_cpus = g_strdup(cpus);
	place->last_cpu = last_cpu;
	place->in_place = TRUE;
}

static inline void fixture_tuning(RunTuning *tuning)
{
	RunTuned *tuned = run_tuning_add(tuning, "irq.default_affinity");

	tuning->how = g_strdup("run");
	tuning->by = g_strdup("lathe run");
	tuning->cpus = g_strdup("5-7");
	tuning->cpu_dma_latency = g_strdup("held at 0 us for the VM's life");
	tuning->put_back = g_strdup("yes");
	tuned->place = g_strdup("proc/irq/default_smp_affinity");
	tuned->was = g_strdup("ff");
	tuned->then = g_strdup("1f");
	tuned->now = g_strdup("1f");
	tuned->state = g_strdup("made");
	tuned->put_back = g_strdup("restored");
}

static inline void fixture_add_load(Run *run, const char *name)
{
	RunLoad *load = run_add_load(run, name, "loaded");

	load->argv = g_strsplit("stress-ng --cpu 4", " ", -1);
	load->cpus = g_strdup("0-4");
	load->ran_on = g_strdup("0,2-4");
	load->cpu_seconds = 9.5;
	load->ran = TRUE;
	load->exit = -15;
}

static inline void fixture_fill_watch(RunMachineWatch *watch, gboolean throttle_known)
{
	watch->clocksource_before = g_strdup("tsc");
	watch->clocksource_after = g_strdup("tsc");
	watch->clock_known = TRUE;
	watch->clock_step_ns = 40000;
	watch->throttle_known = throttle_known;
}

/* What a stage and a window of the canary have in common. */
static inline void fixture_fill_tool(const RunVm *vm, RunStage *stage, RunMeasured *measured,
				     guint64 duration_s)
{
	g_autofree char *json = g_build_filename(stage->name, "cyclictest.json", NULL);
	g_autofree char *text = g_build_filename(stage->name, "cyclictest.hist", NULL);
	CyclictestOptions options = {
		.housekeeping_cpu = 0,
		.priority = 80,
		.interval_us = 10000,
		.buckets = 100,
		.duration_s = duration_s,
		.json_path = "/tmp/cyclictest.json",
		.histogram_path = "/tmp/cyclictest.hist",
		.fifo_path = "/tmp/cyclictest.fifo",
	};

	fixture_set(&stage->where, "guest");
	stage->duration_s = duration_s;
	stage->interval_us = 10000;
	stage->planned_samples = duration_s * 100;
	measured->tool = g_strdup("cyclictest");
	measured->tool_version = g_strdup("2.40");
	cpuset_add(&options.cpus, 1);
	cpuset_add(&options.cpus, 2);
	measured->tool_argv = cyclictest_argv(&options);
	measured->tool_finished = TRUE;
	measured->raw_json = run_vm_path(vm, "raw", json);
	measured->raw_text = run_vm_path(vm, "raw", text);
	for (guint vcpu = 1; vcpu <= FIXTURE_RT; vcpu++)
		run_add_thread(measured, vcpu);
}

/* 2 ms, what a quiet guest under KVM gets, on vCPU 1. */
static inline void fixture_fill_canary(RunVm *vm)
{
	RunCanary *canary = &vm->canary;

	canary->attempts = 1;
	canary->vcpu = 1;
	canary->method = g_strdup("fifo");
	canary->size_ns = 2000000;
	canary->held_ns = 12000345;
	canary->largest_hole_ns = 400;
	canary->seen = canary->right = TRUE;
	canary->quiet.stage.name = g_strdup("canary/quiet-1");
	fixture_fill_tool(vm, &canary->quiet.stage, &canary->quiet.measured, 2);
	canary->held.stage.name = g_strdup("canary/held-1");
	fixture_fill_tool(vm, &canary->held.stage, &canary->held.measured, 4);
}

/* On three CPUs from `first` on. */
static inline void fixture_fill_measured(const Fixture *f, const RunVm *vm, guint first)
{
	RunMeasured *measured = run_stage_add_vm(fixture_stage(f), vm);

	fixture_fill_tool(vm, fixture_stage(f), measured, 10);
	for (guint vcpu = 1; vcpu <= FIXTURE_RT; vcpu++) {
		RunThread *thread = measured->threads->pdata[vcpu - 1];

		thread->readings = 1;
		thread->policy = g_strdup("SCHED_FIFO");
		thread->priority = 80;
		thread->cpus_allowed = g_strdup_printf("%u", vcpu);
		thread->ran_on = g_strdup_printf("%u", vcpu);
		thread->locked = TRUE;
	}
	fixture_add_place(measured, "emulator", vm->plan.emulator, 3, 0);
	for (guint i = 0; i < FIXTURE_VCPUS; i++) {
		g_autofree char *role = g_strdup_printf("vcpu %u", i);
		g_autofree char *cpu = g_strdup_printf("%u", first + i);

		fixture_add_place(measured, role, cpu, first + i, i > 0 ? 80 : 0);
	}
	fixture_add_place(measured, "iothread 1", vm->plan.iothread, 0, 0);
	fixture_fill_watch(&measured->guest, FALSE);
}

static inline void fixture_fill_stage(const Fixture *f)
{
	RunStage *stage = run_add_stage(f->run, "loaded");

	run_note(stage->loads, "cpu");
	run_note(stage->loads, "vm");
	fixture_fill_watch(&stage->host, TRUE);
	fixture_fill_measured(f, fixture_vm(f), 5);
}

static inline void fixture_fill_vm(RunVm *vm)
{
	vm->rt = TRUE;
	vm->accel = g_strdup("kvm");
	vm->guest.kernel_release = g_strdup("6.1.0-rt-amd64");
	vm->guest.kernel_version = g_strdup("#1 SMP PREEMPT_RT Debian");
	vm->guest.cmdline = g_strdup("isolcpus=managed_irq,domain,1-2");
	vm->guest.clocksource = g_strdup("tsc");
	vm->guest.realtime = g_strdup("yes");
	vm->guest.isolated = g_strdup("1-2");
	vm->guest.cpus_online = 3;
	fixture_fill_plan(&vm->plan);
	fixture_fill_canary(vm);
}

static inline void fixture_fill(const Fixture *f)
{
	Run *run = f->run;
	g_autofree char *profile = profile_format(f->profile);

	run->profile.name = g_strdup("strict");
	run->profile.file = g_strdup("profile.ini");
	run->profile.sha256 = g_compute_checksum_for_string(G_CHECKSUM_SHA256, profile, -1);
	fixture_write(f, "profile.ini", profile);
	/* Of this lathe: then its findings are compared word for word. */
	run->versions.lathe = g_strdup(LATHE_VERSION);
	run->host.hostname = g_strdup("machine-7");
	run->host.kernel_release = g_strdup("6.1.0-amd64");
	run->host.kernel_version = g_strdup("#1 SMP PREEMPT_DYNAMIC");
	run->host.realtime = g_strdup("no");
	run->host.isolated = g_strdup("5-7");
	run->host.cpus_online = 8;
	fixture_fill_vm(run_add_vm(run, NULL));
	fixture_fill_stage(f);
	fixture_add_load(run, "cpu");
	fixture_add_load(run, "vm");
	fixture_tuning(&run->tuning);
}

static inline Fixture *fixture_new(void)
{
	Fixture *f = g_new0(Fixture, 1);
	const FixtureThread measured = {.buckets = {10, 20, 30},
					.counts = {500, 400, 100},
					.cycles = 1000,
					.min = 10,
					.max = 30,
					.avg = "16.00",
					.avg_us = 16};
	const FixtureThread quiet = {.buckets = {10, 20},
				     .counts = {100, 100},
				     .cycles = 200,
				     .min = 10,
				     .max = 20,
				     .avg = "15.00",
				     .avg_us = 15};

	f->directory = tree_new();
	f->profile = profile_parse(FIXTURE_PROFILE, strlen(FIXTURE_PROFILE), "strict.ini", NULL);
	g_assert_nonnull(f->profile);
	f->run = run_new();
	for (guint k = 0; k < FIXTURE_RT; k++) {
		f->threads[k] = measured;
		f->quiet[k] = quiet;
		f->held[k] = quiet;
		f->held[k].counts[0] = 300;
		f->held[k].cycles = 400;
		f->held[k].avg = "12.50";
		f->held[k].avg_us = 12;
		f->threads[k].cpu = f->quiet[k].cpu = f->held[k].cpu = 1 + k;
	}
	/* One sample of vCPU 1 lies beyond the buckets: it was held for 12 ms. */
	f->held[0].counts[1] = 98;
	f->held[0].cycles = 399;
	f->held[0].overflow = 1;
	f->held[0].max = 7345;
	f->held[0].avg = "30.84";
	f->held[0].avg_us = 30;
	fixture_fill(f);
	fixture_write_trees(f);
	fixture_measure(f);
	return f;
}

static inline TreesVm fixture_trees_of(const RunVm *vm)
{
	const RunPlan *plan = &vm->plan;
	TreesVm trees = {.vm = vm};

	for (guint i = 0; i < plan->vcpus->len; i++) {
		const RunPlanVcpu *vcpu = &g_array_index(plan->vcpus, RunPlanVcpu, i);

		if (vcpu->cpu < CPUSET_CPUS)
			cpuset_add(&trees.cpus, vcpu->cpu);
	}
	for (guint i = 0; i <= 4 && !vm->uuid; i++) /* the fixture's housekeeping */
		cpuset_remove(&trees.cpus, i);
	cpulist_parse(plan->guest_rt ? plan->guest_rt : "", CPUSET_CPUS, &trees.guest_rt, NULL);
	return trees;
}

/* What lathe would have found on the trees as they are now. */
static inline void fixture_findings(const Fixture *f)
{
	g_autoptr(GPtrArray) doubts = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GArray) vms = g_array_new(FALSE, TRUE, sizeof(TreesVm));
	Cpuset host = {0};

	for (guint i = 0; i < f->run->vms->len; i++) {
		const RunVm *vm = f->run->vms->pdata[i];
		TreesVm trees = fixture_trees_of(vm);

		if (!vm->rt)
			continue;
		cpuset_union(&host, &trees.cpus);
		g_array_append_val(vms, trees);
	}
	for (guint i = 0; i < f->run->findings->len; i++)
		finding_free(f->run->findings->pdata[i]);
	g_ptr_array_set_size(f->run->findings, 0);
	g_ptr_array_extend_and_steal(f->run->findings,
				     trees_judge(f->directory,
						 SCOPE_HOST | SCOPE_VM | SCOPE_GUEST, &host,
						 (const TreesVm *)vms->data, vms->len,
						 f->profile->choices, doubts));
}

/* vCPU 1 was held for so long that its largest sample is max_us; the mean is that of max_us. */
static inline void fixture_hold(Fixture *f, gint64 size_ns, guint max_us, const char *avg)
{
	fixture_vm(f)->canary.size_ns = size_ns;
	fixture_vm(f)->canary.held_ns = size_ns + 10000345;
	f->held[0].max = max_us;
	f->held[0].avg = avg;
	f->held[0].avg_us = (guint)g_ascii_strtod(avg, NULL);
	fixture_measure(f);
}

/* Under TCG, with a canary of the size that it needs there. */
static inline void fixture_emulate(Fixture *f)
{
	fixture_set(&fixture_vm(f)->accel, "tcg");
	fixture_hold(f, 100000000, 107345, "281.47");
	fixture_replace(f, "vm/qemu.argv", "kvm", "tcg");
}

static inline void fixture_free(Fixture *f)
{
	run_free(f->run);
	profile_free(f->profile);
	tree_free(f->directory);
	g_free(f);
}

#endif
