/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The newest line of each measuring thread, from a FIFO that the tool makes and writes
 * far oftener than anybody needs to know (cyclictest -F: thousands of times a second).
 */
#ifndef LATHE_AGENT_SNAPSHOT_H
#define LATHE_AGENT_SNAPSHOT_H

#include "queue.h"

#define SNAPSHOT_THREADS 256
#define SNAPSHOT_LINE    160

typedef struct {
	char path[WIRE_PATH_MAX]; /* empty: no FIFO */
	int fd;
	/* "T: N ..." by N; the last slot holds any other line. Empty: nothing new. */
	char lines[SNAPSHOT_THREADS + 1][SNAPSHOT_LINE];
	char partial[SNAPSHOT_LINE];
	size_t partial_length; /* SNAPSHOT_LINE: the line is too long and is dropped */
} Snapshot;

/* Before the tool starts; removes a FIFO that an earlier one left. `path` may be empty.
 */
void snapshot_begin(Snapshot *snapshot, const char *path);

/* Opens the FIFO once it is there, and keeps it open: a writer that lost its reader would
 * get SIGPIPE. Reads what it holds. */
void snapshot_read(Snapshot *snapshot);

/* Queues the lines that are new since the last call, perhaps none. */
void snapshot_send(Snapshot *snapshot, Queue *queue);

void snapshot_end(Snapshot *snapshot);

#endif
