/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * First program of a guest whose agent lies (rdinit=/hostile-agent lathe.lie=NAME). It
 * sets the guest up and opens the port as the real agent does, and answers as politely as
 * it can (there are no files, every tool starts) until its lie is due. The lies are the
 * rows below.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "announce.h"
#include "init.h"
#include "port.h"
#include "wire.h"

/* What a lie that sends without end stops after. */
#define FLOOD_BYTES (1ull << 30)
#define CONNECTED   0 /* as a request: nobody has asked for anything yet */
/* Some file that every run captures. */
#define PATH_ASKED_FOR "proc/cmdline"
#define TOOL_PID       7

static Port port;
static uint8_t frame[2 * WIRE_FRAME_MAX];

/* Lathe may be gone, or not want to read any more: then there is nothing left to do. */
static void send_bytes(const uint8_t *bytes, size_t length)
{
	while (length) {
		struct pollfd room = {port.fd, POLLOUT, 0};
		ssize_t written;

		poll(&room, 1, -1);
		if (room.revents & (POLLHUP | POLLERR))
			for (;;)
				pause();
		written = write(port.fd, bytes, length < 32768 ? length : 32768);
		if (written > 0) {
			bytes += written;
			length -= (size_t)written;
		} else if (errno != EAGAIN && errno != EINTR) {
			announce("write: %s", strerror(errno));
			for (;;)
				pause();
		}
	}
}

static void flood(const uint8_t *bytes, size_t length)
{
	for (uint64_t sent = 0; sent < FLOOD_BYTES; sent += length)
		send_bytes(bytes, length);
	announce("sent 1 GiB");
}

/* ---- frames ---- */

static WireWriter writer;

static void begin(WireType type, uint32_t sequence)
{
	wire_begin(&writer, frame, sizeof frame, type, sequence);
}

static void end(void)
{
	send_bytes(frame, wire_end(&writer));
}

static void hello(uint64_t instance)
{
	begin(WIRE_HELLO, 0);
	wire_put_text(&writer, WIRE_TAG_AGENT, LATHE_VERSION);
	wire_put_number(&writer, WIRE_TAG_INSTANCE, instance);
	end();
}

static void started(uint32_t sequence)
{
	begin(WIRE_STARTED, sequence);
	wire_put_number(&writer, WIRE_TAG_PID, TOOL_PID);
	end();
}

static void exited(void)
{
	begin(WIRE_EXITED, 0);
	wire_put_number(&writer, WIRE_TAG_PID, TOOL_PID);
	wire_put_number(&writer, WIRE_TAG_STATUS, 0);
	wire_put_number(&writer, WIRE_TAG_DROPPED, 0);
	end();
}

static void done(uint32_t sequence, uint64_t files, uint64_t bytes)
{
	begin(WIRE_DONE, sequence);
	wire_put_number(&writer, WIRE_TAG_COUNT, files);
	wire_put_number(&writer, WIRE_TAG_BYTES, bytes);
	end();
}

static void piece(uint32_t sequence, const char *path, uint64_t offset, size_t length,
		  bool last)
{
	static uint8_t content[WIRE_CHUNK_MAX];

	begin(WIRE_FILE, sequence);
	wire_put_text(&writer, WIRE_TAG_PATH, path);
	wire_put_number(&writer, WIRE_TAG_OFFSET, offset);
	wire_put(&writer, WIRE_TAG_DATA, content, length);
	if (last)
		wire_put(&writer, WIRE_TAG_END, NULL, 0);
	end();
}

static void polite(unsigned type, uint32_t sequence)
{
	switch (type) {
	case CONNECTED:
		hello(1);
		break;
	case WIRE_CAPTURE:
		done(sequence, 0, 0);
		break;
	case WIRE_START:
		started(sequence);
		break;
	default:
		begin(WIRE_OK, sequence);
		end();
		break;
	}
}

/* ---- lies ---- */

static void stall(unsigned type, uint32_t sequence)
{
	if (type != CONNECTED)
		return;
	polite(type, sequence);
	for (;;)
		pause();
}

static void garbage(unsigned type, uint32_t sequence)
{
	(void)type, (void)sequence;
	/* Begins like a frame at every place. */
	for (size_t i = 0; i < sizeof frame; i++)
		frame[i] = (uint8_t) "LTHE"[i % 4];
	flood(frame, sizeof frame);
}

static void hello_flood(unsigned type, uint32_t sequence)
{
	(void)type, (void)sequence;
	hello(1);
	flood(frame, writer.length);
}

static void other_version(unsigned type, uint32_t sequence)
{
	uint32_t crc;

	if (type != CONNECTED) {
		polite(type, sequence);
		return;
	}
	begin(WIRE_HELLO, 0);
	frame[4] = WIRE_VERSION + 1;
	crc = wire_crc(0, frame, WIRE_HEADER - 4);
	for (unsigned i = 0; i < 4; i++)
		frame[16 + i] = (uint8_t)(crc >> (8 * i));
	send_bytes(frame, WIRE_HEADER);
}

/* Longer than any frame may be. */
static void length(unsigned type, uint32_t sequence)
{
	if (type != WIRE_CAPTURE) {
		polite(type, sequence);
		return;
	}
	begin(WIRE_DONE, sequence);
	wire_end(&writer);
	memset(frame + 12, 0xff, 4);
	send_bytes(frame, WIRE_HEADER);
}

/* As long as a frame may be, and then nothing. */
static void half(unsigned type, uint32_t sequence)
{
	if (type != WIRE_CAPTURE) {
		polite(type, sequence);
		return;
	}
	begin(WIRE_DONE, sequence);
	wire_end(&writer);
	frame[14] = 1;
	send_bytes(frame, WIRE_HEADER);
	for (;;)
		pause();
}

static void crc(unsigned type, uint32_t sequence)
{
	if (type != WIRE_CAPTURE) {
		polite(type, sequence);
		return;
	}
	begin(WIRE_DONE, sequence);
	wire_put_number(&writer, WIRE_TAG_COUNT, 0);
	wire_end(&writer);
	frame[16] ^= 1;
	flood(frame, writer.length);
}

static void file_flood(unsigned type, uint32_t sequence)
{
	if (type != WIRE_CAPTURE) {
		polite(type, sequence);
		return;
	}
	for (uint64_t sent = 0; sent < FLOOD_BYTES; sent += WIRE_CHUNK_MAX)
		piece(sequence, PATH_ASKED_FOR, sent % WIRE_FILE_MAX, WIRE_CHUNK_MAX,
		      (sent + WIRE_CHUNK_MAX) % WIRE_FILE_MAX == 0);
	done(sequence, FLOOD_BYTES / WIRE_FILE_MAX, FLOOD_BYTES);
}

static void output_flood(unsigned type, uint32_t sequence)
{
	static uint8_t text[WIRE_CHUNK_MAX];

	polite(type, sequence);
	if (type != WIRE_START)
		return;
	memset(text, '\033', sizeof text);
	begin(WIRE_OUTPUT, 0);
	wire_put(&writer, WIRE_TAG_DATA, text, sizeof text);
	wire_end(&writer);
	flood(frame, writer.length);
}

static void traversal(unsigned type, uint32_t sequence)
{
	if (type != WIRE_CAPTURE) {
		polite(type, sequence);
		return;
	}
	piece(sequence, "../../../../../../../../etc/lathe-was-here", 0, 5, true);
	done(sequence, 1, 5);
}

/* Each answer twice. */
static void replay(unsigned type, uint32_t sequence)
{
	polite(type, sequence);
	if (type != CONNECTED)
		polite(type, sequence);
}

static void restart(unsigned type, uint32_t sequence)
{
	polite(type, sequence);
	if (type == WIRE_CAPTURE)
		hello(2);
}

static void exited_unasked(unsigned type, uint32_t sequence)
{
	polite(type, sequence);
	if (type == WIRE_CAPTURE)
		exited();
}

/* A tool that ends well at once, and never was. */
static void exited_lie(unsigned type, uint32_t sequence)
{
	polite(type, sequence);
	if (type == WIRE_START)
		exited();
}

/* More on the console than anybody reads. */
static void console_flood(unsigned type, uint32_t sequence)
{
	static const char line[] =
		"\033[2J[    0.000000] Kernel panic - not syncing: a lie\r\n";

	(void)type, (void)sequence;
	for (;;)
		if (write(STDERR_FILENO, line, sizeof line - 1) < 0 && errno != EAGAIN)
			pause();
}

typedef struct {
	const char *name;
	void (*answer)(unsigned type, uint32_t sequence);
} Lie;

static const Lie lies[] = {
	{"stall", stall},
	{"garbage", garbage},
	{"hello-flood", hello_flood},
	{"other-version", other_version},
	{"length", length},
	{"half", half},
	{"crc", crc},
	{"file-flood", file_flood},
	{"output-flood", output_flood},
	{"traversal", traversal},
	{"replay", replay},
	{"restart", restart},
	{"exited-unasked", exited_unasked},
	{"exited-lie", exited_lie},
	{"console-flood", console_flood},
};

static const Lie *find_lie(void)
{
	static char cmdline[4096];
	int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t got = fd >= 0 ? read(fd, cmdline, sizeof cmdline - 2) : 0;

	cmdline[got > 0 ? got : 0] = '\0';
	/* The last parameter ends in a blank as well. */
	cmdline[strcspn(cmdline, "\n")] = ' ';
	for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
		char wanted[64];

		snprintf(wanted, sizeof wanted, " lathe.lie=%s ", lies[i].name);
		if (strstr(cmdline, wanted))
			return &lies[i];
	}
	return NULL;
}

static void converse(const Lie *lie)
{
	static WireDecoder decoder;
	static uint8_t bytes[16384];
	WireFrame request;

	lie->answer(CONNECTED, 0);
	for (;;) {
		struct pollfd wait = {port.fd, POLLIN, 0};
		ssize_t got;

		if (poll(&wait, 1, 1000) == 0) {
			hello(1);
			continue;
		}
		got = port_read(&port, bytes, sizeof bytes);
		if (got < 0)
			return;
		for (size_t at = 0; at < (size_t)got;) {
			at += wire_decoder_feed(&decoder, bytes + at, (size_t)got - at);
			while (wire_decoder_next(&decoder, &request) == WIRE_FRAME)
				lie->answer(request.type, request.sequence);
		}
	}
}

int main(void)
{
	const struct timespec moment = {0, 20 * 1000000L};
	const Lie *lie;

	init_set_up();
	signal(SIGPIPE, SIG_IGN);
	lie = find_lie();
	if (!lie || !port_open_virtio(&port, 60000)) {
		announce("no such lie, or no port");
		init_power_off();
	}
	announce("lying: %s", lie->name);
	while (port_look(&port) != 1)
		nanosleep(&moment, NULL);
	converse(lie);
	init_power_off();
}
