/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * First program of the guest that lathe's is compared with (rdinit=/bare-init): mounts what
 * cyclictest needs, runs it with the arguments of /bare-argv (one a line), and says on the
 * console
 *
 *	bare-init: clock BOOTTIME_NS		the guest's clock, as the line leaves
 *	bare-init: thread CPU TICKS		a SCHED_FIFO thread and when it started
 *	bare-init: exit STATUS
 *	bare-init: json				the rest is what --json= of /bare-argv holds
 */
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define JSON     "--json="
#define ARGS_MAX 64

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One write a line: the serial port is slow, and a line's time of arrival is measured. */
static void say(const char *format, ...)
{
	char line[256] = "bare-init: ";
	va_list args;
	size_t length = strlen(line);

	va_start(args, format);
	vsnprintf(line + length, sizeof line - length - 1, format, args);
	va_end(args);
	strcat(line, "\n");
	if (write(STDOUT_FILENO, line, strlen(line)) < 0)
		_exit(1);
}

static void say_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	say("clock %lld", (long long)now.tv_sec * 1000000000 + now.tv_nsec);
}

static void end(void)
{
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

static void mount_all(void)
{
	static const struct {
		const char *type, *target;
	} mounts[] = {{"proc", "/proc"},
		      {"sysfs", "/sys"},
		      {"devtmpfs", "/dev"},
		      {"tmpfs", "/dev/shm"},
		      {"tmpfs", "/tmp"}};

	for (size_t i = 0; i < sizeof mounts / sizeof *mounts; i++) {
		mkdir(mounts[i].target, 0755);
		mount(mounts[i].type, mounts[i].target, mounts[i].type, 0, NULL);
	}
}

static char **read_argv(void)
{
	static char text[4096];
	static char *argv[ARGS_MAX + 1];
	int fd = open("/bare-argv", O_RDONLY);
	ssize_t length = read(fd, text, sizeof text - 1);
	int count = 0;

	if (length <= 0)
		return NULL;
	for (char *word = strtok(text, "\n"); word && count < ARGS_MAX;
	     word = strtok(NULL, "\n"))
		argv[count++] = word;
	return argv;
}

static void pin(unsigned first, unsigned last)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	for (unsigned cpu = first; cpu <= last; cpu++)
		CPU_SET(cpu, &cpus);
	sched_setaffinity(0, sizeof cpus, &cpus);
}

/* Fields of /proc/PID/task/TID/stat: proc(5). Whether it is one that measures. */
static int say_thread(const char *path)
{
	char text[1024], *at;
	unsigned long long start = 0;
	int processor = -1, policy = -1;
	int fd = open(path, O_RDONLY);
	ssize_t length = read(fd, text, sizeof text - 1);

	close(fd);
	text[length > 0 ? length : 0] = '\0';
	at = strrchr(text, ')');
	for (int field = 3; at && (at = strchr(at + 1, ' ')); field++) {
		if (field == 22)
			start = strtoull(at + 1, NULL, 10);
		else if (field == 39)
			processor = (int)strtol(at + 1, NULL, 10);
		else if (field == 41)
			policy = (int)strtol(at + 1, NULL, 10);
	}
	if (policy == SCHED_FIFO)
		say("thread %d %llu", processor, start);
	return policy == SCHED_FIFO;
}

static int say_threads(pid_t pid)
{
	int measuring = 0;
	char path[300];
	struct dirent *entry;
	DIR *tasks;

	snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
	tasks = opendir(path);
	while (tasks && (entry = readdir(tasks))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "/proc/%d/task/%s/stat", (int)pid,
			 entry->d_name);
		measuring += say_thread(path);
	}
	if (tasks)
		closedir(tasks);
	return measuring;
}

/* Ends with the tool too, and after a time in which any guest starts a thread. */
static void wait_for_threads(pid_t pid)
{
	const struct timespec pause = {.tv_nsec = 100000000};

	for (int looks = 0; looks < 600 && !say_threads(pid); looks++) {
		siginfo_t ended = {0};

		if (waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 ||
		    ended.si_pid)
			return;
		nanosleep(&pause, NULL);
	}
}

static void say_file(const char *path)
{
	char bytes[4096];
	int fd = open(path, O_RDONLY);
	ssize_t length;

	say("json");
	while ((length = read(fd, bytes, sizeof bytes)) > 0)
		if (write(STDOUT_FILENO, bytes, (size_t)length) < 0)
			return;
}

static void say_json(char **argv)
{
	for (; *argv; argv++)
		if (strncmp(*argv, JSON, strlen(JSON)) == 0)
			say_file(*argv + strlen(JSON));
}

int main(void)
{
	char **argv;
	int status = -1;
	pid_t pid;

	mount_all();
	say_clock();
	argv = read_argv();
	if (!argv)
		end();
	pid = fork();
	if (pid == 0) {
		/* A first program has the CPUs that isolcpus= left it. */
		pin(0, (unsigned)sysconf(_SC_NPROCESSORS_CONF) - 1);
		execv(argv[0], argv);
		_exit(127);
	}
	wait_for_threads(pid);
	say_clock();
	waitpid(pid, &status, 0);
	say("exit %d", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	say_json(argv);
	end();
}
