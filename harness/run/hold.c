/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hold.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "autofd.h"
#include "cpulist.h"
#include "error.h"

#define NS_PER_S G_GINT64_CONSTANT(1000000000)

/* Beyond the hold itself, for a busy host. */
#define GRACE_MS 10000
/* A spinner that does not see its deadline is killed by the kernel. */
#define SPIN_GRACE_US 100000

/* What the child could not do. */
typedef enum { STEP_NONE, STEP_LIFE, STEP_FIFO, STEP_MOVE, STEP_SEIZE, STEP_STOP } Step;

static const char *const steps[] = {
	[STEP_LIFE] = "tie the holder's life to lathe's",
	[STEP_FIFO] = "give the spinner SCHED_FIFO",
	[STEP_MOVE] = "move the spinner to the vCPU's CPU",
	[STEP_SEIZE] = "ptrace the vCPU's thread",
	[STEP_STOP] = "stop the vCPU's thread",
};

typedef struct {
	Step step;
	int errnum;
	Held held;
} Report;

/* For the child: what must not be made between fork and the end. */
typedef struct {
	const Hold *hold;
	cpu_set_t *cpus;
	gsize cpus_size;
	pid_t parent;
} Child;

/* From here to the parent's part: in the child of a process with threads, so calls that are
 * safe in a signal handler only. */

static gint64 now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static Report failed(Step step)
{
	return (Report){.step = step, .errnum = errno};
}

static void sleep_until(gint64 end_ns)
{
	struct timespec end = {end_ns / NS_PER_S, end_ns % NS_PER_S};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL) == EINTR)
		;
}

static Report spin(const Child *child)
{
	const Hold *hold = child->hold;
	struct sched_param priority = {.sched_priority = (int)hold->priority};
	rlim_t limit_us = (rlim_t)(hold->length_ns / 1000) + SPIN_GRACE_US;
	struct rlimit limit = {limit_us, limit_us};
	gint64 start_ns, last_ns, end_ns;
	Report report = {0};

	/* First the priority, on a housekeeping CPU: with it the thread runs on its new CPU at
	 * once, whatever the vCPU does. */
	if (setrlimit(RLIMIT_RTTIME, &limit) != 0 ||
	    sched_setscheduler(0, SCHED_FIFO, &priority) != 0)
		return failed(STEP_FIFO);
	if (sched_setaffinity(0, child->cpus_size, child->cpus) != 0)
		return failed(STEP_MOVE);
	start_ns = last_ns = now_ns();
	end_ns = start_ns + hold->length_ns;
	while (last_ns < end_ns) {
		gint64 time_ns = now_ns();

		report.held.largest_hole_ns = MAX(report.held.largest_hole_ns, time_ns - last_ns);
		last_ns = time_ns;
	}
	report.held.held_ns = last_ns - start_ns;
	return report;
}

static Report stop(const Hold *hold)
{
	Report report = {0};
	gint64 start_ns;
	long signal_number;
	int status;

	if (ptrace(PTRACE_SEIZE, hold->tid, 0, 0) != 0)
		return failed(STEP_SEIZE);
	if (ptrace(PTRACE_INTERRUPT, hold->tid, 0, 0) != 0 ||
	    waitpid(hold->tid, &status, __WALL) != hold->tid)
		return failed(STEP_STOP);
	start_ns = now_ns();
	if (!WIFSTOPPED(status)) {
		errno = ESRCH;
		return failed(STEP_STOP);
	}
	sleep_until(start_ns + hold->length_ns);
	report.held.held_ns = now_ns() - start_ns;
	/* QEMU kicks vCPU threads with a signal: one that was about to be delivered when it
	 * stopped goes on to the thread. */
	signal_number = status >> 16 == PTRACE_EVENT_STOP ? 0 : WSTOPSIG(status);
	ptrace(PTRACE_DETACH, hold->tid, 0, signal_number);
	return report;
}

static Report pass_time(const Hold *hold)
{
	gint64 start_ns = now_ns();
	Report report = {0};

	sleep_until(start_ns + hold->length_ns);
	report.held.held_ns = now_ns() - start_ns;
	return report;
}

/* A tracer's end lets its threads go (ptrace(2)): dying is enough for every method. */
static Report hold_in_child(const Child *child)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		return failed(STEP_LIFE);
	if (getppid() != child->parent) /* died before prctl() */
		_exit(1);
	switch (child->hold->method) {
	case HOLD_FIFO:
		return spin(child);
	case HOLD_PTRACE:
		return stop(child->hold);
	case HOLD_NOTHING:
		break;
	}
	return pass_time(child->hold);
}

/* ---- the parent ---- */

/* Signals are for lathe: its handlers would write into what the child shares with it. */
static pid_t fork_holder(const Child *child, int report_fd)
{
	sigset_t all, before;
	pid_t pid;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid == 0) {
		Report report = hold_in_child(child);

		_exit(write(report_fd, &report, sizeof(report)) == sizeof(report) ? 0 : 1);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return pid;
}

typedef struct {
	pid_t pid;
	gboolean ended;
} Holder;

static gboolean has_ended(gpointer data)
{
	Holder *holder = data;

	if (!holder->ended)
		holder->ended = waitpid(holder->pid, NULL, WNOHANG) == holder->pid;
	return holder->ended;
}

static gboolean wait_for_holder(Waiter *waiter, pid_t pid, gint64 length_ns, GError **error)
{
	Holder holder = {.pid = pid};
	guint timeout_ms = (guint)(length_ns / 1000000) + GRACE_MS;

	if (waiter_until(waiter, timeout_ms, has_ended, &holder, "the vCPU to be let go", error))
		return TRUE;
	if (!holder.ended) {
		kill(pid, SIGKILL);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	return FALSE;
}

static gboolean read_report(int fd, Held *ret, GError **error)
{
	Report report;

	if (read(fd, &report, sizeof(report)) != sizeof(report))
		return lathe_error(error, LATHE_ERROR_IO, "the holder of the vCPU died");
	if (report.step == STEP_FIFO && report.errnum == EPERM)
		return lathe_error(error, LATHE_ERROR_ENVIRONMENT,
				   "this host refuses SCHED_FIFO");
	if (report.step != STEP_NONE)
		return lathe_error_errno(error, report.errnum, "%s", steps[report.step]);
	*ret = report.held;
	return TRUE;
}

static gboolean run_holder(Waiter *waiter, const Child *child, Held *ret, GError **error)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
		return lathe_error_errno(error, errno, "create a pipe");
	autofd report = ends[0];
	pid = fork_holder(child, ends[1]);
	close(ends[1]);
	if (pid < 0)
		return lathe_error_errno(error, errno, "fork");
	return wait_for_holder(waiter, pid, child->hold->length_ns, error) &&
	       read_report(report, ret, error);
}

gboolean hold_vcpu(Waiter *waiter, const Hold *hold, Held *ret, GError **error)
{
	Child child = {.hold = hold, .parent = getpid()};
	gboolean done;

	child.cpus = CPU_ALLOC(CPUSET_CPUS);
	child.cpus_size = CPU_ALLOC_SIZE(CPUSET_CPUS);
	CPU_ZERO_S(child.cpus_size, child.cpus);
	CPU_SET_S(hold->cpu, child.cpus_size, child.cpus);
	done = run_holder(waiter, &child, ret, error);
	CPU_FREE(child.cpus);
	return done;
}
