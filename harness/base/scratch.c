/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "error.h"
#include "remove_tree.h"
#include "state.h"

struct Scratch {
	char *path;
	int alive; /* the pipe's end that closes with us */
	pid_t remover;
};

/* A terminal's ^C goes to its foreground group: not to the one who cleans up after it. Our
 * standard output must not stay open here either: a reader waits for its end. */
static void G_GNUC_NORETURN remover_main(int wait_fd, const char *path)
{
	char byte;
	gssize got;

	setsid();
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	if (dup2(wait_fd, STDIN_FILENO) != STDIN_FILENO ||
	    close_range(STDIN_FILENO + 1, ~0U, 0) != 0)
		_exit(1);
	do
		got = read(STDIN_FILENO, &byte, sizeof(byte));
	while (got > 0 || (got < 0 && errno == EINTR));
	_exit(remove_tree(path) ? 0 : 1);
}

static gboolean start_remover(Scratch *scratch, GError **error)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return lathe_error_errno(error, errno, "make a pipe");
	scratch->remover = fork();
	if (scratch->remover == 0) {
		close(ends[1]);
		remover_main(ends[0], scratch->path);
	}
	close(ends[0]);
	if (scratch->remover < 0) {
		close(ends[1]);
		return lathe_error_errno(error, errno, "fork");
	}
	scratch->alive = ends[1];
	return TRUE;
}

Scratch *scratch_new(const char *parent, GError **error)
{
	g_autofree char *absolute = state_absolute(parent ? parent : g_get_tmp_dir(), error);
	Scratch *scratch;

	if (!absolute)
		return NULL;
	scratch = g_new0(Scratch, 1);
	scratch->path = g_build_filename(absolute, ".lathe-XXXXXX", NULL);
	if (!mkdtemp(scratch->path))
		lathe_error_errno(error, errno, "create a directory in '%s'", absolute);
	else if (start_remover(scratch, error))
		return scratch;
	else
		remove_tree(scratch->path);
	g_free(scratch->path);
	g_free(scratch);
	return NULL;
}

void scratch_free(Scratch *scratch)
{
	if (!scratch)
		return;
	close(scratch->alive);
	while (waitpid(scratch->remover, NULL, 0) < 0 && errno == EINTR)
		;
	g_free(scratch->path);
	g_free(scratch);
}

const char *scratch_path(const Scratch *scratch)
{
	return scratch->path;
}
