/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sides of what the sources disagree on: which can be chosen, and how a place is judged then.
 * That each row honours its sides is in test-knob-rows.c.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "choice.h"
#include "judge.h"
#include "profile.h"
#include "remove_tree.h"
#include "tree.h"

typedef struct {
	const char *text, *message, *hint;
} Refused;

static const Refused refused[] = {
	{"boot.idle_poll", "'boot.idle_poll' is not ID=VALUE", NULL},
	{"boot.idle_poll=", "is not ID=VALUE", NULL},
	{"=poll", "is not ID=VALUE", NULL},
	{"", "'' is not ID=VALUE", NULL},
	{"boot.idle_pol=poll", "no row 'boot.idle_pol'", "did you mean 'boot.idle_poll'?"},
	{"boot.audit=0", "'boot.audit' is no policy", NULL},
	{"cpu.vulnerabilities=wanted", "there is nothing to choose", NULL},
	{"cpu.one_socket=2", "'2' cannot be chosen of 'cpu.one_socket'", "what can be: wanted"},
	{"sched.timer_migration=2", "'2' cannot be chosen", "what can be: 0|1"},
	{"sched.timer_migration=0|1", "'0|1' cannot be chosen", NULL},
	{"sched.timer_migration= 0", "' 0' cannot be chosen", NULL},
};

static void test_refused(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
		g_autoptr(GError) error = NULL;
		const Knob *knob = NULL;
		const char *value = NULL;
		const char *hint;

		if (choice_parse(refused[i].text, LATHE_ERROR_USAGE, &knob, &value, &error))
			fail_msg("'%s' was accepted", refused[i].text);
		assert_null(knob);
		assert_null(value);
		assert_true(g_error_matches(error, LATHE_ERROR, LATHE_ERROR_USAGE));
		if (!strstr(error->message, refused[i].message))
			fail_msg("'%s': %s", refused[i].text, error->message);
		hint = lathe_error_get_hint(error);
		if (refused[i].hint && (!hint || !strstr(hint, refused[i].hint)))
			fail_msg("'%s': hint %s", refused[i].text, hint ? hint : "");
	}
}

static void test_accepted(void **state)
{
	const Knob *knob = NULL;
	const char *value = NULL;

	(void)state;
	assert_true(choice_parse("boot.mitigations=auto,nosmt", LATHE_ERROR_USAGE, &knob,
				 &value, NULL));
	assert_string_equal(knob->id, "boot.mitigations");
	assert_string_equal(value, "auto,nosmt");
}

typedef struct {
	const char *id, *choice, *path, *content; /* path NULL: nothing but a whole, empty tree */
	FindingStatus status;
} Judged;

#define CMDLINE	    "proc/cmdline"
#define FAIR_SERVER "sys/kernel/debug/sched/fair_server/cpu1/runtime"
#define NOHZ	    "sys/devices/system/cpu/nohz_full"
#define RCU_PRIO    "sys/module/rcutree/parameters/kthread_prio"

static const Judged judged[] = {
	/* High severity: nobody's mistake before a choice, FAIL after it. */
	{"throttle.fair_server", NULL, FAIR_SERVER, "7\n", STATUS_WARN},
	{"throttle.fair_server", "0", FAIR_SERVER, "7\n", STATUS_FAIL},
	{"throttle.fair_server", "0", FAIR_SERVER, "50000000\n", STATUS_FAIL},
	{"throttle.fair_server", "50000000", FAIR_SERVER, "50000000\n", STATUS_PASS},
	{"throttle.fair_server", "0", FAIR_SERVER, "what\n", STATUS_UNKNOWN},
	{"throttle.fair_server", "0", NULL, NULL, STATUS_UNKNOWN},
	{"boot.isolcpus", NULL, CMDLINE, "quiet\n", STATUS_WARN},
	{"boot.isolcpus", "wanted", CMDLINE, "quiet\n", STATUS_FAIL},
	{"boot.isolcpus", "none", CMDLINE, "quiet\n", STATUS_PASS},
	{"boot.isolcpus", "none", CMDLINE, "isolcpus=1\n", STATUS_FAIL},
	{"boot.isolcpus", "none", NULL, NULL, STATUS_UNKNOWN},
	/* That the place is not there is as good as one side only. */
	{"boot.idle_poll", NULL, CMDLINE, "quiet\n", STATUS_PASS},
	{"boot.idle_poll", "poll", CMDLINE, "quiet\n", STATUS_WARN},
	{"boot.idle_poll", "none", CMDLINE, "quiet\n", STATUS_PASS},
	{"boot.idle_poll", "none", CMDLINE, "idle=poll\n", STATUS_WARN},
	{"cpu.nohz_full", "none", NOHZ, "  (null)\n", STATUS_PASS},
	{"cpu.nohz_full", "none", NOHZ, "\n", STATUS_PASS},
	{"cpu.nohz_full", "none", NOHZ, "1\n", STATUS_WARN},
	{"cpu.nohz_full", "wanted", NOHZ, "\n", STATUS_WARN},
	{"boot.rcu_kthread_prio", "1", RCU_PRIO, "1\n", STATUS_PASS},
	{"boot.rcu_kthread_prio", NULL, RCU_PRIO, "1\n", STATUS_WARN},
	{"boot.mitigations", "auto", CMDLINE, "mitigations=auto\n", STATUS_PASS},
	{"boot.mitigations", "auto", CMDLINE, "mitigations=auto nospectre_v2\n", STATUS_WARN},
	{"boot.mitigations", "auto", CMDLINE, "spectre_v2=on\n", STATUS_WARN},
	{"boot.mitigations", "off", CMDLINE, "quiet\n", STATUS_WARN},
	{"boot.mitigations", "off", CMDLINE, "mitigations=off spectre_v2_user=on\n",
	 STATUS_WARN},
	{"boot.mitigations", NULL, CMDLINE, "nospectre_v2\n", STATUS_PASS},
};

static void write_tree(const char *directory, const Judged *one)
{
	tree_write(directory, CAPTURE_COMPLETE, "lathe-capture/1\n");
	tree_write(directory, "sys/devices/system/cpu/online", "0-1\n");
	tree_write(directory, "proc/sys/kernel/osrelease", "6.12.8-rt\n");
	if (one->path)
		tree_write(directory, one->path, one->content);
}

static void test_judged(void **state)
{
	Cpuset planned = {0};

	(void)state;
	cpuset_add(&planned, 1);
	for (gsize i = 0; i < G_N_ELEMENTS(judged); i++) {
		const Judged *one = &judged[i];
		g_autofree char *directory = tree_new();
		const KnobLayer *layer = NULL;
		const Knob *knob = knob_find(one->id, &layer);
		g_autoptr(Finding) finding = NULL;
		g_autoptr(Root) root = NULL;
		g_autoptr(KnobView) view = NULL;

		write_tree(directory, one);
		root = root_open_captured(directory, NULL);
		view = knob_view_new(root, SCOPE_HOST, &planned, NULL);
		if (one->choice)
			knob_view_choose(view, one->id, one->choice);
		finding = knob_judge(layer, knob, view);
		if (finding->status != one->status)
			fail_msg("%s=%s, %s: %s (%s)", one->id, one->choice ? one->choice : "",
				 one->content ? one->content : "nothing",
				 finding_status_name(finding->status), finding->reason);
		remove_tree(directory);
	}
}

#define PROFILE "[profile]\nname = x\n%s[measure]\ninterval = 1ms\nhistogram = 100\n" \
		"priority = 80\n[stage s]\nduration = 10s\n"

static void expect_profile(const char *line, const char *message)
{
	g_autofree char *text = g_strdup_printf(PROFILE, line);
	g_autoptr(GError) error = NULL;
	g_autoptr(Profile) profile = profile_parse(text, strlen(text), "x.ini", &error);

	if (!message && !profile)
		fail_msg("%s: %s", line, error->message);
	if (message && (profile || !strstr(error->message, message)))
		fail_msg("%s: %s", line, profile ? "accepted" : error->message);
}

static void test_profile(void **state)
{
	(void)state;
	expect_profile("policy = boot.idle_poll=none cpu.one_socket=wanted\n", NULL);
	expect_profile("policy = cpu.one_socket=2\n", "'2' cannot be chosen");
	expect_profile("policy = cpu.vulnerabilities=off\n", "there is nothing to choose");
	expect_profile("policy = power.turbo=0 power.turbo=1\n", "two sides of 'power.turbo'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_judged),
		cmocka_unit_test(test_profile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
