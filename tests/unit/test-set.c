/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every row that says what it would write: its place is broken as its case in tests/knob
 * says, tuned, and put back. Then the row holds, a second time changes nothing, and after
 * it the whole tree is as it was.
 */
#include "knob-cases.h"

#include "as-if-changed.h"
#include "choice.h"
#include "kernel-answers.h"
#include "tree-snapshot.h"
#include "tune.h"

/* Rows of which a tree cannot show it. What would be changed is looked at all the same.
 */
static const struct {
	const char *pattern; /* of ids; the first that matches counts */
	ChangeKind kind;
	const char *why; /* NULL: it can */
} elsewhere[] = {
	{"service.kipmid_busy", CHANGE_FILE, NULL},
	{"service.*", CHANGE_SERVICE, "a tree has no systemd: test-set-services"},
	{"periodic.*", CHANGE_SERVICE, "a tree has no systemd: test-set-services"},
	{"irq.irqbalance_banned", CHANGE_SERVICE,
	 "a tree has no systemd: test-set-services"},
	{"priority.stalld", CHANGE_SERVICE, "a tree has no systemd: test-set-services"},
	{"priority.ktimer_lockless_check", CHANGE_FILE, NULL},
	{"priority.*", CHANGE_SCHEDULING, "a tree has no threads: test-tune-live"},
	{"irq.threads", CHANGE_AFFINITY, "a tree has no threads: test-tune-live"},
	{"network.queues", CHANGE_QUEUES, "a tree has no network card: test-target-queues"},
	{"task.kthreads", CHANGE_AFFINITY, "a tree has no threads: test-tune-live"},
};

/* Rows that move tasks between cgroups, which plain directories cannot play: test-tune-cpuset does
 * it with the kernel's, test-tune-partition with cases of its own. */
static const char *const of_cgroups[] = {"cpu.load_balance", "cpu.partition", "task.stray"};

/* A case that also shows what cannot be changed. */
static const struct {
	const char *id, *why; /* a part of it */
} unmoved[] = {
	{"irq.affinity_requested", "managed"},
	{"priority.stalld", "nothing can be said"},
	{"task.kthreads", "belongs to a VM"},
};

/* ---- one change of one row ---- */

/* What is looked at: a row, its tree as its case broke it. */
typedef struct {
	Fixture *fixture;
	const KnobLayer *layer;
	const Knob *knob;
	KnobScope scope;
	guint number; /* of the case's change */
} Case;

static const char *tree_of(const Case *this)
{
	return this->fixture->directory[scope_index(this->scope)];
}

static Changes *find(const Case *this)
{
	g_auto(Look) look = look_at(this->fixture, this->knob, this->scope);
	const char *only[] = {this->knob->id, NULL};
	KnobSelection selection = {.only = only};

	return changes_find(look.view, &selection);
}

static void expect_no_change(const Case *this, const char *when)
{
	g_autoptr(Changes) changes = find(this);

	for (guint i = 0; i < changes->changes->len; i++) {
		const Change *change = changes->changes->pdata[i];

		fail_msg("%s (%u) %s: would change '%s' from '%s' to '%s'",
			 this->knob->id, this->number, when, change->place, change->was,
			 change->then);
	}
}

static gboolean is_unmoved(const Unchangeable *unchangeable)
{
	for (guint i = 0; i < G_N_ELEMENTS(unmoved); i++)
		if (strcmp(unmoved[i].id, unchangeable->row) == 0 &&
		    strstr(unchangeable->why, unmoved[i].why))
			return TRUE;
	return FALSE;
}

static Changes *expect_changes(const Case *this)
{
	Changes *changes = find(this);

	for (guint i = 0; i < changes->unchangeable->len; i++) {
		const Unchangeable *unchangeable = changes->unchangeable->pdata[i];

		if (!is_unmoved(unchangeable))
			fail_msg("%s (%u): %s", this->knob->id, this->number,
				 unchangeable->why);
	}
	if (changes->changes->len + changes->unchangeable->len == 0)
		fail_msg("%s (%u): is broken, and nothing would be changed",
			 this->knob->id, this->number);
	for (guint i = 0; i < changes->changes->len; i++)
		assert_string_equal(((Change *)changes->changes->pdata[i])->row,
				    this->knob->id);
	return changes;
}

static void expect_states(const Case *this, const GPtrArray *outcomes, TunedState state)
{
	for (guint i = 0; i < outcomes->len; i++) {
		const Tuned *tuned = outcomes->pdata[i];

		if (tuned->state != state)
			fail_msg("%s (%u): '%s' from '%s' to '%s': %s instead of %s: %s",
				 this->knob->id, this->number, tuned->place, tuned->was,
				 tuned->then, tuned_state_name(tuned->state),
				 tuned_state_name(state), tuned->why ? tuned->why : "");
	}
}

static void apply(const Case *this, const Tune *tune, const Changes *changes,
		  TunedState state)
{
	g_autoptr(GPtrArray) outcomes = tuned_new_array();
	g_autofree char *cpus =
		cpulist_format(&this->fixture->planned[scope_index(this->scope)]);
	g_autoptr(GError) error = NULL;

	if (!tune_apply(tune, "test", cpus, changes->changes, outcomes, &error))
		fail_msg("%s (%u): %s", this->knob->id, this->number, error->message);
	assert_int_equal(outcomes->len, changes->changes->len);
	expect_states(this, outcomes, state);
}

static void restore(const Case *this, const Tune *tune, guint n)
{
	g_autoptr(GPtrArray) outcomes = tuned_new_array();
	g_autoptr(GError) error = NULL;

	if (!tune_restore(tune, outcomes, NULL, NULL, &error))
		fail_msg("%s (%u): %s", this->knob->id, this->number, error->message);
	assert_int_equal(outcomes->len, n);
	expect_states(this, outcomes, TUNED_RESTORED);
}

static void expect_holds(const Case *this)
{
	g_autoptr(Finding) finding =
		judge(this->fixture, this->layer, this->knob, this->scope, NULL);

	if (finding->status != STATUS_PASS)
		fail_msg("%s (%u): %s after it was tuned: %s", this->knob->id,
			 this->number, finding_status_name(finding->status),
			 finding->reason ? finding->reason : "");
}

/* There and back again. */
static void check_tuned(const Case *this, const Changes *changes)
{
	g_autoptr(Root) root = root_open_writable(tree_of(this), NULL);
	g_autoptr(GHashTable) before = snapshot_take(tree_of(this));
	g_autoptr(GHashTable) after = NULL;
	char *state = tree_new_in_memory();
	KernelAnswers *answers = kernel_answers_new(tree_of(this), changes->changes);
	Tune tune = {.host = {root, TARGET_WRITE_SECONDS},
		     .directory = state,
		     .step = kernel_answers_step,
		     .step_data = answers};

	assert_non_null(root);
	apply(this, &tune, changes, TUNED_MADE);
	expect_holds(this);
	expect_no_change(this, "after it was tuned");
	apply(this, &tune, changes, TUNED_HELD);
	restore(this, &tune, changes->changes->len);
	after = snapshot_take(tree_of(this));
	snapshot_compare(this->knob->id, before, after);
	kernel_answers_free(answers);
	tree_free(state);
}

/* ---- rows ---- */

/* The reason why a tree cannot show it, or NULL. */
static const char *why_elsewhere(const Knob *knob, ChangeKind *ret_kind)
{
	for (guint i = 0; i < G_N_ELEMENTS(elsewhere); i++)
		if (g_pattern_match_simple(elsewhere[i].pattern, knob->id)) {
			*ret_kind = elsewhere[i].kind;
			return elsewhere[i].why;
		}
	return NULL;
}

/* Somebody else shows that it can be done: here it is that it would do. */
static void check_as_if(const Case *this, const Changes *changes)
{
	guint depth = this->fixture->undo->len;

	as_if_changed(this->fixture, this->scope, changes->changes);
	expect_holds(this);
	expect_no_change(this, "as if it was tuned");
	undo_to(this->fixture, depth);
}

static void check_broken(const Case *this)
{
	g_autoptr(Changes) changes = expect_changes(this);
	ChangeKind kind;

	if (changes->changes->len == 0)
		return;
	if (!why_elsewhere(this->knob, &kind)) {
		check_tuned(this, changes);
		return;
	}
	for (guint i = 0; i < changes->changes->len; i++)
		assert_int_equal(((Change *)changes->changes->pdata[i])->kind, kind);
	if (kind != CHANGE_QUEUES)
		check_as_if(this, changes);
}

/* TRUE when the row is broken there with that side (NULL: no choice), and was tuned. */
static gboolean check_side(const Case *this, const char *side)
{
	g_autoptr(Finding) finding = NULL;
	gboolean broken;

	this->fixture->choice = side;
	finding = judge(this->fixture, this->layer, this->knob, this->scope, NULL);
	broken = finding->status == STATUS_FAIL || finding->status == STATUS_WARN;
	if (this->knob->opinions && !side)
		expect_no_change(this, "without a choice");
	else if (broken)
		check_broken(this);
	else
		expect_no_change(this, "as it is");
	this->fixture->choice = NULL;
	return broken && (side || !this->knob->opinions);
}

/* What no one knows is not changed; with a choice, other places of the row may be. */
static guint check_sides(const Case *this, const char *status)
{
	const char *choices = this->knob->sides && g_strcmp0(status, "UNKNOWN") != 0
				      ? this->knob->sides
				      : "";
	g_auto(GStrv) sides = g_strsplit(choices, "|", -1);
	guint n = check_side(this, NULL);

	for (char **side = sides; *side; side++)
		n += check_side(this, *side);
	return n;
}

typedef struct {
	Fixture *fixture;
	const KnobLayer *layer;
	const Knob *knob;
} RowTest;

static void test_row(void **state)
{
	const RowTest *test = *state;
	Fixture *fixture = test->fixture;
	const IniSection *section = g_hash_table_lookup(fixture->cases, test->knob->id);
	Case this = {fixture, test->layer, test->knob, SCOPE_HOST, 0};
	guint n, depth;

	assert_non_null(section);
	this.scope = scope_of(test->knob, section);
	apply_with(fixture, section, this.scope);
	n = check_sides(&this, NULL);
	depth = fixture->undo->len;
	for (this.number = 1; apply_change(fixture, section, this.scope, this.number);
	     this.number++) {
		n += check_sides(&this, value_of(section, "status", this.number));
		undo_to(fixture, depth);
	}
	if (n == 0)
		fail_msg("%s: none of its cases breaks it", test->knob->id);
}

static int after_row(void **state)
{
	const RowTest *test = *state;

	test->fixture->choice = NULL;
	undo_to(test->fixture, 0);
	return 0;
}

/* Nothing is listed that is not there. */
static void test_listed(void **state)
{
	guint n[G_N_ELEMENTS(elsewhere)] = {0};

	(void)state;
	for (guint i = 0; i < G_N_ELEMENTS(of_cgroups); i++) {
		const Knob *knob = knob_find(of_cgroups[i], NULL);

		if (!knob || !knob->change)
			fail_msg("'%s' is no row that is tuned", of_cgroups[i]);
	}
	KNOB_FOREACH(layer, knob)
	for (guint i = 0; i < G_N_ELEMENTS(elsewhere); i++)
		n[i] += (knob->set || knob->change) &&
			g_pattern_match_simple(elsewhere[i].pattern, knob->id);
	for (guint i = 0; i < G_N_ELEMENTS(elsewhere); i++)
		if (n[i] == 0)
			fail_msg("'%s' names no row that is tuned", elsewhere[i].pattern);
}

static gboolean is_of_cgroups(const Knob *knob)
{
	for (guint i = 0; i < G_N_ELEMENTS(of_cgroups); i++)
		if (strcmp(knob->id, of_cgroups[i]) == 0)
			return TRUE;
	return FALSE;
}

static GArray *all_tests(Fixture *fixture, GPtrArray *states)
{
	GArray *tests = g_array_new(FALSE, TRUE, sizeof(struct CMUnitTest));
	struct CMUnitTest listed = cmocka_unit_test(test_listed);

	KNOB_FOREACH(layer, knob)
	{
		RowTest *state;
		struct CMUnitTest test = {knob->id, test_row, NULL, after_row, NULL};

		if ((!knob->set && !knob->change) || is_of_cgroups(knob))
			continue;
		state = g_new(RowTest, 1);
		*state = (RowTest){fixture, layer, knob};
		g_ptr_array_add(states, state);
		test.initial_state = state;
		g_array_append_val(tests, test);
	}
	g_array_append_val(tests, listed);
	return tests;
}

int main(void)
{
	g_autoptr(GPtrArray) states = g_ptr_array_new_with_free_func(g_free);
	Fixture *fixture = fixture_new();
	g_autoptr(GArray) tests = all_tests(fixture, states);
	int failed = _cmocka_run_group_tests(
		"rows that are tuned", (const struct CMUnitTest *)(void *)tests->data,
		tests->len, NULL, NULL);

	fixture_free(fixture);
	return failed;
}
