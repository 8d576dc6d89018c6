/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "bundle_doubts.h"
#include "canary_size.h"

static void no_canary(Fixture *f)
{
	fixture_vm(f)->canary.attempts = 0;
	run_canary_reset(&fixture_vm(f)->canary);
}
static void problem(Fixture *f)
{
	fixture_set(&fixture_vm(f)->canary.problem, "ptrace the vCPU's thread: Operation not permitted");
}
static void too_many_attempts(Fixture *f)
{
	fixture_vm(f)->canary.attempts = 3;
}
static void not_an_rt_vcpu(Fixture *f)
{
	fixture_vm(f)->canary.vcpu = 0;
}
static void no_such_vcpu(Fixture *f)
{
	fixture_vm(f)->canary.vcpu = G_MAXUINT;
}

/* ---- how it was held ---- */

static void method_unknown(Fixture *f)
{
	fixture_set(&fixture_vm(f)->canary.method, "sigstop");
}
static void spun_on_a_shared_cpu(Fixture *f)
{
	g_array_index(fixture_vm(f)->plan.vcpus, RunPlanVcpu, 1).shares = TRUE;
}
static void held_too_short(Fixture *f)
{
	fixture_vm(f)->canary.held_ns = 11999999;
}
static void not_held(Fixture *f)
{
	fixture_vm(f)->canary.held_ns = 0;
}

/* ---- its size ---- */

static void size_too_small(Fixture *f)
{
	fixture_hold(f, 1999999, 7345, "30.84");
}
static void size_not_chosen(Fixture *f)
{
	fixture_vm(f)->canary.size_ns = 0;
}
static void size_negative(Fixture *f)
{
	fixture_vm(f)->canary.size_ns = G_MININT64;
}
static void size_of_kvm_for_tcg(Fixture *f)
{
	fixture_set(&fixture_vm(f)->accel, "tcg");
}
static void accel_unknown(Fixture *f)
{
	fixture_set(&fixture_vm(f)->accel, NULL);
}
static void noisy_quiet_window(Fixture *f)
{
	f->quiet[1].counts[1] = 99;
	f->quiet[1].overflow = 1;
	f->quiet[1].max = 3000;
	f->quiet[1].avg = "29.90";
	f->quiet[1].avg_us = 29;
	fixture_measure(f);
}
static void quiet_window_too_noisy(Fixture *f)
{
	noisy_quiet_window(f);
	f->quiet[1].max = 300001;
	f->quiet[1].avg = "1514.91";
	f->quiet[1].avg_us = 1514;
	fixture_measure(f);
}
static void held_too_long(Fixture *f)
{
	fixture_hold(f, 900000001, 905000, "2280.60");
}

/* ---- what the guest showed ---- */

static void unseen(Fixture *f)
{
	fixture_hold(f, 2000000, 1999, "17.44");
}
static void unseen_and_admitted(Fixture *f)
{
	unseen(f);
	fixture_vm(f)->canary.seen = fixture_vm(f)->canary.right = FALSE;
}
static void wrong_vcpu(Fixture *f)
{
	FixtureThread swap = f->held[0];

	f->held[0] = f->held[1];
	f->held[1] = swap;
	f->held[0].cpu = 1;
	f->held[1].cpu = 2;
	fixture_measure(f);
}
static void both_vcpus(Fixture *f)
{
	f->held[1] = f->held[0];
	f->held[1].cpu = 2;
	f->held[1].max = 1000; /* half of its size */
	f->held[1].avg = "14.94";
	f->held[1].avg_us = 14;
	fixture_measure(f);
	fixture_vm(f)->canary.right = FALSE;
}
static void both_vcpus_denied(Fixture *f)
{
	both_vcpus(f);
	fixture_vm(f)->canary.right = TRUE;
}

/* ---- its windows ---- */

static void quiet_json_missing(Fixture *f)
{
	fixture_remove(f, QUIET "cyclictest.json");
}
static void quiet_text_unnamed(Fixture *f)
{
	fixture_set(&fixture_vm(f)->canary.quiet.measured.raw_text, NULL);
}
static void held_json_missing(Fixture *f)
{
	fixture_remove(f, HELD "cyclictest.json");
}
static void held_text_missing(Fixture *f)
{
	fixture_remove(f, HELD "cyclictest.hist");
}
static void held_cut(Fixture *f)
{
	fixture_replace(f, HELD "cyclictest.json", "\"1\":", "\"1\"");
}
static void held_json_edited(Fixture *f)
{
	fixture_replace(f, HELD "cyclictest.json", "\"max\": 7345", "\"max\": 9345");
}
static void held_histogram_edited(Fixture *f)
{
	fixture_replace(f, HELD "vcpu1.hist", "20 98", "20 97");
}
static void claim_edited(Fixture *f)
{
	((RunThread *)fixture_vm(f)->canary.held.measured.threads->pdata[0])->max_ns = 7346000;
}
static void windows_swapped(Fixture *f)
{
	RunWindow quiet = fixture_vm(f)->canary.quiet;

	fixture_vm(f)->canary.quiet = fixture_vm(f)->canary.held;
	fixture_vm(f)->canary.held = quiet;
}
static void held_is_the_stage(Fixture *f)
{
	fixture_set(&fixture_vm(f)->canary.held.measured.raw_json, RAW_JSON);
}
static void window_of_another_attempt(Fixture *f)
{
	fixture_vm(f)->canary.attempts = 2;
}
static void window_unnamed(Fixture *f)
{
	fixture_set(&fixture_vm(f)->canary.held.stage.name, NULL);
}
static void too_few_samples(Fixture *f)
{
	f->held[1].counts[0] = 100;
	f->held[1].counts[1] = 99;
	f->held[1].cycles = 199;
	f->held[1].avg = "14.97";
	f->held[1].avg_us = 14;
	fixture_measure(f);
}
static void thread_missing(Fixture *f)
{
	fixture_replace(f, QUIET "cyclictest.json", "\"cpu\": 2", "\"cpu\": 1");
}
static void other_options(Fixture *f)
{
	fixture_set(&fixture_vm(f)->canary.held.measured.tool_argv[4], "-i1000");
}
static void longer_window(Fixture *f)
{
	fixture_vm(f)->canary.quiet.stage.duration_s = 3;
}
static void tool_killed(Fixture *f)
{
	fixture_vm(f)->canary.held.measured.tool_exit = -9;
	fixture_vm(f)->canary.held.measured.tool_finished = FALSE;
}

static const Doubt doubts[] = {
	DOUBT(no_canary, "there was no canary"),
	DOUBT(problem, "canary: ptrace the vCPU's thread: Operation not permitted"),
	DOUBT(too_many_attempts, "canary: attempt 3, at most 2 are made"),
	DOUBT(not_an_rt_vcpu, "canary: vCPU 0 is no RT vCPU"),
	DOUBT(no_such_vcpu, "canary: vCPU 4294967295 is no RT vCPU"),
	DOUBT(method_unknown, "canary: how vCPU 1 was held is not known: 'sigstop'"),
	DOUBT(spun_on_a_shared_cpu, "canary: vCPU 1 does not own CPU 6"),
	DOUBT(held_too_short, "canary: vCPU 1 was held for 11.999999 ms, wanted 12 ms"),
	DOUBT(not_held, "canary: vCPU 1 was held for 0 ms"),
	DOUBT(size_too_small, "canary: its size is 1.999999 ms, wanted 2 ms to 900 ms"),
	DOUBT(size_not_chosen, "canary: its size is 0 ms"),
	DOUBT(size_negative, "canary: its size is -9223372036854.78 ms"),
	DOUBT(size_of_kvm_for_tcg, "canary: its size is 2 ms, wanted 100 ms to"),
	DOUBT(accel_unknown, "canary: its size is 2 ms, wanted 100 ms to"),
	DOUBT(noisy_quiet_window, "wanted 9 ms to 900 ms after a quiet window of at most "
				  "3 ms"),
	DOUBT(quiet_window_too_noisy, "canary: the quiet window shows 300.001 ms, and three times "
				      "that"),
	DOUBT(held_too_long, "canary: its size is 900.000001 ms"),
	DOUBT(unseen, "vCPU 1 was held, and the guest showed 1.999 ms on it, wanted at least "
		      "2 ms"),
	DOUBT(unseen, "run.json says it was seen, the tool's outputs say it was not seen"),
	DOUBT(unseen_and_admitted, "the guest showed 1.999 ms on it"),
	DOUBT(wrong_vcpu, "vCPU 1 was held, and the guest showed 0.02 ms on it"),
	DOUBT(wrong_vcpu, "vCPU 1 was held, and the guest showed 7.345 ms on vCPU 2"),
	DOUBT(both_vcpus, "the guest showed 1 ms on vCPU 2, wanted less than half"),
	DOUBT(both_vcpus_denied, "the tool's outputs say it was seen on other vCPUs too"),
	DOUBT(quiet_json_missing, "canary: how quiet it was before is not known"),
	DOUBT(quiet_text_unnamed, "stage canary/quiet-1: the tool's histogram is missing"),
	DOUBT(held_json_missing, "canary: what the guest showed of it is not known"),
	DOUBT(held_text_missing, "stage canary/held-1: the tool's histogram cannot be read"),
	DOUBT(held_cut, "canary: what the guest showed of it is not known"),
	DOUBT(held_json_edited, HELD "cyclictest.json and " HELD "cyclictest.hist disagree"),
	DOUBT(held_histogram_edited, HELD "vcpu1.hist has SHA-256"),
	DOUBT(claim_edited, "stage canary/held-1, vCPU 1: max_ns is 7346000 in run.json and 7345000"),
	DOUBT(windows_swapped, "the canary's quiet window is 'canary/held-1'"),
	DOUBT(held_is_the_stage, "which is other evidence already"),
	DOUBT(window_of_another_attempt, "the canary's held window is 'canary/held-1', not that of "
					 "attempt 2"),
	DOUBT(window_unnamed, "the canary's held window is 'nothing'"),
	DOUBT(too_few_samples, "stage canary/held-1, vCPU 2: 199 of 400 planned samples"),
	DOUBT(thread_missing, "stage canary/quiet-1: the tool's thread 1 measured CPU 1"),
	DOUBT(other_options, "stage canary/held-1: argument 4 of the tool was '-i1000'"),
	DOUBT(longer_window, "stage canary/quiet-1: duration 3 s, wanted 2 s"),
	DOUBT(tool_killed, "stage canary/held-1: the tool did not end by itself"),
};

static void test_doubts(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(doubts); i++)
		doubt_check(&doubts[i]);
}

static char *proves(const Fixture *f)
{
	fixture_findings(f);
	verdict_judge(f->directory, f->profile, f->run);
	assert_int_equal(f->run->verdict.result, RESULT_PASS);
	return joined(f->run->verdict.proves);
}

static void test_seen(void **state)
{
	Fixture *f = fixture_new();
	g_autofree char *text = proves(f);

	(void)state;
	assert_non_null(strstr(text, "vCPU 1 was held for 12.000 ms, and the guest showed 7.345 ms "
				     "on that vCPU alone"));
	fixture_free(f);
}

/* As large as it had to be, to the nanosecond; and held in the other way. */
static void test_just_seen(void **state)
{
	Fixture *f = fixture_new();
	g_autofree char *text = NULL;

	(void)state;
	fixture_set(&fixture_vm(f)->canary.method, "ptrace");
	fixture_hold(f, 2000000, 2000, "17.44");
	fixture_vm(f)->canary.held_ns = 12000000;
	text = proves(f);
	fixture_free(f);
}

static void test_size(void **state)
{
	static const struct {
		gint64 quiet_ns;
		gboolean emulated;
		gint64 size_ns;
	} rows[] = {
		{0, FALSE, 2000000},
		{666666, FALSE, 2000000},
		{666667, FALSE, 2000001},
		{0, TRUE, 100000000},
		{33333334, TRUE, 100000002},
		{300000000, TRUE, CANARY_SIZE_MAX_NS},
		{300000001, TRUE, CANARY_SIZE_MAX_NS + 3},
		{G_MAXINT64, FALSE, G_MAXINT64},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		assert_int_equal(canary_size_ns(rows[i].quiet_ns, rows[i].emulated),
				 rows[i].size_ns);
	assert_int_equal(canary_hold_ns(100000000, 10000), 110000000);
	assert_int_equal(canary_quiet_s(10), 2);
	assert_int_equal(canary_quiet_s(200000), 2);
	assert_int_equal(canary_quiet_s(200001), 3);
	assert_int_equal(canary_quiet_s(1000000), 10);
	assert_int_equal(canary_held_s(10000, 1), 4);
	assert_int_equal(canary_held_s(10000, 2), 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_doubts),
		cmocka_unit_test(test_seen),
		cmocka_unit_test(test_just_seen),
		cmocka_unit_test(test_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
