/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each value of run.json in a bundle that passes, changed: never PASS again. */
#include "tamper-json.h"

/* Values of run.json with which a bundle still passes when they are changed. */
typedef enum {
	SHOWN,	 /* any change: no verdict rests on it */
	BOUNDED, /* some changes: run.json is the only witness, and within bounds any value is
		  * as believable as another; out of them it is not */
} Leeway;

static const struct {
	const char *path; /* "[]" for every index */
	Leeway leeway;
	const char *why;
} leeways[] = {
	{"verdict.labels[]", SHOWN, "made again; never read"},
	{"verdict.proves[]", SHOWN, "made again; never read"},
	{"started_utc", SHOWN, "when a run was made says nothing about it"},
	{"finished_utc", SHOWN, "when a run was made says nothing about it"},
	{"profile.title", SHOWN, "prose; the settings and limits are in profile.ini"},
	{"profile.source", SHOWN, "prose; the settings and limits are in profile.ini"},
	{"profile.overrides[]", SHOWN, "prose; what they led to is in profile.ini, and that there "
				       "are some makes the label"},
	{"connection", SHOWN, "where the VM's threads were is judged, not who started them"},
	{"vms[].name", SHOWN, "a name"},
	{"vms[].agent", SHOWN, "a name"},
	{"vms[].accel_reason", SHOWN, "prose; what ran the guest is checked in QEMU's argv"},
	{"vms[].memory_locked", SHOWN, "told, not judged: no limit rests on the VM's memory"},
	{"vms[].plan.broken[]", SHOWN, "prose; that rules are broken is found again in the plan"},
	{"stages[].vms[].tool.argv[0]", SHOWN, "where the program lay"},
	{"vms[].canary.quiet.tool.argv[0]", SHOWN, "where the program lay"},
	{"vms[].canary.held.tool.argv[0]", SHOWN, "where the program lay"},
	{"vms[].canary.size_ns", BOUNDED, "from three times the quiet window on, as long as it was seen"},
	{"vms[].canary.held_ns", BOUNDED, "at least what was asked for, at most twice that"},
	{"vms[].canary.largest_hole_ns", BOUNDED, "up to a quarter of the canary"},
	{"stages[].vms[].threads[].readings", BOUNDED, "a reading as the tool ends shows no thread and "
						 "is not counted; none is too few"},
	{"stages[].vms[].places[].tid", SHOWN, "a name"},
	{"stages[].vms[].places[].comm", SHOWN, "a name"},
	{"stages[].vms[].places[].role", BOUNDED, "an IOThread's number is a name"},
	{"stages[].vms[].places[].last_cpu", BOUNDED, "judged for vCPUs: a worker that has slept since "
						"before it was pinned disturbs nobody"},
	{"stages[].watch.clock_step_ns", BOUNDED, "within what slewing explains"},
	{"stages[].vms[].watch.clock_step_ns", BOUNDED, "within what slewing explains"},
	{"loads[].argv[]", SHOWN, "a load's name is judged; its arguments belong to the table of "
				  "the lathe that ran, which no bundle holds"},
	{"loads[].cpu_seconds", BOUNDED, "above none: how much depends on the machine"},
	{"loads[].idle_seconds", BOUNDED, "short of what the judge calls idle"},
	{"loads[].exit", SHOWN, "it was stopped: by which signal says nothing"},
	{"tuning.how", SHOWN, "told; findings are judged on what the host held"},
	{"tuning.by", SHOWN, "told; findings are judged on what the host held"},
	{"tuning.why", SHOWN, "told; findings are judged on what the host held"},
	{"tuning.cpus", SHOWN, "told; findings are judged on what the host held"},
	{"tuning.cpu_dma_latency", SHOWN, "told; findings are judged on what the host held"},
	{"tuning.put_back", SHOWN, "told; findings are judged on what the host held"},
	{"tuning.left[]", SHOWN, "told; findings are judged on what the host held"},
	{"tuning.rows[].row", SHOWN, "told; findings are judged on what the host held"},
	{"tuning.rows[].place", SHOWN, "told; findings are judged on what the host held"},
	{"tuning.rows[].was", SHOWN, "told; findings are judged on what the host held"},
	{"tuning.rows[].then", SHOWN, "told; findings are judged on what the host held"},
	{"tuning.rows[].now", SHOWN, "told; findings are judged on what the host held"},
	{"tuning.rows[].state", SHOWN, "told; findings are judged on what the host held"},
	{"tuning.rows[].why", SHOWN, "told; findings are judged on what the host held"},
	{"tuning.rows[].put_back", SHOWN, "told; findings are judged on what the host held"},
	{"timing.image_ms", SHOWN, "before the measurement"},
	{"timing.boot_ms", SHOWN, "before the measurement"},
	{"timing.start_to_first_sample_ms", SHOWN, "before the measurement"},
	{"timing.total_ms", SHOWN, "the samples are counted, not the seconds around them"},
	{"versions.lathe", SHOWN, "a name"},
	{"versions.libvirt", SHOWN, "a name"},
	{"versions.qemu", SHOWN, "a name"},
	{"versions.tool", SHOWN, "repeats the stage's, which is checked"},
	{"versions.host_kernel", SHOWN, "repeats the host's, which is checked"},
};

/* -1: none. */
static int leeway_of(const char *path)
{
	for (gsize i = 0; i < G_N_ELEMENTS(leeways); i++)
		if (strcmp(leeways[i].path, path) == 0)
			return (int)i;
	return -1;
}

/* Of each leeway: changes seen, and changes that passed. */
typedef struct {
	guint seen[G_N_ELEMENTS(leeways)], passed[G_N_ELEMENTS(leeways)];
} Tally;

static const char *const pairs[][2] = {
	{"tcg", "kvm"},		      {"kvm", "tcg"},		    {"<", "<="},
	{"SCHED_FIFO", "SCHED_OTHER"}, {"SCHED_OTHER", "SCHED_FIFO"}, {"tsc", "kvm-clock"},
	{"hpet", "tsc"},	      {"0", "1"},		    {"1", "0"},
	{"guest", "host"},	      {"worker", "emulator"},	    {"max", "avg"},
};

/* Other values of the leaf's own type; ends in NULL. */
static void others_of(const json_t *leaf, json_t *ret[8])
{
	json_int_t n;

	switch (json_typeof(leaf)) {
	case JSON_INTEGER:
		n = json_integer_value(leaf);
		*ret++ = json_integer(n + 1);
		*ret++ = json_integer(n * 2 + 3);
		*ret++ = json_integer(0);
		*ret++ = json_integer(n + 1000000000000);
		*ret++ = json_integer(-n - 1);
		break;
	case JSON_REAL:
		*ret++ = json_real(json_real_value(leaf) + 1);
		*ret++ = json_real(0);
		*ret++ = json_real(-1);
		*ret++ = json_real(json_real_value(leaf) + 1e6);
		break;
	case JSON_STRING:
		*ret++ = json_string("");
		*ret++ = json_sprintf("%s1", json_string_value(leaf));
		*ret++ = json_string("tampered");
		/* What looks right. */
		for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++)
			if (strcmp(json_string_value(leaf), pairs[i][0]) == 0)
				*ret++ = json_string(pairs[i][1]);
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		*ret++ = json_boolean(!json_is_true(leaf));
		break;
	default:
		*ret++ = json_string("tampered");
		break;
	}
	*ret = NULL;
}

static void replace(json_t *parent, const char *key, size_t index, json_t *value)
{
	if (key)
		json_object_set_new(parent, key, value);
	else
		json_array_set_new(parent, index, value);
}

static void try_leaf(Walk *walk, json_t *parent, const char *key, size_t index, json_t *leaf)
{
	int leeway = leeway_of(walk->path->str);
	Tally *tally = walk->own;
	json_t *others[8];

	if (walk->leaves++ % walk->t->effort->stride != 0)
		return;
	json_incref(leaf);
	others_of(leaf, others);
	for (json_t **other = others; *other; other++) {
		g_autofree char *text = json_dumps(*other, JSON_ENCODE_ANY);
		gboolean same = json_equal(*other, leaf);
		gboolean passed;

		replace(parent, key, index, *other);
		passed = !same && passes_with(walk);
		if (leeway >= 0) {
			tally->passed[leeway] += passed;
			tally->seen[leeway] += !same && !passed;
		} else if (passed) {
			hole(walk, walk->path->str, "still PASS with", text);
		}
	}
	replace(parent, key, index, leaf);
}

/* A list that has grown stale hides the next hole. What this bundle does not hold says nothing. */
static void check_leeways(Walk *walk)
{
	const Tally *tally = walk->own;

	for (gsize i = 0; i < G_N_ELEMENTS(leeways); i++) {
		if (tally->seen[i] && !tally->passed[i])
			hole(walk, leeways[i].path, "needs no leeway", "");
		if (tally->passed[i] && !tally->seen[i] && leeways[i].leeway == BOUNDED)
			hole(walk, leeways[i].path, "is not bounded", "");
	}
}

static void walk_json(Walk *walk, json_t *node)
{
	gsize length = walk->path->len;
	size_t tried = elements_tried(walk, node);
	const char *key;
	size_t index;
	json_t *child;

	if (json_is_object(node)) {
		json_object_foreach(node, key, child) {
			g_string_append_printf(walk->path, "%s%s", length ? "." : "", key);
			if (json_is_object(child) || json_is_array(child))
				walk_json(walk, child);
			else
				try_leaf(walk, node, key, 0, child);
			g_string_truncate(walk->path, length);
		}
		return;
	}
	json_array_foreach(node, index, child) {
		if (index == tried)
			break;
		g_string_append(walk->path, "[0]");
		if (index > 0 || leeway_of(walk->path->str) < 0) {
			g_string_truncate(walk->path, length);
			g_string_append(walk->path, "[]");
		}
		if (json_is_object(child) || json_is_array(child))
			walk_json(walk, child);
		else
			try_leaf(walk, node, NULL, index, child);
		g_string_truncate(walk->path, length);
	}
}

static void change_each_value(Walk *walk)
{
	Tally tally = {0};

	walk->own = &tally;
	walk_json(walk, walk->root);
	if (walk->t->effort->stride == 1)
		check_leeways(walk);
	assert_true(walk->leaves > 100);
}

static void test_run_json_value_by_value(void **state)
{
	with_run_json(*state, change_each_value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_run_json_value_by_value, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
