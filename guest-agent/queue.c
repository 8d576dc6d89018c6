/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "queue.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* virtio_console takes 32 KiB a write; a socket takes what it has room for. */
#define WRITE_MAX (32u * 1024)

static size_t room(const Queue *queue)
{
	return sizeof queue->bytes - (queue->fill - queue->frame);
}

bool queue_has_room(const Queue *queue)
{
	return room(queue) >= WIRE_FRAME_MAX + QUEUE_REPLIES;
}

bool queue_is_empty(const Queue *queue)
{
	return queue->start == queue->fill;
}

void queue_begin(Queue *queue, WireWriter *writer, WireType type, uint32_t sequence)
{
	if (queue->frame) {
		memmove(queue->bytes, queue->bytes + queue->frame,
			queue->fill - queue->frame);
		queue->start -= queue->frame;
		queue->fill -= queue->frame;
		queue->frame = 0;
	}
	wire_begin(writer, queue->bytes + queue->fill, sizeof queue->bytes - queue->fill,
		   type, sequence);
}

void queue_end(Queue *queue, WireWriter *writer)
{
	size_t length = wire_end(writer);

	if (!length)
		queue->overflowed = true;
	queue->fill += length;
}

void queue_ok(Queue *queue, uint32_t sequence)
{
	WireWriter writer;

	if (!sequence)
		return;
	queue_begin(queue, &writer, WIRE_OK, sequence);
	queue_end(queue, &writer);
}

void queue_error(Queue *queue, uint32_t sequence, const char *format, ...)
{
	char text[512];
	WireWriter writer;
	va_list args;

	if (!sequence)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	queue_begin(queue, &writer, WIRE_ERROR, sequence);
	wire_put_text(&writer, WIRE_TAG_TEXT, text);
	queue_end(queue, &writer);
}

int queue_write(Queue *queue, int fd)
{
	while (queue->start < queue->fill) {
		size_t length = queue->fill - queue->start;
		ssize_t written = write(fd, queue->bytes + queue->start,
					length < WRITE_MAX ? length : WRITE_MAX);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return written < 0 ? errno : EAGAIN;
		queue->start += (size_t)written;
		while (queue->frame < queue->start) {
			size_t end = queue->frame +
				     wire_frame_length(queue->bytes + queue->frame);

			if (end > queue->start)
				break;
			queue->frame = end;
		}
	}
	queue_clear(queue);
	return 0;
}

void queue_trim(Queue *queue)
{
	queue->fill = queue->frame;
	if (queue->start > queue->frame)
		queue->fill += wire_frame_length(queue->bytes + queue->frame);
	queue->overflowed = false;
}

void queue_clear(Queue *queue)
{
	queue->frame = queue->start = queue->fill = 0;
	queue->overflowed = false;
}
