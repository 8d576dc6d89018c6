/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A group of resctrl where there is none: in trees, as no machine of the tests divides a cache. */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "knob-cases.h"

#include "kernel-answers.h"
#include "tree-snapshot.h"
#include "tune.h"

#define RESCTRL "sys/fs/resctrl/"
#define OURS	RESCTRL "lathe-rt"

typedef struct {
	Fixture *trees;
	char *tree, *state;
	Root *root;
	KernelAnswers *answers;
	Tune tune;
	guint steps_left; /* until the process ends; 0: never */
} Cache;

static void step(gpointer data)
{
	Cache *cache = data;

	if (cache->steps_left > 0 && --cache->steps_left == 0)
		raise(SIGKILL);
	if (cache->answers)
		kernel_answers_step(cache->answers);
}

/* The good tree without its group. */
static int set_up(void **state)
{
	Cache *cache = g_new0(Cache, 1);
	g_autofree char *group = NULL;

	cache->trees = fixture_new();
	cache->tree = cache->trees->directory[0];
	cache->state = tree_new_in_memory();
	group = g_build_filename(cache->tree, RESCTRL "rt", NULL);
	assert_true(remove_tree(group));
	tree_write(cache->tree, RESCTRL "cpus", "ff\n");
	tree_write(cache->tree, RESCTRL "schemata", "    L3:0=7ff;1=7ff\n    MB:0=100;1=100\n");
	cache->root = root_open_writable(cache->tree, NULL);
	cache->tune = (Tune){.host = {cache->root, TARGET_WRITE_SECONDS},
			     .directory = cache->state,
			     .step = step,
			     .step_data = cache};
	*state = cache;
	return 0;
}

static int tear_down(void **state)
{
	Cache *cache = *state;

	root_free(cache->root);
	tree_free(cache->state);
	fixture_free(cache->trees);
	g_free(cache);
	return 0;
}

static Changes *find(Cache *cache)
{
	static const char *const only[] = {"cache.*", NULL};
	KnobSelection selection = {.only = only};
	g_auto(Look) look = look_at(cache->trees, knob_find("cache.group", NULL), SCOPE_HOST);

	return changes_find(look.view, &selection);
}

static void expect(const Cache *cache, const char *path, const char *content)
{
	g_autofree char *file = g_build_filename(cache->tree, path, NULL);
	g_autofree char *now = NULL;

	assert_true(g_file_get_contents(file, &now, NULL, NULL));
	assert_string_equal(g_strstrip(now), content);
}

static void expect_pass(Cache *cache, const char *id)
{
	const KnobLayer *layer;
	const Knob *knob = knob_find(id, &layer);
	g_autoptr(Finding) finding = judge(cache->trees, layer, knob, SCOPE_HOST, NULL);

	if (finding->status != STATUS_PASS)
		fail_msg("%s: %s: %s", id, finding_status_name(finding->status),
			 finding->reason ? finding->reason : "");
}

static gboolean apply(Cache *cache, const Changes *changes)
{
	g_autoptr(GPtrArray) outcomes = tuned_new_array();
	g_autoptr(GError) error = NULL;
	gboolean done;

	cache->answers = kernel_answers_new(cache->tree, changes->changes);
	done = tune_apply(&cache->tune, "test", "5-7", changes->changes, outcomes, &error);
	kernel_answers_free(cache->answers);
	cache->answers = NULL;
	if (!done)
		print_error("%s\n", error->message);
	for (guint i = 0; i < outcomes->len; i++)
		done &= ((Tuned *)outcomes->pdata[i])->state == TUNED_MADE;
	return done;
}

static void restore(Cache *cache)
{
	g_autoptr(GPtrArray) outcomes = tuned_new_array();
	g_autoptr(GError) error = NULL;

	cache->steps_left = 0;
	if (!tune_restore(&cache->tune, outcomes, NULL, NULL, &error))
		fail_msg("%s", error->message);
}

/* ---- what a machine has, and what becomes of it ---- */

typedef struct {
	const char *what;
	struct {
		const char *path, *content;
	} files[8];
	const char *ours, *rest; /* schemata; NULL: nothing is changed */
	const char *why;
} CacheCase;

#define LEVEL(cpu) "sys/devices/system/cpu/cpu" cpu "/cache/index3/level"
#define ID(cpu)	   "sys/devices/system/cpu/cpu" cpu "/cache/index3/id"
#define BANDWIDTH  "MB:0=100;1=100"

static const CacheCase cases[] = {
	{"half of the ways, where hardware fills none",
	 {{NULL, NULL}},
	 "L3:0=1f;1=1f\n    " BANDWIDTH,
	 "L3:0=7e0;1=7e0\n    MB:0=50;1=50",
	 NULL},
	{"the other end",
	 {{RESCTRL "info/L3/shareable_bits", "003"}},
	 "L3:0=7c0;1=7c0\n    " BANDWIDTH,
	 "L3:0=3f;1=3f\n    MB:0=50;1=50",
	 NULL},
	{"a cache of other CPUs gives as little as it can",
	 {{LEVEL("5"), "3"}, {ID("5"), "1"}, {LEVEL("6"), "3"}, {ID("6"), "1"},
	  {LEVEL("7"), "3"}, {ID("7"), "1"}},
	 "L3:0=1;1=1f\n    " BANDWIDTH,
	 "L3:0=7fe;1=7e0\n    MB:0=50;1=50",
	 NULL},
	{"a group of others keeps its ways",
	 {{RESCTRL "vm/schemata", "    L3:0=01f;1=01f\n    MB:0=50;1=50"},
	  {RESCTRL "vm/cpus", "03"},
	  {RESCTRL "vm/mode", "shareable"},
	  {RESCTRL "vm/tasks", ""}},
	 "L3:0=3e0;1=3e0\n    " BANDWIDTH,
	 "L3:0=1f;1=1f\n    MB:0=50;1=50",
	 NULL},
	{"steps of the bandwidth",
	 {{RESCTRL "info/MB/bandwidth_gran", "20"}},
	 "L3:0=1f;1=1f\n    " BANDWIDTH,
	 "L3:0=7e0;1=7e0\n    MB:0=60;1=60",
	 NULL},
	{"no more groups",
	 {{RESCTRL "info/L3/num_closids", "1"}},
	 NULL, NULL, "no more can be"},
	{"no ways that nobody has",
	 {{RESCTRL "vm/schemata", "    L3:0=7ff;1=7ff"},
	  {RESCTRL "vm/cpus", "03"},
	  {RESCTRL "vm/mode", "shareable"},
	  {RESCTRL "vm/tasks", ""}},
	 NULL, NULL, "no ways are free"},
	{"ways that nobody tells of",
	 {{RESCTRL "info/L3/cbm_mask", "nonsense"}},
	 NULL, NULL, "no ways are free"},
};

static void expect_unchanged(const Changes *changes, const CacheCase *this)
{
	const Unchangeable *first;

	assert_int_equal(changes->changes->len, 0);
	assert_int_equal(changes->unchangeable->len, 1);
	first = changes->unchangeable->pdata[0];
	if (!strstr(first->why, this->why))
		fail_msg("%s: '%s' lacks '%s'", this->what, first->why, this->why);
}

static void check_case(Cache *cache, const CacheCase *this)
{
	static const char *const rows[] = {"cache.group", "cache.disjoint", "cache.contiguous",
					   "cache.bandwidth", "cache.neighbours"};
	g_autoptr(GHashTable) before = snapshot_take(cache->tree);
	g_autoptr(GHashTable) after = NULL;
	g_autoptr(Changes) changes = find(cache);
	g_autoptr(Changes) again = NULL;

	if (!this->ours) {
		expect_unchanged(changes, this);
		return;
	}
	assert_int_equal(changes->unchangeable->len, 0);
	if (!apply(cache, changes))
		fail_msg("%s", this->what);
	expect(cache, OURS "/cpus", "e0");
	expect(cache, OURS "/schemata", this->ours);
	expect(cache, RESCTRL "schemata", this->rest);
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
		expect_pass(cache, rows[i]);
	again = find(cache);
	assert_int_equal(again->changes->len, 0);
	restore(cache);
	after = snapshot_take(cache->tree);
	snapshot_compare(this->what, before, after);
}

static void test_cases(void **state)
{
	Cache *cache = *state;

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *vm = g_build_filename(cache->tree, RESCTRL "vm", NULL);

		for (guint k = 0; cases[i].files[k].path; k++)
			change(cache->trees, SCOPE_HOST, cases[i].files[k].path,
			       cases[i].files[k].content, strlen(cases[i].files[k].content));
		check_case(cache, &cases[i]);
		undo_to(cache->trees, 0);
		assert_true(!g_file_test(vm, G_FILE_TEST_EXISTS) || remove_tree(vm));
	}
}

/* ---- killed ---- */

static gboolean killed_at(Cache *cache, const Changes *changes, guint n)
{
	pid_t child = fork();
	int status = 0;

	assert_true(child >= 0);
	if (child == 0) {
		cache->steps_left = n;
		_exit(apply(cache, changes) ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return TRUE;
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	return FALSE;
}

static void test_killed(void **state)
{
	Cache *cache = *state;
	g_autoptr(GHashTable) before = snapshot_take(cache->tree);
	g_autoptr(Changes) changes = find(cache);
	guint n = 1;

	for (;; n++) {
		gboolean killed = killed_at(cache, changes, n);
		g_autoptr(GHashTable) after = NULL;

		restore(cache);
		after = snapshot_take(cache->tree);
		snapshot_compare("killed", before, after);
		if (!killed)
			break;
	}
	/* begin; a record, a write and another record for each change */
	assert_int_equal(n, 1 + 3 * changes->changes->len + 1);
}

/* ---- targets ---- */

/* No journal has anything else removed. */
static void test_other_directories(void **state)
{
	static const char *const places[] = {
		"sys/fs/resctrl",	   "sys/fs/resctrl/",	   "sys/fs/resctrl/info",
		"sys/fs/resctrl/mon_data", "sys/fs/resctrl/..",	   "sys/fs/resctrl/a/b",
		"sys/fs/resctrlx",	   "etc",		   "",
	};
	const Cache *cache = *state;
	const TargetKind *directory = target_of(CHANGE_DIRECTORY);

	for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *value = NULL;
		int errnum = 0;

		assert_false(directory->read(&cache->tune.host, places[i], &value, &errnum));
		assert_int_equal(errnum, EINVAL);
		assert_false(
			directory->write(&cache->tune.host, places[i], "absent", &error));
		assert_non_null(strstr(error->message, "a group of resctrl"));
	}
	assert_false(directory->write(&cache->tune.host, OURS, "gone", NULL));
}

static void test_schemata(void **state)
{
	static const struct {
		const char *a, *b;
		gboolean same;
	} pairs[] = {
		{"0=00f;1=00f", "0=f;1=f", TRUE},  {"0= 50;1=100", "0=50;1=100", TRUE},
		{"0=0;1=0", "0=00;1=0", TRUE},	   {"0=0F", "0=f", TRUE},
		{"0=f", "0=f0", FALSE},		   {"0=f;1=f", "0=f", FALSE},
		{"0=f", "1=f", FALSE},		   {"10=1", "1=01", FALSE},
		{"0=100", "0=1", FALSE},	   {"", "0=1", FALSE},
	};
	static const char *const places[] = {"sys/fs/resctrl/schemata", "etc/passwd L3",
					     "sys/fs/resctrl/schemata l3",
					     "sys/fs/resctrl/cpus L3",
					     "sys/fs/resctrl/schemata "};
	const Cache *cache = *state;
	const TargetKind *schemata = target_of(CHANGE_SCHEMATA);

	for (guint i = 0; i < G_N_ELEMENTS(pairs); i++)
		if (schemata->same(pairs[i].a, pairs[i].b) != pairs[i].same ||
		    schemata->same(pairs[i].b, pairs[i].a) != pairs[i].same)
			fail_msg("'%s' and '%s'", pairs[i].a, pairs[i].b);
	for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
		g_autofree char *value = NULL;
		int errnum = 0;

		assert_false(
			schemata->read(&cache->tune.host, places[i], &value, &errnum));
		assert_int_equal(errnum, EINVAL);
		assert_false(schemata->write(&cache->tune.host, places[i], "0=f", NULL));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_cases, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_killed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_other_directories, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_schemata, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
