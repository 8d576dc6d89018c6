/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One-line messages on stderr, which is the kernel's console for PID 1: a console log
 * tells how far the guest came. Never called while a tool measures.
 */
#ifndef LATHE_AGENT_ANNOUNCE_H
#define LATHE_AGENT_ANNOUNCE_H

/* "lathe-agent: " + text + newline, in one write, cut at 256 bytes. */
__attribute__((format(printf, 1, 2))) void announce(const char *format, ...);

#endif
