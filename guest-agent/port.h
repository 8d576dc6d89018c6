/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The byte stream to the harness: the virtio-serial port named WIRE_PORT, or any
 * character device or Unix socket. A device is opened once and kept, for bytes sent to a
 * closed port are lost; a socket that closed is connected again as long as somebody
 * listens.
 */
#ifndef LATHE_AGENT_PORT_H
#define LATHE_AGENT_PORT_H

#include <sys/types.h>

#include "wire.h"

typedef enum {
	/* Not in the epoll set: SIGIO tells of bytes and of peers that come and go. epoll
	 * would wake on each completed write as well, once more per second while a tool
	 * measures. */
	PORT_BY_SIGNAL,
	PORT_WATCH_IN,
	PORT_WATCH_IN_OUT,
	PORT_WATCH_PEER, /* nobody at the other end */
} PortWatch;

typedef struct {
	char path[WIRE_PATH_MAX];
	bool is_socket;
	int fd;         /* -1: a socket that is not connected */
	bool connected; /* somebody holds the other end */
	bool signals;   /* it does send SIGIO: PORT_BY_SIGNAL misses nothing */
	PortWatch watch;
} Port;

/* Waits for the virtio-serial port and opens it. FALSE, said on the console, when it is
 * not there in time or cannot be opened. */
bool port_open_virtio(Port *port, unsigned timeout_ms);
/* A device or a socket. */
bool port_open_path(Port *port, const char *path);

/*
 * Registers with epoll under `id` for what matters now. With nobody at the other end that
 * is only a change of that: a port without a peer reports POLLHUP for ever.
 */
void port_watch(Port *port, int epoll, unsigned id, PortWatch watch);

/* The events epoll would report now. */
uint32_t port_poll(const Port *port);

/* Bytes read, 0 when there are none now, -1 when the peer is gone. */
ssize_t port_read(Port *port, void *bytes, size_t size);

/* Notes that the peer is gone. */
void port_lost(Port *port, int epoll);

/* Whether a peer has come: 1 yes, 0 not yet, -1 none ever will. Nothing when connected.
 */
int port_look(Port *port);

#endif
