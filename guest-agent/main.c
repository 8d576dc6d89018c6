/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lathe-agent: captures, writes and runs what lathe asks for, in the guest that lathe
 * measures. PID 1 of the built guest, or an ordinary process of any other.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"
#include "announce.h"
#include "cpus.h"
#include "init.h"

#define PORT_WAIT_MS 60000
/* What a peer may take to read the last frames. */
#define FLUSH_MS 2000
/* A harness that died in the middle of a frame leaves half of it; then we look past it.
 */
#define STALLED_TICKS 10
/* Steps of a capture between two looks at clock, port and signals. */
#define CAPTURE_STEPS 64

enum { WATCH_PORT, WATCH_CLOCK, WATCH_SIGNALS };

void agent_reset(Agent *agent)
{
	tool_abandon(&agent->tool);
	capture_task_end(&agent->capture);
	put_abort(&agent->put);
	queue_trim(&agent->queue);
	agent->session = 0;
}

static void lose_peer(Agent *agent)
{
	if (agent->session)
		announce("the harness is gone");
	agent_reset(agent);
	/* Another connection's reader has not seen the frame that had begun; a port's
	 * has, if it is the same one. */
	if (agent->port.is_socket)
		queue_clear(&agent->queue);
	wire_decoder_reset(&agent->decoder);
	port_lost(&agent->port, agent->epoll);
}

static void say_hello(Agent *agent)
{
	WireWriter writer;

	if (!agent->port.connected || !queue_has_room(&agent->queue))
		return;
	queue_begin(&agent->queue, &writer, WIRE_HELLO, 0);
	wire_put_text(&writer, WIRE_TAG_AGENT, LATHE_VERSION);
	wire_put_number(&writer, WIRE_TAG_INSTANCE, agent->instance);
	queue_end(&agent->queue, &writer);
}

static void look_for_peer(Agent *agent)
{
	switch (port_look(&agent->port)) {
	case 1:
		say_hello(agent);
		break;
	case -1:
		announce("nobody listens on %s", agent->port.path);
		agent->quit = true;
		agent->exit_status = EXIT_FAILURE;
		break;
	}
}

static void handle_frames(Agent *agent)
{
	WireFrame frame;
	WireResult result;

	while ((result = wire_decoder_next(&agent->decoder, &frame)) != WIRE_MORE) {
		agent->stalled = 0;
		if (result == WIRE_FRAME)
			request_handle(agent, &frame);
		else
			announce("the harness speaks version %u, not %u: ignored",
				 frame.version, WIRE_VERSION);
	}
}

static void on_port(Agent *agent, uint32_t events)
{
	unsigned char bytes[16 * 1024];
	ssize_t got;

	if (!agent->port.connected) {
		look_for_peer(agent);
		return;
	}
	got = port_read(&agent->port, bytes, sizeof bytes);
	if (got < 0 || (got == 0 && (events & (EPOLLHUP | EPOLLERR)))) {
		lose_peer(agent);
		return;
	}
	if (got > 0)
		agent->stalled = 0;
	for (size_t at = 0; at < (size_t)got;) {
		at += wire_decoder_feed(&agent->decoder, bytes + at, (size_t)got - at);
		handle_frames(agent);
	}
}

/* While epoll does not. Until nothing is left: no further signal comes for what is there.
 */
static void look_at_port(Agent *agent)
{
	uint32_t events;

	while (agent->port.connected && agent->port.watch == PORT_BY_SIGNAL &&
	       (events = port_poll(&agent->port)))
		on_port(agent, events);
}

static void on_clock(Agent *agent)
{
	uint64_t ticks;

	if (read(agent->clock, &ticks, sizeof ticks) < 0)
		return;
	if (!agent->port.connected)
		look_for_peer(agent);
	else
		say_hello(agent);
	look_at_port(agent);
	if (wire_decoder_pending(&agent->decoder) && ++agent->stalled > STALLED_TICKS) {
		wire_decoder_skip(&agent->decoder);
		handle_frames(agent);
	}
	tool_tick(&agent->tool, &agent->queue);
}

/* The tool, and whatever PID 1 inherits. */
static void reap(Agent *agent)
{
	siginfo_t how = {0};

	while (waitid(P_ALL, 0, &how, WEXITED | WNOHANG | WNOWAIT) == 0 && how.si_pid) {
		tool_note_end(&agent->tool, &how);
		waitid(P_PID, (id_t)how.si_pid, &how, WEXITED | WNOHANG);
		how.si_pid = 0;
	}
}

static void on_signals(Agent *agent)
{
	struct signalfd_siginfo info;

	while (read(agent->signals, &info, sizeof info) == (ssize_t)sizeof info)
		if (info.ssi_signo != SIGCHLD && info.ssi_signo != SIGIO)
			agent->quit = true;
	reap(agent);
	look_at_port(agent);
}

static bool set_clock(Agent *agent, unsigned seconds)
{
	const struct itimerspec every = {{seconds, 0}, {seconds, 0}};

	if (agent->tick_s == seconds)
		return true;
	agent->tick_s = seconds;
	return timerfd_settime(agent->clock, 0, &every, NULL) == 0;
}

/* Less often while a tool measures, unless something waits for the clock. */
static unsigned tick_s(const Agent *agent)
{
	if (agent->tool.state != TOOL_RUNS || !agent->port.signals ||
	    wire_decoder_pending(&agent->decoder))
		return 1;
	return agent->tool.look_s;
}

/* Moves what is to be sent. */
static void pump(Agent *agent)
{
	PortWatch watch = PORT_WATCH_IN;
	int errnum;

	for (unsigned i = 0; i < CAPTURE_STEPS && agent->capture.active; i++)
		capture_task_step(&agent->capture, &agent->queue);
	tool_finish(&agent->tool, &agent->queue);
	if (agent->port.connected) {
		errnum = queue_write(&agent->queue, agent->port.fd);
		if ((errnum && errnum != EAGAIN) || agent->queue.overflowed)
			lose_peer(agent);
	}
	if (!queue_is_empty(&agent->queue) || agent->capture.active ||
	    agent->tool.state == TOOL_ENDED)
		watch = PORT_WATCH_IN_OUT;
	else if (agent->tool.state == TOOL_RUNS)
		watch = PORT_BY_SIGNAL;
	port_watch(&agent->port, agent->epoll, WATCH_PORT, watch);
	set_clock(agent, tick_s(agent));
}

static void run(Agent *agent)
{
	pump(agent);
	while (!agent->quit) {
		struct epoll_event events[4];
		int count = epoll_wait(agent->epoll, events, 4, -1);

		for (int i = 0; i < count; i++) {
			if (events[i].data.u32 == WATCH_PORT)
				on_port(agent, events[i].events);
			else if (events[i].data.u32 == WATCH_CLOCK)
				on_clock(agent);
			else
				on_signals(agent);
		}
		pump(agent);
	}
}

static void wind_up(Agent *agent)
{
	const struct timespec pause = {0, 10 * 1000000L};

	tool_abandon(&agent->tool);
	put_abort(&agent->put);
	for (unsigned waited_ms = 0; agent->port.connected && waited_ms < FLUSH_MS;
	     waited_ms += 10) {
		if (queue_write(&agent->queue, agent->port.fd) != EAGAIN)
			break;
		nanosleep(&pause, NULL);
	}
}

static uint64_t new_instance(void)
{
	struct timespec now;
	uint64_t instance = 0;

	/* An early boot has no entropy yet, and must not wait for it. */
	if (getrandom(&instance, sizeof instance, GRND_NONBLOCK) ==
	    (ssize_t)sizeof instance)
		return instance;
	clock_gettime(CLOCK_REALTIME, &now);
	return ((uint64_t)now.tv_sec << 32 | (uint64_t)now.tv_nsec) ^ (uint64_t)getpid()
									      << 20;
}

static bool watch(Agent *agent, int fd, unsigned id)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = id};

	return fd >= 0 && epoll_ctl(agent->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static bool open_events(Agent *agent)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGIO);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	agent->epoll = epoll_create1(EPOLL_CLOEXEC);
	agent->clock = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	agent->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (agent->epoll < 0 || !watch(agent, agent->clock, WATCH_CLOCK) ||
	    !watch(agent, agent->signals, WATCH_SIGNALS) || !set_clock(agent, 1)) {
		announce("event loop: %s", strerror(errno));
		return false;
	}
	return true;
}

static int serve(Agent *agent, const char *port)
{
	int errnum = cpus_pin(cpus_housekeeping());

	if (errnum) {
		announce("pin to CPU %u: %s", cpus_housekeeping(), strerror(errnum));
		return EXIT_FAILURE;
	}
	agent->instance = new_instance();
	/* First, since the port's SIGIO would end a process that does not expect it. */
	if (!open_events(agent) || !(port ? port_open_path(&agent->port, port)
					  : port_open_virtio(&agent->port, PORT_WAIT_MS)))
		return EXIT_FAILURE;
	announce("version %s on %s", LATHE_VERSION, agent->port.path);
	look_for_peer(agent);
	run(agent);
	wind_up(agent);
	return agent->exit_status;
}

static int usage(FILE *stream)
{
	fputs("usage: lathe-agent [--port PATH]\n"
	      "       lathe-agent --help | --version\n"
	      "\n"
	      "Carries out what lathe asks for over a virtio-serial port. As PID 1 it "
	      "also sets\n"
	      "the guest up and powers it off in the end, and takes no arguments.\n"
	      "\n"
	      "  --port PATH  a character device or a Unix socket (default: the "
	      "virtio-serial\n"
	      "               port named " WIRE_PORT ")\n",
	      stream);
	return stream == stdout ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Descriptors 0 to 2 must not become the port's. */
static void fill_standard_descriptors(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	static Agent agent;
	const char *port = NULL;
	int status;

	agent.is_init = getpid() == 1;
	if (agent.is_init) {
		init_set_up();
	} else if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts("lathe-agent " LATHE_VERSION);
		return EXIT_SUCCESS;
	} else if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		return usage(stdout);
	} else if (argc == 3 && strcmp(argv[1], "--port") == 0) {
		port = argv[2];
	} else if (argc != 1) {
		return usage(stderr);
	}
	fill_standard_descriptors();
	status = serve(&agent, port);
	if (agent.is_init)
		init_power_off();
	return status;
}
