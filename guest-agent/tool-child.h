/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens between fork and exec of the tool. */
#ifndef LATHE_AGENT_TOOL_CHILD_H
#define LATHE_AGENT_TOOL_CHILD_H

#include <sys/types.h>

/*
 * Makes the calling child an ordinary process again, with nothing of the agent's: every
 * CPU, SCHED_OTHER, default signals, a session of its own, no limit on locked memory and
 * real-time priority where that is allowed; it dies with `agent`, its parent. Then exec.
 * `result` gets the errno of an exec that failed.
 */
__attribute__((noreturn)) void tool_child_exec(char **argv, pid_t agent, int output,
					       int result);

#endif
