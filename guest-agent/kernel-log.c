/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel-log.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/klog.h>
#include <sys/stat.h>
#include <unistd.h>

/* syslog(2): all that is in the kernel's ring, without clearing it. */
enum { READ_ALL = 3 };

static char kernel_log[512 * 1024];

static bool write_whole(int fd, size_t length)
{
	for (size_t at = 0; at < length;) {
		ssize_t written = write(fd, kernel_log + at, length - at);

		if (written <= 0)
			return false;
		at += (size_t)written;
	}
	return true;
}

void kernel_log_store(void)
{
	int length, fd;
	bool whole;

	if (getpid() != 1)
		return;
	length = klogctl(READ_ALL, kernel_log, sizeof kernel_log);
	if (length <= 0)
		return;
	mkdir("/lathe", 0755);
	fd = open("/lathe/kernel-log", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return;
	whole = write_whole(fd, (size_t)length);
	close(fd);
	/* Half a log would hide what it lacks. */
	if (!whole)
		unlink("/lathe/kernel-log");
}
