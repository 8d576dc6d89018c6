/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "deadline.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "autofd.h"

/* TRUE when the process ended in time. */
static gboolean ended(int pidfd, guint seconds)
{
	gint64 end = g_get_monotonic_time() + (gint64)seconds * G_USEC_PER_SEC;
	struct pollfd poller = {.fd = pidfd, .events = POLLIN};

	for (;;) {
		gint64 left = end - g_get_monotonic_time();
		int got = poll(&poller, 1, (int)(MAX(left, 0) / 1000));

		if (got > 0)
			return TRUE;
		if (got == 0 && left <= 0)
			return FALSE;
		if (got < 0 && errno != EINTR)
			return FALSE;
	}
}

int deadline_call(DeadlineWork work, gconstpointer data, guint seconds)
{
	enum { LAST_SECONDS = 1 };
	int status = 0;
	autofd pidfd = -1;
	pid_t child = fork();

	if (child < 0)
		return errno;
	if (child == 0) {
		/* Ctrl-C is for lathe, which ends the write in order. */
		signal(SIGINT, SIG_IGN);
		signal(SIGTERM, SIG_IGN);
		signal(SIGHUP, SIG_IGN);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(work(data));
	}
	pidfd = (int)syscall(SYS_pidfd_open, child, 0);
	if (pidfd < 0 || !ended(pidfd, seconds)) {
		kill(child, SIGKILL);
		if (pidfd >= 0 && ended(pidfd, LAST_SECONDS))
			waitpid(child, NULL, 0);
		return ETIMEDOUT;
	}
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return ECHILD;
	return WEXITSTATUS(status);
}
