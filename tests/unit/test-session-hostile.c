/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An agent that means harm, played by the test. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <glib.h>
#include <string.h>

#include "fd-channel.h"
#include "session.h"
#include "tree.h"
#include "wire.h"

#define TIMEOUT_MS 120000

typedef struct {
	int fd; /* its end */
	Waiter *waiter;
	Session *session;
	char *directory;
	WireDecoder decoder;
	guint source;
	/* Writes its answer to a capture (frame: the request), or anything. */
	void (*attack)(int fd, uint32_t sequence);
} Hostile;

/* Nobody else reads the other end: the session does, while this waits. */
static void write_all(int fd, const void *bytes, gsize length)
{
	const guint8 *at = bytes;

	while (length) {
		gssize written = send(fd, at, length, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (written > 0) {
			at += written;
			length -= (gsize)written;
		} else {
			assert_int_equal(errno, EAGAIN);
			g_main_context_iteration(NULL, FALSE);
		}
	}
}

static void send_hello(int fd, uint64_t instance)
{
	guint8 bytes[128];
	WireWriter writer;

	wire_begin(&writer, bytes, sizeof bytes, WIRE_HELLO, 0);
	wire_put_text(&writer, WIRE_TAG_AGENT, "evil\033[2J");
	wire_put_number(&writer, WIRE_TAG_INSTANCE, instance);
	write_all(fd, bytes, wire_end(&writer));
}

static void send_plain(int fd, WireType type, uint32_t sequence)
{
	guint8 bytes[64];
	WireWriter writer;

	wire_begin(&writer, bytes, sizeof bytes, type, sequence);
	write_all(fd, bytes, wire_end(&writer));
}

static void send_file(int fd, uint32_t sequence, const char *path, uint64_t offset,
		      gsize length, WireTag last)
{
	g_autofree guint8 *bytes = g_malloc(WIRE_FRAME_MAX);
	g_autofree guint8 *data = g_malloc0(length + 1);
	WireWriter writer;

	wire_begin(&writer, bytes, WIRE_FRAME_MAX, WIRE_FILE, sequence);
	wire_put_text(&writer, WIRE_TAG_PATH, path);
	wire_put_number(&writer, WIRE_TAG_OFFSET, offset);
	wire_put(&writer, WIRE_TAG_DATA, data, length);
	if (last)
		wire_put(&writer, last, NULL, 0);
	write_all(fd, bytes, wire_end(&writer));
}

static void send_done(int fd, uint32_t sequence, uint64_t count, uint64_t bytes_count)
{
	guint8 bytes[128];
	WireWriter writer;

	wire_begin(&writer, bytes, sizeof bytes, WIRE_DONE, sequence);
	wire_put_number(&writer, WIRE_TAG_COUNT, count);
	wire_put_number(&writer, WIRE_TAG_BYTES, bytes_count);
	write_all(fd, bytes, wire_end(&writer));
}

static gboolean hostile_reads(gint fd, GIOCondition condition, gpointer data)
{
	Hostile *hostile = data;
	guint8 bytes[4096];
	gssize got = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
	WireFrame frame;

	(void)condition;
	for (gssize at = 0; at < got;) {
		at += (gssize)wire_decoder_feed(&hostile->decoder, bytes + at,
						(gsize)(got - at));
		while (wire_decoder_next(&hostile->decoder, &frame) == WIRE_FRAME) {
			if (frame.type == WIRE_WELCOME)
				send_plain(fd, WIRE_OK, frame.sequence);
			else
				hostile->attack(fd, frame.sequence);
		}
	}
	return G_SOURCE_CONTINUE;
}

static Hostile *hostile_new(void)
{
	Hostile *hostile = g_new0(Hostile, 1);
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	hostile->fd = fds[0];
	hostile->directory = tree_new();
	hostile->waiter = waiter_new();
	hostile->session = session_new(fd_channel_new(fds[1]), hostile->waiter);
	hostile->source = g_unix_fd_add(fds[0], G_IO_IN, hostile_reads, hostile);
	return hostile;
}

static void hostile_free(Hostile *hostile)
{
	session_free(hostile->session);
	waiter_free(hostile->waiter);
	g_source_remove(hostile->source);
	close(hostile->fd);
	tree_free(hostile->directory);
	g_free(hostile);
}

static void attack_oversize(int fd, uint32_t sequence)
{
	(void)sequence;
	write_all(fd, "LTHE\1\4\0\0\0\0\0\0\1\0\1\0\0\0\0\0", 20);
}

static void attack_crc_flood(int fd, uint32_t sequence)
{
	(void)sequence;
	for (int i = 0; i < 50000; i++)
		write_all(fd, "LTHE\1\4\0\0\0\0\0\0\0\377\0\0\0\0\0\0", 20);
}

static void attack_escape(int fd, uint32_t sequence)
{
	send_file(fd, sequence, "../../etc/x", 0, 1, WIRE_TAG_END);
}

static void attack_escape_inside(int fd, uint32_t sequence)
{
	send_file(fd, sequence, "d/..", 0, 1, WIRE_TAG_END);
}

/* Above what was asked for, but not one that cannot be listed. */
static void attack_directory_as_file(int fd, uint32_t sequence)
{
	send_file(fd, sequence, "d", 0, 1, WIRE_TAG_END);
}

static void attack_other_directory(int fd, uint32_t sequence)
{
	send_file(fd, sequence, "d", 0, 0, WIRE_TAG_FAILED);
	send_file(fd, sequence, "e", 0, 0, WIRE_TAG_FAILED);
}

static void attack_many_directories(int fd, uint32_t sequence)
{
	for (int i = 0; i < 20001; i++)
		send_file(fd, sequence, "d", 0, 0, WIRE_TAG_FAILED);
}

static void attack_absolute(int fd, uint32_t sequence)
{
	send_file(fd, sequence, "/etc/x", 0, 1, WIRE_TAG_END);
}

static void attack_many_files(int fd, uint32_t sequence)
{
	/* Those that are taken back count as well. Few are kept: the same file truncated
	 * ten thousand times is as many waits for a disk. */
	for (int i = 0; i < 20001; i++)
		send_file(fd, sequence, "d/x", 0, 1,
			  i % 100 ? WIRE_TAG_FAILED : WIRE_TAG_END);
}

static void attack_big_file(int fd, uint32_t sequence)
{
	for (uint64_t at = 0; at <= SESSION_CAPTURE_MAX; at += 65000)
		send_file(fd, sequence, "d/x", at, 65000, 0);
}

static void attack_gap(int fd, uint32_t sequence)
{
	send_file(fd, sequence, "d/x", 0, 10, 0);
	send_file(fd, sequence, "d/x", 11, 10, 0);
}

static void attack_no_start(int fd, uint32_t sequence)
{
	send_file(fd, sequence, "d/x", 5, 10, 0);
}

static void attack_change_file(int fd, uint32_t sequence)
{
	send_file(fd, sequence, "d/x", 0, 10, 0);
	send_file(fd, sequence, "d/y", 10, 10, 0);
}

static void attack_empty_pieces(int fd, uint32_t sequence)
{
	send_file(fd, sequence, "d/x", 0, 0, 0);
}

static void attack_sequence(int fd, uint32_t sequence)
{
	send_file(fd, sequence + 1, "d/x", 0, 10, WIRE_TAG_END);
}

static void attack_count(int fd, uint32_t sequence)
{
	send_file(fd, sequence, "d/x", 0, 10, WIRE_TAG_END);
	send_done(fd, sequence, 2, 10);
}

static void attack_cut(int fd, uint32_t sequence)
{
	send_file(fd, sequence, "d/x", 0, 10, 0);
	send_done(fd, sequence, 0, 0);
}

static void attack_ok(int fd, uint32_t sequence)
{
	send_plain(fd, WIRE_OK, sequence);
}

static void attack_request(int fd, uint32_t sequence)
{
	send_plain(fd, WIRE_QUIT, sequence);
}

static void attack_restart(int fd, uint32_t sequence)
{
	(void)sequence;
	send_hello(fd, 2);
}

static void attack_hello_flood(int fd, uint32_t sequence)
{
	(void)sequence;
	for (int i = 0; i < 1000; i++)
		send_hello(fd, 1);
}

static void attack_progress(int fd, uint32_t sequence)
{
	(void)sequence;
	send_plain(fd, WIRE_PROGRESS, 0);
}

static void attack_exit(int fd, uint32_t sequence)
{
	(void)sequence;
	send_plain(fd, WIRE_EXITED, 0);
}

static void attack_version(int fd, uint32_t sequence)
{
	guint8 frame[20] = "LTHE\2\2";
	uint32_t crc = wire_crc(0, frame, 16);

	(void)sequence;
	for (unsigned i = 0; i < 4; i++)
		frame[16 + i] = (guint8)(crc >> (8 * i));
	write_all(fd, frame, sizeof frame);
}

#define BROKE "the guest's agent broke the protocol: "

static const struct {
	const char *name;
	void (*attack)(int fd, uint32_t sequence);
	const char *want;
} attacks[] = {
    {"oversize", attack_oversize, BROKE "bytes that are no frame"},
    {"CRC flood", attack_crc_flood, BROKE "bytes that are no frame"},
    {"escape", attack_escape, BROKE "a file that was not asked for: '../../etc/x'"},
    {"inside", attack_escape_inside, BROKE "a file that was not asked for: 'd/..'"},
    {"directory as file", attack_directory_as_file,
     BROKE "a file that was not asked for: 'd'"},
    {"other directory", attack_other_directory, BROKE "a file that was not asked for: 'e'"},
    {"many directories", attack_many_directories, BROKE "more than 20000 files in one capture"},
    {"absolute", attack_absolute, BROKE "a file that was not asked for: '/etc/x'"},
    {"many files", attack_many_files, BROKE "more than 20000 files in one capture"},
    {"big file", attack_big_file, BROKE "more than 64 MiB in one capture"},
    {"gap", attack_gap, BROKE "a piece of a file out of order"},
    {"no start", attack_no_start, BROKE "a piece of a file out of order"},
    {"change file", attack_change_file, BROKE "a piece of a file out of order"},
    {"empty pieces", attack_empty_pieces, BROKE "a malformed piece of a file"},
    {"sequence", attack_sequence, BROKE "an answer to a request that is not under way"},
    {"count", attack_count, BROKE "a capture that ended with other files than it had"},
    {"cut", attack_cut, BROKE "a capture that ended with other files than it had"},
    {"ok", attack_ok, BROKE "OK is no answer to this request"},
    {"request", attack_request, BROKE "a request from the guest"},
    {"restart", attack_restart, BROKE "it was started anew"},
    {"hello flood", attack_hello_flood, BROKE "too many frames that nobody asked for"},
    {"progress", attack_progress, BROKE "words of a tool that does not run"},
    {"exit", attack_exit, BROKE "a malformed end of a tool"},
    {"version", attack_version, BROKE "it speaks version 2, this lathe 1"},
};

static void test_attacks(void **state)
{
	const char *patterns[] = {"d/*", NULL};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(attacks); i++) {
		Hostile *hostile = hostile_new();
		g_autofree char *into =
		    g_build_filename(hostile->directory, "into", NULL);
		g_autofree char *version = NULL;
		g_autoptr(GError) error = NULL;

		print_message("attack: %s\n", attacks[i].name);
		hostile->attack = attacks[i].attack;
		send_hello(hostile->fd, 1);
		assert_true(session_hello(hostile->session, TIMEOUT_MS, &version, NULL));
		assert_string_equal(version, "evil\\x1b[2J");
		assert_false(session_capture(hostile->session, patterns, into, TIMEOUT_MS,
					     &error));
		assert_non_null(strstr(error->message, attacks[i].want));
		assert_true(g_error_matches(waiter_cancelled(hostile->waiter),
					    LATHE_ERROR, LATHE_ERROR_GUEST));
		assert_false(session_quit(hostile->session, NULL));
		hostile_free(hostile);
	}
}

static void attack_nothing(int fd, uint32_t sequence)
{
	(void)fd;
	(void)sequence;
}

/* An answer that comes too late is dropped; it does not end the session. */
static void test_late_answer(void **state)
{
	Hostile *hostile = hostile_new();
	const char *patterns[] = {"d/*", NULL};
	g_autofree char *version = NULL;
	g_autoptr(GError) error = NULL;

	(void)state;
	hostile->attack = attack_nothing;
	send_hello(hostile->fd, 1);
	assert_true(session_hello(hostile->session, TIMEOUT_MS, &version, NULL));
	assert_false(
	    session_capture(hostile->session, patterns, hostile->directory, 50, &error));
	assert_true(g_error_matches(error, LATHE_ERROR, LATHE_ERROR_TIMEOUT));
	assert_non_null(strstr(error->message, "timed out after"));
	assert_null(waiter_cancelled(hostile->waiter));
	hostile_free(hostile);
}

/* What is left of an earlier session precedes the hello. */
static void test_hello_after_garbage(void **state)
{
	static const struct {
		const char *name, *before;
		gsize length;
	} rows[] = {
	    {"text", "login: ", 7},
	    {"half a frame", "LTHE\1\4\0\0\0\0\0\0\0\377\0\0abc", 19},
	    {"old version", "LTHE\7\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		Hostile *hostile = hostile_new();
		g_autofree char *version = NULL;
		g_autoptr(GError) error = NULL;

		hostile->attack = attack_nothing;
		write_all(hostile->fd, rows[i].before, rows[i].length);
		send_plain(hostile->fd, WIRE_PROGRESS, 0);
		send_file(hostile->fd, 17, "d/x", 0, 10, WIRE_TAG_END);
		send_hello(hostile->fd, 1);
		if (!session_hello(hostile->session, TIMEOUT_MS, &version, &error))
			fail_msg("%s: %s", rows[i].name, error->message);
		hostile_free(hostile);
	}
}

static void test_no_hello(void **state)
{
	Hostile *hostile = hostile_new();
	char *version = (char *)"untouched";
	g_autoptr(GError) error = NULL;

	(void)state;
	hostile->attack = attack_nothing;
	assert_false(session_hello(hostile->session, 200, &version, &error));
	assert_string_equal(
	    error->message,
	    "timed out after 0.2 s waiting for the hello of the guest's agent");
	assert_string_equal(version, "untouched");
	hostile_free(hostile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_attacks),
	    cmocka_unit_test(test_late_answer),
	    cmocka_unit_test(test_hello_after_garbage),
	    cmocka_unit_test(test_no_hello),
	};

	return cmocka_run_group_tests_name("session-hostile", tests, NULL, NULL);
}
