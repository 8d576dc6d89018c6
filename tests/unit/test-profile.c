/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "error.h"
#include "profile.h"
#include "tree.h"

#define HEAD	"[profile]\nname = x\n"
#define MEASURE "[measure]\ninterval = 1ms\nhistogram = 100\npriority = 80\n"
#define STAGE	"[stage s]\nduration = 10s\n"
#define GOOD	HEAD MEASURE STAGE

static Profile *parse(const char *text, GError **error)
{
	return profile_parse(text, strlen(text), "x.ini", error);
}

static char *built_in_directory(void)
{
	return g_build_filename(g_getenv("TESTS"), "..", "harness", "profiles", NULL);
}

static Profile *built_in(const char *name)
{
	g_autofree char *directory = built_in_directory();
	const char *const directories[] = {directory, NULL};
	g_autoptr(GError) error = NULL;
	Profile *profile = profile_load(name, directories, &error);

	if (!profile)
		fail_msg("%s", error->message);
	return profile;
}

static const Limit *limit_of(const Profile *profile, guint i)
{
	const ProfileStage *stage = profile->stages->pdata[0];

	return &g_array_index(stage->limits, Limit, i);
}

static void test_smoke(void **state)
{
	g_autoptr(Profile) smoke = built_in("smoke");
	const ProfileStage *stage = smoke->stages->pdata[0];

	(void)state;
	assert_string_equal(smoke->name, "smoke");
	assert_true(smoke->emulation_allowed && smoke->demonstration_allowed &&
		    smoke->findings_shown);
	assert_int_equal(smoke->tune_skip->len, 2);
	assert_int_equal(smoke->samples_floor_percent, 90);
	assert_int_equal(smoke->vcpus, 2);
	assert_int_equal(smoke->memory_mib, 512);
	assert_int_equal(smoke->interval_us, 10000);
	assert_int_equal(smoke->buckets, 20000);
	assert_int_equal(smoke->priority, 80);
	assert_int_equal(smoke->stages->len, 1);
	assert_string_equal(stage->where, "guest");
	assert_int_equal(stage->duration_s, 60);
	assert_int_equal(stage->loads->len, 4);
	assert_string_equal(stage->loads->pdata[3], "hackbench");
	assert_int_equal(stage->limits->len, 1);
	assert_int_equal(limit_of(smoke, 0)->statistic, STATISTIC_MAX);
	assert_int_equal(limit_of(smoke, 0)->limit_ns, 1000000000);
	assert_false(limit_of(smoke, 0)->or_equal);
}

static void test_virt_rt(void **state)
{
	g_autoptr(Profile) virt_rt = built_in("virt-rt");

	(void)state;
	assert_false(virt_rt->emulation_allowed || virt_rt->demonstration_allowed ||
		     virt_rt->findings_shown);
	assert_int_equal(virt_rt->samples_floor_percent, 99);
	assert_int_equal(virt_rt->vcpus, 0);
	assert_int_equal(virt_rt->interval_us, 1000);
	assert_string_equal(virt_rt->source, "Virt-RT guide, 9.1");
	assert_int_equal(limit_of(virt_rt, 0)->statistic, STATISTIC_MAX);
	assert_int_equal(limit_of(virt_rt, 0)->limit_ns, 60000);
	assert_false(limit_of(virt_rt, 0)->or_equal);
	assert_int_equal(limit_of(virt_rt, 1)->statistic, STATISTIC_AVG);
	assert_int_equal(limit_of(virt_rt, 1)->limit_ns, 25000);
	assert_true(limit_of(virt_rt, 1)->or_equal);
}

static void test_defaults(void **state)
{
	g_autoptr(Profile) profile = parse(GOOD, NULL);
	const ProfileStage *stage = profile->stages->pdata[0];

	(void)state;
	assert_false(profile->emulation_allowed || profile->demonstration_allowed ||
		     profile->findings_shown);
	assert_int_equal(profile->samples_floor_percent, 99);
	assert_int_equal(profile->vcpus, 0);
	assert_int_equal(profile->memory_mib, 512);
	assert_string_equal(profile->tool, "cyclictest");
	assert_string_equal(profile->guest_cmdline, "");
	assert_string_equal(stage->where, "guest");
	assert_int_equal(stage->loads->len, 0);
	assert_int_equal(stage->limits->len, 0);
	assert_int_equal(profile->overrides->len, 0);
}

static const struct {
	const char *text, *error;
} bad[] = {
	{"", "x.ini: there is no section [profile]"},
	{HEAD STAGE, "x.ini: there is no section [measure]"},
	{HEAD MEASURE, "x.ini: there is no [stage NAME]"},
	{HEAD MEASURE "[stage s]\nloads = cpu\n", "x.ini:7: [stage s] has no 'duration'"},
	{"[profile]\ntitle = x\n" MEASURE STAGE, "x.ini:1: [profile] has no 'name'"},
	{GOOD "[profiles]\n", "x.ini:9: section [profiles] is not known (did you mean [profile]?)"},
	{GOOD "[stag b]\n", "x.ini:9: section [stag b] is not known"},
	{GOOD "[stage]\n", "x.ini:9: section [stage] is not known (did you mean [stage NAME]?)"},
	{GOOD "[xyzzy]\n", "x.ini:9: section [xyzzy] is not known"},
	{GOOD "[stage  s]\nduration = 1s\n", "x.ini:9: stage 's' again"},
	{GOOD "[stage canary]\nduration = 1s\n",
	 "x.ini:9: a stage cannot be called 'canary': the bundle needs that name"},
	{GOOD "[stage ../x]\n", "x.ini:9: '../x' is not the name of a stage"},
	{GOOD "[stage A]\n", "x.ini:9: 'A' is not the name of a stage"},
	{GOOD "lods = cpu\n", "x.ini:9: key 'lods' is not known in [stage s] (did you mean 'loads'?)"},
	{GOOD "interval = 1ms\n", "x.ini:9: key 'interval' is not known in [stage s]"},
	{"[profile]\nname = a b\n", "x.ini:2: name: 'a b' is not the name of a profile (a-z"},
	{"[profile]\nname =\n", "x.ini:2: name: '' is not the name of a profile"},
	{HEAD "emulation = yes\n", "x.ini:3: emulation: 'yes' is neither 'allowed' nor 'refused'"},
	{HEAD "plan = demo\n", "x.ini:3: plan: 'demo' is neither 'demonstration' nor 'qualification'"},
	{HEAD "tune_skip = task.stray nothing.*\n",
	 "x.ini:3: tune_skip: 'nothing.*' names no row that is tuned"},
	{HEAD "findings =\n", "x.ini:3: findings: '' is neither 'shown' nor 'judged'"},
	{HEAD "samples_floor_percent = 49\n",
	 "x.ini:3: samples_floor_percent: '49' is not a number from 50 to 100"},
	{HEAD "samples_floor_percent = 99%\n",
	 "x.ini:3: samples_floor_percent: '99%' is not a number from 50 to 100"},
	{"[guest]\nvcpus = 1\n",
	 "x.ini:2: vcpus: neither 'auto' nor a number: '1' is not a number from 2 to 255"},
	{"[guest]\nmemory_mib = 127\n",
	 "x.ini:2: memory_mib: '127' is not a number from 128 to 1048576"},
	{"[guest]\nfiles = relative\n", "x.ini:2: files: 'relative' is not FILE:/GUEST/PATH"},
	{"[guest]\nfiles = a:/../etc/x\n", "x.ini:2: files: 'a:/../etc/x' is not FILE:/GUEST/PATH"},
	{"[guest]\nfiles = a:/b a:/b\n", "x.ini:2: files: 'a:/b' twice"},
	{"[measure]\ntool = oslat\n", "x.ini:2: tool: 'oslat' is not known (known: cyclictest)"},
	{"[measure]\ninterval = 10\n",
	 "x.ini:2: interval: '10' is not a duration from 10us to 1s"},
	{"[measure]\ninterval = 9us\n",
	 "x.ini:2: interval: '9us' is not a duration from 10us to 1s"},
	{"[measure]\ninterval = 2s\n", "x.ini:2: interval: '2s' is not a duration from 10us to 1s"},
	{"[measure]\ninterval = 10500ns\n",
	 "x.ini:2: interval: '10500ns' is not a multiple of 1us"},
	{"[measure]\nhistogram = 0\n",
	 "x.ini:2: histogram: '0' is not a number from 1 to 100000"},
	{"[measure]\nhistogram = 100001\n",
	 "x.ini:2: histogram: '100001' is not a number from 1 to 100000"},
	{"[measure]\npriority = 99\n", "x.ini:2: priority: '99' is not a number from 1 to 98"},
	{"[stage s]\nwhere = host\n", "x.ini:2: where: 'host' is not known (known: guest)"},
	{"[stage s]\nduration = 500ms\n",
	 "x.ini:2: duration: '500ms' is not a duration from 1s to 720h"},
	{"[stage s]\nduration = 721h\n",
	 "x.ini:2: duration: '721h' is not a duration from 1s to 720h"},
	{"[stage s]\nduration = 1500ms\n", "x.ini:2: duration: '1500ms' is not a multiple of 1s"},
	{"[stage s]\nloads = cpu cpu\n", "x.ini:2: loads: 'cpu' twice"},
	{"[stage s]\nloads = cpu,vm\n", "x.ini:2: loads: 'cpu,vm' is not the name of a load"},
	{"[stage s]\nlimits =\n", "x.ini:2: limits: no limit; leave the key out when there is none"},
	{"[stage s]\nlimits = max < 60us,\n", "x.ini:2: limits: '' is not a limit such as"},
	{"[stage s]\nlimits = < 60us\n", "x.ini:2: limits: '< 60us' is not a limit such as"},
	{"[stage s]\nlimits = mac < 60us\n",
	 "x.ini:2: limits: 'mac' is not a statistic (min, avg, max): did you mean 'max'?"},
	{"[stage s]\nlimits = p99.9 < 60us\n",
	 "x.ini:2: limits: 'p99.9' is not a statistic (min, avg, max)"},
	{"[stage s]\nlimits = max > 60us\n",
	 "x.ini:2: limits: 'max > 60us': a limit is an upper bound, '<' or '<='"},
	{"[stage s]\nlimits = max = 60us\n", "a limit is an upper bound"},
	{"[stage s]\nlimits = max 60us\n", "a limit is an upper bound"},
	{"[stage s]\nlimits = max\n", "a limit is an upper bound"},
	{"[stage s]\nlimits = max < 60\n",
	 "x.ini:2: limits: 'max < 60': '60' is not a duration from 1ns to 1000s"},
	{"[stage s]\nlimits = max < 0us\n", "'0us' is not a duration from 1ns to 1000s"},
	{"[stage s]\nlimits = max < -1us\n", "'-1us' is not a duration"},
	{"[stage s]\nlimits = max << 1us\n", "'< 1us' is not a duration"},
	{"[stage s]\nlimits = max < 60us avg <= 2us\n", "'60us avg <= 2us' is not a duration"},
	{"[stage s]\nlimits = max < 99999999999999999999us\n", "is not a duration"},
	{"[stage s]\nlimits = max < 1us, max <= 2us\n", "x.ini:2: limits: two limits on 'max'"},
	{"[profile]\nname = x\nname = y\n", "x.ini:3: 'name' again in [profile]"},
};

static void test_bad(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(Profile) profile = parse(bad[i].text, &error);

		if (profile || !strstr(error->message, bad[i].error))
			fail_msg("%s\n%s\nwanted: %s", bad[i].text,
				 profile ? "was accepted" : error->message, bad[i].error);
		assert_int_equal(error->code, LATHE_ERROR_INPUT);
	}
}

static const char rich[] =
	"[profile]\nname = rich-1.0\ntitle = = [odd] # title; \"x\"\nsource = a: b\n"
	"emulation = allowed\nplan = demonstration\nfindings = shown\n"
	"samples_floor_percent = 50\ntune_skip = task.* irq.threads\n"
	"[guest]\nvcpus = 255\nmemory_mib = 1048576\ncmdline = quiet foo=\"a b\"\n"
	"files = /x:/y  rel/z:/usr/z\n"
	"[measure]\ntool = cyclictest\ninterval = 250us\nhistogram = 100000\npriority = 98\n"
	"[stage b]\nwhere = guest\nduration = 720h\nloads = vm  cpu\n"
	"limits = min<1ns,avg<=25us , max < 1000s\n"
	"[stage a]\nduration = 90s\n";

/* Formatting what was parsed from a formatted profile changes nothing. */
static void test_round_trip(void **state)
{
	static const char *const texts[] = {GOOD, rich};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(Profile) first = parse(texts[i], &error);
		g_autofree char *once = NULL, *twice = NULL;
		g_autoptr(Profile) second = NULL;

		if (!first)
			fail_msg("%s", error->message);
		once = profile_format(first);
		second = parse(once, &error);
		if (!second)
			fail_msg("%s\n%s", error->message, once);
		twice = profile_format(second);
		assert_string_equal(once, twice);
	}
}

static void test_rich(void **state)
{
	g_autoptr(Profile) profile = parse(rich, NULL);
	g_autofree char *text = profile_format(profile);
	const ProfileStage *stage = profile->stages->pdata[1];

	(void)state;
	assert_string_equal(profile->title, "= [odd] # title; \"x\"");
	assert_int_equal(profile->guest_files->len, 2);
	assert_string_equal(stage->name, "a");
	assert_non_null(strstr(text, "limits = min < 1ns, avg <= 25us, max < 1000s\n"));
	assert_non_null(strstr(text, "loads = vm cpu\n"));
	assert_non_null(strstr(text, "[stage a]\nwhere = guest\nduration = 90s\nloads =\n"));
}

static void test_override(void **state)
{
	g_autoptr(Profile) profile = parse(GOOD "[stage t]\nduration = 1h\nlimits = avg < 1us\n", NULL);
	g_autoptr(Profile) back = NULL;
	g_autofree char *text = NULL;

	(void)state;
	assert_true(profile_override(profile, "duration", " 5s ", NULL));
	assert_true(profile_override(profile, "limit", "max <= 7us", NULL));
	assert_true(profile_override(profile, "interval", "2ms", NULL));
	assert_true(profile_override(profile, "vcpus", "4", NULL));
	for (guint i = 0; i < 2; i++) {
		const ProfileStage *stage = profile->stages->pdata[i];

		assert_int_equal(stage->duration_s, 5);
		assert_int_equal(stage->limits->len, 1);
		assert_int_equal(g_array_index(stage->limits, Limit, 0).limit_ns, 7000);
	}
	assert_int_equal(profile->interval_us, 2000);
	assert_int_equal(profile->vcpus, 4);
	assert_int_equal(profile->overrides->len, 4);
	assert_string_equal(profile->overrides->pdata[0], "duration=5s");
	assert_string_equal(profile->overrides->pdata[1], "limits=max <= 7us");
	text = profile_format(profile);
	assert_true(g_str_has_prefix(text, "# from the command line: duration=5s\n"));
	back = parse(text, NULL);
	assert_int_equal(((ProfileStage *)back->stages->pdata[1])->duration_s, 5);
}

static void test_override_refused(void **state)
{
	static const struct {
		const char *key, *value, *error;
	} rows[] = {
		{"duration", "5", "duration: '5' is not a duration from 1s to 720h"},
		{"limit", "max", "limit: 'max': a limit is an upper bound"},
		{"limits", "", "limits: no limit"},
		{"name", "other", "'name' is a key of [profile], which --set does not change"},
		{"emulation", "allowed", "'emulation' is a key of [profile]"},
		{"durations", "5s", "(did you mean 'duration'?)"},
		{"cmdline", "quiet\n[stage evil]", "cmdline: not one line"},
		{"cmdline", "\xff", "cmdline: not one line"},
		{"", "", "'' is not a key of"},
	};
	g_autoptr(Profile) profile = parse(GOOD, NULL);
	g_autofree char *before = profile_format(profile);
	g_autofree char *after = NULL, *long_text = g_strnfill(1025, 'x');

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;

		assert_false(profile_override(profile, rows[i].key, rows[i].value, &error));
		if (!strstr(error->message, rows[i].error))
			fail_msg("%s", error->message);
	}
	assert_false(profile_override(profile, "cmdline", long_text, NULL));
	after = profile_format(profile);
	assert_string_equal(before, after);
	assert_int_equal(profile->overrides->len, 0);
}

/* Whatever can be overridden is written in a form that reads back. */
static void test_longest_overrides(void **state)
{
	g_autoptr(Profile) profile = parse(GOOD, NULL), back = NULL;
	g_autofree char *cmdline = g_strnfill(1024, 'x');
	g_autoptr(GString) files = g_string_new(NULL);
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;

	(void)state;
	for (guint i = 0; i < 60; i++)
		g_string_append_printf(files, "a-file-with-a-name-%u:/x/%u ", i, i);
	assert_true(profile_override(profile, "cmdline", cmdline, NULL));
	assert_true(profile_override(profile, "files", files->str, NULL));
	text = profile_format(profile);
	back = parse(text, &error);
	if (!back)
		fail_msg("%s", error->message);
	assert_int_equal(back->guest_files->len, 60);
}

static void test_load(void **state)
{
	char *tree = tree_new();
	g_autofree char *built_ins = built_in_directory();
	const char *const directories[] = {"/nonexistent", tree, built_ins, NULL};
	const char *const none[] = {NULL};
	g_autofree char *path = g_build_filename(tree, "smoke.ini", NULL);
	g_autoptr(Profile) site = NULL, by_path = NULL;
	g_autoptr(GPtrArray) names = NULL;
	g_autoptr(GError) error = NULL;

	(void)state;
	tree_write(tree, "smoke.ini", GOOD);
	site = profile_load("smoke", directories, &error);
	assert_string_equal(site->name, "x"); /* the first directory wins */
	by_path = profile_load(path, none, &error);
	assert_string_equal(by_path->name, "x");
	names = profile_names(directories);
	assert_int_equal(names->len, 2);
	assert_string_equal(names->pdata[0], "smoke");
	assert_null(profile_load("smok", directories, &error));
	assert_string_equal(error->message,
			    "there is no profile 'smok' (known: smoke, virt-rt)");
	assert_string_equal(lathe_error_get_hint(error), "did you mean 'smoke'?");
	assert_int_equal(error->code, LATHE_ERROR_USAGE);
	g_clear_error(&error);
	assert_null(profile_load("smoke", none, &error));
	assert_string_equal(error->message, "there is no profile 'smoke' (known: none)");
	g_clear_error(&error);
	assert_null(profile_load("./none.ini", directories, &error));
	assert_string_equal(error->message, "./none.ini: No such file or directory");
	g_clear_error(&error);
	tree_write(tree, "smoke.ini", "[profile]\n");
	assert_null(profile_load("smoke", directories, &error));
	assert_true(g_str_has_prefix(error->message, path));
	tree_free(tree);
}

/* Every key of the table is one that a profile takes, and the other way round. */
static void test_keys(void **state)
{
	g_autoptr(Profile) profile = parse(rich, NULL);
	g_autofree char *text = profile_format(profile);
	guint lines = 0;

	(void)state;
	for (const char *const *key = profile_keys; *key; key++) {
		g_autofree char *line = g_strdup_printf("\n%s =", *key);

		if (!strstr(text, line))
			fail_msg("no '%s' in\n%s", *key, text);
		lines++;
	}
	assert_int_equal(lines, 21);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_smoke),
		cmocka_unit_test(test_virt_rt),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_rich),
		cmocka_unit_test(test_override),
		cmocka_unit_test(test_override_refused),
		cmocka_unit_test(test_longest_overrides),
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
