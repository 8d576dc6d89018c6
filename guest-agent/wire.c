/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire.h"

#include <string.h>

/* A stretch of garbage may look like many long frames, each of which costs a CRC over 64
 * KiB. After this many the whole stretch is dropped, which keeps the work linear; a
 * stream that was merely cut shows one or two. */
#define DOUBTS_MAX 16

static const uint8_t magic[4] = {'L', 'T', 'H', 'E'};

static void set_le(uint8_t *at, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t get_le(const uint8_t *at, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value |= (uint64_t)at[i] << (8 * i);
	return value;
}

uint32_t wire_crc(uint32_t crc, const void *data, size_t length)
{
	/* Four bits at a time of the reflected polynomial 0xedb88320. */
	static const uint32_t nibble[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
		0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};
	const uint8_t *at = data;

	crc = ~crc;
	for (; length; length--) {
		crc ^= *at++;
		crc = crc >> 4 ^ nibble[crc & 15];
		crc = crc >> 4 ^ nibble[crc & 15];
	}
	return ~crc;
}

static uint32_t frame_crc(const uint8_t *frame, size_t length)
{
	uint32_t crc = wire_crc(0, frame, WIRE_HEADER - 4);

	return wire_crc(crc, frame + WIRE_HEADER, length - WIRE_HEADER);
}

void wire_begin(WireWriter *writer, void *bytes, size_t size, WireType type,
		uint32_t sequence)
{
	*writer = (WireWriter){bytes, size < WIRE_FRAME_MAX ? size : WIRE_FRAME_MAX,
			       WIRE_HEADER, size < WIRE_HEADER};
	if (writer->full)
		return;
	memset(writer->bytes, 0, WIRE_HEADER);
	memcpy(writer->bytes, magic, sizeof magic);
	writer->bytes[4] = WIRE_VERSION;
	writer->bytes[5] = (uint8_t)type;
	set_le(writer->bytes + 8, sequence, 4);
}

void wire_put(WireWriter *writer, WireTag tag, const void *data, size_t length)
{
	uint8_t *at = writer->bytes + writer->length;
	size_t room = writer->size - writer->length;

	if (writer->full || room < WIRE_ATTRIBUTE || room - WIRE_ATTRIBUTE < length) {
		writer->full = true;
		return;
	}
	set_le(at, (uint64_t)tag, 2);
	set_le(at + 2, 0, 2);
	set_le(at + 4, length, 4);
	if (length)
		memcpy(at + WIRE_ATTRIBUTE, data, length);
	writer->length += WIRE_ATTRIBUTE + length;
}

void wire_put_text(WireWriter *writer, WireTag tag, const char *text)
{
	wire_put(writer, tag, text, strlen(text));
}

void wire_put_number(WireWriter *writer, WireTag tag, uint64_t value)
{
	uint8_t bytes[8];

	set_le(bytes, value, sizeof bytes);
	wire_put(writer, tag, bytes, sizeof bytes);
}

size_t wire_end(WireWriter *writer)
{
	if (writer->full)
		return 0;
	set_le(writer->bytes + 12, writer->length - WIRE_HEADER, 4);
	set_le(writer->bytes + 16, frame_crc(writer->bytes, writer->length), 4);
	return writer->length;
}

size_t wire_frame_length(const void *frame)
{
	return WIRE_HEADER + (size_t)get_le((const uint8_t *)frame + 12, 4);
}

static bool type_known(uint8_t type)
{
	return (type >= WIRE_HELLO && type <= WIRE_EXITED) ||
	       (type >= WIRE_WELCOME && type <= WIRE_QUIT);
}

size_t wire_decoder_feed(WireDecoder *decoder, const void *data, size_t length)
{
	size_t room = sizeof decoder->buffer - decoder->fill;

	/* Moving only when the second half is used up keeps byte-wise feeding linear. */
	if (room < length && decoder->start >= WIRE_FRAME_MAX) {
		decoder->fill -= decoder->start;
		memmove(decoder->buffer, decoder->buffer + decoder->start, decoder->fill);
		decoder->suspect_end -= decoder->suspect_end < decoder->start
						? decoder->suspect_end
						: decoder->start;
		decoder->start = 0;
		room = sizeof decoder->buffer - decoder->fill;
	}
	if (length > room)
		length = room;
	if (length)
		memcpy(decoder->buffer + decoder->fill, data, length);
	decoder->fill += length;
	return length;
}

static void drop(WireDecoder *decoder, size_t count)
{
	decoder->start += count;
	decoder->garbage_bytes += count;
}

/* Drops bytes until the buffer begins with the magic, or as much of it as has arrived. */
static void hunt(WireDecoder *decoder)
{
	while (decoder->start < decoder->fill) {
		const uint8_t *at = decoder->buffer + decoder->start;
		size_t left = decoder->fill - decoder->start;
		const uint8_t *first = memchr(at, magic[0], left);

		if (!first) {
			drop(decoder, left);
			return;
		}
		drop(decoder, (size_t)(first - at));
		left -= (size_t)(first - at);
		if (memcmp(first, magic, left < sizeof magic ? left : sizeof magic) == 0)
			return;
		drop(decoder, 1);
	}
}

/* A whole frame whose CRC is wrong begins at the start of the buffer. */
static void doubt(WireDecoder *decoder, size_t length)
{
	if (decoder->start >= decoder->suspect_end)
		decoder->doubts = 0;
	if (decoder->suspect_end < decoder->start + length)
		decoder->suspect_end = decoder->start + length;
	if (++decoder->doubts > DOUBTS_MAX)
		drop(decoder, decoder->suspect_end - decoder->start);
	else
		drop(decoder, 1);
}

WireResult wire_decoder_next(WireDecoder *decoder, WireFrame *ret)
{
	for (;;) {
		const uint8_t *at;
		size_t left, length;

		hunt(decoder);
		at = decoder->buffer + decoder->start;
		left = decoder->fill - decoder->start;
		if (left < WIRE_HEADER)
			return WIRE_MORE;
		if (get_le(at + 6, 2) != 0 || get_le(at + 12, 4) > WIRE_PAYLOAD_MAX) {
			drop(decoder, 1);
			continue;
		}
		length = wire_frame_length(at);
		if (left < length)
			return WIRE_MORE;
		if (get_le(at + 16, 4) != frame_crc(at, length)) {
			doubt(decoder, length);
			continue;
		}
		decoder->start += length;
		if (at[4] == WIRE_VERSION && !type_known(at[5])) {
			decoder->skipped++;
			continue;
		}
		*ret = (WireFrame){at[4], at[5], (uint32_t)get_le(at + 8, 4),
				   at + WIRE_HEADER, (uint32_t)(length - WIRE_HEADER)};
		return at[4] == WIRE_VERSION ? WIRE_FRAME : WIRE_BAD_VERSION;
	}
}

bool wire_decoder_pending(const WireDecoder *decoder)
{
	return decoder->start < decoder->fill;
}

void wire_decoder_skip(WireDecoder *decoder)
{
	if (wire_decoder_pending(decoder))
		drop(decoder, 1);
}

void wire_decoder_reset(WireDecoder *decoder)
{
	decoder->start = decoder->fill = decoder->suspect_end = 0;
	decoder->doubts = 0;
}

bool wire_next(const WireFrame *frame, uint32_t *at, WireAttribute *ret)
{
	const uint8_t *bytes = frame->payload + *at;
	uint32_t left = frame->length - *at;
	uint64_t length;

	if (left < WIRE_ATTRIBUTE)
		return false;
	length = get_le(bytes + 4, 4);
	if (get_le(bytes + 2, 2) != 0 || length > left - WIRE_ATTRIBUTE)
		return false;
	*ret = (WireAttribute){(uint16_t)get_le(bytes, 2), bytes + WIRE_ATTRIBUTE,
			       (uint32_t)length};
	*at += WIRE_ATTRIBUTE + (uint32_t)length;
	return true;
}

bool wire_valid(const WireFrame *frame)
{
	WireAttribute attribute;
	uint32_t at = 0;

	while (wire_next(frame, &at, &attribute))
		;
	return at == frame->length;
}

bool wire_find(const WireFrame *frame, WireTag tag, WireAttribute *ret)
{
	WireAttribute attribute;

	for (uint32_t at = 0; wire_next(frame, &at, &attribute);) {
		if (attribute.tag == (uint16_t)tag) {
			*ret = attribute;
			return true;
		}
	}
	return false;
}

bool wire_get_number(const WireFrame *frame, WireTag tag, uint64_t max, uint64_t *ret)
{
	WireAttribute attribute;
	uint64_t value;

	if (!wire_find(frame, tag, &attribute) || attribute.length != 8)
		return false;
	value = get_le(attribute.bytes, 8);
	if (value > max)
		return false;
	*ret = value;
	return true;
}

bool wire_get_text(const WireFrame *frame, WireTag tag, char *ret, size_t size)
{
	WireAttribute attribute;

	if (!wire_find(frame, tag, &attribute) || attribute.length == 0 ||
	    attribute.length >= size || memchr(attribute.bytes, '\0', attribute.length))
		return false;
	memcpy(ret, attribute.bytes, attribute.length);
	ret[attribute.length] = '\0';
	return true;
}
