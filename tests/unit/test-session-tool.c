/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tools that a real agent starts, watches and ends. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>

#include "agent-fixture.h"

static gboolean has_exited(gpointer data)
{
	int status;

	return session_exited(data, &status);
}

static int wait_exit(Fixture *fixture)
{
	g_autoptr(GError) error = NULL;
	int status = 1000;

	if (!waiter_until(fixture->waiter, TIMEOUT_MS, has_exited, fixture->session,
			  "the tool to end", &error))
		fail_msg("%s", error->message);
	assert_true(session_exited(fixture->session, &status));
	return status;
}

static char *every_cpu(void)
{
	g_autofree char *text = NULL;
	unsigned long mask[64];

	memset(mask, 0xff, sizeof mask);
	assert_int_equal(sched_setaffinity(0, sizeof mask, (cpu_set_t *)mask), 0);
	text = read_file("/proc/self", "status");
	return status_field(text, "Cpus_allowed_list");
}

/* Every CPU, default signals, own session, SCHED_OTHER, /tmp, a PATH. */
static void test_tool_environment(void **state)
{
	Fixture *fixture = *state;
	g_autofree char *cpus = every_cpu();
	g_autofree char *allowed = NULL, *ignored = NULL, *blocked = NULL;
	guint32 pid = start(fixture,
			    "cat /proc/self/status; pwd; echo $PATH; "
			    "cut -d' ' -f5,6,41 /proc/$$/stat; ls /proc/$$/fd; exit 3",
			    NULL, 20);
	g_autofree char *ids = g_strdup_printf(
	    "/tmp\n/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
	    "%u %u 0\n0\n1\n2\n",
	    pid, pid);

	assert_int_equal(wait_exit(fixture), 3);
	allowed = status_field(fixture->output->str, "Cpus_allowed_list");
	assert_string_equal(allowed, cpus);
	ignored = status_field(fixture->output->str, "SigIgn");
	assert_string_equal(ignored, "0000000000000000");
	blocked = status_field(fixture->output->str, "SigBlk");
	assert_string_equal(blocked, "0000000000000000");
	assert_non_null(strstr(fixture->output->str, ids));
}

enum { ROUNDS = 3, LINES = 6 };

/* Rounds of lines; after each, somebody has to write to a FIFO. One for each round: the writer
 * to the last one may not have closed it yet. */
static const char live_script[] =
    "mkfifo $1/fifo $1/go6 $1/go12 $1/go18; i=0; "
    "while [ $i -lt 18 ]; do "
    "for line in 1 2 3 4 5 6; do i=$((i + 1)); "
    "printf 'T: 0 ( 11) C: %d\\nT: 1 ( 12) C: %d\\n' $i $i > $1/fifo; done; "
    "read word < $1/go$i; done; echo done >&2";

typedef struct {
	Fixture *fixture;
	guint round;
} Rounds;

/* Lets the tool go on once the last lines of a round have arrived. */
static gboolean has_gone_on(gpointer data)
{
	const Rounds *rounds = data;
	guint last = (rounds->round + 1) * LINES;
	g_autofree char *want =
		g_strdup_printf("T: 0 ( 11) C: %u\nT: 1 ( 12) C: %u\n", last, last);
	g_autofree char *go = g_strdup_printf("%s/go%u", rounds->fixture->directory, last);
	int fd;

	if (!g_str_has_suffix(rounds->fixture->progress->str, want))
		return FALSE;
	/* Refused as long as the tool does not read. */
	fd = open(go, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return FALSE;
	assert_int_equal(write(fd, "on\n", 3), 3);
	close(fd);
	return TRUE;
}

static guint count_of(const char *text, const char *part)
{
	guint count = 0;

	for (const char *at = text; (at = strstr(at, part)); at++)
		count++;
	return count;
}

static void test_progress(void **state)
{
	Fixture *fixture = *state;
	g_autofree char *fifo = g_build_filename(fixture->directory, "fifo", NULL);
	gint64 began_us = g_get_monotonic_time();
	Rounds rounds = {fixture, 0};
	g_autoptr(GError) error = NULL;

	start(fixture, live_script, fifo, TIMEOUT_MS / 1000);
	for (; rounds.round < ROUNDS; rounds.round++)
		if (!waiter_until(fixture->waiter, TIMEOUT_MS, has_gone_on, &rounds,
				  "a round of lines", &error))
			fail_msg("%s %u: progress '%s', output '%s'", error->message,
				 rounds.round, fixture->progress->str, fixture->output->str);
	assert_int_equal(wait_exit(fixture), 0);
	assert_string_equal(fixture->output->str, "done\n");
	/* Once a second, not once per line, and never a line twice. */
	assert_true(fixture->progresses >= ROUNDS);
	assert_true(fixture->progresses <=
		    2 + (guint)((g_get_monotonic_time() - began_us) / G_USEC_PER_SEC));
	for (guint i = 1; i <= ROUNDS * LINES; i++) {
		g_autofree char *line = g_strdup_printf("T: 0 ( 11) C: %u\n", i);

		assert_true(count_of(fixture->progress->str, line) <= 1);
	}
	assert_true(session_last_heard_us(fixture->session) > began_us);
}

/* A FIFO that an earlier tool left is not taken for this one's. */
static void test_stale_fifo(void **state)
{
	Fixture *fixture = *state;
	g_autofree char *fifo = g_build_filename(fixture->directory, "fifo", NULL);

	assert_int_equal(mkfifo(fifo, 0600), 0);
	start(fixture, "test -e $1/fifo", fifo, 20);
	assert_int_equal(wait_exit(fixture), 1);
}

static void test_output_is_bounded(void **state)
{
	Fixture *fixture = *state;
	const char *tail;

	start(fixture, "head -c 3000000 /dev/zero | tr '\\0' x", NULL, 30);
	assert_int_equal(wait_exit(fixture), 0);
	tail = strchr(fixture->output->str, '\n');
	assert_int_equal(tail - fixture->output->str, WIRE_OUTPUT_MAX);
	assert_string_equal(
	    tail, "\n[lathe-agent: 1951424 more bytes of output were dropped]\n");
}

static void test_start_refused(void **state)
{
	Fixture *fixture = *state;
	static const struct {
		const char *program;
		guint deadline_s;
		const char *want;
	} rows[] = {
	    {"/no/such/tool", 1,
	     "start /no/such/tool in the guest: in the guest: start /no/such/tool: No "
	     "such "
	     "file or directory"},
	    {"/etc/passwd", 1,
	     "start /etc/passwd in the guest: in the guest: start /etc/passwd: "
	     "Permission "
	     "denied"},
	    {"sh", 1,
	     "a tool in the guest needs an absolute path, at most 64 arguments and a "
	     "deadline"},
	    {"/bin/sh", 0,
	     "a tool in the guest needs an absolute path, at most 64 arguments and a "
	     "deadline"},
	    {"/bin/sh", 4000000,
	     "start /bin/sh in the guest: in the guest: start: malformed request"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		const char *argv[] = {rows[i].program, NULL};
		const SessionTool tool = {argv, NULL, rows[i].deadline_s,
					  NULL, NULL, NULL};
		g_autoptr(GError) error = NULL;
		guint32 pid = 77;
		int status = 77;

		assert_false(
		    session_start(fixture->session, &tool, TIMEOUT_MS, &pid, &error));
		assert_string_equal(error->message, rows[i].want);
		assert_int_equal(pid, 77);
		assert_false(session_exited(fixture->session, &status));
		assert_int_equal(status, 77);
	}
	start(fixture, "exit 0", NULL, 10);
	assert_int_equal(wait_exit(fixture), 0);
}

static void test_one_tool_at_a_time(void **state)
{
	Fixture *fixture = *state;
	const char *argv[] = {"/bin/true", NULL};
	const SessionTool tool = {argv, NULL, 1, NULL, NULL, NULL};
	g_autoptr(GError) error = NULL;
	guint32 pid;

	start(fixture, "exec sleep 60", NULL, 60);
	assert_false(session_start(fixture->session, &tool, TIMEOUT_MS, &pid, &error));
	assert_string_equal(error->message, "a tool runs in the guest already");
	assert_true(session_signal(fixture->session, SIGTERM, NULL));
	assert_int_equal(wait_exit(fixture), -SIGTERM);
}

static gboolean has_output(gpointer data)
{
	return ((Fixture *)data)->output->len > 0;
}

static void test_signal(void **state)
{
	Fixture *fixture = *state;

	start(fixture, "trap 'echo caught; exit 5' TERM; echo ready; sleep 60 & wait",
	      NULL, 60);
	assert_true(waiter_until(fixture->waiter, TIMEOUT_MS, has_output, fixture,
				 "ready", NULL));
	assert_true(session_signal(fixture->session, SIGTERM, NULL));
	assert_int_equal(wait_exit(fixture), 5);
	assert_string_equal(fixture->output->str, "ready\ncaught\n");
}

static void test_deadline(void **state)
{
	static const struct {
		const char *script;
		guint deadline_s;
		int exit;
	} rows[] = {
	    {"exec sleep 60", 1, -SIGTERM},
	    /* SIGKILL for who does not listen; a busy machine's shell has time to say so. */
	    {"trap '' TERM; sleep 60 & wait; sleep 60", 3, -SIGKILL},
	};
	Fixture *fixture = *state;

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		start(fixture, rows[i].script, NULL, rows[i].deadline_s);
		assert_int_equal(wait_exit(fixture), rows[i].exit);
	}
}

/* What the tool left running ends with it. */
static void test_children_end(void **state)
{
	Fixture *fixture = *state;
	int child;

	start(fixture, "sleep 60 & echo $!", NULL, 60);
	assert_int_equal(wait_exit(fixture), 0);
	child = (int)g_ascii_strtoll(fixture->output->str, NULL, 10);
	assert_true(child > 1);
	assert_true(waiter_until(fixture->waiter, TIMEOUT_MS, is_gone,
				 GINT_TO_POINTER(child), "the child to end", NULL));
}

/* A lost harness ends the measurement; the next one is heard. */
static void test_disconnect(void **state)
{
	Fixture *fixture = *state;
	guint32 pid = start(fixture, "exec sleep 60", NULL, 60);

	disconnect(fixture);
	hello(fixture);
	assert_true(waiter_until(fixture->waiter, TIMEOUT_MS, is_gone,
				 GINT_TO_POINTER((int)pid), "the tool to end", NULL));
	start(fixture, "exit 4", NULL, 10);
	assert_int_equal(wait_exit(fixture), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_AGENT(test_tool_environment), WITH_AGENT(test_progress),
	    WITH_AGENT(test_stale_fifo),       WITH_AGENT(test_output_is_bounded),
	    WITH_AGENT(test_start_refused),    WITH_AGENT(test_one_tool_at_a_time),
	    WITH_AGENT(test_signal),           WITH_AGENT(test_deadline),
	    WITH_AGENT(test_children_end),     WITH_AGENT(test_disconnect),
	};

	return cmocka_run_group_tests_name("session-tool", tests, NULL, NULL);
}
