/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A capture request being carried out: reads the files that match its patterns and queues
 * them in pieces, as fast as the port takes them and no faster.
 */
#ifndef LATHE_AGENT_CAPTURE_TASK_H
#define LATHE_AGENT_CAPTURE_TASK_H

#include "queue.h"
#include "walk.h"

typedef struct {
	bool active;
	uint32_t sequence;
	char patterns[WIRE_PAYLOAD_MAX]; /* each with its NUL */
	size_t length, at;               /* of patterns; of the one that is walked */
	bool walking;
	Walk walk;
	bool reading; /* fd is the file at walk.path */
	int fd;
	uint64_t offset;
	uint64_t files, bytes;
	unsigned char piece[WIRE_CHUNK_MAX];
} CaptureTask;

/* Ends a capture that still runs and begins this one. Replies with an error when the
 * request is malformed. */
void capture_task_begin(CaptureTask *task, const WireFrame *request, Queue *queue);

/* Does a little more, if the queue has room. Nothing when not active. */
void capture_task_step(CaptureTask *task, Queue *queue);

void capture_task_end(CaptureTask *task);

#endif
