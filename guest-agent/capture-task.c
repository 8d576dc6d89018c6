/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture-task.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel-log.h"

static bool store_patterns(CaptureTask *task, const WireFrame *request)
{
	WireAttribute attribute;

	task->length = task->at = 0;
	for (uint32_t at = 0; wire_next(request, &at, &attribute);) {
		char *copy = task->patterns + task->length;

		/* An attribute's header takes more than the NUL, so it always fits. */
		if (attribute.tag != WIRE_TAG_PATTERN ||
		    attribute.length >= WIRE_PATH_MAX ||
		    memchr(attribute.bytes, '\0', attribute.length))
			return false;
		memcpy(copy, attribute.bytes, attribute.length);
		copy[attribute.length] = '\0';
		if (!walk_pattern_valid(copy))
			return false;
		if (strcmp(copy, KERNEL_LOG_PATTERN) == 0)
			kernel_log_store();
		task->length += attribute.length + 1;
	}
	return task->length > 0;
}

void capture_task_begin(CaptureTask *task, const WireFrame *request, Queue *queue)
{
	capture_task_end(task);
	if (!store_patterns(task, request)) {
		queue_error(queue, request->sequence,
			    "capture: malformed list of patterns");
		return;
	}
	task->sequence = request->sequence;
	task->files = task->bytes = 0;
	task->active = true;
}

void capture_task_end(CaptureTask *task)
{
	if (task->reading)
		close(task->fd);
	walk_end(&task->walk);
	task->active = task->walking = task->reading = false;
}

/* A regular file, never anything that blocks or that reading would change. -1 with errno. */
static int open_regular(const char *path, off_t *ret_size)
{
	struct stat status;
	int fd;

	if (stat(path, &status) != 0)
		return -1;
	errno = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
	if (!S_ISREG(status.st_mode))
		return -1;
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd >= 0 && (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))) {
		close(fd);
		errno = EINVAL;
		return -1;
	}
	*ret_size = status.st_size;
	return fd;
}

/* What is not there is not worth a word, nor is what a process that ended has left. A file
 * that is there and cannot be read must not be taken for absent. */
static bool is_absent(int errnum)
{
	return errnum == ENOENT || errnum == ENOTDIR || errnum == EISDIR || errnum == ESRCH;
}

/* Fills the piece. The bytes read, or -1; *ret_end at the end of the file. */
static ssize_t read_piece(CaptureTask *task, bool *ret_end)
{
	size_t length = 0;

	*ret_end = false;
	while (length < sizeof task->piece) {
		ssize_t got =
			read(task->fd, task->piece + length, sizeof task->piece - length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0) {
			*ret_end = true;
			break;
		}
		length += (size_t)got;
	}
	return (ssize_t)length;
}

static void stop_reading(CaptureTask *task)
{
	close(task->fd);
	task->reading = false;
}

static void queue_piece(CaptureTask *task, Queue *queue, size_t length, bool end)
{
	WireWriter writer;

	queue_begin(queue, &writer, WIRE_FILE, task->sequence);
	wire_put_text(&writer, WIRE_TAG_PATH, task->walk.path + 1);
	wire_put_number(&writer, WIRE_TAG_OFFSET, task->offset);
	wire_put(&writer, WIRE_TAG_DATA, task->piece, length);
	if (end)
		wire_put(&writer, WIRE_TAG_END, "", 0);
	queue_end(queue, &writer);
	task->offset += length;
}

/* Takes back what was sent of the file. */
static void queue_failed(CaptureTask *task, Queue *queue, int errnum)
{
	WireWriter writer;

	queue_begin(queue, &writer, WIRE_FILE, task->sequence);
	wire_put_text(&writer, WIRE_TAG_PATH, task->walk.path + 1);
	wire_put_number(&writer, WIRE_TAG_OFFSET, task->offset);
	wire_put(&writer, WIRE_TAG_DATA, "", 0);
	wire_put_number(&writer, WIRE_TAG_FAILED, (uint64_t)errnum);
	queue_end(queue, &writer);
}

static void refuse_size(CaptureTask *task, Queue *queue)
{
	queue_error(queue, task->sequence, "%s is larger than %u MiB", task->walk.path,
		    WIRE_FILE_MAX >> 20);
	capture_task_end(task);
}

/* A file that says at once that it is too large is not sent in vain. Those of /proc say 0. */
static void begin_file(CaptureTask *task, Queue *queue)
{
	off_t size = 0;

	task->fd = open_regular(task->walk.path, &size);
	task->reading = task->fd >= 0;
	task->offset = 0;
	if (!task->reading && !is_absent(errno))
		queue_failed(task, queue, errno);
	else if (task->reading && size > (off_t)WIRE_FILE_MAX)
		refuse_size(task, queue);
}

/* What matches below such a directory must not be taken for absent. "/" has no name on the
 * wire. */
static void refuse_list(CaptureTask *task, Queue *queue, int errnum)
{
	if (is_absent(errnum))
		return;
	task->offset = 0;
	if (task->walk.path[1]) {
		queue_failed(task, queue, errnum);
		return;
	}
	queue_error(queue, task->sequence, "cannot list /: %s", strerror(errnum));
	capture_task_end(task);
}

static void send_piece(CaptureTask *task, Queue *queue)
{
	bool end;
	ssize_t length = read_piece(task, &end);

	if (length < 0) {
		int errnum = errno;

		if (task->offset || !is_absent(errnum))
			queue_failed(task, queue, errnum);
		stop_reading(task);
	} else if (task->offset + (size_t)length > WIRE_FILE_MAX) {
		refuse_size(task, queue);
	} else {
		queue_piece(task, queue, (size_t)length, end);
		if (end) {
			task->files++;
			task->bytes += task->offset;
			stop_reading(task);
		}
	}
}

static void finish(CaptureTask *task, Queue *queue)
{
	WireWriter writer;

	queue_begin(queue, &writer, WIRE_DONE, task->sequence);
	wire_put_number(&writer, WIRE_TAG_COUNT, task->files);
	wire_put_number(&writer, WIRE_TAG_BYTES, task->bytes);
	queue_end(queue, &writer);
	capture_task_end(task);
}

void capture_task_step(CaptureTask *task, Queue *queue)
{
	if (!task->active || !queue_has_room(queue))
		return;
	if (task->reading) {
		send_piece(task, queue);
		return;
	}
	if (!task->walking) {
		if (task->at == task->length) {
			finish(task, queue);
			return;
		}
		walk_begin(&task->walk, task->patterns + task->at);
		task->at += strlen(task->patterns + task->at) + 1;
		task->walking = true;
	}
	switch (walk_next(&task->walk)) {
	case WALK_PATH:
		begin_file(task, queue);
		break;
	case WALK_UNLISTED:
		refuse_list(task, queue, errno);
		break;
	case WALK_BUSY:
		break;
	case WALK_END:
		task->walking = false;
		break;
	}
}
