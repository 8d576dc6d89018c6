/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent.h"
#include "announce.h"

static void welcome(Agent *agent, const WireFrame *request)
{
	uint64_t session;

	if (!wire_get_number(request, WIRE_TAG_SESSION, UINT64_MAX, &session) ||
	    session == 0) {
		queue_error(&agent->queue, request->sequence,
			    "welcome: malformed request");
		return;
	}
	if (session != agent->session) {
		agent_reset(agent);
		agent->session = session;
		announce("welcomed");
	}
	queue_ok(&agent->queue, request->sequence);
}

static void capture(Agent *agent, const WireFrame *request)
{
	capture_task_begin(&agent->capture, request, &agent->queue);
}

static void put(Agent *agent, const WireFrame *request)
{
	put_piece(&agent->put, request, &agent->queue);
}

static void start(Agent *agent, const WireFrame *request)
{
	tool_start(&agent->tool, request, &agent->queue);
}

static void signal_tool(Agent *agent, const WireFrame *request)
{
	tool_signal(&agent->tool, request, &agent->queue);
}

static void quit(Agent *agent, const WireFrame *request)
{
	queue_ok(&agent->queue, request->sequence);
	agent->quit = true;
}

typedef struct {
	WireType type;
	void (*carry_out)(Agent *agent, const WireFrame *request);
} Request;

static const Request requests[] = {
	{WIRE_WELCOME, welcome}, {WIRE_CAPTURE, capture},    {WIRE_PUT, put},
	{WIRE_START, start},     {WIRE_SIGNAL, signal_tool}, {WIRE_QUIT, quit},
};

void request_handle(Agent *agent, const WireFrame *request)
{
	if (!wire_valid(request)) {
		queue_error(&agent->queue, request->sequence, "malformed request");
		return;
	}
	for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
		if (request->type != requests[i].type)
			continue;
		if (!agent->session && request->type != WIRE_WELCOME)
			queue_error(&agent->queue, request->sequence,
				    "no welcome before");
		else
			requests[i].carry_out(agent, request);
		return;
	}
}
