/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The smallest pipe there is. cyclictest writes a snapshot every 0.4 ms while the pipe takes
 * it (rt-tests 2.4: 8 % of a CPU) and waits while it is full: some fifty lines are
 * all that it gets to write between two of our looks; they are from soon after the last one,
 * so that what we pass on is as old as a look is long. With more threads than that, a look
 * brings part of them, and the next one the rest.
 */
#define PIPE_BYTES 4096

static bool is_fifo(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0 && S_ISFIFO(status.st_mode);
}

void snapshot_begin(Snapshot *snapshot, const char *path)
{
	snapshot->fd = -1;
	snapshot->partial_length = 0;
	for (unsigned i = 0; i <= SNAPSHOT_THREADS; i++)
		snapshot->lines[i][0] = '\0';
	memcpy(snapshot->path, path, strlen(path) + 1);
	if (is_fifo(path))
		unlink(path);
}

static void open_fifo(Snapshot *snapshot)
{
	if (!snapshot->path[0] || !is_fifo(snapshot->path))
		return;
	snapshot->fd = open(snapshot->path,
			    O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
	if (snapshot->fd >= 0)
		fcntl(snapshot->fd, F_SETPIPE_SZ, PIPE_BYTES);
}

/* The slot of a line: "T:" blanks, a thread number, a blank. */
static unsigned slot_of(const char *line)
{
	unsigned thread = 0;

	if (line[0] != 'T' || line[1] != ':')
		return SNAPSHOT_THREADS;
	for (line += 2; *line == ' '; line++)
		;
	if (*line < '0' || *line > '9')
		return SNAPSHOT_THREADS;
	for (; *line >= '0' && *line <= '9' && thread < SNAPSHOT_THREADS; line++)
		thread = thread * 10 + (unsigned)(*line - '0');
	return *line == ' ' && thread < SNAPSHOT_THREADS ? thread : SNAPSHOT_THREADS;
}

/* A part of a line; one that is too long, or holds a NUL, is marked as such. */
static void add_piece(Snapshot *snapshot, const char *piece, size_t length)
{
	if (snapshot->partial_length + length >= SNAPSHOT_LINE ||
	    memchr(piece, '\0', length)) {
		snapshot->partial_length = SNAPSHOT_LINE;
		return;
	}
	memcpy(snapshot->partial + snapshot->partial_length, piece, length);
	snapshot->partial_length += length;
}

static void end_line(Snapshot *snapshot)
{
	size_t length = snapshot->partial_length;

	snapshot->partial_length = 0;
	if (!length || length >= SNAPSHOT_LINE)
		return;
	snapshot->partial[length] = '\0';
	memcpy(snapshot->lines[slot_of(snapshot->partial)], snapshot->partial, length + 1);
}

/* By lines: a pipe full of them comes at each look, and byte by byte takes eight times as
 * long, which an emulated guest feels. */
static void take_text(Snapshot *snapshot, const char *at, size_t length)
{
	const char *end = at + length;
	const char *newline;

	while ((newline = memchr(at, '\n', (size_t)(end - at)))) {
		add_piece(snapshot, at, (size_t)(newline - at));
		end_line(snapshot);
		at = newline + 1;
	}
	add_piece(snapshot, at, (size_t)(end - at));
}

void snapshot_read(Snapshot *snapshot)
{
	char bytes[4096];

	if (snapshot->fd < 0)
		open_fifo(snapshot);
	if (snapshot->fd < 0)
		return;
	for (size_t total = 0; total < PIPE_BYTES;) {
		ssize_t got = read(snapshot->fd, bytes, sizeof bytes);

		if (got < 0 && errno == EINTR)
			continue;
		/* 0: between two writers. */
		if (got <= 0)
			return;
		take_text(snapshot, bytes, (size_t)got);
		total += (size_t)got;
	}
}

void snapshot_send(Snapshot *snapshot, Queue *queue)
{
	char text[WIRE_PAYLOAD_MAX - WIRE_ATTRIBUTE];
	WireWriter writer;
	size_t length = 0;

	_Static_assert((SNAPSHOT_THREADS + 1) * SNAPSHOT_LINE <= sizeof text,
		       "all lines fit into a frame");
	if (!queue_has_room(queue))
		return;
	for (unsigned i = 0; i <= SNAPSHOT_THREADS; i++) {
		size_t line;

		if (!snapshot->lines[i][0])
			continue;
		line = strlen(snapshot->lines[i]);
		memcpy(text + length, snapshot->lines[i], line);
		length += line;
		text[length++] = '\n';
		snapshot->lines[i][0] = '\0';
	}
	queue_begin(queue, &writer, WIRE_PROGRESS, 0);
	wire_put(&writer, WIRE_TAG_DATA, text, length);
	queue_end(queue, &writer);
}

void snapshot_end(Snapshot *snapshot)
{
	if (snapshot->fd >= 0)
		close(snapshot->fd);
	snapshot->fd = -1;
}
