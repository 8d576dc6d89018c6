/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "port.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "announce.h"

/* The port is there some milliseconds after its modules. */
#define LOOK_EVERY_MS 5

static bool port_is_ours(const char *directory, const char *entry)
{
	char path[WIRE_PATH_MAX], name[sizeof WIRE_PORT + 1];
	ssize_t got;
	int fd;

	if ((size_t)snprintf(path, sizeof path, "%s/%s/name", directory, entry) >=
	    sizeof path)
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	got = read(fd, name, sizeof name);
	close(fd);
	return got >= (ssize_t)sizeof WIRE_PORT - 1 &&
	       memcmp(name, WIRE_PORT, sizeof WIRE_PORT - 1) == 0 &&
	       (got == (ssize_t)sizeof WIRE_PORT - 1 ||
		name[sizeof WIRE_PORT - 1] == '\n');
}

/* Without udev there is no link by name: sysfs tells which /dev/vportNpM it is. */
static bool find(char *ret, size_t size)
{
	static const char directory[] = "/sys/class/virtio-ports";
	DIR *ports = opendir(directory);
	const struct dirent *entry;
	bool found = false;

	while (ports && !found && (entry = readdir(ports)))
		found = entry->d_name[0] != '.' &&
			port_is_ours(directory, entry->d_name) &&
			(size_t)snprintf(ret, size, "/dev/%s", entry->d_name) < size;
	if (ports)
		closedir(ports);
	return found;
}

static int connect_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd, errnum;

	if (strlen(path) >= sizeof address.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
		errnum = errno;
		close(fd);
		errno = errnum;
		return -1;
	}
	return fd;
}

/* See PORT_BY_SIGNAL. A device that cannot lets the flag go without an error; it is looked
 * at once a second. */
static void send_signals(Port *port)
{
	int flags = fcntl(port->fd, F_GETFL);

	if (fcntl(port->fd, F_SETOWN, getpid()) == 0 && flags >= 0)
		fcntl(port->fd, F_SETFL, flags | O_ASYNC);
	flags = fcntl(port->fd, F_GETFL);
	port->signals = flags >= 0 && (flags & O_ASYNC);
}

bool port_open_path(Port *port, const char *path)
{
	struct stat status;

	port->fd = -1;
	if (stat(path, &status) != 0 || strlen(path) >= sizeof port->path) {
		announce("%s: %s", path, strerror(errno ? errno : ENAMETOOLONG));
		return false;
	}
	memcpy(port->path, path, strlen(path) + 1);
	port->is_socket = S_ISSOCK(status.st_mode);
	if (!port->is_socket && !S_ISCHR(status.st_mode)) {
		announce("%s: neither a character device nor a socket", path);
		return false;
	}
	port->fd = port->is_socket
			   ? connect_socket(path)
			   : open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (port->fd < 0) {
		announce("open %s: %s", path, strerror(errno));
		return false;
	}
	send_signals(port);
	port->connected = port->is_socket;
	return true;
}

bool port_open_virtio(Port *port, unsigned timeout_ms)
{
	const struct timespec pause = {0, LOOK_EVERY_MS * 1000000L};
	char path[WIRE_PATH_MAX];

	for (unsigned waited_ms = 0; !find(path, sizeof path);
	     waited_ms += LOOK_EVERY_MS) {
		if (waited_ms >= timeout_ms) {
			announce("no virtio-serial port named %s", WIRE_PORT);
			return false;
		}
		nanosleep(&pause, NULL);
	}
	return port_open_path(port, path);
}

void port_watch(Port *port, int epoll, unsigned id, PortWatch watch)
{
	/* Edge-triggered without a peer: one event when that changes. Arming it anew
	 * would report the hang-up anew, so an unchanged watch is left alone. */
	static const uint32_t events[] = {
		[PORT_WATCH_IN] = EPOLLIN,
		[PORT_WATCH_IN_OUT] = EPOLLIN | EPOLLOUT,
		[PORT_WATCH_PEER] = EPOLLIN | EPOLLOUT | EPOLLET,
	};
	struct epoll_event event = {.data.u32 = id};
	int how = EPOLL_CTL_MOD;

	if (!port->connected)
		watch = PORT_WATCH_PEER;
	if (port->fd < 0 || port->watch == watch)
		return;
	if (watch == PORT_BY_SIGNAL)
		how = EPOLL_CTL_DEL;
	else if (port->watch == PORT_BY_SIGNAL)
		how = EPOLL_CTL_ADD;
	if (watch != PORT_BY_SIGNAL)
		event.events = events[watch];
	if (epoll_ctl(epoll, how, port->fd, &event) != 0)
		announce("watch %s: %s", port->path, strerror(errno));
	else
		port->watch = watch;
}

uint32_t port_poll(const Port *port)
{
	struct pollfd look = {port->fd, POLLIN, 0};

	if (port->fd < 0 || poll(&look, 1, 0) <= 0)
		return 0;
	return (look.revents & POLLIN ? (uint32_t)EPOLLIN : 0) |
	       (look.revents & (POLLHUP | POLLERR) ? (uint32_t)EPOLLHUP : 0);
}

ssize_t port_read(Port *port, void *bytes, size_t size)
{
	ssize_t got;

	do {
		got = read(port->fd, bytes, size);
	} while (got < 0 && errno == EINTR);
	if (got > 0)
		return got;
	return got < 0 && errno == EAGAIN ? 0 : -1;
}

void port_lost(Port *port, int epoll)
{
	port->connected = false;
	if (!port->is_socket)
		return;
	if (port->watch != PORT_BY_SIGNAL)
		epoll_ctl(epoll, EPOLL_CTL_DEL, port->fd, NULL);
	close(port->fd);
	port->fd = -1;
	port->watch = PORT_BY_SIGNAL;
}

int port_look(Port *port)
{
	struct pollfd look = {port->fd, POLLIN | POLLOUT, 0};

	if (port->connected)
		return 1;
	if (port->is_socket) {
		port->fd = connect_socket(port->path);
		port->connected = port->fd >= 0;
		if (port->connected)
			send_signals(port);
		return port->connected ? 1 : errno == EAGAIN ? 0 : -1;
	}
	port->connected = poll(&look, 1, 0) == 0 || !(look.revents & (POLLHUP | POLLERR));
	return port->connected;
}
