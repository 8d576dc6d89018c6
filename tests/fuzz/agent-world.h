/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The world that a fuzzed agent acts on. Included before the agent's own files, it stands
 * in for the calls that reach beyond the process: files are below a directory of their
 * own, a fork makes nothing but a number, a signal is only checked, time is the input's.
 * What an agent does as PID 1 (mounts, modules, power) ends the program when it is called
 * at all.
 */
#ifndef LATHE_FUZZ_AGENT_WORLD_H
#define LATHE_FUZZ_AGENT_WORLD_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "announce.h"
#include "init.h"
#include "temporary.h"
#include "tool-child.h"

typedef struct {
	pid_t tool;       /* the process that fork made; 0: none lives */
	int write_end[2]; /* of the last two pipes */
	int output, fifo; /* the tool's ends; -1: none */
	int refusal;      /* what exec of the next tool says */
	time_t now_s;
	bool changed; /* the agent has made or removed files */
} World;

static World world;

static inline void check(bool claim)
{
	if (!claim)
		abort();
}

/* Where the agent's absolute path is: below the directory, whatever it says. */
static bool world_path(const char *path, char ret[8192])
{
	const char *root = temporary_directory();

	if (path[0] != '/' || strstr(path, "/../") || g_str_has_suffix(path, "/..") ||
	    snprintf(ret, 8192, "%s/root%s", root, path) >= 8192) {
		errno = EACCES;
		return false;
	}
	return true;
}

static int world_open(const char *path, int flags, ...)
{
	char real[8192];

	world.changed |= (flags & O_ACCMODE) != O_RDONLY;
	return world_path(path, real) ? open(real, flags, 0600) : -1;
}

static int world_stat(const char *path, struct stat *ret)
{
	char real[8192];

	return world_path(path, real) ? stat(real, ret) : -1;
}

static int world_lstat(const char *path, struct stat *ret)
{
	char real[8192];

	return world_path(path, real) ? lstat(real, ret) : -1;
}

static int world_statfs(const char *path, struct statfs *ret)
{
	char real[8192];

	return world_path(path, real) ? statfs(real, ret) : -1;
}

static int world_unlink(const char *path)
{
	char real[8192];

	world.changed = true;
	return world_path(path, real) ? unlink(real) : -1;
}

static int world_rename(const char *from, const char *to)
{
	char real[2][8192];

	world.changed = true;
	return world_path(from, real[0]) && world_path(to, real[1])
		       ? rename(real[0], real[1])
		       : -1;
}

static int world_pipe2(int ends[2], int flags)
{
	if (pipe2(ends, flags) != 0)
		return -1;
	world.write_end[0] = world.write_end[1];
	world.write_end[1] = ends[1];
	return 0;
}

static void world_close_tool(void)
{
	if (world.output >= 0)
		close(world.output);
	if (world.fifo >= 0)
		close(world.fifo);
	world.output = world.fifo = -1;
}

/* Only ever the parent. The child is a number that no process has (pid_max is 2^22). */
static pid_t world_fork(void)
{
	static pid_t last = 1 << 23;

	check(!world.tool);
	world_close_tool();
	world.tool = ++last;
	world.output = fcntl(world.write_end[0], F_DUPFD_CLOEXEC, 0);
	if (world.refusal)
		check(write(world.write_end[1], &world.refusal, sizeof world.refusal) ==
		      (ssize_t)sizeof world.refusal);
	return world.tool;
}

/* The agent may signal its tool and nothing else, and only before it is reaped. */
static int world_kill(pid_t pid, int number)
{
	check(world.tool && (pid == -world.tool || (world.refusal && pid == world.tool)));
	check(number > 0 && number <= 64);
	return 0;
}

static int world_clock_gettime(clockid_t clock, struct timespec *ret)
{
	check(clock == CLOCK_MONOTONIC);
	*ret = (struct timespec){.tv_sec = world.now_s};
	return 0;
}

void tool_child_exec(char **argv, pid_t agent, int output, int result)
{
	(void)argv, (void)agent, (void)output, (void)result;
	abort();
}

void init_set_up(void)
{
	abort();
}

void init_power_off(void)
{
	abort();
}

void announce(const char *format, ...)
{
	char line[256];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
}

#define open(...)                 world_open(__VA_ARGS__)
#define stat(path, ret)           world_stat(path, ret)
#define lstat(path, ret)          world_lstat(path, ret)
#define statfs(path, ret)         world_statfs(path, ret)
#define unlink(path)              world_unlink(path)
#define rename(from, to)          world_rename(from, to)
#define pipe2(ends, flags)        world_pipe2(ends, flags)
#define fork()                    world_fork()
#define kill(pid, number)         world_kill(pid, number)
#define clock_gettime(clock, ret) world_clock_gettime(clock, ret)

#endif
