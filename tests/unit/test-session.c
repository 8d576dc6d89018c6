/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The session with a real agent: files, and how either end goes away. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/stat.h>

#include "agent-fixture.h"

static void capture(Fixture *fixture, const char *const *patterns, const char *into)
{
	g_autoptr(GError) error = NULL;

	if (!session_capture(fixture->session, patterns, into, TIMEOUT_MS, &error))
		fail_msg("%s", error->message);
}

static void test_capture(void **state)
{
	Fixture *fixture = *state;
	g_autofree char *into = g_build_filename(fixture->directory, "into", NULL);
	const char *base = fixture->directory + 1;
	g_autofree char *tree = g_strdup_printf("%s/tree/*/f*", base);
	g_autofree char *link = g_strdup_printf("%s/link/one/f", base);
	g_autofree char *absent = g_strdup_printf("%s/tree/absent", base);
	g_autofree char *fifo =
		g_build_filename(fixture->directory, "tree/one/fifo", NULL);
	g_autofree char *link_path = g_build_filename(fixture->directory, "link", NULL);
	g_autofree char *stored = g_build_filename(into, base, NULL);
	const char *patterns[] = {
		tree, link, absent, "proc/self/status", "proc/sys/kernel/osr*", NULL};
	g_autofree char *big = g_malloc(100000);
	g_autofree char *f = NULL, *hidden = NULL, *big_back = NULL, *through = NULL;
	g_autofree char *empty = NULL, *release = NULL, *status = NULL, *name = NULL,
			*cpus = NULL;

	memset(big, 'b', 100000);
	tree_write(fixture->directory, "tree/one/f", "first\n");
	tree_write(fixture->directory, "tree/one/g", "not asked for\n");
	tree_write(fixture->directory, "tree/.hidden/f", "not asked for\n");
	tree_write_bytes(fixture->directory, "tree/two/fbig", big, 100000);
	tree_write(fixture->directory, "tree/two/fempty", "");
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(symlink("tree", link_path), 0);
	capture(fixture, patterns, into);

	f = read_file(stored, "tree/one/f");
	assert_string_equal(f, "first\n");
	assert_null(read_file(stored, "tree/one/g"));
	assert_null(read_file(stored, "tree/one/fifo"));
	assert_null(read_file(stored, "tree/absent"));
	hidden = read_file(stored, "tree/.hidden/f");
	assert_null(hidden);
	big_back = read_file(stored, "tree/two/fbig");
	assert_int_equal(strlen(big_back), 100000);
	assert_memory_equal(big_back, big, 100000);
	empty = read_file(stored, "tree/two/fempty");
	assert_string_equal(empty, "");
	through = read_file(stored, "link/one/f");
	assert_string_equal(through, "first\n");
	/* The agent's own, pinned to one CPU. */
	status = read_file(into, "proc/self/status");
	name = status_field(status, "Name");
	assert_string_equal(name, "lathe-agent");
	cpus = status_field(status, "Cpus_allowed_list");
	assert_null(strpbrk(cpus, "-,"));
	release = read_file(into, "proc/sys/kernel/osrelease");
	assert_non_null(release);
}

static void test_capture_of_nothing(void **state)
{
	Fixture *fixture = *state;
	g_autofree char *into = g_build_filename(fixture->directory, "into", NULL);
	const char *patterns[] = {"no/such/file", "no/*/such/*", NULL};
	g_autoptr(GDir) directory = NULL;

	capture(fixture, patterns, into);
	directory = g_dir_open(into, 0, NULL);
	assert_non_null(directory);
	assert_null(g_dir_read_name(directory));
}

static void test_capture_too_large(void **state)
{
	Fixture *fixture = *state;
	g_autofree char *into = g_build_filename(fixture->directory, "into", NULL);
	g_autofree char *big = g_build_filename(fixture->directory, "big", NULL);
	g_autofree char *want = g_strdup_printf(
		"capture files of the guest: in the guest: %s is larger than 256 MiB",
		big);
	const char *patterns[] = {big + 1, NULL}, *status[] = {"proc/self/status", NULL};
	g_autoptr(GError) error = NULL;

	tree_write(fixture->directory, "big", "");
	assert_int_equal(truncate(big, WIRE_FILE_MAX + 1), 0);
	assert_false(
		session_capture(fixture->session, patterns, into, TIMEOUT_MS, &error));
	assert_string_equal(error->message, want);
	assert_true(g_error_matches(error, LATHE_ERROR, LATHE_ERROR_GUEST));
	assert_false(g_file_test(into, G_FILE_TEST_EXISTS));
	/* The session goes on. */
	capture(fixture, status, into);
}

/* More than a capture of small files may bring, for whoever knows that it is as large. */
static void test_capture_large(void **state)
{
	Fixture *fixture = *state;
	const gsize length = SESSION_CAPTURE_MAX + 12345;
	g_autofree char *into = g_build_filename(fixture->directory, "into", NULL);
	g_autofree char *big = g_build_filename(fixture->directory, "big", NULL);
	g_autofree char *stored = g_build_filename(into, big, NULL);
	const char *patterns[] = {big + 1, NULL};
	g_autofree char *bytes = g_malloc(length), *back = NULL;
	g_autoptr(GError) error = NULL;
	gsize length_back;

	/* Every piece differs from the others. */
	for (gsize i = 0; i + sizeof i <= length; i += sizeof i)
		memcpy(bytes + i, &i, sizeof i);
	bytes[length - 1] = 'e';
	tree_write_bytes(fixture->directory, "big", bytes, (gssize)length);
	if (!session_capture_large(fixture->session, patterns, into, length, TIMEOUT_MS, &error))
		fail_msg("%s", error->message);
	assert_true(g_file_get_contents(stored, &back, &length_back, NULL));
	assert_int_equal(length_back, length);
	assert_true(memcmp(back, bytes, length) == 0);
	assert_false(session_capture_large(fixture->session, patterns, into, length - 1,
					   TIMEOUT_MS, &error));
	assert_non_null(strstr(error->message, "more than 64 MiB in one capture"));
}

/* What is there and cannot be read is not what is absent. */
static void test_capture_notes_unreadable(void **state)
{
	Fixture *fixture = *state;
	g_autofree char *into = g_build_filename(fixture->directory, "into", NULL);
	g_autofree char *fifo = g_build_filename(fixture->directory, "fifo", NULL);
	g_autofree char *absent = g_build_filename(fixture->directory, "absent", NULL);
	g_autofree char *want = g_strdup_printf("%d\t%s\n%d\tproc/self/mem\n", EINVAL, fifo + 1,
						EIO);
	const char *patterns[] = {fifo + 1,	  absent + 1, fixture->directory + 1,
				  "proc/self/mem", "proc/self/status", NULL};
	g_autoptr(GString) errors = g_string_new(NULL);
	g_autoptr(GError) error = NULL;

	assert_int_equal(mkfifo(fifo, 0600), 0);
	if (!session_capture_noting(fixture->session, patterns, into, errors, TIMEOUT_MS, &error))
		fail_msg("%s", error->message);
	assert_string_equal(errors->str, want);
	/* The next capture has errors of its own. */
	capture(fixture, patterns, into);
	assert_string_equal(errors->str, want);
}

/* Nobody knows what is in a directory that cannot be opened; one that is not there, or is
 * none, is empty. A link to itself is one that nobody may open, root neither. */
static void test_capture_notes_unlisted(void **state)
{
	Fixture *fixture = *state;
	g_autofree char *into = g_build_filename(fixture->directory, "into", NULL);
	g_autofree char *loop = g_build_filename(fixture->directory, "d/loop", NULL);
	g_autofree char *want = g_strdup_printf("%d\t%s\n%d\t%s\n%d\t%s\n", ELOOP, loop + 1,
						ELOOP, loop + 1, ELOOP, loop + 1);
	g_autofree char *below = g_strconcat(loop + 1, "/*", NULL);
	g_autofree char *deep = g_strconcat(fixture->directory + 1, "/*/loop/*/x", NULL);
	g_autofree char *star = g_strconcat(fixture->directory + 1, "/d/*/*", NULL);
	g_autofree char *absent = g_strconcat(fixture->directory + 1, "/absent/*", NULL);
	g_autofree char *file = g_strconcat(fixture->directory + 1, "/d/file/*", NULL);
	const char *patterns[] = {below, deep, star, absent, file, "proc/self/status", NULL};
	g_autofree char *stored = g_build_filename(into, "proc/self/status", NULL);
	g_autoptr(GString) errors = g_string_new(NULL);
	g_autoptr(GError) error = NULL;

	tree_write(fixture->directory, "d/file", "");
	assert_int_equal(symlink("loop", loop), 0);
	if (!session_capture_noting(fixture->session, patterns, into, errors, TIMEOUT_MS, &error))
		fail_msg("%s", error->message);
	assert_string_equal(errors->str, want);
	/* The rest came all the same. */
	assert_true(g_file_test(stored, G_FILE_TEST_IS_REGULAR));
}

static void test_capture_pattern_refused(void **state)
{
	static const char *const bad[] = {"/proc/stat", "",          "proc//stat",
					  "../x",       "proc/../x", "proc/",
					  "proc/[a]",   "proc/s?at", "./x"};
	Fixture *fixture = *state;

	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		const char *patterns[] = {bad[i], NULL};
		g_autofree char *want =
			g_strdup_printf("'%s' is no pattern of files to capture", bad[i]);
		g_autoptr(GError) error = NULL;

		assert_false(session_capture(fixture->session, patterns,
					     fixture->directory, TIMEOUT_MS, &error));
		assert_string_equal(error->message, want);
	}
}

static void test_put(void **state)
{
	Fixture *fixture = *state;
	static const gsize sizes[] = {0, 1, 32768, 32769, 200000};
	g_autofree char *path = g_build_filename(fixture->directory, "file", NULL);
	g_autofree char *aside = g_strconcat(path, ".lathe-new", NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
		g_autofree char *data = g_malloc(sizes[i] + 1);
		g_autofree char *back = NULL;
		g_autoptr(GError) error = NULL;
		struct stat status;
		gsize length;

		for (gsize at = 0; at < sizes[i]; at++)
			data[at] = (char)(at * 7 + i);
		if (!session_put(fixture->session, path, 0751, data, sizes[i], TIMEOUT_MS,
				 &error))
			fail_msg("%s", error->message);
		assert_true(g_file_get_contents(path, &back, &length, NULL));
		assert_int_equal(length, sizes[i]);
		assert_memory_equal(back, data, length);
		assert_int_equal(stat(path, &status), 0);
		assert_int_equal(status.st_mode & 07777, 0751);
		assert_false(g_file_test(aside, G_FILE_TEST_EXISTS));
	}
}

static void test_put_special(void **state)
{
	Fixture *fixture = *state;
	g_autofree char *big = g_malloc0(40000);
	g_autoptr(GError) error = NULL;

	/* The agent's own thread name: written with one write, as a file of /proc must
	 * be. */
	assert_true(session_put(fixture->session, "/proc/self/comm", 0644, "renamed", 7,
				TIMEOUT_MS, &error));
	assert_true(session_put(fixture->session, "/dev/null", 0644, "x", 1, TIMEOUT_MS,
				&error));
	assert_false(session_put(fixture->session, "/proc/self/comm", 0644, big, 40000,
				 TIMEOUT_MS, &error));
	assert_string_equal(error->message,
			    "write '/proc/self/comm' in the guest: in the guest: write "
			    "/proc/self/comm: File too large");
	assert_true(g_file_test("/dev/null", G_FILE_TEST_EXISTS));
}

static void test_put_refused(void **state)
{
	static const struct {
		const char *path, *want;
	} rows[] = {
		{"/no/such/directory/x",
		 "write /no/such/directory/x: No such file or directory"},
		{"relative", "put: malformed request"},
		{"", "put: malformed request"},
		{"/proc", "write /proc: Is a directory"},
	};
	Fixture *fixture = *state;

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *want =
			g_strdup_printf("write '%s' in the guest: in the guest: %s",
					rows[i].path, rows[i].want);
		g_autoptr(GError) error = NULL;

		assert_false(session_put(fixture->session, rows[i].path, 0644, "x", 1,
					 TIMEOUT_MS, &error));
		assert_string_equal(error->message, want);
	}
}

static gboolean never(gpointer data)
{
	(void)data;
	return FALSE;
}

/* The tool dies with the agent, and every wait ends. */
static void test_agent_killed(void **state)
{
	static const char closed[] =
		"the channel to the guest's agent closed: end of file";
	Fixture *fixture = *state;
	guint32 pid = start(fixture, "exec sleep 60", NULL, 60);
	g_autoptr(GError) error = NULL, again = NULL;
	const char *patterns[] = {"proc/stat", NULL};

	kill(fixture->agent, SIGKILL);
	assert_false(
		waiter_until(fixture->waiter, TIMEOUT_MS, never, NULL, "ever", &error));
	assert_string_equal(error->message, closed);
	assert_true(g_error_matches(error, LATHE_ERROR, LATHE_ERROR_GUEST));
	waiter_reset(fixture->waiter);
	assert_false(session_capture(fixture->session, patterns, fixture->directory,
				     TIMEOUT_MS, &again));
	assert_non_null(strstr(again->message, closed));
	assert_false(session_signal(fixture->session, SIGTERM, NULL));
	assert_true(waiter_until_teardown(fixture->waiter, TIMEOUT_MS, is_gone,
					  GINT_TO_POINTER((int)pid)));
}

static gboolean agent_ended(gpointer data)
{
	Fixture *fixture = data;
	int status;

	if (waitpid(fixture->agent, &status, WNOHANG) != fixture->agent)
		return FALSE;
	fixture->agent = 0;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	return TRUE;
}

static void test_quit(void **state)
{
	Fixture *fixture = *state;

	assert_true(session_quit(fixture->session, NULL));
	assert_true(waiter_until(fixture->waiter, TIMEOUT_MS, agent_ended, fixture,
				 "the agent to end", NULL));
	/* That the channel closed is no reason to cancel. */
	assert_null(waiter_cancelled(fixture->waiter));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_AGENT(test_capture),
		WITH_AGENT(test_capture_of_nothing),
		WITH_AGENT(test_capture_too_large),
		WITH_AGENT(test_capture_large),
		WITH_AGENT(test_capture_notes_unreadable),
		WITH_AGENT(test_capture_notes_unlisted),
		WITH_AGENT(test_capture_pattern_refused),
		WITH_AGENT(test_put),
		WITH_AGENT(test_put_special),
		WITH_AGENT(test_put_refused),
		WITH_AGENT(test_agent_killed),
		WITH_AGENT(test_quit),
	};

	return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
