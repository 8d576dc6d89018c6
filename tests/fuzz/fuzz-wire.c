/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes, delivered in pieces whose sizes the input chooses, followed by one good
 * frame: nothing is read out of bounds, every byte is a frame's or garbage, and the good
 * frame is found.
 */
#include <stdlib.h>
#include <string.h>

#include "wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int claim)
{
	if (!claim)
		abort();
}

static uint64_t drain(WireDecoder *decoder, WireFrame *ret_last)
{
	uint64_t framed = 0;
	WireResult result;

	while ((result = wire_decoder_next(decoder, ret_last)) != WIRE_MORE) {
		WireAttribute attribute;
		uint64_t number;
		char text[64];

		framed += WIRE_HEADER + ret_last->length;
		if (wire_valid(ret_last))
			for (uint32_t at = 0; wire_next(ret_last, &at, &attribute);)
				check(attribute.bytes + attribute.length <=
				      ret_last->payload + ret_last->length);
		if (wire_get_text(ret_last, WIRE_TAG_PATH, text, sizeof text))
			check(strlen(text) < sizeof text);
		if (wire_get_number(ret_last, WIRE_TAG_OFFSET, 1000, &number))
			check(number <= 1000);
	}
	return framed;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static WireDecoder decoder;
	static uint8_t padding[WIRE_FRAME_MAX];
	uint8_t good[WIRE_HEADER];
	WireFrame last = {0};
	WireWriter writer;
	uint64_t framed = 0;

	memset(&decoder, 0, sizeof decoder);
	for (size_t at = 0; at < size;) {
		size_t piece = 1 + data[at] % 64;

		piece = piece < size - at ? piece : size - at;
		at += wire_decoder_feed(&decoder, data + at, piece);
		framed += drain(&decoder, &last);
	}
	check(decoder.skipped ||
	      framed + decoder.garbage_bytes + decoder.fill - decoder.start == size);
	/* Ends whatever claims to be a frame, then one that is. */
	for (size_t at = 0; at < sizeof padding;) {
		at += wire_decoder_feed(&decoder, padding + at, sizeof padding - at);
		drain(&decoder, &last);
	}
	wire_begin(&writer, good, sizeof good, WIRE_QUIT, 0xfeedbeef);
	check(wire_end(&writer) == sizeof good);
	wire_decoder_feed(&decoder, good, sizeof good);
	drain(&decoder, &last);
	check(last.type == WIRE_QUIT && last.sequence == 0xfeedbeef);
	return 0;
}
