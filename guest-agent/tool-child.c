/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tool-child.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cpus.h"

static void default_signals(void)
{
	/* struct sigaction as the kernel knows it: SIG_DFL, no flags, no restorer, no mask.
	 * libc refuses the two signals that it keeps for its threads, and posix_spawn() leaves
	 * them ignored in whatever it starts, this agent perhaps. */
	static const unsigned long action[4];
	sigset_t none;

	for (int number = 1; number <= SIGRTMAX; number++)
		syscall(SYS_rt_sigaction, number, action, NULL, 8);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void lift_limit(int resource)
{
	struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};

	if (setrlimit(resource, &limit) == 0 || getrlimit(resource, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(resource, &limit);
}

static void connect_output(int output)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (null >= 0)
		dup2(null, STDIN_FILENO);
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
}

void tool_child_exec(char **argv, pid_t agent, int output, int result)
{
	static char *const environment[] = {
		(char *)"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/"
			"bin",
		(char *)"HOME=/tmp",
		(char *)"LC_ALL=C",
		NULL,
	};
	const struct sched_param other = {0};
	int errnum;

	setsid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != agent)
		_exit(126);
	connect_output(output);
	lift_limit(RLIMIT_MEMLOCK);
	lift_limit(RLIMIT_RTPRIO);
	if (chdir("/tmp") != 0 && chdir("/") != 0)
		goto failed;
	if (sched_setscheduler(0, SCHED_OTHER, &other) != 0)
		goto failed;
	/* A tool that inherited the agent's CPU would measure that one alone. */
	errno = cpus_unpin();
	if (errno)
		goto failed;
	default_signals();
	execve(argv[0], argv, environment);
failed:
	errnum = errno;
	if (write(result, &errnum, sizeof errnum) < 0)
		_exit(126);
	_exit(127);
}
