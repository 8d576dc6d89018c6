/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpus.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

/* Far above NR_CPUS of any kernel (8,192 on x86). */
#define CPUS_MAX 16384

typedef struct {
	unsigned long bits[CPUS_MAX / (8 * sizeof(unsigned long))];
} CpuMask;

static bool take_number(const char **at, unsigned *ret)
{
	unsigned value = 0;
	const char *p = *at;

	if (*p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++)
		if (value < CPUS_MAX)
			value = value * 10 + (unsigned)(*p - '0');
	*at = p;
	*ret = value;
	return true;
}

bool cpus_listed(const char *list, unsigned cpu)
{
	unsigned first, last;

	while (take_number(&list, &first)) {
		last = first;
		if (*list == '-') {
			list++;
			if (!take_number(&list, &last))
				return false;
		}
		if (first <= cpu && cpu <= last)
			return true;
		if (*list != ',')
			return false;
		list++;
	}
	return false;
}

static void read_list(const char *path, char *ret, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, ret, size - 1);

	ret[got > 0 ? got : 0] = '\0';
	if (fd >= 0)
		close(fd);
}

unsigned cpus_housekeeping(void)
{
	char online[4096], isolated[4096];

	read_list("/sys/devices/system/cpu/online", online, sizeof online);
	read_list("/sys/devices/system/cpu/isolated", isolated, sizeof isolated);
	for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++)
		if (cpus_listed(online, cpu) && !cpus_listed(isolated, cpu))
			return cpu;
	return 0;
}

int cpus_pin(unsigned cpu)
{
	CpuMask mask = {{0}};
	const unsigned width = 8 * sizeof(unsigned long);

	if (cpu >= CPUS_MAX)
		return EINVAL;
	mask.bits[cpu / width] = 1ul << (cpu % width);
	return sched_setaffinity(0, sizeof mask, (const cpu_set_t *)&mask) == 0 ? 0
										: errno;
}

int cpus_unpin(void)
{
	CpuMask mask;

	/* The kernel takes from it what exists. */
	memset(&mask, 0xff, sizeof mask);
	return sched_setaffinity(0, sizeof mask, (const cpu_set_t *)&mask) == 0 ? 0
										: errno;
}
