/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bundle that passes, tampered with file by file and value by value: never PASS again. Once
 * with SHA256SUMS as the run left it, and once with the sums remade, so that each check stands
 * on its own. LATHE_TEST_BUNDLE names a real passing bundle to do it to; without it, the
 * fixture's.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>

#include "bundle_files.h"
#include "bundle_fixture.h"
#include "rejudge.h"
#include "verdict.h"

/* Every how many-th value of run.json is changed, and part of it dropped. The fixture's are all
 * tried. A sanitizer looks for other faults, and the changes all take the same path; a real
 * bundle has the trees of a whole machine, which are judged each time. */
#ifdef __SANITIZE_ADDRESS__
#define STRIDE 5
#else
#define STRIDE 1
#endif

/* How much is tried. A real bundle has a thousand files, and takes ten times as long to judge. */
typedef struct {
	guint edits; /* numbers changed in a raw file, evenly spread over it */
	/* There are hundreds of findings, and each is compared with what the captured tree
	 * shows in the same way: the first few stand for all. */
	guint findings;
	guint stride; /* see STRIDE */
} Effort;

static const Effort for_fixture = {.edits = 30, .findings = 4, .stride = STRIDE};
static const Effort for_real = {.edits = 8, .findings = 1, .stride = 29};

typedef struct {
	char *directory;
	GPtrArray *files; /* raw/... and run.json */
	guint tried;
	const Effort *effort;
	GHashTable *sums; /* name -> SHA-256 of what was not tampered with */
} Tamper;

static gboolean is_tampered_with(const char *name)
{
	return g_str_has_prefix(name, "raw/") || strcmp(name, "run.json") == 0;
}

/* known: name -> SHA-256 of the files that nobody tampers with, filled here; or NULL. */
static void remake_sums(const char *directory, GHashTable *known)
{
	g_autoptr(GPtrArray) names = bundle_list(directory, NULL);
	g_autoptr(GString) sums = g_string_new(NULL);

	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i];
		const char *sum = known ? g_hash_table_lookup(known, name) : NULL;
		g_autofree char *made = sum ? NULL : bundle_sha256(directory, name, NULL);

		if (strcmp(name, BUNDLE_SUMS) == 0)
			continue;
		bundle_sums_append(sums, sum ? sum : made, name);
		if (made && known && !is_tampered_with(name))
			g_hash_table_insert(known, g_strdup(name), g_steal_pointer(&made));
	}
	tree_write_bytes(directory, BUNDLE_SUMS, sums->str, (gssize)sums->len);
}

static char *reasons_of(const Run *run)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < run->verdict.reasons->len; i++)
		g_string_append_printf(text, "%s\n", (char *)run->verdict.reasons->pdata[i]);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static Result judge(const char *directory, char **ret_reasons)
{
	g_auto(Rejudged) rejudged = {0};
	g_autoptr(GError) error = NULL;

	if (!rejudge(directory, NULL, &rejudged, &error))
		fail_msg("%s", error->message);
	if (ret_reasons)
		*ret_reasons = reasons_of(rejudged.run);
	return rejudged.run->verdict.result;
}

typedef struct {
	char *name, *data;
	gsize length;
} Saved;

static Saved save(const Tamper *t, const char *name)
{
	g_autofree char *path = g_build_filename(t->directory, name, NULL);
	Saved saved = {.name = g_strdup(name)};

	assert_true(g_file_get_contents(path, &saved.data, &saved.length, NULL));
	return saved;
}

static void saved_clear(Saved *saved)
{
	g_free(saved->name);
	g_free(saved->data);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Saved, saved_clear)

static void put(const Tamper *t, const char *name, const char *data, gsize length)
{
	tree_write_bytes(t->directory, name, data, (gssize)length);
}

static void put_back(const Tamper *t, const Saved *saved)
{
	put(t, saved->name, saved->data, saved->length);
}

/* What was done to the copy must be seen: by its checksum, and without that by what it says. */
static void expect_seen(Tamper *t, const char *what)
{
	g_auto(Saved) sums = save(t, BUNDLE_SUMS);
	g_autofree char *reasons = NULL;

	t->tried++;
	assert_int_equal(judge(t->directory, &reasons), RESULT_INCONCLUSIVE);
	if (!strstr(reasons, "the bundle is not as the run left it"))
		fail_msg("%s: the checksum did not show: %s", what, reasons);
	remake_sums(t->directory, t->sums);
	if (judge(t->directory, NULL) == RESULT_PASS)
		fail_msg("%s: PASS with the sums remade", what);
	put_back(t, &sums);
}

/* The fixture's bundle as a run would leave it; `spoil` may be NULL. */
static char *new_fixture_bundle(void (*spoil)(Run *run))
{
	Fixture *f = fixture_new();
	char *directory = g_steal_pointer(&f->directory);
	g_autofree char *json = NULL;

	f->directory = directory;
	fixture_findings(f);
	if (spoil)
		spoil(f->run);
	verdict_judge(directory, f->profile, f->run);
	json = run_to_json(f->run);
	tree_write(directory, "run.json", json);
	remake_sums(directory, NULL);
	run_free(f->run);
	profile_free(f->profile);
	g_free(f);
	return directory;
}

static char *copy_bundle(const char *from)
{
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

static int set_up(void **state)
{
	const char *real = g_getenv("LATHE_TEST_BUNDLE");
	Tamper *t = g_new0(Tamper, 1);
	g_autoptr(GPtrArray) names = NULL;

	t->directory = real ? copy_bundle(real) : new_fixture_bundle(NULL);
	t->effort = real ? &for_real : &for_fixture;
	t->files = g_ptr_array_new_with_free_func(g_free);
	t->sums = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	names = bundle_list(t->directory, NULL);
	for (guint i = 0; i < names->len; i++)
		if (is_tampered_with(names->pdata[i]))
			g_ptr_array_add(t->files, g_strdup(names->pdata[i]));
	*state = t;
	return 0;
}

static int tear_down(void **state)
{
	Tamper *t = *state;

	g_ptr_array_unref(t->files);
	g_hash_table_unref(t->sums);
	tree_free(t->directory);
	g_free(t);
	return 0;
}

static void test_untouched_passes_as_stored(void **state)
{
	const Tamper *t = *state;
	g_auto(Rejudged) rejudged = {0};
	g_autofree char *reasons = NULL;

	assert_true(rejudge(t->directory, NULL, &rejudged, NULL));
	reasons = reasons_of(rejudged.run);
	if (rejudged.run->verdict.result != RESULT_PASS)
		fail_msg("the bundle does not pass: %s", reasons);
	assert_true(rejudged.stored);
	assert_int_equal(rejudged.stored_result, RESULT_PASS);
	assert_true(rejudged.same);
	assert_false(rejudged.other_rules);
}

static void test_cut(void **state)
{
	Tamper *t = *state;

	for (guint i = 0; i < t->files->len; i++) {
		const char *name = t->files->pdata[i];
		g_autofree char *path = g_build_filename(t->directory, name, NULL);
		g_auto(Saved) saved = save(t, name);

		for (gsize eighths = 0; eighths < 8; eighths++) {
			g_autofree char *what = g_strdup_printf("%s cut to %zu/8", name, eighths);

			put(t, name, saved.data, saved.length * eighths / 8);
			expect_seen(t, what);
		}
		assert_int_equal(g_remove(path), 0);
		expect_seen(t, name);
		put_back(t, &saved);
	}
	assert_true(t->tried >= 9 * t->files->len && t->files->len >= 4);
}

static void test_swapped(void **state)
{
	Tamper *t = *state;

	for (guint i = 0; i < t->files->len; i++) {
		for (guint j = 0; j < i; j++) {
			g_auto(Saved) a = save(t, t->files->pdata[i]);
			g_auto(Saved) b = save(t, t->files->pdata[j]);
			g_autofree char *what = g_strdup_printf("%s and %s", a.name, b.name);

			/* Two vCPUs may have seen the same. */
			if (a.length == b.length && memcmp(a.data, b.data, a.length) == 0)
				continue;
			put(t, a.name, b.data, b.length);
			put(t, b.name, a.data, a.length);
			expect_seen(t, what);
			put_back(t, &a);
			put_back(t, &b);
		}
	}
	assert_true(t->tried > 0);
}

/* Lines of the tool's JSON that no verdict rests on: when it ran is in run.json's own words
 * only, and what the guest was is read from its /proc, captured by the agent. */
static const char *const shown_lines[] = {"\"start_time\"", "\"end_time\"", "\"release\"",
					  "\"version\"", "\"machine\"", "\"nodename\"",
					  "\"file_version\"", "\"node\"",
					  /* at which cycle a sample overflowed: how many
					   * there are is checked */
					  "# Thread "};

static gboolean is_shown_only(const char *data, gsize at)
{
	const char *start = data + at, *end = strchrnul(data + at, '\n');
	g_autofree char *line = NULL;

	while (start > data && start[-1] != '\n')
		start--;
	line = g_strndup(start, (gsize)(end - start));
	for (gsize i = 0; i < G_N_ELEMENTS(shown_lines); i++)
		if (strstr(line, shown_lines[i]))
			return TRUE;
	return FALSE;
}

static GArray *digits_of(const Saved *saved)
{
	GArray *at = g_array_new(FALSE, FALSE, sizeof(gsize));

	for (gsize i = 0; i < saved->length; i++)
		if (g_ascii_isdigit(saved->data[i]) && !is_shown_only(saved->data, i))
			g_array_append_val(at, i);
	return at;
}

static void test_raw_numbers_edited(void **state)
{
	Tamper *t = *state;

	for (guint i = 0; i < t->files->len; i++) {
		const char *name = t->files->pdata[i];
		g_auto(Saved) saved = save(t, name);
		g_autoptr(GArray) digits = digits_of(&saved);
		guint step = MAX(1, digits->len / t->effort->edits);

		if (strcmp(name, "run.json") == 0)
			continue; /* value by value below */
		assert_true(digits->len > 0);
		for (guint k = 0; k < digits->len; k += step) {
			gsize at = g_array_index(digits, gsize, k);
			g_autofree char *edited = g_memdup2(saved.data, saved.length);
			g_autofree char *what = g_strdup_printf("%s, digit at %zu", name, at);

			edited[at] = edited[at] == '9' ? '1' : (char)(edited[at] + 1);
			put(t, name, edited, saved.length);
			expect_seen(t, what);
		}
		put_back(t, &saved);
	}
	assert_true(t->tried > t->files->len);
}

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
	{"host.uuid", SHOWN, "a name"},
	{"host.name", SHOWN, "a name"},
	{"guest.uuid", SHOWN, "a name"},
	{"guest.name", SHOWN, "a name"},
	{"guest.accel_reason", SHOWN, "prose; what ran the guest is checked in QEMU's argv"},
	{"guest.memory_locked", SHOWN, "told, not judged: no limit rests on the VM's memory"},
	{"plan.broken[]", SHOWN, "prose; that rules are broken is found again in the plan"},
	{"stages[].tool.argv[0]", SHOWN, "where the program lay"},
	{"canary.quiet.tool.argv[0]", SHOWN, "where the program lay"},
	{"canary.held.tool.argv[0]", SHOWN, "where the program lay"},
	{"canary.size_ns", BOUNDED, "from three times the quiet window on, as long as it was seen"},
	{"canary.held_ns", BOUNDED, "at least what was asked for, at most twice that"},
	{"canary.largest_hole_ns", BOUNDED, "up to a quarter of the canary"},
	{"stages[].threads[].readings", BOUNDED, "a reading as the tool ends shows no thread and "
						 "is not counted; none is too few"},
	{"stages[].places[].tid", SHOWN, "a name"},
	{"stages[].places[].comm", SHOWN, "a name"},
	{"stages[].places[].role", BOUNDED, "an IOThread's number is a name"},
	{"stages[].places[].last_cpu", BOUNDED, "judged for vCPUs: a worker that has slept since "
						"before it was pinned disturbs nobody"},
	{"stages[].watch.host.clock_step_ns", BOUNDED, "within what slewing explains"},
	{"stages[].watch.guest.clock_step_ns", BOUNDED, "within what slewing explains"},
	{"loads[].argv[]", SHOWN, "a load's name is judged; its arguments belong to the table of "
				  "the lathe that ran, which no bundle holds"},
	{"loads[].cpu_seconds", BOUNDED, "above none: how much depends on the machine"},
	{"loads[].idle_seconds", BOUNDED, "short of what the judge calls idle"},
	{"loads[].exit", SHOWN, "it was stopped: by which signal says nothing"},
	{"timing.image_ms", SHOWN, "before the measurement"},
	{"timing.boot_ms", SHOWN, "before the measurement"},
	{"timing.start_to_first_sample_ms", SHOWN, "before the measurement"},
	{"timing.total_ms", SHOWN, "the samples are counted, not the seconds around them"},
	{"versions.lathe", SHOWN, "a name"},
	{"versions.libvirt", SHOWN, "a name"},
	{"versions.qemu", SHOWN, "a name"},
	{"versions.tool", SHOWN, "repeats the stage's, which is checked"},
	{"versions.guest_kernel", SHOWN, "repeats the guest's, which is checked"},
	{"versions.agent", SHOWN, "a name"},
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

typedef struct {
	Tamper *t;
	json_t *root;
	GString *path;
	guint holes; /* what was not seen, each printed */
	guint leaves;
	/* Of each leeway: changes seen, and changes that passed. */
	guint seen[G_N_ELEMENTS(leeways)], passed[G_N_ELEMENTS(leeways)];
} Walk;

static gboolean passes_with(Walk *walk)
{
	char *text = json_dumps(walk->root, JSON_INDENT(2));

	put(walk->t, "run.json", text, strlen(text));
	free(text);
	remake_sums(walk->t->directory, walk->t->sums);
	return judge(walk->t->directory, NULL) == RESULT_PASS;
}

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

static void hole(Walk *walk, const char *path, const char *what, const char *value)
{
	g_printerr("# %s %s %s\n", path, what, value);
	walk->holes++;
}

static void try_leaf(Walk *walk, json_t *parent, const char *key, size_t index, json_t *leaf)
{
	int leeway = leeway_of(walk->path->str);
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
			walk->passed[leeway] += passed;
			walk->seen[leeway] += !same && !passed;
		} else if (passed) {
			hole(walk, walk->path->str, "still PASS with", text);
		}
	}
	replace(parent, key, index, leaf);
}

/* A list that has grown stale hides the next hole. What this bundle does not hold says nothing. */
static void check_leeways(Walk *walk)
{
	for (gsize i = 0; i < G_N_ELEMENTS(leeways); i++) {
		if (walk->seen[i] && !walk->passed[i])
			hole(walk, leeways[i].path, "needs no leeway", "");
		if (walk->passed[i] && !walk->seen[i] && leeways[i].leeway == BOUNDED)
			hole(walk, leeways[i].path, "is not bounded", "");
	}
}

/* How many elements of the array at walk->path are tried. */
static size_t elements_tried(const Walk *walk, const json_t *array)
{
	size_t n = json_array_size(array);

	return g_str_has_prefix(walk->path->str, "findings") && !strchr(walk->path->str, '.')
		       ? MIN(n, walk->t->effort->findings)
		       : n;
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

/* Calls `visit` with run.json; what it leaves of the bundle is put back. */
static void with_run_json(Tamper *t, void (*visit)(Walk *walk))
{
	g_auto(Saved) saved = save(t, "run.json");
	g_auto(Saved) sums = save(t, BUNDLE_SUMS);
	Walk walk = {.t = t, .path = g_string_new(NULL)};

	walk.root = json_loadb(saved.data, saved.length, 0, NULL);
	assert_non_null(walk.root);
	visit(&walk);
	assert_int_equal(walk.holes, 0);
	json_decref(walk.root);
	g_string_free(walk.path, TRUE);
	put_back(t, &saved);
	put_back(t, &sums);
}

static void change_each_value(Walk *walk)
{
	walk_json(walk, walk->root);
	if (walk->t->effort->stride == 1)
		check_leeways(walk);
	assert_true(walk->leaves > 100);
}

static void test_run_json_value_by_value(void **state)
{
	with_run_json(*state, change_each_value);
}

/* What may be dropped: of these the verdict does not rest on one more or less. */
static const struct {
	const char *path, *why;
} droppable[] = {
	{"verdict.limits[]", "made again; never read"},
	{"verdict.labels[]", "made again; never read"},
	{"verdict.proves[]", "made again; never read"},
	{"profile.overrides[]", "prose; what they led to is in profile.ini"},
	{"loads[].argv[]", "the load table's business; see the leeways"},
	/* Of a passing bundle: each that is there was where it should be. */
	{"stages[].places[]", "QEMU's workers come and go, and how many there were proves nothing"},
};

/* `dropped` is the element, or the array that was emptied. */
static gboolean may_be_dropped(const char *path, const json_t *dropped)
{
	const char *role = json_string_value(json_object_get(dropped, "role"));

	if (strcmp(path, "stages[].places[]") == 0 && g_strcmp0(role, "worker") != 0)
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
	run_note(run->deviations, "QEMU was not given -cpu host");
}

static void spoil_worker(Run *run)
{
	RunStage *stage = run->stages->pdata[0];

	fixture_add_place(stage, "worker", "0-7", 6, 0);
}

static void spoil_load(Run *run)
{
	RunLoad *load = run_add_load(run, "hackbench", "elsewhere");

	load->ran = FALSE;
}

static void spoil_thread(Run *run)
{
	run_stage_add_thread(run->stages->pdata[0], 0);
}

static void spoil_stage(Run *run)
{
	run_add_stage(run, "second");
}

/* The one thing that spoils a bundle, and that no other file of it shows. */
static const struct {
	const char *name;
	void (*spoil)(Run *run);
	const char *object, *array; /* of run.json; the array's last element */
} spoilt[] = {
	{"a deviation", spoil_deviation, NULL, "deviations"},
	{"a worker on an RT CPU", spoil_worker, "stages", "places"},
	{"a load that did not run", spoil_load, NULL, "loads"},
	{"a thread that nobody planned", spoil_thread, "stages", "threads"},
	{"a stage that nobody planned", spoil_stage, NULL, "stages"},
};

static void drop_last(const char *directory, const char *object, const char *array)
{
	g_autofree char *path = g_build_filename(directory, "run.json", NULL);
	json_t *root = json_load_file(path, 0, NULL);
	json_t *from = object ? json_array_get(json_object_get(root, object), 0) : root;
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
		cmocka_unit_test_setup_teardown(test_untouched_passes_as_stored, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_cut, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_swapped, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_raw_numbers_edited, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_run_json_value_by_value, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_run_json_without_a_part, set_up, tear_down),
		cmocka_unit_test(test_what_spoils_is_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
