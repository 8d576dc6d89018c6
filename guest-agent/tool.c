/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "announce.h"
#include "tool-child.h"

#define DEADLINE_MAX_S (31u * 24 * 3600)
#define KILL_AFTER_S   2
/* A tool this old is known to measure: who watches it has seen its first samples. */
#define YOUNG_S 10
/* exec of a file on a disk that does not answer. */
#define EXEC_WAIT_MS 10000

static uint64_t now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec;
}

/* Points argv into a copy of the request's arguments. */
static bool store_argv(Tool *tool, const WireFrame *request)
{
	WireAttribute attribute;
	size_t length = 0;
	unsigned count = 0;

	for (uint32_t at = 0; wire_next(request, &at, &attribute);) {
		if (attribute.tag != WIRE_TAG_ARG)
			continue;
		if (count == WIRE_ARGS_MAX ||
		    memchr(attribute.bytes, '\0', attribute.length))
			return false;
		/* An attribute's header takes more than the NUL, so it always fits. */
		tool->argv[count++] = tool->text + length;
		memcpy(tool->text + length, attribute.bytes, attribute.length);
		length += attribute.length;
		tool->text[length++] = '\0';
	}
	tool->argv[count] = NULL;
	return count && tool->argv[0][0] == '/';
}

/* Waits for exec: the pipe closes when it worked, and brings the errno when not. */
static int exec_result(int fd)
{
	struct pollfd poll_fd = {fd, POLLIN, 0};
	int errnum = 0;
	ssize_t got;

	if (poll(&poll_fd, 1, EXEC_WAIT_MS) == 0)
		return ETIMEDOUT;
	got = read(fd, &errnum, sizeof errnum);
	return got == (ssize_t)sizeof errnum ? errnum : got == 0 ? 0 : EIO;
}

/* 0 or an errno. */
static int spawn(Tool *tool)
{
	int output[2], result[2], errnum;
	pid_t agent;

	if (pipe2(output, O_CLOEXEC) != 0)
		return errno;
	if (pipe2(result, O_CLOEXEC) != 0) {
		errnum = errno;
		close(output[0]);
		close(output[1]);
		return errnum;
	}
	/* Holds all that will be passed on: the tool never waits for the agent's clock.
	 */
	fcntl(output[0], F_SETPIPE_SZ, (int)WIRE_OUTPUT_MAX);
	fcntl(output[0], F_SETFL, O_NONBLOCK);
	agent = getpid();
	tool->pid = fork();
	if (tool->pid == 0)
		tool_child_exec(tool->argv, agent, output[1], result[1]);
	errnum = tool->pid < 0 ? errno : 0;
	close(output[1]);
	close(result[1]);
	if (!errnum)
		errnum = exec_result(result[0]);
	close(result[0]);
	if (!errnum) {
		tool->output = output[0];
		return 0;
	}
	close(output[0]);
	if (tool->pid > 0)
		kill(tool->pid, SIGKILL);
	return errnum;
}

static void reply_started(const Tool *tool, uint32_t sequence, Queue *queue)
{
	WireWriter writer;

	queue_begin(queue, &writer, WIRE_STARTED, sequence);
	wire_put_number(&writer, WIRE_TAG_PID, (uint64_t)tool->pid);
	queue_end(queue, &writer);
}

void tool_start(Tool *tool, const WireFrame *request, Queue *queue)
{
	char fifo[WIRE_PATH_MAX] = "";
	WireAttribute attribute;
	uint64_t deadline_s;
	int errnum;

	if (tool->state != TOOL_NONE) {
		queue_error(queue, request->sequence, "start: a tool runs already");
		return;
	}
	if (!wire_get_number(request, WIRE_TAG_DEADLINE, DEADLINE_MAX_S, &deadline_s) ||
	    deadline_s == 0 || !store_argv(tool, request) ||
	    (wire_find(request, WIRE_TAG_FIFO, &attribute) &&
	     !wire_get_text(request, WIRE_TAG_FIFO, fifo, sizeof fifo))) {
		queue_error(queue, request->sequence, "start: malformed request");
		return;
	}
	snapshot_begin(&tool->snapshot, fifo);
	announce("starting %s", tool->argv[0]);
	errnum = spawn(tool);
	if (errnum) {
		queue_error(queue, request->sequence, "start %s: %s", tool->argv[0],
			    strerror(errnum));
		return;
	}
	tool->state = TOOL_RUNS;
	tool->abandoned = tool->termed = false;
	tool->started_s = now_s();
	tool->deadline_s = tool->started_s + deadline_s;
	tool->look_s = 1;
	tool->sent = tool->dropped = 0;
	reply_started(tool, request->sequence, queue);
}

static void send_output(Tool *tool, size_t length, Queue *queue)
{
	uint64_t left = WIRE_OUTPUT_MAX - tool->sent;
	WireWriter writer;

	if (length > left) {
		tool->dropped += length - left;
		length = (size_t)left;
	}
	if (!length)
		return;
	queue_begin(queue, &writer, WIRE_OUTPUT, 0);
	wire_put(&writer, WIRE_TAG_DATA, tool->bytes, length);
	queue_end(queue, &writer);
	tool->sent += length;
}

/* Passes on what the tool has written, as far as there is room, and at most a pipe's
 * worth at a time. TRUE when there was no more. */
static bool pass_output(Tool *tool, Queue *queue)
{
	for (size_t total = 0; total <= WIRE_OUTPUT_MAX && queue_has_room(queue);) {
		ssize_t got = read(tool->output, tool->bytes, sizeof tool->bytes);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return true;
		send_output(tool, (size_t)got, queue);
		total += (size_t)got;
	}
	return false;
}

unsigned tool_look_s(uint64_t now, uint64_t started, uint64_t deadline)
{
	if (now < started + YOUNG_S || now + WIRE_LOOK_S >= deadline)
		return 1;
	return WIRE_LOOK_S;
}

void tool_tick(Tool *tool, Queue *queue)
{
	uint64_t now = now_s();

	if (tool->state != TOOL_RUNS || tool->abandoned)
		return;
	if (now >= tool->deadline_s + KILL_AFTER_S) {
		kill(-tool->pid, SIGKILL);
	} else if (now >= tool->deadline_s && !tool->termed) {
		tool->termed = true;
		kill(-tool->pid, SIGTERM);
	}
	tool->look_s = tool_look_s(now, tool->started_s, tool->deadline_s);
	snapshot_read(&tool->snapshot);
	snapshot_send(&tool->snapshot, queue);
	pass_output(tool, queue);
}

bool tool_note_end(Tool *tool, const siginfo_t *how)
{
	if (tool->state != TOOL_RUNS || how->si_pid != tool->pid)
		return false;
	/* The children it left; its own pid still keeps the group's number from reuse. */
	kill(-tool->pid, SIGKILL);
	tool->how = *how;
	tool->state = TOOL_ENDED;
	return true;
}

static void reply_exited(const Tool *tool, Queue *queue)
{
	bool exited = tool->how.si_code == CLD_EXITED;
	WireWriter writer;

	queue_begin(queue, &writer, WIRE_EXITED, 0);
	wire_put_number(&writer, WIRE_TAG_PID, (uint64_t)tool->pid);
	wire_put_number(&writer, exited ? WIRE_TAG_STATUS : WIRE_TAG_SIGNAL,
			(uint64_t)tool->how.si_status);
	wire_put_number(&writer, WIRE_TAG_DROPPED, tool->dropped);
	queue_end(queue, &writer);
}

void tool_finish(Tool *tool, Queue *queue)
{
	if (tool->state != TOOL_ENDED)
		return;
	if (!tool->abandoned) {
		if (!pass_output(tool, queue) || !queue_has_room(queue))
			return;
		snapshot_read(&tool->snapshot);
		snapshot_send(&tool->snapshot, queue);
		reply_exited(tool, queue);
	}
	announce("pid %d ended: %s %d", (int)tool->pid,
		 tool->how.si_code == CLD_EXITED ? "exit" : "signal",
		 tool->how.si_status);
	snapshot_end(&tool->snapshot);
	close(tool->output);
	tool->state = TOOL_NONE;
}

void tool_signal(Tool *tool, const WireFrame *request, Queue *queue)
{
	uint64_t number;

	if (!wire_get_number(request, WIRE_TAG_SIGNAL, 64, &number) || number == 0)
		queue_error(queue, request->sequence, "signal: malformed request");
	else if (tool->state != TOOL_RUNS)
		queue_error(queue, request->sequence, "signal: no tool runs");
	else if (kill(-tool->pid, (int)number) != 0)
		queue_error(queue, request->sequence, "signal: %s", strerror(errno));
	else
		queue_ok(queue, request->sequence);
}

void tool_abandon(Tool *tool)
{
	tool->abandoned = true;
	if (tool->state == TOOL_RUNS)
		kill(-tool->pid, SIGKILL);
}
