/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "announce.h"
#include "kernel-threads.h"

#define MODULE_LIST_MAX (64 * 1024)

typedef struct {
	const char *type, *target, *options;
	unsigned long flags;
} Mount;

static void mount_all(void)
{
	/* cyclictest keeps its snapshots in /dev/shm. */
	static const Mount mounts[] = {
		{"proc", "/proc", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC},
		{"sysfs", "/sys", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC},
		{"devtmpfs", "/dev", "mode=0755", MS_NOSUID},
		{"tmpfs", "/dev/shm", "mode=1777", MS_NOSUID | MS_NODEV},
		{"tmpfs", "/tmp", "mode=1777", MS_NOSUID | MS_NODEV},
		{"tmpfs", "/run", "mode=0755", MS_NOSUID | MS_NODEV},
		/* Where the scheduler tells its features, and who traces. */
		{"debugfs", "/sys/kernel/debug", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC},
		{"tracefs", "/sys/kernel/tracing", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC},
		{"securityfs", "/sys/kernel/security", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC},
	};

	for (size_t i = 0; i < sizeof mounts / sizeof *mounts; i++) {
		const Mount *m = &mounts[i];

		/* Below /sys the kernel makes the directory of what it has, nobody else
		 * may: EPERM, and then there is nothing to mount. */
		if (mkdir(m->target, 0755) != 0 && errno != EEXIST && errno != EPERM)
			announce("mkdir %s: %s", m->target, strerror(errno));
		/* EBUSY: the kernel mounted /dev itself. ENODEV: it was built without. */
		if (mount(m->type, m->target, m->type, m->flags, m->options) != 0 &&
		    errno != EBUSY && errno != ENODEV)
			announce("mount %s: %s", m->target, strerror(errno));
	}
}

/* An initramfs without /dev/console leaves PID 1 without descriptors 0 to 2. */
static void open_console(void)
{
	int fd;

	if (fcntl(STDERR_FILENO, F_GETFD) >= 0)
		return;
	fd = open("/dev/console", O_RDWR | O_NOCTTY);
	if (fd < 0)
		return;
	for (int i = 0; i <= STDERR_FILENO; i++)
		if (fd != i)
			dup2(fd, i);
	if (fd > STDERR_FILENO)
		close(fd);
}

static bool load_module(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int errnum = errno;

	if (fd >= 0) {
		errnum = syscall(SYS_finit_module, fd, "", 0) == 0 ? 0 : errno;
		close(fd);
	}
	if (errnum == 0 || errnum == EEXIST)
		return true;
	announce("load %s: %s", path, strerror(errnum));
	return false;
}

static void load_modules(void)
{
	static char list[MODULE_LIST_MAX];
	int fd = open(INIT_MODULES, O_RDONLY | O_CLOEXEC);
	unsigned loaded = 0;
	ssize_t length;

	if (fd < 0)
		return;
	length = read(fd, list, sizeof list - 1);
	close(fd);
	list[length > 0 ? length : 0] = '\0';
	for (char *line = list, *next; *line; line = next) {
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		if (*line)
			loaded += load_module(line);
	}
	announce("%u modules loaded", loaded);
}

void init_set_up(void)
{
	static const char name[] = "lathe-guest";

	mount_all();
	open_console();
	if (sethostname(name, sizeof name - 1) != 0)
		announce("set host name: %s", strerror(errno));
	load_modules();
	kernel_threads_raise();
}

void init_power_off(void)
{
	announce("powering off");
	kill(-1, SIGKILL);
	sync();
	reboot(RB_POWER_OFF);
	announce("power off: %s", strerror(errno));
	/* PID 1 must not return: that panics the kernel, which says something else. */
	for (;;)
		pause();
}
