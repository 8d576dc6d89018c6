/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel-threads.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "announce.h"

/* tuned, profiles/realtime-virtual-guest: group.ksoftirqd. RCU's threads get theirs from
 * rcutree.kthread_prio. */
#define PRIORITY 2

/* include/linux/sched.h: PF_KTHREAD; nobody else's name counts. */
#define KERNEL_THREAD 0x00200000ul

/* "12 (ksoftirqd/0) S 2 0 0 0 -1 FLAGS ..." of /proc/12/stat. */
static bool is_served_by(const char *stat, const char *name)
{
	const char *open = strchr(stat, '(');
	const char *close = strrchr(stat, ')');
	const char *at = close;

	if (!open || !close || strncmp(open + 1, name, strlen(name)) != 0)
		return false;
	for (unsigned field = 0; field < 7 && at; field++)
		at = strchr(at + 1, ' ');
	return at && strtoul(at + 1, NULL, 10) & KERNEL_THREAD;
}

static bool is_one(int proc, const char *pid)
{
	static const char *const names[] = {"ksoftirqd/", "ktimers/"};
	char path[64], stat[512];
	ssize_t got;
	int fd;

	snprintf(path, sizeof path, "%.32s/stat", pid);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	got = read(fd, stat, sizeof stat - 1);
	close(fd);
	stat[got > 0 ? got : 0] = '\0';
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (is_served_by(stat, names[i]))
			return true;
	return false;
}

void kernel_threads_raise(void)
{
	const struct sched_param parameter = {.sched_priority = PRIORITY};
	DIR *proc = opendir("/proc");
	const struct dirent *entry;

	if (!proc)
		return;
	while ((entry = readdir(proc))) {
		pid_t pid;

		if (entry->d_name[0] < '1' || entry->d_name[0] > '9' ||
		    !is_one(dirfd(proc), entry->d_name))
			continue;
		pid = (pid_t)strtoul(entry->d_name, NULL, 10);
		if (sched_setscheduler(pid, SCHED_FIFO, &parameter) != 0)
			announce("make thread %d SCHED_FIFO: %s", (int)pid, strerror(errno));
	}
	closedir(proc);
}
