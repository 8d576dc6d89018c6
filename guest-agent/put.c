/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "put.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

void put_abort(Put *put)
{
	if (!put->open)
		return;
	close(put->fd);
	unlink(put->aside);
	put->open = false;
}

/* TRUE for what exists and is no ordinary file. Files of these file systems say they are
 * regular, but a write is a command there. */
static bool is_special(const char *path)
{
	static const unsigned long commands[] = {
		PROC_SUPER_MAGIC, SYSFS_MAGIC,        DEBUGFS_MAGIC,
		TRACEFS_MAGIC,    CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC,
	};
	struct stat status;
	struct statfs fs;

	if (stat(path, &status) != 0 || statfs(path, &fs) != 0)
		return false;
	if (!S_ISREG(status.st_mode))
		return true;
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if ((unsigned long)fs.f_type == commands[i])
			return true;
	return false;
}

/* 0 or an errno. */
static int write_all(int fd, const unsigned char *bytes, size_t length)
{
	while (length) {
		ssize_t written = write(fd, bytes, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return written < 0 ? errno : EIO;
		bytes += written;
		length -= (size_t)written;
	}
	return 0;
}

/* One write: a control file takes each write as a whole. */
static int write_special(const char *path, const WireAttribute *data)
{
	int fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	ssize_t written;
	int errnum = 0;

	if (fd < 0)
		return errno;
	written = write(fd, data->bytes, data->length);
	if (written < 0)
		errnum = errno;
	else if ((size_t)written != data->length)
		errnum = EIO;
	close(fd);
	return errnum;
}

static int begin(Put *put, const char *path, mode_t mode)
{
	int length = snprintf(put->aside, sizeof put->aside, "%s.lathe-new", path);

	if (length >= (int)sizeof put->aside)
		return ENAMETOOLONG;
	unlink(put->aside);
	put->fd = open(put->aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		       0600);
	if (put->fd < 0)
		return errno;
	memcpy(put->path, path, strlen(path) + 1);
	put->offset = 0;
	put->open = true;
	/* Not in open(): the mode asked for is not subject to the umask. */
	return fchmod(put->fd, mode) == 0 ? 0 : errno;
}

static int finish(Put *put)
{
	int errnum = close(put->fd) == 0 ? 0 : errno;

	put->open = false;
	if (!errnum && rename(put->aside, put->path) != 0)
		errnum = errno;
	if (errnum)
		unlink(put->aside);
	return errnum;
}

static int take_piece(Put *put, const char *path, uint64_t offset, uint64_t mode,
		      const WireAttribute *data, bool last)
{
	int errnum = 0;

	if (offset == 0) {
		put_abort(put);
		if (is_special(path))
			return last ? write_special(path, data) : EFBIG;
		errnum = begin(put, path, (mode_t)mode);
	} else if (!put->open || strcmp(path, put->path) != 0 || offset != put->offset) {
		return EPROTO;
	}
	if (!errnum)
		errnum = write_all(put->fd, data->bytes, data->length);
	if (errnum) {
		put_abort(put);
		return errnum;
	}
	put->offset += data->length;
	return last ? finish(put) : 0;
}

void put_piece(Put *put, const WireFrame *request, Queue *queue)
{
	WireAttribute data, end;
	char path[WIRE_PATH_MAX];
	uint64_t offset, mode;
	int errnum;

	if (!wire_get_text(request, WIRE_TAG_PATH, path, sizeof path) || path[0] != '/' ||
	    !wire_get_number(request, WIRE_TAG_OFFSET, UINT64_MAX, &offset) ||
	    !wire_get_number(request, WIRE_TAG_MODE, 07777, &mode) ||
	    !wire_find(request, WIRE_TAG_DATA, &data)) {
		queue_error(queue, request->sequence, "put: malformed request");
		return;
	}
	errnum = take_piece(put, path, offset, mode, &data,
			    wire_find(request, WIRE_TAG_END, &end));
	if (errnum)
		queue_error(queue, request->sequence, "write %s: %s", path,
			    strerror(errnum));
	else
		queue_ok(queue, request->sequence);
}
