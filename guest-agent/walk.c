/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

/* Entries looked at in one step. */
#define STEP_ENTRIES 256

static size_t part_length(const char *part)
{
	return strcspn(part, "/");
}

static bool has_star(const char *part)
{
	return memchr(part, '*', part_length(part));
}

bool walk_pattern_valid(const char *pattern)
{
	unsigned stars = 0;

	for (;; pattern++) {
		size_t length = part_length(pattern);

		if (length == 0 || length > NAME_MAX ||
		    (length <= 2 && memcmp(pattern, "..", length) == 0))
			return false;
		stars += has_star(pattern);
		pattern += length;
		if (!*pattern)
			return stars <= WALK_DEPTH;
	}
}

/* '*' is any run of characters; it does not match a leading '.'. Linear in name per star.
 */
static bool matches(const char *part, size_t length, const char *name)
{
	const char *end = part + length, *star = NULL, *retry = NULL;

	if (*name == '.' && *part != '.')
		return false;
	while (*name) {
		if (part < end && *part == '*') {
			star = ++part;
			retry = name;
		} else if (part < end && *part == *name) {
			part++;
			name++;
		} else if (star) {
			part = star;
			name = ++retry;
		} else {
			return false;
		}
	}
	while (part < end && *part == '*')
		part++;
	return part == end;
}

/* Adds a component to the path. FALSE when the path grows too long. */
static bool append(Walk *walk, const char *part, size_t length)
{
	size_t at = strlen(walk->path);
	bool slash = at > 1;

	if (at + slash + length >= sizeof walk->path)
		return false;
	if (slash)
		walk->path[at++] = '/';
	memcpy(walk->path + at, part, length);
	walk->path[at + length] = '\0';
	return true;
}

/* Goes down from walk->path along `rest` to the end or to a component with a star. */
static WalkStep descend(Walk *walk, const char *rest)
{
	for (; *rest; rest += *rest == '/') {
		size_t length = part_length(rest);
		WalkLevel *level;

		if (has_star(rest)) {
			level = &walk->levels[walk->depth];
			level->fd = open(walk->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
			if (level->fd < 0)
				return WALK_UNLISTED;
			level->path_length = strlen(walk->path);
			level->part = rest;
			level->at = level->fill = 0;
			walk->depth++;
			return WALK_BUSY;
		}
		if (!append(walk, rest, length))
			return WALK_BUSY;
		rest += length;
	}
	return WALK_PATH;
}

/* The next entry's name, or NULL: with errno 0 at the end of the directory. */
static const char *next_name(WalkLevel *level)
{
	const struct dirent64 *entry;

	if (level->at >= level->fill) {
		ssize_t got =
			getdents64(level->fd, level->entries, sizeof level->entries);

		if (got <= 0) {
			errno = got < 0 ? errno : 0;
			return NULL;
		}
		level->at = 0;
		level->fill = (size_t)got;
	}
	entry = (const struct dirent64 *)(level->entries + level->at);
	level->at += entry->d_reclen;
	return entry->d_name;
}

void walk_begin(Walk *walk, const char *pattern)
{
	walk->pattern = pattern;
	walk->depth = 0;
	walk->begun = false;
}

WalkStep walk_next(Walk *walk)
{
	if (!walk->begun) {
		walk->begun = true;
		strncpy(walk->path, "/", sizeof walk->path);
		return descend(walk, walk->pattern);
	}
	for (unsigned i = 0; i < STEP_ENTRIES && walk->depth; i++) {
		WalkLevel *level = &walk->levels[walk->depth - 1];
		size_t length = part_length(level->part);
		const char *rest = level->part + length;
		const char *name = next_name(level);

		if (!name) {
			int errnum = errno;

			close(level->fd);
			walk->depth--;
			if (errnum == 0)
				continue;
			walk->path[level->path_length] = '\0';
			errno = errnum;
			return WALK_UNLISTED;
		}
		if (!matches(level->part, length, name))
			continue;
		walk->path[level->path_length] = '\0';
		if (append(walk, name, strlen(name)))
			return descend(walk, rest + (*rest == '/'));
	}
	return walk->depth ? WALK_BUSY : WALK_END;
}

void walk_end(Walk *walk)
{
	while (walk->depth)
		close(walk->levels[--walk->depth].fd);
}
