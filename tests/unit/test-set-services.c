/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every row that stops or starts a unit: its case in tests/knob breaks it, and a mock of
 * systemd on a bus of the test's own is told what to do, once, and told to undo it.
 */
#include "knob-cases.h"

#include "mock-systemd.h"
#include "tune.h"

#define BUS_ADDRESS "DBUS_SYSTEM_BUS_ADDRESS"

typedef struct {
	Fixture *trees;
	GTestDBus *bus;
	Root *live;
	guint n_units;
} Services;

static int set_up(void **state)
{
	Services *services = g_new0(Services, 1);

	services->trees = fixture_new();
	services->bus = g_test_dbus_new(G_TEST_DBUS_NONE);
	g_test_dbus_up(services->bus);
	g_setenv(BUS_ADDRESS, g_test_dbus_get_bus_address(services->bus), TRUE);
	services->live = root_open_live(NULL);
	*state = services;
	return 0;
}

static int tear_down(void **state)
{
	Services *services = *state;

	g_test_dbus_down(services->bus);
	g_object_unref(services->bus);
	root_free(services->live);
	fixture_free(services->trees);
	g_free(services);
	return 0;
}

static guint count_jobs(MockSystemd *mock, const char *method, const char *unit)
{
	g_autofree char *line = g_strdup_printf("%s %s replace\n", method, unit);
	g_autofree char *calls = mock_systemd_calls(mock);
	guint n = 0;

	for (const char *at = calls; (at = strstr(at, line)); at += strlen(line))
		n++;
	return n;
}

static void apply(const Tune *tune, GPtrArray *changes, TunedState state)
{
	g_autoptr(GPtrArray) outcomes = tuned_new_array();
	g_autoptr(GError) error = NULL;
	const Tuned *tuned;

	if (!tune_apply(tune, "test", "5-7", changes, outcomes, &error))
		fail_msg("%s", error->message);
	assert_int_equal(outcomes->len, 1);
	tuned = outcomes->pdata[0];
	if (tuned->state != state)
		fail_msg("%s: %s: %s: %s", tuned->row, tuned->place,
			 tuned_state_name(tuned->state), tuned->why ? tuned->why : "");
}

/* Owned by the array that it is in. */
static void check_change(Services *services, const Change *change)
{
	static const MockScript script;
	gboolean stop = strcmp(change->then, "stopped") == 0;
	const char *there = stop ? "StopUnit" : "StartUnit";
	const char *back = stop ? "StartUnit" : "StopUnit";
	MockSystemd *mock = mock_systemd_new(services->bus, &script);
	g_autoptr(GPtrArray) one = g_ptr_array_new();
	g_autoptr(GPtrArray) left = g_ptr_array_new();
	g_autoptr(GPtrArray) undone = tuned_new_array();
	char *directory = tree_new_in_memory();
	Tune tune = {.host = {services->live, TARGET_WRITE_SECONDS},
		     .directory = directory};

	mock->stopped = !stop;
	g_ptr_array_add(one, (gpointer)change);
	g_ptr_array_add(left, (gpointer)change);
	tune_leave_held(&tune.host, left);
	assert_int_equal(left->len, 1);
	apply(&tune, one, TUNED_MADE);
	apply(&tune, one, TUNED_HELD);
	tune_leave_held(&tune.host, left);
	assert_int_equal(left->len, 0);
	assert_int_equal(count_jobs(mock, there, change->place), 1);
	assert_int_equal(count_jobs(mock, back, change->place), 0);
	assert_true(tune_restore(&tune, undone, NULL, NULL, NULL));
	assert_int_equal(undone->len, 1);
	assert_int_equal(((Tuned *)undone->pdata[0])->state, TUNED_RESTORED);
	assert_int_equal(count_jobs(mock, there, change->place), 1);
	assert_int_equal(count_jobs(mock, back, change->place), 1);
	services->n_units++;
	mock_systemd_free(mock);
	tree_free(directory);
}

static guint check_now(Services *services, const Knob *knob, KnobScope scope)
{
	g_auto(Look) look = look_at(services->trees, knob, scope);
	const char *only[] = {knob->id, NULL};
	KnobSelection selection = {.only = only};
	g_autoptr(Changes) changes = changes_find(look.view, &selection);
	guint n = 0;

	for (guint i = 0; i < changes->changes->len; i++) {
		const Change *change = changes->changes->pdata[i];

		if (change->kind != CHANGE_SERVICE)
			continue;
		check_change(services, change);
		n++;
	}
	return n;
}

/* How many units the row's cases have it stop or start. */
static guint check_row(Services *services, const Knob *knob)
{
	Fixture *trees = services->trees;
	const IniSection *section = g_hash_table_lookup(trees->cases, knob->id);
	KnobScope scope;
	guint depth, n = 0;

	if (!section)
		return 0;
	scope = scope_of(knob, section);
	apply_with(trees, section, scope);
	depth = trees->undo->len;
	for (guint number = 1; apply_change(trees, section, scope, number); number++) {
		g_auto(GStrv) sides = g_strsplit(knob->sides ? knob->sides : "", "|", -1);

		n += check_now(services, knob, scope);
		for (char **side = sides; *side; side++) {
			trees->choice = *side;
			n += check_now(services, knob, scope);
			trees->choice = NULL;
		}
		undo_to(trees, depth);
	}
	undo_to(trees, 0);
	return n;
}

static void test_units(void **state)
{
	Services *services = *state;
	guint n_rows = 0;

	KNOB_FOREACH(layer, knob)
	{
		guint n;

		if (!knob->set && !knob->change)
			continue;
		n = check_row(services, knob);
		if (n == 0 && knob->place == PLACE_SERVICE)
			fail_msg("%s: none of its units is stopped", knob->id);
		n_rows += n > 0;
	}
	print_message("%u units of %u rows\n", services->n_units, n_rows);
	assert_true(n_rows > 30);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_units),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
