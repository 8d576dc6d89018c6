/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <glib.h>
#include <string.h>

#include "wire.h"

/* A frame whose attributes are all different, as most tests' object. */
static size_t make_frame(uint8_t *bytes, size_t size, WireType type, uint32_t sequence)
{
	WireWriter writer;

	wire_begin(&writer, bytes, size, type, sequence);
	wire_put_text(&writer, WIRE_TAG_PATH, "proc/stat");
	wire_put_number(&writer, WIRE_TAG_OFFSET, 0x1122334455667788);
	wire_put(&writer, WIRE_TAG_DATA, "LTHE\1\1", 6);
	return wire_end(&writer);
}

/* A frame header with any version, type and length, and a CRC that fits it. */
static void seal(uint8_t *frame, size_t length)
{
	uint32_t crc =
	    wire_crc(wire_crc(0, frame, 16), frame + WIRE_HEADER, length - WIRE_HEADER);

	for (unsigned i = 0; i < 4; i++)
		frame[16 + i] = (uint8_t)(crc >> (8 * i));
}

static WireDecoder *decoder_of(const void *bytes, size_t length)
{
	WireDecoder *decoder = g_new0(WireDecoder, 1);

	assert_int_equal(wire_decoder_feed(decoder, bytes, length), length);
	return decoder;
}

static void test_crc(void **state)
{
	(void)state;
	/* The check value of CRC-32/ISO-HDLC. */
	assert_int_equal(wire_crc(0, "123456789", 9), 0xcbf43926);
	assert_int_equal(wire_crc(wire_crc(0, "1234", 4), "56789", 5), 0xcbf43926);
	assert_int_equal(wire_crc(0, "", 0), 0);
}

/* Pins the bytes: an agent of another build must understand them. */
static void test_layout(void **state)
{
	static const uint8_t want[] = {
	    'L', 'T', 'H', 'E', 1, 36, 0, 0, 0x04, 0x03, 0x02, 0x01, 17, 0, 0, 0, 0,
	    0,   0,   0,   18,  0, 0,  0, 1, 0,    0,    0,    'x',  12, 0, 0, 0,
	};
	uint8_t bytes[64];
	WireWriter writer;

	(void)state;
	wire_begin(&writer, bytes, sizeof bytes, WIRE_SIGNAL, 0x01020304);
	wire_put_text(&writer, WIRE_TAG_ARG, "x");
	wire_put(&writer, WIRE_TAG_PID, NULL, 0);
	assert_int_equal(wire_end(&writer), 37);
	assert_memory_equal(bytes, want, 16);
	assert_memory_equal(bytes + 20, want + 20, 13);
	seal(bytes, 37);
	assert_int_equal(wire_end(&writer), 37);
	assert_int_equal(wire_frame_length(bytes), 37);
}

static void test_round_trip(void **state)
{
	uint8_t bytes[128];
	size_t length = make_frame(bytes, sizeof bytes, WIRE_FILE, 7);
	g_autofree WireDecoder *decoder = decoder_of(bytes, length);
	WireAttribute attribute;
	char path[32];
	uint64_t offset;
	WireFrame frame;

	(void)state;
	assert_int_equal(wire_decoder_next(decoder, &frame), WIRE_FRAME);
	assert_int_equal(frame.type, WIRE_FILE);
	assert_int_equal(frame.sequence, 7);
	assert_true(wire_valid(&frame));
	assert_true(wire_get_text(&frame, WIRE_TAG_PATH, path, sizeof path));
	assert_string_equal(path, "proc/stat");
	assert_true(wire_get_number(&frame, WIRE_TAG_OFFSET, UINT64_MAX, &offset));
	assert_int_equal(offset, 0x1122334455667788);
	assert_true(wire_find(&frame, WIRE_TAG_DATA, &attribute));
	assert_int_equal(attribute.length, 6);
	assert_memory_equal(attribute.bytes, "LTHE\1\1", 6);
	assert_false(wire_find(&frame, WIRE_TAG_END, &attribute));
	assert_int_equal(wire_decoder_next(decoder, &frame), WIRE_MORE);
	assert_false(wire_decoder_pending(decoder));
	assert_int_equal(decoder->garbage_bytes, 0);
}

/* A frame cut after any number of bytes is no frame, and the next one is found as soon as
 * the claimed length has gone by. */
static void test_truncated(void **state)
{
	uint8_t bytes[128], good[128];
	size_t length = make_frame(bytes, sizeof bytes, WIRE_FILE, 1);
	size_t good_length = make_frame(good, sizeof good, WIRE_FILE, 2);

	(void)state;
	for (size_t cut = 0; cut < length; cut++) {
		g_autofree uint8_t *padding = g_malloc0(WIRE_FRAME_MAX);
		g_autofree WireDecoder *decoder = decoder_of(bytes, cut);
		WireFrame frame = {.type = 99};

		assert_int_equal(wire_decoder_next(decoder, &frame), WIRE_MORE);
		assert_int_equal(frame.type, 99);
		assert_int_equal(wire_decoder_pending(decoder), cut > 0);
		wire_decoder_feed(decoder, good, good_length);
		/* What was cut and the good one's header may claim a length together. */
		wire_decoder_feed(decoder, padding, WIRE_FRAME_MAX);
		assert_int_equal(wire_decoder_next(decoder, &frame), WIRE_FRAME);
		assert_int_equal(frame.sequence, 2);
		assert_int_equal(decoder->garbage_bytes, cut);
	}
}

/* Whose rest never comes: given up on request. */
static void test_skip(void **state)
{
	uint8_t bytes[128];
	size_t length = make_frame(bytes, sizeof bytes, WIRE_FILE, 2);
	g_autofree WireDecoder *decoder =
	    decoder_of("LTHE\1\1\0\0\0\0\0\0\0\377\0\0", 16);
	WireFrame frame;

	(void)state;
	wire_decoder_feed(decoder, bytes, length);
	assert_int_equal(wire_decoder_next(decoder, &frame), WIRE_MORE);
	wire_decoder_skip(decoder);
	assert_int_equal(wire_decoder_next(decoder, &frame), WIRE_FRAME);
	assert_int_equal(frame.sequence, 2);
	wire_decoder_skip(decoder);
	assert_int_equal(decoder->garbage_bytes, 16);
}

static void test_bit_flips(void **state)
{
	uint8_t bytes[128], good[128];
	size_t length = make_frame(bytes, sizeof bytes, WIRE_FILE, 1);
	size_t good_length = make_frame(good, sizeof good, WIRE_FILE, 2);

	(void)state;
	for (size_t bit = 0; bit < 8 * length; bit++) {
		g_autofree WireDecoder *decoder = NULL;
		g_autofree uint8_t *padding = g_malloc0(WIRE_FRAME_MAX);
		WireFrame frame;

		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		decoder = decoder_of(bytes, length);
		wire_decoder_feed(decoder, good, good_length);
		/* A flipped length may wait for up to a frame more. */
		wire_decoder_feed(decoder, padding, WIRE_FRAME_MAX - 2 * length);
		assert_int_equal(wire_decoder_next(decoder, &frame), WIRE_FRAME);
		assert_int_equal(frame.sequence, 2);
		assert_int_equal(decoder->garbage_bytes, length);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

typedef struct {
	const char *name;
	const char *before; /* of `length` bytes */
	size_t length;
} Garbage;

static const Garbage garbage[] = {
    {"nothing", "", 0},
    {"a line", "login: \r\n", 9},
    {"NULs", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 24},
    {"part of the magic", "LTH", 3},
    {"parts of the magic", "LLTLTHLTHLTHLLTHL", 17},
    {"the magic", "LTHE", 4},
    {"the magic thrice", "LTHELTHELTHE", 12},
    {"oversize length", "LTHE\1\4\0\0\0\0\0\0\1\0\1\0\0\0\0\0", 20},
    {"largest length", "LTHE\1\4\0\0\0\0\0\0\377\377\377\377\0\0\0\0", 20},
    {"reserved bytes set", "LTHE\1\4\0\1\0\0\0\0\0\0\0\0\0\0\0\0", 20},
    {"wrong CRC", "LTHE\1\4\0\0\0\0\0\0\0\0\0\0\1\2\3\4", 20},
};

static void test_garbage(void **state)
{
	uint8_t good[128];
	size_t good_length = make_frame(good, sizeof good, WIRE_FILE, 2);

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(garbage); i++) {
		g_autofree uint8_t *padding = g_malloc0(WIRE_FRAME_MAX);
		g_autofree WireDecoder *decoder =
		    decoder_of(garbage[i].before, garbage[i].length);
		WireFrame frame;

		wire_decoder_feed(decoder, good, good_length);
		wire_decoder_feed(decoder, garbage[i].before, garbage[i].length);
		wire_decoder_feed(decoder, good, good_length);
		wire_decoder_feed(decoder, padding, WIRE_FRAME_MAX);
		for (int n = 0; n < 2; n++) {
			assert_int_equal(wire_decoder_next(decoder, &frame), WIRE_FRAME);
			assert_int_equal(frame.sequence, 2);
			assert_int_equal(decoder->garbage_bytes,
					 (size_t)(n + 1) * garbage[i].length);
		}
		assert_int_equal(wire_decoder_next(decoder, &frame), WIRE_MORE);
	}
}

/* Refused as soon as the header is there: nothing of it is waited for. */
static void test_oversize_is_not_buffered(void **state)
{
	g_autofree WireDecoder *decoder =
	    decoder_of("LTHE\1\4\0\0\0\0\0\0\1\0\1\0\0\0\0\0", 20);
	WireFrame frame;

	(void)state;
	assert_int_equal(wire_decoder_next(decoder, &frame), WIRE_MORE);
	assert_false(wire_decoder_pending(decoder));
	assert_int_equal(decoder->garbage_bytes, 20);
}

static void test_version_and_type(void **state)
{
	uint8_t bytes[256];
	size_t length = make_frame(bytes, sizeof bytes, WIRE_FILE, 1);
	g_autofree WireDecoder *decoder = NULL;
	WireFrame frame;

	(void)state;
	/* An unknown type is skipped, and what follows is read. */
	for (unsigned type = 0; type <= 255; type++) {
		g_autofree WireDecoder *other = NULL;
		bool known = (type >= 1 && type <= 9) || (type >= 32 && type <= 37);

		bytes[5] = (uint8_t)type;
		seal(bytes, length);
		other = decoder_of(bytes, length);
		assert_int_equal(wire_decoder_next(other, &frame),
				 known ? WIRE_FRAME : WIRE_MORE);
		assert_int_equal(other->skipped, !known);
		assert_int_equal(other->garbage_bytes, 0);
	}
	/* An unknown version is not. */
	bytes[4] = 2;
	seal(bytes, length);
	decoder = decoder_of(bytes, length);
	assert_int_equal(wire_decoder_next(decoder, &frame), WIRE_BAD_VERSION);
	assert_int_equal(frame.version, 2);
}

static void test_byte_by_byte(void **state)
{
	uint8_t bytes[128];
	g_autofree WireDecoder *decoder = g_new0(WireDecoder, 1);
	WireFrame frame;

	(void)state;
	/* Far enough to move the buffer's content several times. */
	for (uint32_t n = 1; n <= 4000; n++) {
		size_t length = make_frame(bytes, sizeof bytes, WIRE_FILE, n);

		for (size_t i = 0; i < length; i++) {
			assert_int_equal(wire_decoder_next(decoder, &frame), WIRE_MORE);
			assert_int_equal(wire_decoder_feed(decoder, bytes + i, 1), 1);
		}
		assert_int_equal(wire_decoder_next(decoder, &frame), WIRE_FRAME);
		assert_int_equal(frame.sequence, n);
	}
}

static void test_several_at_once(void **state)
{
	g_autofree uint8_t *bytes = g_malloc(WIRE_FRAME_MAX);
	g_autofree uint8_t *big = g_malloc0(WIRE_PAYLOAD_MAX);
	g_autofree WireDecoder *decoder = g_new0(WireDecoder, 1);
	uint32_t seen = 0;

	(void)state;
	for (uint32_t n = 1; n <= 20; n++) {
		size_t length, payload = n % 2 ? WIRE_PAYLOAD_MAX - WIRE_ATTRIBUTE : n;
		WireWriter writer;
		WireFrame frame;

		wire_begin(&writer, bytes, WIRE_FRAME_MAX, WIRE_OUTPUT, n);
		wire_put(&writer, WIRE_TAG_DATA, big, payload);
		length = wire_end(&writer);
		assert_int_equal(length, WIRE_HEADER + WIRE_ATTRIBUTE + payload);
		for (size_t at = 0; at < length;) {
			size_t taken =
			    wire_decoder_feed(decoder, bytes + at, length - at);

			assert_true(taken > 0);
			at += taken;
			if (n % 3)
				continue;
			while (wire_decoder_next(decoder, &frame) == WIRE_FRAME)
				assert_int_equal(frame.sequence, ++seen);
		}
		while (n % 3 == 1 && wire_decoder_next(decoder, &frame) == WIRE_FRAME)
			assert_int_equal(frame.sequence, ++seen);
	}
	assert_true(seen >= 18);
}

static gint64 cpu_time_ns(void)
{
	struct timespec now;

	assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now), 0);
	return now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Feeds 4 MiB, `length` bytes over and over, 16 at a time; returns the CPU time. */
static gint64 cost_ns(const uint8_t *bytes, size_t length)
{
	g_autofree WireDecoder *decoder = g_new0(WireDecoder, 1);
	gint64 began_ns = cpu_time_ns();
	WireFrame frame;

	for (size_t fed = 0; fed < 4u << 20;) {
		size_t at = fed % length;

		fed += wire_decoder_feed(decoder, bytes + at, MIN(16, length - at));
		assert_int_equal(wire_decoder_next(decoder, &frame), WIRE_MORE);
	}
	/* And it finds its way back. */
	wire_decoder_reset(decoder);
	assert_false(wire_decoder_pending(decoder));
	return cpu_time_ns() - began_ns;
}

/* Many headers that each claim the longest frame: the work must not be a CRC of 64 KiB for each,
 * which is thousands of times that of the same bytes without any header. */
static void test_linear(void **state)
{
	static const uint8_t header[16] = {'L', 'T', 'H', 'E', 1, 4, 0,
					   0,   0,   0,   0,   0, 0, 255};
	static const uint8_t nothing[16];
	gint64 plain_ns = cost_ns(nothing, sizeof nothing);
	gint64 hostile_ns = cost_ns(header, sizeof header);

	(void)state;
	print_message("# plain: %.1f ms, hostile: %.1f ms of CPU time\n", (double)plain_ns / 1e6,
		      (double)hostile_ns / 1e6);
	assert_true(hostile_ns < 1000 * plain_ns);
}

static void test_writer_bounds(void **state)
{
	uint8_t bytes[WIRE_HEADER + 2 * WIRE_ATTRIBUTE + 8 + 3];

	(void)state;
	for (size_t size = 0; size <= sizeof bytes; size++) {
		WireWriter writer;
		size_t length;

		memset(bytes, 0xaa, sizeof bytes);
		wire_begin(&writer, bytes, size, WIRE_OK, 1);
		wire_put_number(&writer, WIRE_TAG_PID, 1);
		wire_put_text(&writer, WIRE_TAG_TEXT, "abc");
		length = wire_end(&writer);
		assert_int_equal(length, size == sizeof bytes ? size : 0);
		for (size_t i = size; i < sizeof bytes; i++)
			assert_int_equal(bytes[i], 0xaa);
	}
}

typedef struct {
	const char *name;
	const char *payload;
	uint32_t length;
	bool valid;
} Payload;

static const Payload payloads[] = {
    {"empty", "", 0, true},
    {"one byte", "\1", 1, false},
    {"cut header", "\5\0\0\0\0\0\0", 7, false},
    {"no content", "\5\0\0\0\0\0\0\0", 8, true},
    {"length beyond the end", "\5\0\0\0\1\0\0\0", 8, false},
    {"length of 4 GiB", "\5\0\0\0\377\377\377\377abc", 11, false},
    {"reserved bytes set", "\5\0\1\0\0\0\0\0", 8, false},
    {"bytes behind the last", "\6\0\0\0\1\0\0\0ab", 10, false},
    {"a NUL in text", "\5\0\0\0\3\0\0\0a\0b", 11, true},
};

static void test_attributes(void **state)
{
	char text[8] = "before";
	uint64_t number = 42;

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(payloads); i++) {
		const WireFrame frame = {1, WIRE_FILE, 0,
					 (const uint8_t *)payloads[i].payload,
					 payloads[i].length};

		if (wire_valid(&frame) != payloads[i].valid)
			fail_msg("%s", payloads[i].name);
		assert_false(wire_get_text(&frame, WIRE_TAG_PATH, text, sizeof text));
		assert_false(wire_get_number(&frame, WIRE_TAG_PATH, UINT64_MAX, &number));
		assert_string_equal(text, "before");
		assert_int_equal(number, 42);
	}
}

static void test_getter_limits(void **state)
{
	uint8_t bytes[128];
	size_t length = make_frame(bytes, sizeof bytes, WIRE_FILE, 1);
	g_autofree WireDecoder *decoder = decoder_of(bytes, length);
	char fits[10], small[9] = "before";
	uint64_t number = 42;
	WireFrame frame;

	(void)state;
	assert_int_equal(wire_decoder_next(decoder, &frame), WIRE_FRAME);
	assert_true(wire_get_text(&frame, WIRE_TAG_PATH, fits, sizeof fits));
	assert_false(wire_get_text(&frame, WIRE_TAG_PATH, small, sizeof small));
	assert_string_equal(small, "before");
	assert_false(
	    wire_get_number(&frame, WIRE_TAG_OFFSET, 0x1122334455667787, &number));
	assert_int_equal(number, 42);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_crc),
	    cmocka_unit_test(test_layout),
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_truncated),
	    cmocka_unit_test(test_skip),
	    cmocka_unit_test(test_bit_flips),
	    cmocka_unit_test(test_garbage),
	    cmocka_unit_test(test_oversize_is_not_buffered),
	    cmocka_unit_test(test_version_and_type),
	    cmocka_unit_test(test_byte_by_byte),
	    cmocka_unit_test(test_several_at_once),
	    cmocka_unit_test(test_linear),
	    cmocka_unit_test(test_writer_bounds),
	    cmocka_unit_test(test_attributes),
	    cmocka_unit_test(test_getter_limits),
	};

	return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
