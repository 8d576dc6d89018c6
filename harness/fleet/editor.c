/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "editor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "autofd.h"
#include "error.h"
#include "write_all.h"

/* What only the owner could read must not be open to others in the copy, not for a moment: mkostemp()
 * makes it 0600. */
static gboolean fill(int fd, const char *path, const char *text, GError **error)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return lathe_error_errno(error, errno, "%s", path);
	if (fchown(fd, st.st_uid, st.st_gid) != 0 && errno != EPERM)
		return lathe_error_errno(error, errno, "give a copy of '%s' its owner", path);
	if (fchmod(fd, st.st_mode & 07777) != 0 || !write_all(fd, text, strlen(text)) ||
	    fsync(fd) != 0)
		return lathe_error_errno(error, errno, "write a copy of '%s'", path);
	return TRUE;
}

char *editor_copy(const char *path, const char *text, GError **error)
{
	g_autofree char *copy = g_strconcat(path, ".edit-XXXXXX", NULL);
	autofd fd = mkostemp(copy, O_CLOEXEC);

	if (fd < 0) {
		lathe_error_errno(error, errno, "make a copy beside '%s'", path);
		if (errno == EACCES)
			lathe_error_hint(error, "sudo lathe vm edit-config");
		return NULL;
	}
	if (!fill(fd, path, text, error)) {
		unlink(copy);
		return NULL;
	}
	return g_steal_pointer(&copy);
}

/* What lathe ignores while the editor has the terminal, or always, the editor is to have as
 * usual: ignored signals survive exec(). */
static void restore_signals(gpointer data)
{
	(void)data;
	signal(SIGINT, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
}

static gboolean check_status(int status, const char *name, GError **error)
{
	if (WIFSIGNALED(status))
		return lathe_error(error, LATHE_ERROR_ENVIRONMENT,
				   "the editor '%s' was ended by signal %d (%s)", name,
				   WTERMSIG(status), g_strsignal(WTERMSIG(status)));
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return TRUE;
	return lathe_error(error, LATHE_ERROR_ENVIRONMENT, "the editor '%s' failed with status %d",
			   name, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

static gboolean run(char **argv, int *ret_status, GError **error)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN}, interrupt, quit;
	g_autoptr(GError) cause = NULL;
	gboolean ok;

	/* ^C is the editor's. */
	sigaction(SIGINT, &ignore, &interrupt);
	sigaction(SIGQUIT, &ignore, &quit);
	ok = g_spawn_sync(NULL, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_CHILD_INHERITS_STDIN,
			  restore_signals, NULL, NULL, NULL, ret_status, &cause);
	sigaction(SIGINT, &interrupt, NULL);
	sigaction(SIGQUIT, &quit, NULL);
	if (ok)
		return TRUE;
	lathe_error(error, LATHE_ERROR_ENVIRONMENT, "start the editor: %s", cause->message);
	lathe_error_hint(error, "name one that is installed: EDITOR=nano lathe vm edit-config");
	return FALSE;
}

gboolean editor_run(const char *path, GError **error)
{
	const char *named = g_getenv("VISUAL");
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	g_autoptr(GError) cause = NULL;
	g_auto(GStrv) words = NULL;
	int status;

	if (!named || !*named)
		named = g_getenv("EDITOR");
	if (!named || !*named)
		named = "vi";
	if (!g_shell_parse_argv(named, NULL, &words, &cause))
		return lathe_error(error, LATHE_ERROR_USAGE, "the editor '%s': %s", named,
				   cause->message);
	for (char **word = words; *word; word++)
		g_ptr_array_add(argv, *word);
	g_ptr_array_add(argv, (char *)path);
	g_ptr_array_add(argv, NULL);
	return run((char **)argv->pdata, &status, error) && check_status(status, words[0], error);
}
