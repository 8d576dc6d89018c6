/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Real threads, held. Needs root, as lathe run does. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "error.h"
#include "hold.h"
#include "proc.h"

#define MS	   G_GINT64_CONSTANT(1000000)
#define TIMEOUT_MS 20000

/* A process that does nothing but note the longest time it did not run. */
typedef struct {
	pid_t pid;
	guint cpu;
	volatile struct {
		gint64 rounds, longest_ns;
	} *seen;
	Waiter *waiter;
} Victim;

static gint64 now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 * MS + now.tv_nsec;
}

static void run_victim(const Victim *victim)
{
	gint64 last_ns = now_ns();
	cpu_set_t cpus;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	CPU_ZERO(&cpus);
	CPU_SET(victim->cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus) != 0)
		_exit(1);
	for (;;) {
		gint64 time_ns = now_ns();

		if (time_ns - last_ns > victim->seen->longest_ns)
			victim->seen->longest_ns = time_ns - last_ns;
		last_ns = time_ns;
		victim->seen->rounds++;
	}
}

static guint last_cpu(void)
{
	cpu_set_t cpus;
	guint last = 0;

	assert_int_equal(sched_getaffinity(0, sizeof(cpus), &cpus), 0);
	for (guint cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &cpus))
			last = cpu;
	return last;
}

typedef struct {
	const Victim *victim;
	gint64 rounds;
} Progress;

static gboolean has_progressed(gpointer data)
{
	const Progress *progress = data;

	return progress->victim->seen->rounds > progress->rounds;
}

/* It runs: now, and again after what it counted until now. */
static void wait_until_it_runs(const Victim *victim)
{
	Progress progress = {victim, victim->seen->rounds};
	g_autoptr(GError) error = NULL;

	if (!waiter_until(victim->waiter, TIMEOUT_MS, has_progressed, &progress,
			  "the victim to run", &error))
		fail_msg("%s", error->message);
}

static Victim victim_new(void)
{
	Victim victim = {.cpu = last_cpu(), .waiter = waiter_new()};

	victim.seen = mmap(NULL, sizeof(*victim.seen), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(victim.seen, MAP_FAILED);
	victim.pid = fork();
	assert_true(victim.pid >= 0);
	if (victim.pid == 0)
		run_victim(&victim);
	wait_until_it_runs(&victim);
	return victim;
}

static void victim_free(Victim *victim)
{
	kill(victim->pid, SIGKILL);
	assert_int_equal(waitpid(victim->pid, NULL, 0), victim->pid);
	munmap((void *)victim->seen, sizeof(*victim->seen));
	waiter_free(victim->waiter);
}

static Hold hold_of(const Victim *victim, HoldMethod method, gint64 length_ns)
{
	return (Hold){method, victim->cpu, 81, victim->pid, length_ns};
}

static char *state_of(pid_t pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/stat", pid);
	g_autofree char *text = NULL;
	const char *close;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return g_strdup("gone");
	close = strrchr(text, ')');
	return close && strlen(close) > 2 ? g_strndup(close + 2, 1) : g_strdup("?");
}

/* ---- held for as long as it says ---- */

static void check_held(HoldMethod method)
{
	Victim victim = victim_new();
	Hold hold = hold_of(&victim, method, 60 * MS);
	g_autoptr(GError) error = NULL;
	Held held = {0};

	victim.seen->longest_ns = 0;
	if (!hold_vcpu(victim.waiter, &hold, &held, &error))
		fail_msg("%s", error->message);
	assert_true(held.held_ns >= hold.length_ns);
	wait_until_it_runs(&victim);
	/* The spinner's holes are not the victim's: nobody else has its priority. */
	assert_true(victim.seen->longest_ns >= hold.length_ns);
	victim_free(&victim);
}

static void test_fifo_holds(void **state)
{
	(void)state;
	check_held(HOLD_FIFO);
}

static void test_ptrace_holds(void **state)
{
	(void)state;
	check_held(HOLD_PTRACE);
}

static void test_nothing_lets_time_pass(void **state)
{
	Victim victim = victim_new();
	Hold hold = hold_of(&victim, HOLD_NOTHING, 20 * MS);
	Held held = {0};

	(void)state;
	assert_true(hold_vcpu(victim.waiter, &hold, &held, NULL));
	assert_true(held.held_ns >= hold.length_ns);
	victim_free(&victim);
}

/* ---- what cannot be held ---- */

static void test_no_such_thread(void **state)
{
	Victim victim = victim_new();
	Hold hold = hold_of(&victim, HOLD_PTRACE, 20 * MS);
	Held held = {-1, -1};
	g_autoptr(GError) error = NULL;
	pid_t gone = fork();

	(void)state;
	if (gone == 0)
		_exit(0);
	assert_int_equal(waitpid(gone, NULL, 0), gone);
	hold.tid = gone;
	assert_false(hold_vcpu(victim.waiter, &hold, &held, &error));
	assert_string_equal(error->message, "ptrace the vCPU's thread: No such process");
	assert_int_equal(held.held_ns, -1);
	victim_free(&victim);
}

static void test_no_such_cpu(void **state)
{
	Victim victim = victim_new();
	Hold hold = hold_of(&victim, HOLD_FIFO, 20 * MS);
	g_autoptr(GError) error = NULL;
	Held held = {-1, -1};

	(void)state;
	hold.cpu = CPUSET_CPUS - 1;
	assert_false(hold_vcpu(victim.waiter, &hold, &held, &error));
	assert_string_equal(error->message,
			    "move the spinner to the vCPU's CPU: Invalid argument");
	assert_int_equal(held.held_ns, -1);
	victim_free(&victim);
}

/* As on a host that gives lathe no SCHED_FIFO: the canary then stops the thread instead. */
static void test_fifo_refused(void **state)
{
	pid_t nobody = fork();
	int status;

	(void)state;
	if (nobody == 0) {
		struct rlimit none = {0, 0};
		Hold hold = {HOLD_FIFO, last_cpu(), 81, 0, 20 * MS};
		g_autoptr(Waiter) waiter = waiter_new();
		g_autoptr(GError) error = NULL;
		Held held;

		if (setrlimit(RLIMIT_RTPRIO, &none) != 0 || setresuid(65534, 65534, 65534) != 0 ||
		    hold_vcpu(waiter, &hold, &held, &error) ||
		    !g_error_matches(error, LATHE_ERROR, LATHE_ERROR_ENVIRONMENT) ||
		    strcmp(error->message, "this host refuses SCHED_FIFO") != 0)
			_exit(1);
		_exit(0);
	}
	assert_int_equal(waitpid(nobody, &status, 0), nobody);
	assert_int_equal(status, 0);
}

/* ---- nothing stays held ---- */

typedef struct {
	const Victim *victim;
	pid_t lathe, holder; /* holder: 0 until it is known */
} Killed;

/* The holder is there, and at work. */
static gboolean is_held(gpointer data)
{
	Killed *killed = data;
	g_autofree char *path =
		g_strdup_printf("/proc/%d/task/%d/children", killed->lathe, killed->lathe);
	g_autofree char *children = NULL;
	g_autofree char *state = state_of(killed->victim->pid);
	struct sched_param priority;

	if (!g_file_get_contents(path, &children, NULL, NULL) || !*children)
		return FALSE;
	killed->holder = (pid_t)g_ascii_strtoll(children, NULL, 10);
	if (*state == 't')
		return TRUE;
	return sched_getscheduler(killed->holder) == SCHED_FIFO &&
	       sched_getparam(killed->holder, &priority) == 0 && priority.sched_priority == 81;
}

static gboolean holder_is_gone(gpointer data)
{
	g_autofree char *state = state_of(((Killed *)data)->holder);

	/* A zombie is init's to collect, not ours. */
	return *state == 'Z' || *state == 'g';
}

/* The one who holds is killed in the middle of it. */
static void check_killed(HoldMethod method)
{
	Victim victim = victim_new();
	Hold hold = hold_of(&victim, method, 600000 * MS);
	Killed killed = {.victim = &victim, .lathe = fork()};
	g_autoptr(GError) error = NULL;

	if (killed.lathe == 0) {
		g_autoptr(Waiter) waiter = waiter_new();
		Held held;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(hold_vcpu(waiter, &hold, &held, NULL) ? 0 : 1);
	}
	if (!waiter_until(victim.waiter, TIMEOUT_MS, is_held, &killed, "a holder", &error))
		fail_msg("%s", error->message);
	assert_int_equal(kill(killed.lathe, SIGKILL), 0);
	assert_int_equal(waitpid(killed.lathe, NULL, 0), killed.lathe);
	if (!waiter_until(victim.waiter, TIMEOUT_MS, holder_is_gone, &killed,
			  "the holder to die", &error))
		fail_msg("%s", error->message);
	wait_until_it_runs(&victim);
	victim_free(&victim);
}

static void test_killed_spinner_is_gone(void **state)
{
	(void)state;
	check_killed(HOLD_FIFO);
}

static void test_killed_tracer_lets_go(void **state)
{
	(void)state;
	check_killed(HOLD_PTRACE);
}

/* A run that is interrupted does not wait for the end of the hold. */
static void test_cancelled(void **state)
{
	Victim victim = victim_new();
	Hold hold = hold_of(&victim, HOLD_PTRACE, 600000 * MS);
	g_autoptr(GError) error = NULL;
	Held held;

	(void)state;
	waiter_cancel(victim.waiter, g_error_new(LATHE_ERROR, LATHE_ERROR_CANCELLED, "Ctrl-C"));
	assert_false(hold_vcpu(victim.waiter, &hold, &held, &error));
	assert_string_equal(error->message, "Ctrl-C");
	waiter_reset(victim.waiter);
	wait_until_it_runs(&victim);
	victim_free(&victim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fifo_holds),
		cmocka_unit_test(test_ptrace_holds),
		cmocka_unit_test(test_nothing_lets_time_pass),
		cmocka_unit_test(test_no_such_thread),
		cmocka_unit_test(test_no_such_cpu),
		cmocka_unit_test(test_fifo_refused),
		cmocka_unit_test(test_killed_spinner_is_gone),
		cmocka_unit_test(test_killed_tracer_lets_go),
		cmocka_unit_test(test_cancelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
