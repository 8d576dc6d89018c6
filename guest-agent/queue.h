/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames that wait for the port to take them, in fixed memory. Whoever produces much
 * (file data, output) asks queue_has_room() first and waits; whoever produces what nobody
 * misses (progress) asks and drops.
 */
#ifndef LATHE_AGENT_QUEUE_H
#define LATHE_AGENT_QUEUE_H

#include "wire.h"

/* Three full frames, and what replies may use when queue_has_room() says no. */
#define QUEUE_REPLIES (16u * 1024)
#define QUEUE_SIZE    (3 * WIRE_FRAME_MAX + QUEUE_REPLIES)

typedef struct {
	unsigned char bytes[QUEUE_SIZE];
	size_t frame; /* of the frame being written */
	size_t start; /* first byte not written yet, in that frame */
	size_t fill;
	bool overflowed; /* a reply did not fit: the peer asks but does not read */
} Queue;

/* TRUE when a frame of any size fits and replies still do. */
bool queue_has_room(const Queue *queue);

bool queue_is_empty(const Queue *queue);

/* Begins a frame in the queue's free space; queue_end() adds it. Nothing else may touch
 * the queue in between. */
void queue_begin(Queue *queue, WireWriter *writer, WireType type, uint32_t sequence);
void queue_end(Queue *queue, WireWriter *writer);

/* Replies; nothing when sequence is 0 (nobody asked for one). */
void queue_ok(Queue *queue, uint32_t sequence);
__attribute__((format(printf, 3, 4))) void queue_error(Queue *queue, uint32_t sequence,
						       const char *format, ...);

/* Writes what fd takes without blocking. 0, EAGAIN when some is left, or another errno.
 */
int queue_write(Queue *queue, int fd);

/* Drops all but the rest of a frame that has begun: the reader would wait for it. */
void queue_trim(Queue *queue);
/* Drops all: another reader, who saw nothing of it. */
void queue_clear(Queue *queue);

#endif
