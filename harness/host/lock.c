/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "autofd.h"
#include "error.h"
#include "escape.h"
#include "proc.h"

struct Lock {
	int fd;
};

static gboolean report_owner(int fd, const char *path, GError **error)
{
	char text[128];
	gssize length = pread(fd, text, sizeof(text) - 1, 0);
	g_autofree char *owner = NULL;

	text[MAX(length, 0)] = '\0';
	owner = escape_text(g_strchomp(text), -1);
	lathe_error(error, LATHE_ERROR_BUSY, "another lathe holds %s (%s)", path,
		    *owner ? owner : "it has not written its pid yet");
	lathe_error_hint(error, "two runs at once would measure each other: wait for it to end");
	return FALSE;
}

/* "pid 123, started at tick 456": pid and start time name a process for good. */
static char *describe_self(void)
{
	g_autoptr(Root) live = root_open_live(NULL);
	guint64 ticks = 0;

	if (live)
		proc_start_ticks(live, getpid(), &ticks, NULL);
	return g_strdup_printf("pid %d, started at tick %" G_GUINT64_FORMAT "\n", getpid(), ticks);
}

Lock *lock_take(const char *directory, GError **error)
{
	g_autofree char *path = g_build_filename(directory, "lock", NULL);
	g_autofree char *self = describe_self();
	autofd fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	gsize length = strlen(self);
	Lock *lock;

	if (fd < 0) {
		lathe_error_errno(error, errno, "open the lock '%s'", path);
		return NULL;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno == EWOULDBLOCK)
			report_owner(fd, path, error);
		else
			lathe_error_errno(error, errno, "lock '%s'", path);
		return NULL;
	}
	if (ftruncate(fd, 0) != 0 || pwrite(fd, self, length, 0) != (gssize)length) {
		lathe_error_errno(error, errno, "write '%s'", path);
		return NULL;
	}
	lock = g_new(Lock, 1);
	lock->fd = autofd_steal(&fd);
	return lock;
}

void lock_free(Lock *lock)
{
	if (!lock)
		return;
	/* The file stays: removing it would let a third lathe lock a file that a second one
	 * still waits on. An empty file says that nobody holds it. */
	if (ftruncate(lock->fd, 0) != 0)
		g_debug("truncate the lock: %s", g_strerror(errno));
	close(lock->fd);
	g_free(lock);
}
