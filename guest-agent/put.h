/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file that the harness writes in the guest, piece by piece: written aside and renamed
 * when complete. What is not an ordinary file (a device, anything in /proc or /sys) gets
 * one plain write instead.
 */
#ifndef LATHE_AGENT_PUT_H
#define LATHE_AGENT_PUT_H

#include "queue.h"

typedef struct {
	bool open;
	int fd;
	char path[WIRE_PATH_MAX];
	char aside[WIRE_PATH_MAX];
	uint64_t offset; /* of the next piece */
} Put;

/* Takes one piece and replies. A piece with offset 0 begins a file, and forgets an
 * unfinished one. */
void put_piece(Put *put, const WireFrame *request, Queue *queue);

/* Forgets an unfinished file. */
void put_abort(Put *put);

#endif
