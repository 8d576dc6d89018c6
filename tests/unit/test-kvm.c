/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <glib.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kvm.h"

static void assert_no_child(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* How many descriptors are open, the one that counts not among them. */
static guint open_descriptors(void)
{
	g_autoptr(GDir) directory = g_dir_open("/proc/self/fd", 0, NULL);
	guint count = 0;

	while (g_dir_read_name(directory))
		count++;
	return count - 1;
}

/* Works or not is the machine's affair: the answer must be the same twice, have a reason that
 * agrees with it, and leave nothing behind. */
static void test_proof(void **state)
{
	guint descriptors = open_descriptors();
	KvmProof first = kvm_prove();
	KvmProof second = kvm_prove();

	(void)state;
	assert_no_child();
	assert_int_equal(open_descriptors(), descriptors);
	assert_int_equal(first.works, second.works);
	assert_int_equal(first.works, g_str_has_prefix(first.reason, "KVM works: "));
	assert_int_equal(!first.works, g_str_has_prefix(first.reason, "KVM does not work: "));
	if (access("/dev/kvm", R_OK | W_OK) != 0) {
		assert_false(first.works);
		assert_non_null(strstr(first.reason, "/dev/kvm: "));
	}
	g_free(first.reason);
	g_free(second.reason);
}

/* An alarm that the caller has pending, ignored or blocked is none of the proof's. */
static void test_signals(void **state)
{
	struct sigaction before, after;
	sigset_t blocked, mask;
	KvmProof proof;

	(void)state;
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGALRM);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	sigaction(SIGALRM, NULL, &before);
	proof = kvm_prove();
	assert_non_null(proof.reason);
	assert_null(strstr(proof.reason, "did not end"));
	g_free(proof.reason);
	sigaction(SIGALRM, NULL, &after);
	assert_ptr_equal(before.sa_handler, after.sa_handler);
	sigprocmask(SIG_UNBLOCK, &blocked, &mask);
	assert_true(sigismember(&mask, SIGALRM));
	assert_no_child();
}

/* A process without descriptors to spare gets a reason, not a crash. */
static void test_no_descriptors(void **state)
{
	struct rlimit before, none;
	KvmProof proof;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	proof = kvm_prove();
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_false(proof.works);
	assert_string_equal(proof.reason, "KVM does not work: pipe: Too many open files");
	g_free(proof.reason);
	assert_no_child();
}

/* memory_lock_allowed() against what the kernel says to the same request. */
static void test_memory_lock(void **state)
{
	static const struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
	struct rlimit before, after;
	g_autofree char *reason = NULL;
	gboolean allowed;
	int status;
	pid_t child;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &before), 0);
	child = fork();
	if (child == 0)
		_exit(setrlimit(RLIMIT_MEMLOCK, &unlimited) == 0 ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	allowed = memory_lock_allowed(1u << 20, &reason);
	assert_int_equal(allowed, WEXITSTATUS(status) == 0);
	assert_int_equal(allowed, reason == NULL);
	if (!allowed)
		assert_non_null(strstr(reason, "RLIMIT_MEMLOCK"));
	/* Trying must not change anything here. */
	assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &after), 0);
	assert_true(before.rlim_cur == after.rlim_cur && before.rlim_max == after.rlim_max);
	assert_no_child();
	g_clear_pointer(&reason, g_free);
	assert_false(memory_lock_allowed(G_MAXUINT64, &reason));
	assert_non_null(reason);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_proof),
		cmocka_unit_test(test_signals),
		cmocka_unit_test(test_no_descriptors),
		cmocka_unit_test(test_memory_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
