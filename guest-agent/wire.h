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
 * unknown type is skipped, an unknown version is refused. The header keeps its meaning in
 * every version, so that a refusal can name the other's version.
 */
#ifndef LATHE_WIRE_H
#define LATHE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_VERSION     1
#define WIRE_HEADER      20
#define WIRE_ATTRIBUTE   8 /* bytes of an attribute before its content */
#define WIRE_PAYLOAD_MAX (64u * 1024)
#define WIRE_FRAME_MAX   (WIRE_HEADER + WIRE_PAYLOAD_MAX)

/* The name of the agent's virtio-serial port. */
#define WIRE_PORT "org.lathe.agent.0"

/* Limits both ends keep. */
#define WIRE_CHUNK_MAX  (32u * 1024) /* file data in one frame: virtio_console's write */
#define WIRE_FILE_MAX   (256u * 1024 * 1024) /* a captured file */
#define WIRE_OUTPUT_MAX (1024u * 1024)      /* a tool's stdout and stderr in all */
#define WIRE_PATH_MAX   4096                /* with its NUL */
#define WIRE_ARGS_MAX   64                  /* arguments of a tool */
#define WIRE_LOOK_S     5 /* the longest time from one word of the agent to the next */

/* A request with sequence 0 is carried out and not answered. */
typedef enum {
	/* From the agent. */
	WIRE_HELLO = 1, /* once a second, see PROGRESS: AGENT, INSTANCE */
	WIRE_OK = 2,    /* the request was carried out */
	WIRE_ERROR = 3, /* it was not: TEXT */
	WIRE_FILE =
		4, /* PATH, OFFSET, DATA; on the last piece END or FAILED (forget it); at
		    * offset 0 FAILED tells of a file that is there and cannot be read, or of a
		    * directory above what a pattern names that cannot be listed */
	WIRE_DONE = 5,     /* end of a capture: COUNT of files, BYTES */
	WIRE_STARTED = 6,  /* PID */
	/* While a tool runs: DATA, perhaps empty. Once a second at first; then it and HELLO
	 * come every WIRE_LOOK_S. */
	WIRE_PROGRESS = 7,
	WIRE_OUTPUT = 8,   /* DATA */
	WIRE_EXITED = 9,   /* PID, STATUS or SIGNAL, DROPPED bytes of output */

	/* From the harness. */
	WIRE_WELCOME = 32, /* SESSION: another one than before ends what that one began */
	WIRE_CAPTURE = 33, /* PATTERN, one or more */
	WIRE_PUT = 34,     /* PATH, MODE, OFFSET, DATA; END on the last piece */
	WIRE_START = 35,   /* ARG, one or more; DEADLINE in s; FIFO */
	WIRE_SIGNAL = 36,  /* SIGNAL */
	WIRE_QUIT = 37,
} WireType;

/* N: a number, always 8 bytes. T: text without a NUL. B: bytes. */
typedef enum {
	WIRE_TAG_AGENT = 1,     /* T its version */
	WIRE_TAG_INSTANCE = 2,  /* N differs from one start of an agent to the next */
	WIRE_TAG_SESSION = 3,   /* N differs from one session to the next */
	WIRE_TAG_TEXT = 4,      /* T for a person */
	WIRE_TAG_PATH = 5,      /* T in FILE relative to "/", in PUT absolute */
	WIRE_TAG_OFFSET = 6,    /* N */
	WIRE_TAG_DATA = 7,      /* B */
	WIRE_TAG_END = 8,       /* B empty */
	WIRE_TAG_FAILED = 9,    /* N errno, 1-4095 */
	WIRE_TAG_COUNT = 10,    /* N */
	WIRE_TAG_BYTES = 11,    /* N */
	WIRE_TAG_PID = 12,      /* N */
	WIRE_TAG_STATUS = 13,   /* N 0-255 */
	WIRE_TAG_SIGNAL = 14,   /* N 1-64 */
	WIRE_TAG_DROPPED = 15,  /* N */
	WIRE_TAG_PATTERN = 16,  /* T */
	WIRE_TAG_MODE = 17,     /* N permission bits */
	WIRE_TAG_ARG = 18,      /* T */
	WIRE_TAG_DEADLINE = 19, /* N seconds */
	WIRE_TAG_FIFO = 20,     /* T */
} WireTag;

/* CRC-32 of IEEE 802.3; 0 to begin with, or the value so far to go on. */
uint32_t wire_crc(uint32_t crc, const void *data, size_t length);

/* ---- one frame into a buffer ---- */

typedef struct {
	uint8_t *bytes;
	size_t size, length;
	bool full; /* something did not fit: wire_end() returns 0 */
} WireWriter;

void wire_begin(WireWriter *writer, void *bytes, size_t size, WireType type,
		uint32_t sequence);
void wire_put(WireWriter *writer, WireTag tag, const void *data, size_t length);
void wire_put_text(WireWriter *writer, WireTag tag, const char *text);
void wire_put_number(WireWriter *writer, WireTag tag, uint64_t value);
/* Completes the header. The frame's length, or 0 when it did not fit into `size` or
 * WIRE_FRAME_MAX. */
size_t wire_end(WireWriter *writer);

/* Length of the frame that begins at `frame`, which must hold a whole header of ours. */
size_t wire_frame_length(const void *frame);

/* ---- frames out of a stream ---- */

typedef struct {
	uint8_t version, type;
	uint32_t sequence;
	const uint8_t *payload; /* in the decoder's buffer, until it is fed again */
	uint32_t length;
} WireFrame;

typedef enum {
	WIRE_MORE,        /* feed more bytes */
	WIRE_FRAME,       /* *ret is a frame of a known type */
	WIRE_BAD_VERSION, /* ret->version is not ours; the rest of *ret is not to be used
			   */
} WireResult;

/* Fixed memory: about 128 KiB. Zero-initialised is ready. */
typedef struct {
	uint8_t buffer[2 * WIRE_FRAME_MAX];
	size_t start, fill;     /* the unread bytes */
	size_t suspect_end;     /* furthest end of a frame whose CRC was wrong */
	unsigned doubts;        /* such frames since start passed suspect_end */
	uint64_t garbage_bytes; /* dropped so far */
	uint64_t skipped;       /* frames of unknown type */
} WireDecoder;

/* Takes as many bytes as fit and returns how many: at least one after WIRE_MORE. */
size_t wire_decoder_feed(WireDecoder *decoder, const void *data, size_t length);

/* The next frame. Work is linear in the bytes fed, whatever they are. */
WireResult wire_decoder_next(WireDecoder *decoder, WireFrame *ret);

/* TRUE when bytes wait for the rest of a frame. */
bool wire_decoder_pending(const WireDecoder *decoder);

/* Gives up the frame whose rest does not come; what follows its first byte is looked at
 * again. */
void wire_decoder_skip(WireDecoder *decoder);

void wire_decoder_reset(WireDecoder *decoder);

/* ---- attributes of a frame ---- */

typedef struct {
	uint16_t tag;
	const uint8_t *bytes;
	uint32_t length;
} WireAttribute;

/* TRUE when the payload is nothing but whole attributes. The getters below stop at the
 * first malformed one. */
bool wire_valid(const WireFrame *frame);

/* Walks: start with *at = 0. FALSE at the end. */
bool wire_next(const WireFrame *frame, uint32_t *at, WireAttribute *ret);

/* The first attribute with that tag. */
bool wire_find(const WireFrame *frame, WireTag tag, WireAttribute *ret);

/* FALSE, and *ret untouched, when absent, not 8 bytes long, or over max. */
bool wire_get_number(const WireFrame *frame, WireTag tag, uint64_t max, uint64_t *ret);

/* Copies with a NUL. FALSE, and ret untouched, when absent, empty, longer than size - 1,
 * or with a NUL inside. */
bool wire_get_text(const WireFrame *frame, WireTag tag, char *ret, size_t size);

#endif
