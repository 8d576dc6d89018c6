/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * First program of a guest that goes wrong on purpose (rdinit=/faulty-init lathe.fault=NAME).
 * It leaves a saboteur behind and becomes the real agent; the saboteur waits until the
 * measurement has gone on for a moment and then does what NAME says:
 *
 *	hang		nothing ever speaks (there is no agent)
 *	panic		the kernel panics (sysrq c)
 *	kill-agent	the agent dies of a signal
 *	freeze-agent	the agent stops for ever; the guest lives on
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static bool fault_is(const char *name)
{
	static char cmdline[4096];
	char wanted[64];
	int fd = open("/proc/cmdline", O_RDONLY);
	ssize_t length = fd >= 0 ? read(fd, cmdline, sizeof(cmdline) - 1) : 0;

	if (fd >= 0)
		close(fd);
	cmdline[length > 0 ? length : 0] = '\0';
	snprintf(wanted, sizeof(wanted), "lathe.fault=%s", name);
	return strstr(cmdline, wanted) != NULL;
}

static bool is_cyclictest(const char *pid)
{
	char path[300], comm[32] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return false;
	if (read(fd, comm, sizeof(comm) - 1) < 0)
		comm[0] = '\0';
	close(fd);
	return strcmp(comm, "cyclictest\n") == 0;
}

static bool measuring(void)
{
	DIR *proc = opendir("/proc");
	bool found = false;
	struct dirent *entry;

	if (!proc)
		return false;
	while (!found && (entry = readdir(proc)))
		found = entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
			is_cyclictest(entry->d_name);
	closedir(proc);
	return found;
}

static void nap(long ms)
{
	nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		perror(path);
	if (fd >= 0)
		close(fd);
}

/* Only a tracer can kill or stop PID 1 from inside. */
static void trace_agent(bool kill_it)
{
	struct user_regs_struct registers;

	if (ptrace(PTRACE_SEIZE, 1, NULL, NULL) != 0 ||
	    ptrace(PTRACE_INTERRUPT, 1, NULL, NULL) != 0 || waitpid(1, NULL, __WALL) != 1) {
		perror("faulty-init: trace the agent");
		return;
	}
	if (!kill_it)
		for (;;)
			pause();
	if (ptrace(PTRACE_GETREGS, 1, NULL, &registers) != 0)
		perror("faulty-init: registers");
	registers.rip = 0;
	registers.orig_rax = (unsigned long long)-1;
	if (ptrace(PTRACE_SETREGS, 1, NULL, &registers) != 0 ||
	    ptrace(PTRACE_DETACH, 1, NULL, NULL) != 0)
		perror("faulty-init: kill the agent");
}

static void sabotage(void)
{
	while (!measuring())
		nap(100);
	nap(3000); /* so that there is something measured to keep */
	if (fault_is("panic"))
		write_file("/proc/sysrq-trigger", "c");
	else
		trace_agent(fault_is("kill-agent"));
	_exit(0);
}

int main(void)
{
	char init[] = "/init";
	char *const argv[] = {init, NULL};

	mkdir("/proc", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	if (fault_is("hang"))
		for (;;)
			pause();
	if (fork() == 0)
		sabotage();
	umount("/proc");
	execv(argv[0], argv);
	perror("faulty-init: exec /init");
	return 1;
}
