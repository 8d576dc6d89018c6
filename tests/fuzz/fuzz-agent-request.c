/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A harness that sends anything, to the real agent in a world of its own (agent-world.h).
 * The input is a list of events: bytes and frames from the harness, seconds that pass, a
 * tool that writes and ends, a harness that reads or does not. What the agent sends is
 * whole frames, in order, and in the end it holds nothing.
 */
#ifndef LATHE_VERSION
#define LATHE_VERSION "fuzz"
#endif
#include "agent-world.h"

#include <stdarg.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "capture-task.c"
#include "kernel-log.c"
#include "cpus.c"
#include "port.c"
#include "queue.c"
#include "request.c"
#include "snapshot.c"
#include "tool.c"
#include "walk.c"
#define finish put_finish
#include "put.c"
#define main agent_main
int agent_main(int argc, char **argv);
#include "main.c"

#undef open
#undef main

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct {
	const uint8_t *data;
	size_t size, at;
	int fd; /* the harness's end */
	uint64_t output;
	WireDecoder decoder;
} Harness;

static unsigned take(Harness *harness)
{
	return harness->at < harness->size ? harness->data[harness->at++] : 0;
}

static size_t take_bytes(Harness *harness, size_t length, const uint8_t **ret)
{
	*ret = harness->data + harness->at;
	if (length > harness->size - harness->at)
		length = harness->size - harness->at;
	harness->at += length;
	return length;
}

static void make_file(const char *path, const char *text)
{
	g_autofree char *file =
		g_build_filename(temporary_directory(), "root", path, NULL);
	g_autofree char *parent = g_path_get_dirname(file);

	check(g_mkdir_with_parents(parent, 0755) == 0);
	if (text)
		check(g_file_set_contents(file, text, -1, NULL));
	else
		check(mkfifo(file, 0600) == 0);
}

/* Only what the last input has changed is worth making again. */
static void make_world(void)
{
	static bool made;
	g_autofree char *root = g_build_filename(temporary_directory(), "root", NULL);

	if (made && !world.changed)
		return;
	remove_tree(root);
	make_file("d/a", "alpha\n");
	make_file("d/empty", "");
	make_file("d/sub/b", "beta\n");
	make_file("d/.hidden", "x");
	make_file("dev/fifo", NULL);
	make_file("bin/tool", "");
	made = true;
}

static void put_attribute(Harness *harness, WireWriter *writer)
{
	static const char *const texts[] = {
		"/d/new",    "/d/a",      "/d",        "/d/../../../etc/passwd",
		"/dev/fifo", "/run/fifo", "/bin/tool", "d/a",
		"d/*",       "*/*",       "*",         "../*",
		"",          "/",         "-x",        "*/*/*/*/*/*/*/*",
	};
	WireTag tag = (WireTag)(take(harness) % 22);
	unsigned how = take(harness);
	const uint8_t *bytes;
	size_t length;

	switch (how % 4) {
	case 0:
		wire_put_number(writer, tag, how >> 2);
		break;
	case 1:
		wire_put_text(writer, tag, texts[(how >> 2) % G_N_ELEMENTS(texts)]);
		break;
	case 2:
		length = take_bytes(harness, how >> 2, &bytes);
		wire_put(writer, tag, bytes, length);
		break;
	default:
		wire_put_number(writer, tag, (uint64_t)take(harness) << (how >> 2));
		break;
	}
}

/* What does not fit is lost, as in a port: the agent takes up again behind it. */
static void send_bytes(Harness *harness, const void *bytes, size_t length)
{
	if (send(harness->fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		check(errno == EAGAIN || errno == EPIPE || errno == ECONNRESET);
}

static void send_frame(Harness *harness)
{
	uint8_t frame[8192];
	unsigned type = take(harness);
	WireWriter writer;

	wire_begin(&writer, frame, sizeof frame, (WireType)(WIRE_WELCOME + type % 8),
		   type & 0x80 ? 0 : take(harness));
	for (unsigned n = take(harness) % 8; n; n--)
		put_attribute(harness, &writer);
	send_bytes(harness, frame, wire_end(&writer));
}

static void check_frame(Harness *harness, const WireFrame *frame)
{
	WireAttribute data = {0};
	char path[WIRE_PATH_MAX];

	check(wire_valid(frame) && frame->type >= WIRE_HELLO &&
	      frame->type <= WIRE_EXITED);
	wire_find(frame, WIRE_TAG_DATA, &data);
	switch (frame->type) {
	case WIRE_OK:
	case WIRE_ERROR:
		check(frame->sequence);
		break;
	case WIRE_FILE:
		check(wire_get_text(frame, WIRE_TAG_PATH, path, sizeof path));
		check(path[0] != '/' && data.length <= WIRE_CHUNK_MAX);
		break;
	case WIRE_STARTED:
		harness->output = 0;
		break;
	case WIRE_OUTPUT:
		harness->output += data.length;
		check(harness->output <= WIRE_OUTPUT_MAX);
		break;
	default:
		break;
	}
}

static void read_replies(Harness *harness)
{
	static uint8_t bytes[WIRE_FRAME_MAX];
	ssize_t got;

	while ((got = recv(harness->fd, bytes, sizeof bytes, MSG_DONTWAIT)) > 0) {
		WireFrame frame;
		WireResult result;

		check(wire_decoder_feed(&harness->decoder, bytes, (size_t)got) ==
		      (size_t)got);
		while ((result = wire_decoder_next(&harness->decoder, &frame)) !=
		       WIRE_MORE) {
			check(result == WIRE_FRAME);
			check_frame(harness, &frame);
		}
		check(!harness->decoder.garbage_bytes && !harness->decoder.skipped);
	}
}

static void second_passes(Agent *agent, unsigned seconds)
{
	const uint64_t tick = 1;

	world.now_s += seconds;
	check(write(agent->clock, &tick, sizeof tick) == (ssize_t)sizeof tick);
	on_clock(agent);
}

static void tool_writes(Harness *harness, unsigned what)
{
	g_autofree char *fifo =
		g_build_filename(temporary_directory(), "root/dev/fifo", NULL);
	const uint8_t *bytes;
	size_t length = take_bytes(harness, take(harness), &bytes);
	int fd = world.output;

	if (what & 1) {
		/* cyclictest makes its FIFO anew. */
		world.changed = true;
		if (world.tool && world.fifo < 0 &&
		    (mkfifo(fifo, 0600) == 0 || errno == EEXIST))
			world.fifo = open(fifo, O_RDWR | O_NONBLOCK | O_CLOEXEC);
		fd = world.fifo;
	}
	/* A full pipe makes a tool wait; nothing is to be seen of that here. */
	for (unsigned n = what & 2 ? 64 : 1; fd >= 0 && length && n; n--)
		if (write(fd, bytes, length) < 0)
			return;
}

static void tool_ends(Agent *agent, unsigned how)
{
	siginfo_t info = {.si_code = how & 1 ? CLD_KILLED : CLD_EXITED};

	if (!world.tool)
		return;
	info.si_pid = world.tool;
	info.si_status = (int)(how >> 1);
	tool_note_end(&agent->tool, &info);
	world.tool = 0;
	world_close_tool();
}

static void harness_does(Harness *harness, Agent *agent)
{
	unsigned event = take(harness);
	const uint8_t *bytes;
	size_t length;

	switch (event % 8) {
	case 0:
		length = take_bytes(harness, event >> 3, &bytes);
		send_bytes(harness, bytes, length);
		break;
	case 1:
		second_passes(agent, event >> 3);
		break;
	case 2:
		tool_ends(agent, event >> 3);
		break;
	case 3:
		tool_writes(harness, event >> 3);
		break;
	case 4:
		read_replies(harness);
		world.refusal = event >> 3 == 1 ? ENOENT : 0;
		break;
	default:
		send_frame(harness);
		break;
	}
	while (agent->port.connected && (port_poll(&agent->port) & EPOLLIN))
		on_port(agent, EPOLLIN);
	pump(agent);
	/* The tool of a start that failed: killed, and reaped as anything PID 1 inherits.
	 */
	if (world.tool && agent->tool.state == TOOL_NONE)
		tool_ends(agent, 0);
}

static int lowest_descriptor(void)
{
	int fd = fcntl(STDERR_FILENO, F_DUPFD, 0);

	close(fd);
	return fd;
}

static void connect_agent(Agent *agent, Harness *harness)
{
	int ends[2];

	check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) ==
	      0);
	harness->fd = ends[1];
	/* There is nobody to connect to once that connection is lost. */
	agent->port = (Port){.path = "/nonexistent/port",
			     .is_socket = true,
			     .fd = ends[0],
			     .connected = true};
	agent->epoll = epoll_create1(EPOLL_CLOEXEC);
	agent->clock = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	agent->instance = 1;
	check(agent->epoll >= 0 && agent->clock >= 0);
	say_hello(agent);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static Agent agent;
	static Harness harness;
	int lowest;

	make_world();
	lowest = lowest_descriptor();
	world = (World){.output = -1, .fifo = -1};
	agent = (Agent){0};
	harness = (Harness){.data = data, .size = size};
	connect_agent(&agent, &harness);
	while (harness.at < size && !agent.quit)
		harness_does(&harness, &agent);
	read_replies(&harness);

	if (agent.port.connected)
		lose_peer(&agent);
	tool_ends(&agent, 1);
	tool_finish(&agent.tool, &agent.queue);
	check(agent.tool.state == TOOL_NONE && !agent.put.open && !agent.capture.active);
	close(harness.fd);
	close(agent.epoll);
	close(agent.clock);
	check(lowest_descriptor() == lowest);
	return 0;
}
