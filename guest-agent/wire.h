/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames between lathe and lathe-agent over a byte stream that may lose, cut or prepend
 * bytes (a port that was closed, a session before). libc only: the agent and the harness
 * share this file. Integers are little-endian.
 *
 *	offset 0  magic   "LTHE"
 *	       4  version 1
 *	       5  type
 *	       6  zero, 2 bytes
 *	       8  sequence: of the request this answers, else 0
 *	      12  length of the payload, at most WIRE_PAYLOAD_MAX
 *	      16  CRC-32 (IEEE 802.3) over bytes 0-15 and the payload
 *	      20  payload: attributes, each tag (2), zero (2), length (4), bytes
 *
 * A reader that finds garbage drops one byte and looks for the magic again; a frame of an
 * unknown type is skipped, an unknown version is refused.
 */
#ifndef LATHE_WIRE_H
#define LATHE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_VERSION	 1
#define WIRE_HEADER	 20
#define WIRE_PAYLOAD_MAX (64u * 1024)

/* The name of the agent's virtio-serial port. */
#define WIRE_PORT "org.lathe.agent.0"

#endif
