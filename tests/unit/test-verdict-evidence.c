/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "bundle_doubts.h"

static RunPlace *place(const Fixture *f, guint i)
{
	return fixture_measured(f)->places->pdata[i];
}

static RunLoad *load(const Fixture *f, guint i)
{
	return f->run->loads->pdata[i];
}

/* ---- raw outputs ---- */

static void json_missing(Fixture *f)
{
	fixture_set(&fixture_measured(f)->raw_json, NULL);
}
static void json_gone(Fixture *f)
{
	fixture_remove(f, RAW_JSON);
}
static void json_outside(Fixture *f)
{
	fixture_set(&fixture_measured(f)->raw_json, "../../etc/passwd");
}
static void json_cut(Fixture *f)
{
	fixture_replace(f, RAW_JSON, "\"node\": 0", "\"node\"");
}
static void text_missing(Fixture *f)
{
	fixture_set(&fixture_measured(f)->raw_text, NULL);
}
static void text_cut(Fixture *f)
{
	fixture_replace(f, RAW_TEXT, "# Max Latencies: 00030 00030\n", "");
}
static void text_disagrees(Fixture *f)
{
	fixture_replace(f, RAW_TEXT, "000010 000500", "000010 000499");
	fixture_replace(f, RAW_TEXT, "000020 000400", "000020 000401");
}
static void text_is_json(Fixture *f)
{
	fixture_set(&fixture_measured(f)->raw_text, RAW_JSON);
}
static void wrong_cpu(Fixture *f)
{
	f->threads[1].cpu = 0;
	fixture_measure(f);
}
static void thread_not_measured(Fixture *f)
{
	fixture_replace(f, RAW_JSON, "\"num_threads\": 2", "\"num_threads\": 1");
}
static void histogram_changed(Fixture *f)
{
	fixture_replace(f, "raw/loaded/vcpu2.hist", "30 100", "30 99");
}
static void histogram_changed_with_sum(Fixture *f)
{
	RunThread *thread = fixture_thread(f, 1);

	histogram_changed(f);
	g_free(thread->histogram_sha256);
	thread->histogram_sha256 = bundle_sha256(f->directory, thread->histogram_file, NULL);
}
static void histogram_missing(Fixture *f)
{
	fixture_set(&fixture_thread(f, 0)->histogram_file, NULL);
}
static void histogram_borrowed(Fixture *f)
{
	fixture_set(&fixture_thread(f, 1)->histogram_file, "raw/loaded/vcpu1.hist");
}
static void bucket_width(Fixture *f)
{
	fixture_thread(f, 0)->bucket_ns = 1;
}
static void max_beyond_buckets(Fixture *f)
{
	f->threads[0].max = 40;
	fixture_measure(f);
}
static void mean_impossible(Fixture *f)
{
	f->threads[0].avg = "12.00";
	f->threads[0].avg_us = 12;
	fixture_measure(f);
}
static void overflow_within_buckets(Fixture *f)
{
	f->threads[0].overflow = 1;
	f->threads[0].counts[2] = 99;
	fixture_measure(f);
}

/* ---- samples and threads ---- */

static void below_floor(Fixture *f)
{
	f->threads[1].counts[0] = 480;
	f->threads[1].cycles = 980;
	f->threads[1].avg = "16.12";
	fixture_measure(f);
}
static void too_many_samples(Fixture *f)
{
	f->threads[1] = (FixtureThread){{10}, {5000}, 0, 5000, 10, 10, "10.00", 10, 2};
	fixture_measure(f);
}
static void thread_missing(Fixture *f)
{
	fixture_thread(f, 1)->vcpu = 0;
}
static void thread_twice(Fixture *f)
{
	run_add_thread(fixture_measured(f), 1);
}
static void samples_claimed(Fixture *f)
{
	fixture_thread(f, 0)->samples = 999;
}
static void max_claimed(Fixture *f)
{
	fixture_thread(f, 0)->max_ns = 29000;
}
static void policy_other(Fixture *f)
{
	fixture_set(&fixture_thread(f, 0)->policy, "SCHED_OTHER");
}
static void policy_unknown(Fixture *f)
{
	fixture_set(&fixture_thread(f, 0)->policy, NULL);
}
static void priority_low(Fixture *f)
{
	fixture_thread(f, 0)->priority = 79;
}
static void allowed_elsewhere(Fixture *f)
{
	fixture_set(&fixture_thread(f, 0)->cpus_allowed, "0-2");
}
static void ran_elsewhere(Fixture *f)
{
	fixture_set(&fixture_thread(f, 0)->ran_on, "0-1");
}
static void not_locked(Fixture *f)
{
	fixture_thread(f, 1)->locked = FALSE;
}
static void never_looked_at(Fixture *f)
{
	fixture_thread(f, 1)->readings = 0;
}
static void captured_policy(Fixture *f)
{
	fixture_write_task(f, 201, 1, 0, 0);
}
static void captured_unlocked(Fixture *f)
{
	fixture_replace(f, READING "status", "150", "15");
}
static void captured_elsewhere(Fixture *f)
{
	fixture_write_task(f, 202, 0, 1, 80);
}
static void captured_twice(Fixture *f)
{
	fixture_write_task(f, 203, 2, 1, 80);
}

/* ---- places, loads, machines ---- */

static void vcpu_moved(Fixture *f)
{
	fixture_set(&place(f, 2)->cpus_allowed, "0-7");
}
static void vcpu_ran_elsewhere(Fixture *f)
{
	place(f, 2)->last_cpu = 7;
}
static void vcpu_lost_fifo(Fixture *f)
{
	fixture_set(&place(f, 2)->policy, "SCHED_OTHER");
	place(f, 2)->priority = 0;
}
static void wanted_is_not_planned(Fixture *f)
{
	fixture_set(&place(f, 2)->wanted_cpus, "0-4");
	fixture_set(&place(f, 2)->cpus_allowed, "0-4");
	place(f, 2)->last_cpu = 3;
}
static void worker_on_rt_cpu(Fixture *f)
{
	fixture_add_place(fixture_measured(f), "worker", "6", 6, 0);
}
static void vhost_on_rt_cpu(Fixture *f)
{
	fixture_add_place(fixture_measured(f), "vhost (kernel)", "6", 6, 0);
}
static void vhost_moved(Fixture *f)
{
	fixture_add_place(fixture_measured(f), "vhost", "0-4", 0, 0);
	fixture_set(&place(f, fixture_measured(f)->places->len - 1)->cpus_allowed, "0-7");
}
static void vhost_of_a_sort(Fixture *f)
{
	fixture_add_place(fixture_measured(f), "vhost (x)", "0-4", 0, 0);
}
static void emulator_moved(Fixture *f)
{
	fixture_set(&place(f, 0)->cpus_allowed, "0-5");
}
static void no_emulator(Fixture *f)
{
	fixture_set(&place(f, 0)->role, "worker");
}
static void no_iothread(Fixture *f)
{
	fixture_set(&place(f, 4)->role, "worker");
}
static void out_of_place(Fixture *f)
{
	place(f, 0)->in_place = FALSE;
}
static void no_places(Fixture *f)
{
	for (guint i = 0; i < fixture_measured(f)->places->len; i++)
		fixture_set(&place(f, i)->role, "worker");
}
static void vcpu_place_twice(Fixture *f)
{
	fixture_add_place(fixture_measured(f), "vcpu 1", "6", 6, 80);
}
static void load_missing(Fixture *f)
{
	fixture_set(&load(f, 1)->name, "cpu");
}
static void load_of_no_stage(Fixture *f)
{
	fixture_set(&load(f, 1)->stage, NULL);
}
static void load_not_asked_for(Fixture *f)
{
	fixture_add_load(f->run, "io");
}
static void load_died(Fixture *f)
{
	load(f, 0)->exited_early = TRUE;
}
static void load_idle(Fixture *f)
{
	load(f, 0)->cpu_seconds = 0;
}
static void load_hung(Fixture *f)
{
	load(f, 0)->idle_seconds = 5.5;
}
static void load_late(Fixture *f)
{
	load(f, 0)->ran = FALSE;
}
static void load_escaped(Fixture *f)
{
	fixture_set(&load(f, 0)->ran_on, "0-6");
}
static void load_on_rt_cpus(Fixture *f)
{
	fixture_set(&load(f, 0)->cpus, "0-7");
}
static void load_nowhere(Fixture *f)
{
	fixture_set(&load(f, 0)->ran_on, "");
}
static void host_clocksource_changed(Fixture *f)
{
	fixture_set(&fixture_stage(f)->host.clocksource_after, "hpet");
}
static void guest_clocksource_captured(Fixture *f)
{
	fixture_write(f, "guest/loaded/after/" CLOCKSOURCE_FILE, "hpet\n");
}
static void clocksource_unknown(Fixture *f)
{
	fixture_set(&fixture_measured(f)->guest.clocksource_after, NULL);
}
static void clock_stepped(Fixture *f)
{
	fixture_stage(f)->host.clock_step_ns = -1000000000;
}
static void clock_unknown(Fixture *f)
{
	fixture_measured(f)->guest.clock_known = FALSE;
}
static void throttled(Fixture *f)
{
	fixture_stage(f)->host.throttle_events = 1;
}
static void throttled_as_captured(Fixture *f)
{
	fixture_write(f, "host/loaded/after/" THROTTLE_FILE, "6\n");
}
static void throttling_forgotten(Fixture *f)
{
	fixture_stage(f)->host.throttle_known = FALSE;
}

static const Doubt doubts[] = {
	DOUBT(json_missing, "stage loaded: the tool's JSON is missing"),
	DOUBT(json_gone, "the tool's JSON cannot be read"),
	DOUBT(json_outside, "'../../etc/passwd' is not a name below a bundle"),
	DOUBT(json_cut, RAW_JSON ": not JSON"),
	DOUBT(text_missing, "stage loaded: the tool's histogram is missing"),
	DOUBT(text_cut, "not '# Max Latencies:'"),
	DOUBT(text_disagrees, "cyclictest.json and raw/loaded/cyclictest.hist disagree"),
	DOUBT(text_is_json, "which is other evidence already"),
	DOUBT(wrong_cpu, "the tool's thread 1 measured CPU 0, wanted vCPU 2"),
	DOUBT(thread_not_measured, "\"thread\" does not hold 1 threads"),
	DOUBT(histogram_changed, "raw/loaded/vcpu2.hist has SHA-256"),
	DOUBT(histogram_changed_with_sum, "vcpu2.hist is not the histogram that the tool wrote"),
	DOUBT(histogram_missing, "the histogram of vCPU 1 is missing"),
	DOUBT(histogram_borrowed, "the histogram of vCPU 2 is raw/loaded/vcpu1.hist, which is other"),
	DOUBT(bucket_width, "vcpu1.hist is not the histogram that the tool wrote"),
	DOUBT(max_beyond_buckets, "the maximum is 40000 ns"),
	DOUBT(mean_impossible, "the mean of 12000 ns is not one of its buckets"),
	DOUBT(overflow_within_buckets, "but the maximum is 30000 ns"),
	DOUBT(below_floor, "980 of 1000 planned samples (98.0 %, 20 periods overrun), wanted 99 %"),
	DOUBT(too_many_samples, "5000 samples, but only 1000 periods fit"),
	DOUBT(thread_missing, "run.json has no thread for vCPU 2"),
	DOUBT(thread_twice, "stage loaded: vCPU 1 is there twice"),
	DOUBT(samples_claimed, "samples is 999 in run.json and 1000 in the tool's output"),
	DOUBT(max_claimed, "max_ns is 29000 in run.json and 30000 in the tool's output"),
	DOUBT(policy_other, "ran as SCHED_OTHER 80, wanted SCHED_FIFO 80"),
	DOUBT(policy_unknown, "ran as nothing 80, wanted SCHED_FIFO 80"),
	DOUBT(priority_low, "ran as SCHED_FIFO 79, wanted SCHED_FIFO 80"),
	DOUBT(allowed_elsewhere, "allowed on CPUs 0-2, wanted 1"),
	DOUBT(ran_elsewhere, "ran on CPUs 0-1, wanted 1"),
	DOUBT(not_locked, "vCPU 2: its thread's memory was not locked"),
	DOUBT(never_looked_at, "vCPU 2: nobody looked at its thread"),
	DOUBT(captured_policy, "reading-1: the thread of vCPU 1 was SCHED_OTHER 0"),
	DOUBT(captured_unlocked, "reading-1: the memory of the measuring process was not locked"),
	DOUBT(captured_elsewhere, "shows the thread that measures vCPU 2"),
	DOUBT(captured_twice, "2 threads of the tool were bound to vCPU 2"),
	DOUBT(vcpu_moved, "'vcpu 1' (CPU 1/KVM) was away from its place: SCHED_FIFO 80 on CPUs 0-7"),
	DOUBT(vcpu_ran_elsewhere, "last on 7; wanted SCHED_FIFO 80 on CPUs 6"),
	DOUBT(vcpu_lost_fifo, "was away from its place: SCHED_OTHER 0"),
	DOUBT(wanted_is_not_planned, "'vcpu 1' (SCHED_FIFO 80 on CPUs 0-4) is not the plan's"),
	DOUBT(worker_on_rt_cpu, "'worker' (SCHED_OTHER 0 on CPUs 6) is not the plan's"),
	DOUBT(vhost_on_rt_cpu, "'vhost (kernel)' (SCHED_OTHER 0 on CPUs 6) is not the plan's"),
	DOUBT(vhost_moved, "'vhost' (CPU 1/KVM) was away from its place: SCHED_OTHER 0 on CPUs 0-7"),
	DOUBT(vhost_of_a_sort, "'vhost (x)' (SCHED_OTHER 0 on CPUs 0-4) is not the plan's"),
	DOUBT(emulator_moved, "'emulator' (CPU 1/KVM) was away from its place: SCHED_OTHER 0 on CPUs 0-5"),
	DOUBT(no_emulator, "where the emulator's thread was at the end is not known"),
	DOUBT(no_iothread, "where the IOThread was at the end is not known"),
	DOUBT(out_of_place, "'emulator' (CPU 1/KVM) was away from its place"),
	DOUBT(no_places, "where the thread of vCPU 1 was at the end is not known"),
	DOUBT(vcpu_place_twice, "two threads of the VM are vCPU 1"),
	DOUBT(load_missing, "load vm never ran"),
	DOUBT(load_of_no_stage, "load vm ran in stage 'nothing'"),
	DOUBT(load_not_asked_for, "load io is not one of the profile's"),
	DOUBT(load_died, "load cpu ended by itself (signal 15)"),
	DOUBT(load_idle, "load cpu used no CPU time"),
	DOUBT(load_hung, "used no CPU time for 5.5 s on end"),
	DOUBT(load_late, "load cpu had not run when the measurement began"),
	DOUBT(load_escaped, "load cpu ran on CPUs 0-6, wanted 0-4"),
	DOUBT(load_on_rt_cpus, "ran on the CPU of an RT vCPU"),
	DOUBT(load_nowhere, "which CPUs load cpu ran on is not known"),
	DOUBT(host_clocksource_changed, "the host's clocksource changed from tsc to hpet"),
	DOUBT(guest_clocksource_captured, "the guest's clocksource was tsc, then hpet as captured"),
	DOUBT(clocksource_unknown, "the guest's clocksource is not known before and after"),
	DOUBT(clock_stepped, "the host's clock was set: it moved by -1.000 s"),
	DOUBT(clock_unknown, "whether the guest's clock was set is not known"),
	DOUBT(throttled, "CPUs of the host were throttled 1 times"),
	DOUBT(throttled_as_captured, "the host's throttle counters moved from 5 to 6"),
	DOUBT(throttling_forgotten, "whether CPUs of the host were throttled is not known"),
};

static void test_doubts(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(doubts); i++)
		doubt_check(&doubts[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_doubts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
