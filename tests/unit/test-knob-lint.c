/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the lint of a table asks of the knob table, and of the cases that go with it. */
#include "knob-cases.h"
#include "set.h"

static void check_text(const char *id, const char *what, const char *text)
{
	if (!text || !*text)
		fail_msg("%s: no %s", id, what);
	if (strchr(text, '\n') || g_str_has_prefix(text, " ") || g_str_has_suffix(text, " "))
		fail_msg("%s: %s is not one line", id, what);
}

static void check_id(const char *id)
{
	if (!g_regex_match_simple("^[a-z][a-z0-9_]*(\\.[a-z0-9_]+)+$", id, 0, 0))
		fail_msg("'%s' is no id", id);
}

static void lint_row(const Knob *knob)
{
	gboolean judged = knob->place != PLACE_EXPLAIN;

	check_id(knob->id);
	check_text(knob->id, "title", knob->title);
	check_text(knob->id, "why", knob->why);
	check_text(knob->id, "source", knob->source);
	if (g_str_has_suffix(knob->title, "."))
		fail_msg("%s: the title ends in a full stop", knob->id);
	if (knob->scopes == 0 || knob->scopes >= 1u << KNOB_SCOPES)
		fail_msg("%s: scopes", knob->id);
	if (judged && knob->when != WHEN_NEVER)
		check_text(knob->id, "remedy", knob->remedy);
	if (judged && !knob->judge && (!knob->path || !knob->want))
		fail_msg("%s: a place needs a path and a want", knob->id);
	if (knob->place == PLACE_COMPUTED && (!knob->judge || !knob->reads))
		fail_msg("%s: a computed row needs judge and reads", knob->id);
	if (knob->absent != ABSENT_UNKNOWN)
		check_text(knob->id, "absent_means", knob->absent_means);
	if (knob->set && (knob->change || !knob->want))
		fail_msg("%s: a setter stands alone, beside a want", knob->id);
	if ((knob->set || knob->change) && knob->when != WHEN_RUNTIME &&
	    knob->when != WHEN_VM_RESTART && !knob->refusable)
		fail_msg("%s: it cannot be set while the machine runs", knob->id);
	if (knob->set == set_choice && !knob->sides)
		fail_msg("%s: nothing can be chosen that would be set", knob->id);
	if (knob->sides && !knob->opinions)
		fail_msg("%s: sides of no opinions", knob->id);
}

static void test_lint(void **state)
{
	const Fixture *fixture = *state;
	g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);
	GHashTableIter iter;
	gpointer id;

	KNOB_FOREACH (layer, knob) {
		check_text(layer->name, "title", layer->title);
		lint_row(knob);
		if (!g_hash_table_add(ids, (gpointer)knob->id))
			fail_msg("%s stands twice", knob->id);
	}
	g_hash_table_iter_init(&iter, fixture->cases);
	while (g_hash_table_iter_next(&iter, &id, NULL)) {
		const Knob *knob = knob_find(id, NULL);

		if (!knob || knob->place == PLACE_EXPLAIN)
			fail_msg("[%s] is the case of no row that is judged", (char *)id);
	}
}

static gboolean same_texts(const Knob *a, const Knob *b)
{
	return a->place == b->place && a->per == b->per && a->min == b->min &&
	       a->max == b->max && g_strcmp0(a->path, b->path) == 0 &&
	       g_strcmp0(a->text, b->text) == 0;
}

/* Two rows of a scope that ask the same of the same place would count one mistake twice. */
static void test_no_row_twice(void **state)
{
	(void)state;
	KNOB_FOREACH (layer, knob)
		KNOB_FOREACH (other_layer, other) {
			if (knob == other || !(knob->scopes & other->scopes) ||
			    knob->place == PLACE_EXPLAIN)
				continue;
			if (knob->want == other->want && knob->judge == other->judge &&
			    knob->reads == other->reads && same_texts(knob, other))
				fail_msg("%s and %s judge the same", knob->id, other->id);
		}
}

static void test_enough_rows(void **state)
{
	guint judged = 0;

	(void)state;
	KNOB_FOREACH (layer, knob)
		judged += knob->place != PLACE_EXPLAIN;
	assert_true(judged >= 180);
}

static int set_up(void **state)
{
	*state = fixture_new();
	return 0;
}

static int tear_down(void **state)
{
	fixture_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lint),
		cmocka_unit_test(test_enough_rows),
		cmocka_unit_test(test_no_row_twice),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
