/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All that the agent remembers, in fixed memory: it allocates nothing once it runs.
 */
#ifndef LATHE_AGENT_AGENT_H
#define LATHE_AGENT_AGENT_H

#include "capture-task.h"
#include "port.h"
#include "put.h"
#include "queue.h"
#include "tool.h"

typedef struct {
	bool is_init;      /* PID 1 */
	bool quit;         /* end after the queue is written */
	int exit_status;   /* of an ordinary process */
	uint64_t instance; /* tells this start of the agent from others */
	uint64_t session;  /* of the harness that was welcomed; 0: none yet */
	unsigned stalled;  /* ticks that half a frame has waited for its rest */
	unsigned tick_s;   /* what the clock is set to */
	int epoll, clock, signals;
	Port port;
	WireDecoder decoder;
	Queue queue;
	CaptureTask capture;
	Put put;
	Tool tool;
} Agent;

/* Carries out a request and queues the reply. */
void request_handle(Agent *agent, const WireFrame *request);

/* Ends what the harness has begun: it is gone, or another one is there. */
void agent_reset(Agent *agent);

#endif
