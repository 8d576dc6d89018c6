/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Manifests that cannot be believed. */
#include "persist-fixture.h"

static void assert_unbelieved(Machine *m, const char *text, gsize length,
			      const char *message)
{
	g_autofree char *before = snapshot(m->directory);
	g_autofree char *after = NULL;
	g_autoptr(GError) error = NULL;

	tree_write_bytes(m->state, "persisted", text, (gssize)length);
	assert_null(unpersist_write(&m->persist, &error));
	if (!strstr(error->message, message))
		fail_msg("'%s' has no '%s'", error->message, message);
	g_clear_error(&error);
	assert_null(persist_plan(&m->persist, &m->wish, &error));
	assert_non_null(error);
	after = snapshot(m->directory);
	assert_string_equal(before, after);
}

static void test_unsound_manifests(void **state)
{
	g_autoptr(Machine) m = machine_new(debian);
	g_autofree char *before = snapshot(m->directory);
	g_autofree char *good = NULL;
	gsize length;

	(void)state;
	write_plan(m);
	good = read_text(m->state, "persisted");
	length = strlen(good);
	for (gsize cut = 0; cut < length; cut += 7)
		assert_unbelieved(m, good, cut, "is not as lathe wrote it");
	for (gsize at = 0; at < length; at += 11) {
		g_autofree char *flipped = g_strdup(good);

		flipped[at] ^= 1;
		assert_unbelieved(m, flipped, length, "is not as lathe wrote it");
	}
	tree_write(m->state, "persisted", good);
	take_all_back(m, before);
}

static void test_foreign_manifests(void **state)
{
	static const char *const lines[] = {
		"file HASH - etc/passwd",
		"file HASH - etc/modprobe.d/../passwd",
		"file HASH - /etc/modprobe.d/lathe.conf",
		"file HASH - boot/loader/entries/../x~lathe.conf",
		"file HASH - boot/loader/entries/~lathe.conf/x",
		"file HASH - etc/modprobe.d/lathe.conf ",
		"link HASH - etc/modprobe.d/lathe.conf",
		"file HASH - "
		"etc/systemd/system/multi-user.target.wants/lathe-tune.service",
		"directory - - etc",
		"directory - - etc/modprobe.d/",
		"directory HASH - etc/modprobe.d",
		"file - - etc/modprobe.d/lathe.conf",
		"file HASH etc/modprobe.d/lathe.conf",
		"",
		"socket HASH - etc/modprobe.d/lathe.conf",
	};
	g_autoptr(Machine) m = machine_new(debian);
	g_autofree char *hash =
		g_compute_checksum_for_string(G_CHECKSUM_SHA256, "x\n", -1);

	(void)state;
	tree_write(m->directory, "etc/passwd", "x\n");
	tree_write(m->directory, "etc/modprobe.d/lathe.conf", "x\n");
	for (guint i = 0; i < G_N_ELEMENTS(lines); i++) {
		g_auto(GStrv) parts = g_strsplit(lines[i], "HASH", -1);
		g_autofree char *line = g_strjoinv(hash, parts);
		g_autofree char *body = g_strdup_printf("lathe persisted 1\n%s\n", line);
		g_autofree char *sum =
			g_compute_checksum_for_string(G_CHECKSUM_SHA256, body, -1);
		g_autofree char *text = g_strdup_printf("%send %s\n", body, sum);

		assert_unbelieved(m, text, strlen(text),
				  "persisted:2: no place of lathe's");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unsound_manifests),
		cmocka_unit_test(test_foreign_manifests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
