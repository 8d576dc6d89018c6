/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kvm.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "autofd.h"
#include "kvm_guest.h"
#include "root.h"

#define ITERATIONS 2000000u
#define SLOWER_MAX 20 /* design.md §6 */
#define PROOF_S    1
/* Setting the VM up, and scheduling on a busy host, on top of the loop's second. */
#define CHILD_MS 3000
#define REAP_MS  2000
#define ATTEMPTS 3

/* What the child writes into the pipe: smaller than PIPE_BUF, so all or nothing. */
typedef struct {
	const char *failed; /* what failed (a literal, the child is a fork), or NULL */
	int errnum;
	gint64 native_ns;
	gint64 guest_ns;
	guint64 iterations; /* that the guest did in guest_ns */
	guint32 exit_reason;
} Outcome;

static gint64 now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (gint64)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The same two instructions as the guest's code. */
static gint64 run_native(void)
{
	guint64 left = ITERATIONS;
	gint64 start_ns = now_ns();

	__asm__ volatile("1: dec %0; jnz 1b" : "+r"(left) : : "cc");
	return now_ns() - start_ns;
}

static void on_alarm(int signal)
{
	(void)signal; /* KVM_RUN returns EINTR */
}

/* The forked child of a process with threads: system calls only. */
static void start_timer(void)
{
	const struct sigaction action = {.sa_handler = on_alarm};
	/* Repeats: the signal may come just before KVM_RUN, which would then run on. */
	const struct itimerval timer = {.it_value.tv_sec = PROOF_S,
					.it_interval.tv_usec = 50000};
	sigset_t set;

	sigaction(SIGALRM, &action, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

static void prove(Outcome *outcome)
{
	KvmGuest guest;

	/* The best of several, on both sides: a preempted loop proves nothing. */
	outcome->native_ns = G_MAXINT64;
	for (int i = 0; i < ATTEMPTS; i++)
		outcome->native_ns = MIN(outcome->native_ns, run_native());
	outcome->failed = kvm_guest_open(&guest);
	outcome->errnum = errno;
	start_timer();
	for (int i = 0; i < ATTEMPTS && !outcome->failed; i++) {
		gint64 start_ns = now_ns(), ns;
		guint64 left = ITERATIONS;

		outcome->failed = kvm_guest_run(&guest, &left, &outcome->exit_reason);
		outcome->errnum = errno;
		ns = now_ns() - start_ns;
		if (i == 0 || (left == 0 && ns < outcome->guest_ns)) {
			outcome->guest_ns = ns;
			outcome->iterations = ITERATIONS - left;
		}
		if (left != 0)
			return;
	}
}

_Noreturn static void child(int report)
{
	Outcome outcome = {0};

	/* The parent's handlers must not run here, and nothing may outlive it. */
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prove(&outcome);
	if (write(report, &outcome, sizeof(outcome)) != sizeof(outcome))
		_exit(1);
	_exit(0);
}

/* TRUE when the descriptor was readable before the deadline. */
static gboolean wait_readable(int fd, int timeout_ms)
{
	gint64 deadline_us = g_get_monotonic_time() + (gint64)timeout_ms * 1000;
	int ready;

	do {
		gint64 left_us = MAX(deadline_us - g_get_monotonic_time(), 0);
		struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

		ready = poll(&poll_fd, 1, (int)((left_us + 999) / 1000));
	} while (ready < 0 && errno == EINTR);
	return ready > 0;
}

/* Ends the child whatever it does. FALSE when the kernel does not let go of it. */
static gboolean reap(pid_t pid, int pidfd)
{
	kill(pid, SIGKILL);
	/* Without a pidfd (Linux before 5.3) there is no wait with a deadline. */
	if (pidfd >= 0 && !wait_readable(pidfd, REAP_MS))
		return FALSE;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return TRUE;
}

static char *collect(pid_t pid, int from_child, Outcome *ret)
{
	autofd pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	gboolean reported = wait_readable(from_child, CHILD_MS) &&
			    read(from_child, ret, sizeof(*ret)) == sizeof(*ret);

	if (!reap(pid, pidfd))
		return g_strdup_printf("the process %d that tries it hangs in the kernel",
				       pid);
	if (!reported)
		return g_strdup_printf("the try did not end within %d ms", CHILD_MS);
	return NULL;
}

/* Runs the proof in a child; NULL, or why there is no outcome. */
static char *run_child(Outcome *ret)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return g_strdup_printf("pipe: %s", g_strerror(errno));
	autofd from_child = ends[0];
	autofd to_parent = ends[1];
	pid = fork();
	if (pid < 0)
		return g_strdup_printf("fork: %s", g_strerror(errno));
	if (pid == 0)
		child(to_parent);
	close(autofd_steal(&to_parent));
	return collect(pid, from_child, ret);
}

/* The virtualization extension among the flags of the first CPU: no proof, but the reason
 * why most machines fail. */
static const char *describe_cpu(void)
{
	g_autoptr(Root) live = root_open_live(NULL);
	g_autofree char *text = NULL;
	const char *flags, *end;

	if (!live || !root_read(live, "proc/cpuinfo", &text, NULL, NULL, NULL))
		return "its flags are unknown";
	flags = strstr(text, "\nflags");
	end = flags ? strchr(flags + 1, '\n') : NULL;
	if (!end)
		return "its flags are unknown";
	for (const char *name = flags; (name = strpbrk(name, " \t")) && name < end;
	     name++)
		if (g_str_has_prefix(name + 1, "vmx ") ||
		    g_str_has_prefix(name + 1, "svm "))
			return name[1] == 'v' ? "it has vmx" : "it has svm";
	return "it has neither vmx nor svm";
}

static KvmProof judge(const Outcome *outcome)
{
	const double native_ns = (double)outcome->native_ns / ITERATIONS;
	const double guest_ns =
	    outcome->iterations ? (double)outcome->guest_ns / (double)outcome->iterations
				: 0;
	const double slower = guest_ns / native_ns;
	const char *cpu = describe_cpu();

	if (outcome->failed && outcome->errnum)
		return (KvmProof){
		    FALSE,
		    g_strdup_printf("KVM does not work: %s: %s (the CPU: %s)",
				    outcome->failed, g_strerror(outcome->errnum), cpu)};
	if (outcome->failed)
		return (KvmProof){
		    FALSE, g_strdup_printf("KVM does not work: its guest left the "
					   "loop with exit reason %u (the CPU: %s)",
					   outcome->exit_reason, cpu)};
	if (outcome->native_ns <= 0 || outcome->iterations == 0)
		return (KvmProof){
		    FALSE, g_strdup_printf("KVM does not work: its guest did nothing "
					   "within %d s (the CPU: %s)",
					   PROOF_S, cpu)};
	/* The threshold holds for the whole loop: one cut short by the timer has failed.
	 */
	if (outcome->iterations < ITERATIONS || slower > SLOWER_MAX)
		return (KvmProof){
		    FALSE,
		    g_strdup_printf(
			"KVM does not work: a 64-bit loop took %.1f ns an iteration "
			"in a guest, %.0f times the native %.2f ns, at most %d "
			"times are accepted; %" G_GUINT64_FORMAT " of %u iterations "
			"done within %d s (the CPU: %s)",
			guest_ns, slower, native_ns, SLOWER_MAX, outcome->iterations,
			ITERATIONS, PROOF_S, cpu)};
	return (KvmProof){
	    TRUE,
	    g_strdup_printf("KVM works: a 64-bit loop of %u iterations took %.2f ns "
			    "an iteration in a guest, %.1f times the native %.2f ns",
			    ITERATIONS, guest_ns, slower, native_ns)};
}

KvmProof kvm_prove(void)
{
	Outcome outcome = {0};
	char *trouble = run_child(&outcome);

	if (trouble) {
		KvmProof proof = {FALSE,
				  g_strdup_printf("KVM does not work: %s", trouble)};

		g_free(trouble);
		return proof;
	}
	return judge(&outcome);
}
