/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <glib.h>
#include <signal.h>

#include "error.h"
#include "waiter.h"

static gboolean never(gpointer data)
{
	(void)data;
	return FALSE;
}

static gboolean count_down(gpointer data)
{
	guint *left = data;

	return --*left == 0;
}

static void test_condition_is_asked_again(void **state)
{
	g_autoptr(Waiter) waiter = waiter_new();
	guint left = 3;

	(void)state;
	/* No event ever arrives: the waiter asks by itself. */
	assert_true(waiter_until(waiter, 60000, count_down, &left, "nothing", NULL));
}

static void test_deadline(void **state)
{
	g_autoptr(Waiter) waiter = waiter_new();
	g_autoptr(GError) error = NULL;

	(void)state;
	assert_false(waiter_until(waiter, 50, never, NULL, "godot", &error));
	assert_true(g_error_matches(error, LATHE_ERROR, LATHE_ERROR_TIMEOUT));
	assert_string_equal(error->message, "timed out after 0.1 s waiting for godot");
	assert_null(waiter_cancelled(waiter));
}

static void test_first_reason_wins(void **state)
{
	g_autoptr(Waiter) waiter = waiter_new();
	g_autoptr(GError) error = NULL;
	guint left = 1;

	(void)state;
	assert_true(waiter_check(waiter, NULL));
	waiter_cancel(waiter, g_error_new(LATHE_ERROR, LATHE_ERROR_GUEST, "first"));
	waiter_cancel(waiter, g_error_new(LATHE_ERROR, LATHE_ERROR_GUEST, "second"));
	assert_false(waiter_until(waiter, 60000, never, NULL, "x", &error));
	assert_string_equal(error->message, "first");
	/* Teardown waits whatever happened. */
	assert_true(waiter_until_teardown(waiter, 60000, count_down, &left));
	waiter_reset(waiter);
	assert_null(waiter_cancelled(waiter));
}

static void test_signal_cancels_and_is_remembered(void **state)
{
	g_autoptr(Waiter) waiter = waiter_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(GError) again = NULL;

	(void)state;
	waiter_watch_signals(waiter);
	waiter_cancel(waiter, g_error_new(LATHE_ERROR, LATHE_ERROR_GUEST, "guest died"));
	raise(SIGTERM);
	while (!waiter_signal(waiter))
		g_main_context_iteration(NULL, TRUE);
	assert_false(waiter_check(waiter, NULL));
	assert_false(waiter_until(waiter, 60000, never, NULL, "x", &error));
	assert_string_equal(error->message, "interrupted by SIGTERM");
	assert_int_equal(waiter_signal(waiter), SIGTERM);
	waiter_reset(waiter);
	assert_false(waiter_until(waiter, 10, never, NULL, "x", NULL));
	/* A second one cuts the teardown's own waits short. */
	raise(SIGINT);
	assert_false(waiter_until(waiter, 60000, never, NULL, "x", &again));
	assert_string_equal(again->message, "interrupted by SIGINT");
	assert_int_equal(waiter_signal(waiter), SIGTERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_condition_is_asked_again),
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_first_reason_wins),
		cmocka_unit_test(test_signal_cancels_and_is_remembered),
	};

	return cmocka_run_group_tests_name("waiter", tests, NULL, NULL);
}
