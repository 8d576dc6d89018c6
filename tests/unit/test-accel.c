/* SPDX-License-Identifier: GPL-2.0-or-later */
/* KVM or TCG, from the proof that a bundle keeps. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <glib.h>

#include "accel.h"
#include "knob_capture.h"
#include "root.h"
#include "tree.h"
#include "trees.h"

#define PROOF TREE_HOST "/" CAPTURE_KVM_PROOF

static void test_what_the_proof_says(void **state)
{
	static const struct {
		const char *proof; /* NULL: none */
		Accel accel;
		const char *reason;
	} rows[] = {
		{"yes\tKVM works: 1.2 times", ACCEL_KVM, "KVM works: 1.2 times"},
		{"yes\tKVM works\n", ACCEL_KVM, "KVM works"},
		{"no\tKVM does not work: slow", ACCEL_TCG, "KVM does not work: slow"},
		{"yes", ACCEL_TCG, "not known"},
		{"yesterday\tKVM works", ACCEL_TCG, "not known"},
		{"\tyes\tKVM works", ACCEL_TCG, "not known"},
		{"no\tKVM does not work\nyes\tKVM works", ACCEL_TCG, "not known"},
		{"", ACCEL_TCG, "not known"},
		{NULL, ACCEL_TCG, "not known"},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		char *bundle = tree_new();
		g_autofree char *reason = NULL;

		if (rows[i].proof)
			tree_write(bundle, PROOF, rows[i].proof);
		if (accel_proven(bundle, &reason) != rows[i].accel ||
		    !strstr(reason, rows[i].reason))
			fail_msg("row %zu: '%s'", i, reason);
		tree_free(bundle);
	}
}

/* A run captures its host first: what it captured is the proof, made once. */
static void test_of_a_capture(void **state)
{
	char *bundle = tree_new();
	g_autofree char *directory = g_build_filename(bundle, TREE_HOST, NULL);
	g_autoptr(Root) live = root_open_live(NULL);
	g_autoptr(KnobView) view = knob_view_new(live, SCOPE_HOST, NULL, NULL);
	g_autofree char *reason = NULL;
	Accel accel;

	(void)state;
	assert_true(knob_capture(view, SCOPE_HOST, NULL, directory, NULL));
	accel = accel_proven(bundle, &reason);
	if (accel == ACCEL_KVM)
		assert_true(g_str_has_prefix(reason, "KVM works: "));
	else
		assert_true(g_str_has_prefix(reason, "KVM does not work: "));
	tree_free(bundle);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_the_proof_says),
		cmocka_unit_test(test_of_a_capture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
