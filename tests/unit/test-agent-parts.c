/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The agent's parts that a session does not reach: they belong to a program of their own,
 * so they are compiled into this test.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <glib.h>
#include <string.h>

#include "tree.h"

#include "announce.c"
#include "cpus.c"
#include "snapshot.c"
#include "queue.c"
#include "tool-child.c"
#include "tool.c"
#include "walk.c"

static const struct {
	const char *list;
	unsigned cpu;
	bool listed;
} lists[] = {
	{"", 0, false},
	{"\n", 0, false},
	{"0", 0, true},
	{"0\n", 0, true},
	{"1-3\n", 0, false},
	{"1-3\n", 1, true},
	{"1-3\n", 3, true},
	{"1-3\n", 4, false},
	{"1-3,7\n", 7, true},
	{"1-3,7\n", 6, false},
	{"(null)", 0, false},
	{",0", 0, false},
	{"1-", 1, false},
	{"1-,2", 2, false},
	{"99999999999999999999", 7, false},
	{"0-99999999999999999999", 7, true},
};

static void test_cpus_listed(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(lists); i++)
		if (cpus_listed(lists[i].list, lists[i].cpu) != lists[i].listed)
			fail_msg("'%s' and CPU %u", lists[i].list, lists[i].cpu);
}

/* Started at 100 s, to end by 1000 s. */
static const struct {
	uint64_t now;
	unsigned look_s;
} looks[] = {
	{100, 1}, {109, 1}, {110, WIRE_LOOK_S}, {994, WIRE_LOOK_S}, {995, 1}, {1001, 1},
};

static void test_looks(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(looks); i++)
		if (tool_look_s(looks[i].now, 100, 1000) != looks[i].look_s)
			fail_msg("at %u s", (unsigned)looks[i].now);
	/* A short one is watched closely to its end. */
	assert_int_equal(tool_look_s(112, 100, 115), 1);
}

static const struct {
	const char *pattern;
	bool valid;
} patterns[] = {
	{"proc", true},
	{"proc/stat", true},
	{"*", true},
	{"a/*/b*c/**", true},
	{"..a/a../.b", true},
	{"*/*/*/*/*/*/*/*", true},
	{"*/*/*/*/*/*/*/*/*", false},
	{"", false},
	{"/", false},
	{"/proc", false},
	{"proc/", false},
	{"a//b", false},
	{".", false},
	{"..", false},
	{"a/../b", false},
	{"a/./b", false},
};

static void test_patterns(void **state)
{
	char name[300];

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(patterns); i++)
		if (walk_pattern_valid(patterns[i].pattern) != patterns[i].valid)
			fail_msg("'%s'", patterns[i].pattern);
	memset(name, 'a', sizeof name);
	name[255] = '\0';
	assert_true(walk_pattern_valid(name));
	name[255] = 'a';
	name[256] = '\0';
	assert_false(walk_pattern_valid(name));
}

static const struct {
	const char *part, *name;
	bool match;
} names[] = {
	{"*", "a", true},
	{"*", ".a", false},
	{".*", ".a", true},
	{"cpu*", "cpu", true},
	{"cpu*", "cpu12", true},
	{"cpu*", "cpx", false},
	{"*1", "cpu1", true},
	{"*1", "cpu12", false},
	{"a*b*c", "abbbcbc", true},
	{"a*b*c", "abbbcb", false},
	{"a[b]", "ab", false},
	{"a[b]", "a[b]", true},
	{"a?", "ab", false},
	{"*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	 false},
};

static void test_names(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		if (matches(names[i].part, strlen(names[i].part), names[i].name) !=
		    names[i].match)
			fail_msg("'%s' and '%s'", names[i].part, names[i].name);
}

static gint by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All paths a pattern yields, sorted, one per line, relative to the tree. */
static char *walk_all(const char *tree, const char *pattern)
{
	g_autofree char *full = g_strconcat(tree + 1, "/", pattern, NULL);
	g_autofree Walk *walk = g_new0(Walk, 1);
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
	WalkStep step;

	assert_true(walk_pattern_valid(full));
	walk_begin(walk, full);
	while ((step = walk_next(walk)) != WALK_END)
		if (step == WALK_PATH)
			g_ptr_array_add(found, g_strdup(walk->path + strlen(tree) + 1));
	g_ptr_array_sort(found, by_name);
	g_ptr_array_add(found, NULL);
	return g_strjoinv(" ", (char **)found->pdata);
}

static void test_walk(void **state)
{
	static const struct {
		const char *pattern, *want;
	} rows[] = {
		{"a/x", "a/x"},         {"*/x", "a/x b/x file/x"},
		{"*/*", "a/x a/y b/x"}, {"a/*/z", "a/x/z a/y/z"},
		{"b*/*", "b/x"},        {"none*/*", ""},
		{"none/*", ""},
	};
	char *tree = tree_new();

	(void)state;
	tree_write(tree, "a/x", "");
	tree_write(tree, "a/y", "");
	tree_write(tree, "b/x", "");
	tree_write(tree, "file", "");
	tree_write(tree, ".hidden/x", "");
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *found = walk_all(tree, rows[i].pattern);

		assert_string_equal(found, rows[i].want);
	}
	tree_free(tree);
}

/* A directory that takes several reads, and several steps. */
static void test_walk_large(void **state)
{
	char *tree = tree_new();
	g_autofree char *found = NULL;
	gsize count = 1;

	(void)state;
	for (int i = 0; i < 1500; i++) {
		g_autofree char *name = g_strdup_printf("d/file-with-a-long-name-%d", i);

		tree_write(tree, name, "");
	}
	found = walk_all(tree, "d/*");
	for (const char *at = found; (at = strchr(at, ' ')); at++)
		count++;
	assert_int_equal(count, 1500);
	tree_free(tree);
}

/* In pieces of `step` bytes: a pipe cuts where it likes. */
static void feed(Snapshot *snapshot, const char *text, size_t step)
{
	size_t length = strlen(text);

	for (size_t at = 0; at < length; at += step)
		take_text(snapshot, text + at, MIN(step, length - at));
}

static char *sent(Snapshot *snapshot)
{
	g_autofree Queue *queue = g_new0(Queue, 1);
	WireFrame frame;
	WireAttribute data;

	snapshot_send(snapshot, queue);
	assert_int_equal(queue->bytes[5], WIRE_PROGRESS);
	frame = (WireFrame){1, WIRE_PROGRESS, 0, queue->bytes + WIRE_HEADER,
			    (uint32_t)(queue->fill - WIRE_HEADER)};
	assert_true(wire_find(&frame, WIRE_TAG_DATA, &data));
	return g_strndup((const char *)data.bytes, data.length);
}

static void check_snapshot_lines(size_t step)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{"", ""},
		{"T: 0 a\nT: 1 b\n", "T: 0 a\nT: 1 b\n"},
		{"T: 1 b\nT: 0 a\nT: 0 c\n", "T: 0 c\nT: 1 b\n"},
		{"T: 0 a\nT: 0 cut", "T: 0 a\n"},
		{" off\n", "T: 0 cut off\n"},
		{"T:255 a\nT:256 b\nT:99999999999 c\nT:x d\n", "T:255 a\nT:x d\n"},
		{"\n\nanything\n\n", "anything\n"},
		{"T: 3\n", "T: 3\n"},
	};
	g_autofree Snapshot *snapshot = g_new0(Snapshot, 1);
	char line[2 * SNAPSHOT_LINE];

	snapshot_begin(snapshot, "");
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *text = NULL;

		feed(snapshot, rows[i].text, step);
		text = sent(snapshot);
		assert_string_equal(text, rows[i].want);
	}
	/* A line that is too long is no line; the next one is. */
	for (size_t length = SNAPSHOT_LINE - 2; length <= SNAPSHOT_LINE; length++) {
		g_autofree char *text = NULL;

		memset(line, 'x', sizeof line);
		line[length] = '\0';
		feed(snapshot, line, step);
		feed(snapshot, "\nT: 0 a\n", step);
		text = sent(snapshot);
		assert_int_equal(strlen(text),
				 7 + (length < SNAPSHOT_LINE ? length + 1 : 0));
	}
}

static void test_snapshot_lines(void **state)
{
	static const size_t steps[] = {1, 2, 7, SNAPSHOT_LINE, 4096};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(steps); i++)
		check_snapshot_lines(steps[i]);
}

/* Replies fit when bulk no longer does; a frame that has begun is finished. */
static void test_queue(void **state)
{
	g_autofree Queue *queue = g_new0(Queue, 1);
	g_autofree char *bulk = g_malloc0(60000);
	WireWriter writer;
	unsigned frames = 0;
	size_t length;

	(void)state;
	for (; queue_has_room(queue); frames++) {
		queue_begin(queue, &writer, WIRE_OUTPUT, 0);
		wire_put(&writer, WIRE_TAG_DATA, bulk, 60000);
		queue_end(queue, &writer);
	}
	assert_int_equal(frames, 3);
	for (int i = 0; i < 100; i++)
		queue_error(queue, 1, "%s", "an error of ordinary length, as a reply");
	assert_false(queue->overflowed);
	queue_ok(queue, 0);
	length = queue->fill;
	queue_ok(queue, 1);
	assert_int_equal(queue->fill, length + WIRE_HEADER);
	for (int i = 0; i < 2000; i++)
		queue_ok(queue, 1);
	assert_true(queue->overflowed);

	/* Half of the second frame is written. */
	queue->frame = wire_frame_length(queue->bytes);
	queue->start = queue->frame + 1000;
	queue_trim(queue);
	assert_int_equal(queue->fill, 2 * queue->frame);
	assert_false(queue->overflowed);
	queue->start = queue->frame = queue->fill;
	queue_ok(queue, 1);
	queue_trim(queue);
	assert_true(queue_is_empty(queue));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cpus_listed), cmocka_unit_test(test_patterns),
		cmocka_unit_test(test_names),       cmocka_unit_test(test_walk),
		cmocka_unit_test(test_walk_large),  cmocka_unit_test(test_snapshot_lines),
		cmocka_unit_test(test_queue),       cmocka_unit_test(test_looks),
	};

	return cmocka_run_group_tests_name("agent-parts", tests, NULL, NULL);
}
