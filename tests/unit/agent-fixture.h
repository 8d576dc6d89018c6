/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The real agent at the other end of a Unix socket, welcomed and ready. */
#ifndef LATHE_TEST_AGENT_FIXTURE_H
#define LATHE_TEST_AGENT_FIXTURE_H

#include <signal.h>
#include <string.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "fd-channel.h"
#include "session.h"
#include "tree.h"
#include "wire.h"

#define TIMEOUT_MS 120000

typedef struct {
	char *directory; /* of this test */
	char *socket;
	int listener;
	pid_t agent;
	Waiter *waiter;
	Session *session;
	GString *output, *progress;
	guint progresses;
} Fixture;

static inline int listen_at(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_strlcpy(address.sun_path, path, sizeof address.sun_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(fd, 4), 0);
	return fd;
}

static inline void spawn_agent(Fixture *fixture)
{
	g_autofree char *program =
		g_build_filename(g_getenv("BUILD"), "lathe-agent", NULL);
	char *argv[] = {program, (char *)"--port", fixture->socket, NULL};
	g_autoptr(GError) error = NULL;

	if (!g_spawn_async(NULL, argv, NULL,
			   G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDERR_TO_DEV_NULL, NULL,
			   NULL, &fixture->agent, &error))
		fail_msg("%s", error->message);
}

static inline void hello(Fixture *fixture)
{
	g_autofree char *version = NULL;
	g_autoptr(GError) error = NULL;

	fixture->waiter = waiter_new();
	fixture->session = session_new(
		fd_channel_new(accept4(fixture->listener, NULL, NULL, SOCK_CLOEXEC)),
		fixture->waiter);
	if (!session_hello(fixture->session, TIMEOUT_MS, &version, &error))
		fail_msg("%s", error->message);
	assert_true(g_ascii_isdigit(version[0]));
}

static inline int set_up(void **state)
{
	Fixture *fixture = g_new0(Fixture, 1);

	fixture->directory = tree_new();
	fixture->socket = g_build_filename(fixture->directory, "port", NULL);
	fixture->listener = listen_at(fixture->socket);
	fixture->output = g_string_new(NULL);
	fixture->progress = g_string_new(NULL);
	spawn_agent(fixture);
	hello(fixture);
	*state = fixture;
	return 0;
}

static inline void disconnect(Fixture *fixture)
{
	g_clear_pointer(&fixture->session, session_free);
	g_clear_pointer(&fixture->waiter, waiter_free);
}

/* The agent ends by itself once nobody listens. */
static inline int tear_down(void **state)
{
	Fixture *fixture = *state;

	close(fixture->listener);
	g_remove(fixture->socket);
	disconnect(fixture);
	if (fixture->agent)
		assert_int_equal(waitpid(fixture->agent, NULL, 0), fixture->agent);
	g_string_free(fixture->output, TRUE);
	g_string_free(fixture->progress, TRUE);
	g_free(fixture->socket);
	tree_free(fixture->directory);
	g_free(fixture);
	return 0;
}

static inline void on_output(const char *text, gsize length, gpointer user_data)
{
	g_string_append_len(((Fixture *)user_data)->output, text, (gssize)length);
}

static inline void on_progress(const char *text, gsize length, gpointer user_data)
{
	Fixture *fixture = user_data;

	g_string_append_len(fixture->progress, text, (gssize)length);
	fixture->progresses++;
}

static inline guint32 start(Fixture *fixture, const char *script, const char *fifo,
			    guint deadline_s)
{
	const char *argv[] = {"/bin/sh", "-c", script, "tool", fixture->directory, NULL};
	const SessionTool tool = {argv,        fifo,      deadline_s,
				  on_progress, on_output, fixture};
	g_autoptr(GError) error = NULL;
	guint32 pid = 0;

	if (!session_start(fixture->session, &tool, TIMEOUT_MS, &pid, &error))
		fail_msg("%s", error->message);
	assert_true(pid > 1);
	return pid;
}

static inline char *read_file(const char *directory, const char *path)
{
	g_autofree char *file = g_build_filename(directory, path, NULL);
	char *text = NULL;

	g_file_get_contents(file, &text, NULL, NULL);
	return text;
}

/* The value of "NAME:\t..." in a /proc status file. */
static inline char *status_field(const char *status, const char *name)
{
	g_auto(GStrv) lines = g_strsplit(status, "\n", -1);
	g_autofree char *prefix = g_strconcat(name, ":\t", NULL);

	for (char **line = lines; *line; line++)
		if (g_str_has_prefix(*line, prefix))
			return g_strdup(*line + strlen(prefix));
	fail_msg("no line %s", prefix);
	return NULL;
}

static inline gboolean is_gone(gpointer data)
{
	return kill(GPOINTER_TO_INT(data), 0) != 0 && errno == ESRCH;
}

#define WITH_AGENT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
