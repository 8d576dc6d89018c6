/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The paths that match a pattern such as "proc/1/task/<STAR>/stat", found step by step in
 * fixed memory, so that a walk through /sys never keeps the agent from its clock.
 */
#ifndef LATHE_AGENT_WALK_H
#define LATHE_AGENT_WALK_H

#include "wire.h"

/* Components with a star in one pattern. */
#define WALK_DEPTH 8

typedef struct {
	int fd;             /* the directory whose entries are tried */
	size_t path_length; /* of the path down to it, with the slash */
	const char *part;   /* the component with the star, in the pattern */
	size_t at, fill;
	char entries[8192] __attribute__((aligned(8)));
} WalkLevel;

typedef enum {
	WALK_PATH, /* walk->path is a candidate; it need not exist */
	WALK_BUSY, /* nothing yet: call again */
	WALK_UNLISTED, /* walk->path is a directory of which not all entries could be read, errno
			* says why; or it is none. The walk goes on. */
	WALK_END,
} WalkStep;

typedef struct {
	char path[WIRE_PATH_MAX]; /* absolute */
	const char *pattern;
	bool begun;
	unsigned depth; /* levels in use */
	WalkLevel levels[WALK_DEPTH];
} Walk;

/* TRUE for a relative path without empty, "." or ".." components and with at most
 * WALK_DEPTH components that hold a star. */
bool walk_pattern_valid(const char *pattern);

/* `pattern` is valid and outlives the walk. */
void walk_begin(Walk *walk, const char *pattern);
WalkStep walk_next(Walk *walk);
/* Closes what is open. Safe on a walk that ended, or is zeroed. */
void walk_end(Walk *walk);

#endif
