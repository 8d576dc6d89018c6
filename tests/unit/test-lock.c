/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <glib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "error.h"
#include "lock.h"
#include "tree.h"

/* Tries to take the lock in another process; its exit status is 0 when it got it, 1 when it
 * was refused with the owner's pid in the message. */
static int try_elsewhere(const char *directory, pid_t owner)
{
	pid_t child = fork();
	int status = -1;

	if (child == 0) {
		g_autoptr(GError) error = NULL;
		g_autofree char *wanted = g_strdup_printf("(pid %d, started at tick ", owner);
		g_autoptr(Lock) lock = lock_take(directory, &error);

		if (lock)
			_exit(0);
		_exit(g_error_matches(error, LATHE_ERROR, LATHE_ERROR_BUSY) &&
				      strstr(error->message, wanted)
			      ? 1
			      : 2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void test_one_at_a_time(void **state)
{
	char *directory = tree_new();
	Lock *lock = lock_take(directory, NULL);

	(void)state;
	assert_non_null(lock);
	assert_int_equal(try_elsewhere(directory, getpid()), 1);
	lock_free(lock);
	assert_int_equal(try_elsewhere(directory, getpid()), 0);
	tree_free(directory);
}

static void test_a_killed_owner_leaves_no_lock(void **state)
{
	char *directory = tree_new();
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		if (!lock_take(directory, NULL))
			_exit(1);
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(try_elsewhere(directory, child), 0);
	tree_free(directory);
}

static void test_a_missing_directory_is_an_error(void **state)
{
	g_autoptr(GError) error = NULL;

	(void)state;
	assert_null(lock_take("/nonexistent", &error));
	assert_non_null(strstr(error->message, "/nonexistent/lock"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_at_a_time),
		cmocka_unit_test(test_a_killed_owner_leaves_no_lock),
		cmocka_unit_test(test_a_missing_directory_is_an_error),
	};

	return cmocka_run_group_tests_name("lock", tests, NULL, NULL);
}
