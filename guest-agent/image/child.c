/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "child.h"

#include <gio/gio.h>
#include <string.h>

#include "error.h"
#include "escape.h"
#include "waiter.h"

/* A killed child is gone as soon as the kernel gets to it. */
#define KILL_MS 5000

/* Shared with the pending call, which outlives a wait that was given up. */
typedef struct {
	gboolean ended;
	GBytes *out;
	GBytes *err;
	GError *error;
} Conversation;

void child_clear(Child *child)
{
	g_clear_pointer(&child->out, g_free);
	g_clear_pointer(&child->err, g_free);
}

static void conversation_clear(gpointer data)
{
	Conversation *talk = data;

	g_clear_pointer(&talk->out, g_bytes_unref);
	g_clear_pointer(&talk->err, g_bytes_unref);
	g_clear_error(&talk->error);
}

static void conversation_unref(Conversation *talk)
{
	g_rc_box_release_full(talk, conversation_clear);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Conversation, conversation_unref)

static void on_ended(GObject *process, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(Conversation) talk = user_data;

	g_subprocess_communicate_finish(G_SUBPROCESS(process), result, &talk->out,
					&talk->err, &talk->error);
	talk->ended = TRUE;
}

static gboolean has_ended(gpointer data)
{
	return ((Conversation *)data)->ended;
}

/* Nothing like LD_PRELOAD may colour what the child says; apt is told its proxy and its
 * configuration this way. */
static GStrv environment(void)
{
	static const char *const kept[] = {"PATH", "APT_CONFIG", "http_proxy",
					   "https_proxy", "no_proxy"};
	char **list = g_environ_setenv(NULL, "LC_ALL", "C", TRUE);

	for (gsize i = 0; i < G_N_ELEMENTS(kept); i++)
		if (g_getenv(kept[i]))
			list = g_environ_setenv(list, kept[i], g_getenv(kept[i]), TRUE);
	return list;
}

static GSubprocess *spawn(const char *const *argv, const char *directory, GError **error)
{
	g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
	    G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
	g_auto(GStrv) list = environment();
	g_autoptr(GError) spawn_error = NULL;
	GSubprocess *process;

	g_subprocess_launcher_set_environ(launcher, list);
	if (directory)
		g_subprocess_launcher_set_cwd(launcher, directory);
	process = g_subprocess_launcher_spawnv(launcher, argv, &spawn_error);
	if (!process)
		lathe_error(error, LATHE_ERROR_ENVIRONMENT, "start '%s': %s", argv[0],
			    spawn_error->message);
	return process;
}

static char *text_of(GBytes *bytes)
{
	gsize length;
	const char *data = g_bytes_get_data(bytes, &length);

	return length ? g_strndup(data, length) : g_strdup("");
}

gboolean child_run(const char *const *argv, const char *directory, guint timeout_ms,
		   Waiter *waiter, Child *ret, GError **error)
{
	g_autoptr(GSubprocess) process = spawn(argv, directory, error);
	g_autoptr(Conversation) talk = NULL;

	if (!process)
		return FALSE;
	talk = g_rc_box_new0(Conversation);
	g_subprocess_communicate_async(process, NULL, NULL, on_ended,
				       g_rc_box_acquire(talk));
	if (!waiter_until(waiter, timeout_ms, has_ended, talk, argv[0], error)) {
		g_subprocess_force_exit(process);
		waiter_until_teardown(waiter, KILL_MS, has_ended, talk);
		return FALSE;
	}
	if (talk->error)
		return lathe_error(error, LATHE_ERROR_IO, "read from '%s': %s", argv[0],
				   talk->error->message);
	*ret = (Child){text_of(talk->out), text_of(talk->err),
		       g_subprocess_get_if_exited(process)
			   ? g_subprocess_get_exit_status(process)
			   : 128 + g_subprocess_get_term_sig(process)};
	return TRUE;
}

char *child_complaint(const Child *child)
{
	g_auto(GStrv) lines = g_strsplit(child->err, "\n", -1);

	for (guint i = g_strv_length(lines); i > 0; i--)
		if (*g_strstrip(lines[i - 1]))
			return escape_text(lines[i - 1], -1);
	return g_strdup_printf("exit status %d", child->status);
}
