/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each part of run.json in a bundle, taken out: never better for it. */
#include "tamper-json.h"

/* What may be dropped: of these the verdict does not rest on one more or less. */
static const struct {
	const char *path, *why;
} droppable[] = {
	{"verdict.limits[]", "made again; never read"},
	{"verdict.labels[]", "made again; never read"},
	{"verdict.proves[]", "made again; never read"},
	{"profile.overrides[]", "prose; what they led to is in profile.ini"},
	{"tuning.rows[]", "told; findings are judged on what the host held"},
	{"tuning.left[]", "told; it was found after the measurement"},
	{"loads[].argv[]", "the load table's business; see the leeways"},
	/* Of a passing bundle: each that is there was where it should be. */
	{"stages[].vms[].places[]", "QEMU's workers come and go, and how many there were proves nothing"},
};

/* `dropped` is the element, or the array that was emptied. */
static gboolean may_be_dropped(const char *path, const json_t *dropped)
{
	const char *role = json_string_value(json_object_get(dropped, "role"));

	if (strcmp(path, "stages[].vms[].places[]") == 0 && g_strcmp0(role, "worker") != 0)
		return FALSE;
	for (gsize i = 0; i < G_N_ELEMENTS(droppable); i++)
		if (strcmp(droppable[i].path, path) == 0)
			return TRUE;
	return FALSE;
}

static void try_without(Walk *walk, const json_t *dropped, const char *what)
{
	if (walk->leaves++ % walk->t->effort->stride != 0)
		return;
	if (passes_with(walk) && !may_be_dropped(walk->path->str, dropped))
		hole(walk, walk->path->str, "still PASS without", what);
}

static void drop_elements(Walk *walk, json_t *array)
{
	json_t *all = json_copy(array);
	size_t tried = elements_tried(walk, array);
	size_t index;
	json_t *element;

	json_array_foreach(all, index, element) {
		g_autofree char *which = g_strdup_printf("element %zu", index);

		if (index == tried)
			break;
		json_array_remove(array, index);
		try_without(walk, element, which);
		json_array_insert(array, index, element);
	}
	if (json_array_size(all) > 0) {
		json_array_clear(array);
		try_without(walk, all, "any");
		json_array_extend(array, all);
	}
	json_decref(all);
}

static void drop_members(Walk *walk, json_t *object)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	gsize length = walk->path->len;
	const char *key;
	json_t *member;

	/* What is put back comes last, and would come round again. */
	json_object_foreach(object, key, member)
		g_ptr_array_add(names, g_strdup(key));
	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i];

		member = json_incref(json_object_get(object, name));
		json_object_del(object, name);
		g_string_append_printf(walk->path, "%s%s", length ? "." : "", name);
		try_without(walk, member, "it");
		g_string_truncate(walk->path, length);
		json_object_set_new(object, name, member);
	}
}

static void drop_json(Walk *walk, json_t *node)
{
	gsize length = walk->path->len;
	const char *key;
	size_t index;
	json_t *child;

	if (json_is_object(node)) {
		drop_members(walk, node);
		json_object_foreach(node, key, child) {
			g_string_append_printf(walk->path, "%s%s", length ? "." : "", key);
			drop_json(walk, child);
			g_string_truncate(walk->path, length);
		}
	} else if (json_is_array(node)) {
		g_string_append(walk->path, "[]");
		drop_elements(walk, node);
		for (index = 0; index < elements_tried(walk, node); index++)
			drop_json(walk, json_array_get(node, index));
		g_string_truncate(walk->path, length);
	}
}

static void drop_each(Walk *walk)
{
	g_autofree char *before = json_dumps(walk->root, JSON_SORT_KEYS);
	g_autofree char *after = NULL;

	drop_json(walk, walk->root);
	after = json_dumps(walk->root, JSON_SORT_KEYS);
	assert_string_equal(before, after);
	assert_true(walk->leaves > 200);
}

/* A place, a deviation, an override, a load, a thread, a stage, a member of anything: what is not
 * there is missed. */
static void test_run_json_without_a_part(void **state)
{
	with_run_json(*state, drop_each);
}

static void spoil_deviation(Run *run)
{
	run_deviate(run, run->vms->pdata[0], "QEMU was not given -cpu host");
}

static void spoil_worker(Run *run)
{
	RunStage *stage = run->stages->pdata[0];

	fixture_add_place(stage->vms->pdata[0], "worker", "0-7", 6, 0);
}

static void spoil_load(Run *run)
{
	RunLoad *load = run_add_load(run, "hackbench", "elsewhere");

	load->ran = FALSE;
}

static void spoil_thread(Run *run)
{
	RunStage *stage = run->stages->pdata[0];

	run_add_thread(stage->vms->pdata[0], 0);
}

static void spoil_stage(Run *run)
{
	run_add_stage(run, "second");
}

/* The one thing that spoils a bundle, and that no other file of it shows. */
static const struct {
	const char *name;
	void (*spoil)(Run *run);
	const char *object, *array; /* of run.json, or its first stage; the array's last element */
} spoilt[] = {
	{"a deviation", spoil_deviation, NULL, "deviations"},
	{"a worker on an RT CPU", spoil_worker, "vms", "places"},
	{"a load that did not run", spoil_load, NULL, "loads"},
	{"a thread that nobody planned", spoil_thread, "vms", "threads"},
	{"a stage that nobody planned", spoil_stage, NULL, "stages"},
};

static void drop_last(const char *directory, const char *object, const char *array)
{
	g_autofree char *path = g_build_filename(directory, "run.json", NULL);
	json_t *root = json_load_file(path, 0, NULL);
	json_t *stage = json_array_get(json_object_get(root, "stages"), 0);
	json_t *from = object ? json_array_get(json_object_get(stage, object), 0) : root;
	char *text;

	from = json_object_get(from, array);
	assert_true(json_array_size(from) > 0);
	assert_int_equal(json_array_remove(from, json_array_size(from) - 1), 0);
	text = json_dumps(root, JSON_INDENT(2));
	tree_write(directory, "run.json", text);
	free(text);
	json_decref(root);
	remake_sums(directory, NULL);
}

/* A bundle does not become better by what is taken out of it: its own verdict knew. */
static void test_what_spoils_is_dropped(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(spoilt); i++) {
		char *directory = new_fixture_bundle(spoilt[i].spoil);
		g_autofree char *reasons = NULL;

		if (judge(directory, NULL) != RESULT_INCONCLUSIVE)
			fail_msg("%s does not show", spoilt[i].name);
		drop_last(directory, spoilt[i].object, spoilt[i].array);
		if (judge(directory, &reasons) != RESULT_INCONCLUSIVE ||
		    !strstr(reasons, "the run's own verdict was INCONCLUSIVE, and nothing"))
			fail_msg("%s, dropped: %s", spoilt[i].name, reasons);
		tree_free(directory);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_run_json_without_a_part, set_up,
						tear_down),
		cmocka_unit_test(test_what_spoils_is_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
