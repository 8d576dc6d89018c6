/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one process the agent runs for the harness: the tool that measures. While it runs
 * the agent looks at it once a second and not more, and later less often, so that nothing
 * but the tool's own end wakes anybody in between.
 */
#ifndef LATHE_AGENT_TOOL_H
#define LATHE_AGENT_TOOL_H

#include <signal.h>
#include <sys/types.h>

#include "snapshot.h"
#include "queue.h"

typedef enum {
	TOOL_NONE,
	TOOL_RUNS,
	TOOL_ENDED, /* reaped; its last output is still to be queued */
} ToolState;

typedef struct {
	ToolState state;
	pid_t pid;      /* of the process, its group and its session */
	bool abandoned; /* nobody wants to hear of it any more */
	bool termed;
	uint64_t deadline_s; /* on the monotonic clock: SIGTERM; SIGKILL 2 s later */
	int output;          /* read end of its stdout and stderr */
	uint64_t sent, dropped;
	unsigned look_s; /* from one look to the next */
	uint64_t started_s;
	siginfo_t how; /* it ended */
	Snapshot snapshot;
	char text[WIRE_PAYLOAD_MAX]; /* its arguments */
	char *argv[WIRE_ARGS_MAX + 1];
	unsigned char bytes[WIRE_CHUNK_MAX];
} Tool;

/* Starts what the request asks for and replies. */
void tool_start(Tool *tool, const WireFrame *request, Queue *queue);

/* A look: what it has written since the last one. */
void tool_tick(Tool *tool, Queue *queue);

/* Seconds to the next look at a tool: WIRE_LOOK_S, or 1 while it is young or its deadline
 * near. Times are seconds on the monotonic clock. */
unsigned tool_look_s(uint64_t now, uint64_t started, uint64_t deadline);

/* A child has ended and is not reaped yet: TRUE when it is the tool. */
bool tool_note_end(Tool *tool, const siginfo_t *how);

/* Queues what is left to say of a tool that has ended, as far as there is room. */
void tool_finish(Tool *tool, Queue *queue);

void tool_signal(Tool *tool, const WireFrame *request, Queue *queue);

/* Kills it and says no more about it. */
void tool_abandon(Tool *tool);

#endif
