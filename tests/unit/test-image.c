/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cache of built guests: what makes another image, what is reused, what is thrown away. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <sys/file.h>

#include "error.h"
#include "image-cache.h"
#include "image-fixture.h"
#include "image.h"
#include "modules.h"
#include "store.h"
#include "waiter.h"

typedef struct {
	char *directory;
	char *cache;
	char *kernel;
	char *modules;
	char *agent;
	char *tool;
	char *file;
	char *spec;
	const char *tools[2];
	const char *files[2];
	ImageParts parts;
} Fixture;

static void write_modules(const char *directory, const char *release)
{
	for (const char *const *name = modules_wanted; *name; name++) {
		g_autofree char *path = g_strdup_printf("%s/kernel/%s.ko", directory, *name);
		const char *depends = strcmp(*name, "virtio_console") == 0 ? "virtio" : "";

		fixture_write(path, fixture_module(depends, release), 0644);
	}
}

static int setup(void **state)
{
	Fixture *fixture = g_new0(Fixture, 1);

	fixture->directory = tree_new();
	fixture->cache = g_build_filename(fixture->directory, "a", "cache", NULL);
	fixture->kernel = g_build_filename(fixture->directory, "vmlinuz", NULL);
	fixture->modules = g_build_filename(fixture->directory, FIXTURE_RELEASE, NULL);
	fixture->agent = g_build_filename(fixture->directory, "agent", NULL);
	fixture->tool = g_build_filename(fixture->directory, "tool", NULL);
	fixture->file = g_build_filename(fixture->directory, "file", NULL);
	fixture->spec = g_strconcat(fixture->file, ":/etc/some/file", NULL);
	fixture_write(fixture->kernel, fixture_vmlinuz(fixture_vmlinux(FIXTURE_BANNER)), 0644);
	write_modules(fixture->modules, FIXTURE_RELEASE);
	fixture_write(fixture->agent, fixture_program("agent"), 0755);
	fixture_write(fixture->tool, fixture_program("tool"), 0755);
	fixture_text(fixture->file, "file");
	fixture->tools[0] = fixture->tool;
	fixture->files[0] = fixture->spec;
	fixture->parts = (ImageParts){.kernel = fixture->kernel,
				      .modules = fixture->modules,
				      .agent = fixture->agent,
				      .tools = fixture->tools,
				      .files = fixture->files};
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	Fixture *fixture = *state;

	tree_free(fixture->directory);
	g_free(fixture->cache);
	g_free(fixture->kernel);
	g_free(fixture->modules);
	g_free(fixture->agent);
	g_free(fixture->tool);
	g_free(fixture->file);
	g_free(fixture->spec);
	g_free(fixture);
	return 0;
}

/* The image's id, to be freed. */
static char *ensure(const Fixture *fixture, gboolean built)
{
	g_autoptr(GError) error = NULL;
	g_auto(Image) image = {0};
	struct stat kernel, initrd;

	if (!image_ensure(&fixture->parts, fixture->cache, NULL, &image, &error))
		fail_msg("%s", error->message);
	assert_int_equal(image.built, built);
	assert_string_equal(image.release, FIXTURE_RELEASE);
	assert_int_equal(stat(image.kernel, &kernel), 0);
	assert_int_equal(stat(image.initrd, &initrd), 0);
	return g_strdup(image.id);
}

static void expect_refused(const Fixture *fixture, const char *message)
{
	g_autoptr(GError) error = NULL;
	Image image = {.id = (char *)"untouched"};

	assert_false(image_ensure(&fixture->parts, fixture->cache, NULL, &image, &error));
	assert_string_equal(image.id, "untouched");
	if (!strstr(error->message, message))
		fail_msg("'%s' lacks '%s'", error->message, message);
}

static guint count(const char *directory, const char *prefix)
{
	g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
	const char *name;
	guint found = 0;

	while (dir && (name = g_dir_read_name(dir)))
		found += g_str_has_prefix(name, prefix);
	return found;
}

static char *image_path(const Fixture *fixture, const char *id, const char *name)
{
	return g_strdup_printf("%s/image-%s/%s", fixture->cache, id, name);
}

static void test_second_time_is_reused(void **state)
{
	const Fixture *fixture = *state;
	g_autofree char *one = ensure(fixture, TRUE);
	g_autofree char *other = ensure(fixture, FALSE);

	assert_string_equal(one, other);
	assert_int_equal(count(fixture->cache, "image-"), 1);
	assert_int_equal(count(fixture->cache, "kernel-"), 1);
	assert_int_equal(count(fixture->cache, "scratch-"), 0);
}

static void change_agent(const Fixture *fixture)
{
	fixture_write(fixture->agent, fixture_program("agenT"), 0755);
}

static void change_tool(const Fixture *fixture)
{
	fixture_write(fixture->tool, fixture_program("tooL"), 0755);
}

static void change_file(const Fixture *fixture)
{
	fixture_text(fixture->file, "filE");
}

static void change_file_mode(const Fixture *fixture)
{
	assert_int_equal(chmod(fixture->file, 0600), 0);
}

static void change_module(const Fixture *fixture)
{
	g_autofree char *path = g_build_filename(fixture->modules, "kernel/virtio.ko", NULL);
	GByteArray *bytes = g_bytes_unref_to_array(fixture_module("", FIXTURE_RELEASE));

	/* Behind the sections, where a signature would stand. */
	g_byte_array_append(bytes, (const guint8 *)"x", 1);
	fixture_write(path, fixture_take(bytes), 0644);
}

static void change_kernel(const Fixture *fixture)
{
	fixture_write(fixture->kernel, fixture_vmlinuz(fixture_vmlinux(FIXTURE_BANNER "!")),
		      0644);
}

static void change_config(const Fixture *fixture)
{
	tree_write(fixture->modules, "config", "CONFIG_PREEMPT_RT=y\n");
}

/* Contents of the same length, in files of the same time. */
static void test_every_part_counts(void **state)
{
	static void (*const changes[])(const Fixture *) = {
		change_agent,  change_tool,   change_file,  change_file_mode,
		change_module, change_kernel, change_config};
	const Fixture *fixture = *state;
	g_autoptr(GHashTable) ids =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	g_hash_table_add(ids, ensure(fixture, TRUE));
	for (gsize i = 0; i < G_N_ELEMENTS(changes); i++) {
		g_autofree char *again = NULL;
		char *id;

		changes[i](fixture);
		id = ensure(fixture, TRUE);
		again = ensure(fixture, FALSE);
		assert_string_equal(id, again);
		assert_true(g_hash_table_add(ids, id));
	}
}

/* The note of a large kernel's digest must not outlive its content. */
static void test_large_kernel_changes(void **state)
{
	const Fixture *fixture = *state;
	const struct timespec long_ago[2] = {{1000, 0}, {1000, 0}};
	g_autofree char *last = NULL;

	for (guint i = 0; i < 3; i++) {
		GByteArray *bytes = g_bytes_unref_to_array(fixture_vmlinux(FIXTURE_BANNER));
		g_autofree char *id = NULL;

		g_byte_array_set_size(bytes, 5u << 20);
		memset(bytes->data + bytes->len - 64, (int)i, 64);
		fixture_write(fixture->kernel, fixture_take(bytes), 0644);
		assert_int_equal(utimensat(AT_FDCWD, fixture->kernel, long_ago, 0), 0);
		id = ensure(fixture, TRUE);
		assert_string_not_equal(id, last ? last : "");
		g_free(last);
		last = ensure(fixture, FALSE);
		assert_string_equal(id, last);
	}
}

static void test_kernel_is_shared(void **state)
{
	const Fixture *fixture = *state;
	g_autofree char *one = ensure(fixture, TRUE);
	g_autofree char *other = NULL;
	g_autofree char *path = image_path(fixture, one, "vmlinux");
	g_autofree char *other_path = NULL;
	struct stat st, other_st;

	change_agent(fixture);
	other = ensure(fixture, TRUE);
	other_path = image_path(fixture, other, "vmlinux");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(stat(other_path, &other_st), 0);
	assert_int_equal(st.st_ino, other_st.st_ino);
	assert_int_equal(count(fixture->cache, "kernel-"), 1);
}

static void test_damage_is_repaired(void **state)
{
	static const char *const names[] = {"vmlinux", "initrd", "release", "manifest"};
	const Fixture *fixture = *state;
	g_autofree char *id = ensure(fixture, TRUE);

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = image_path(fixture, id, names[i]);
		g_autofree char *again = NULL;
		g_autofree char *third = NULL;

		assert_int_equal(unlink(path), 0);
		again = ensure(fixture, TRUE);
		assert_string_equal(id, again);
		assert_int_equal(truncate(path, 1), 0);
		third = ensure(fixture, TRUE);
		assert_string_equal(id, third);
	}
}

static void test_half_built_is_ignored(void **state)
{
	const Fixture *fixture = *state;
	g_autofree char *id = ensure(fixture, TRUE);
	g_autofree char *image = image_path(fixture, id, "");
	g_autofree char *again = NULL;

	/* What a killed builder leaves: a scratch folder; and an image's folder without
	 * its manifest, though no build of ours can. */
	store_remove(image);
	tree_write(image, "initrd", "half");
	tree_write(fixture->cache, "scratch-abc/x/initrd", "half");
	again = ensure(fixture, TRUE);
	assert_string_equal(id, again);
	assert_int_equal(count(fixture->cache, "scratch-"), 0);
}

static void test_failure_leaves_nothing(void **state)
{
	const Fixture *fixture = *state;

	fixture_text(fixture->kernel, "no kernel");
	expect_refused(fixture, "is neither a bzImage nor an ELF vmlinux");
	assert_int_equal(count(fixture->cache, "image-"), 0);
	assert_int_equal(count(fixture->cache, "kernel-"), 0);
	assert_int_equal(count(fixture->cache, "scratch-"), 0);
}

static void test_oldest_images_go(void **state)
{
	const Fixture *fixture = *state;
	g_autofree char *first = ensure(fixture, TRUE);
	g_autofree char *used = NULL;

	for (guint i = 0; i < 5; i++) {
		g_autofree char *text = g_strdup_printf("agent %u", i);
		g_autofree char *id = NULL;

		fixture_write(fixture->agent, fixture_program(text), 0755);
		id = ensure(fixture, TRUE);
		/* Being used keeps an image young. */
		fixture_write(fixture->agent, fixture_program("agent"), 0755);
		used = (g_free(used), ensure(fixture, FALSE));
		assert_string_equal(first, used);
	}
	assert_int_equal(count(fixture->cache, "image-"), IMAGE_CACHE_KEEP);
	assert_int_equal(count(fixture->cache, "kernel-"), 1);
}

static void test_unused_kernel_goes(void **state)
{
	const Fixture *fixture = *state;

	for (guint i = 0; i < IMAGE_CACHE_KEEP + 2; i++) {
		g_autofree char *banner = g_strdup_printf("%s%u", FIXTURE_BANNER, i);
		g_autofree char *id = NULL;

		fixture_write(fixture->kernel, fixture_vmlinuz(fixture_vmlinux(banner)), 0644);
		id = ensure(fixture, TRUE);
	}
	assert_int_equal(count(fixture->cache, "kernel-"), IMAGE_CACHE_KEEP);
}

static void test_guest_tree(void **state)
{
	const Fixture *fixture = *state;
	g_autofree char *id = ensure(fixture, TRUE);
	g_autofree char *path = image_path(fixture, id, "initrd");
	struct archive *reader = archive_read_new();
	struct archive_entry *entry;
	g_autofree char *list = NULL;
	guint found = 0;

	archive_read_support_format_cpio(reader);
	assert_int_equal(archive_read_open_filename(reader, path, 10240), ARCHIVE_OK);
	while (archive_read_next_header(reader, &entry) == ARCHIVE_OK) {
		const char *name = archive_entry_pathname(entry);

		found += strcmp(name, "init") == 0 && archive_entry_mode(entry) == 0100755;
		found += strcmp(name, fixture->tool + 1) == 0;
		found += strcmp(name, "etc/some/file") == 0 &&
			 archive_entry_mode(entry) == 0100644;
		found += strcmp(name,
				"usr/lib/modules/" FIXTURE_RELEASE "/virtio_console.ko") == 0;
		if (strcmp(name, "etc/lathe/modules") != 0)
			continue;
		list = g_malloc0((gsize)archive_entry_size(entry) + 1);
		archive_read_data(reader, list, (size_t)archive_entry_size(entry));
	}
	archive_read_free(reader);
	assert_int_equal(found, 4);
#define LIST(name) "/lib/modules/" FIXTURE_RELEASE "/" name ".ko\n"
	assert_string_equal(list, LIST("virtio_ring") LIST("virtio")
					  LIST("virtio_pci_modern_dev")
						  LIST("virtio_pci_legacy_dev")
							  LIST("virtio_pci")
								  LIST("virtio_console"));
}

static void test_bad_files(void **state)
{
	static const struct {
		const char *spec; /* %s: the existing file */
		const char *error;
	} rows[] = {
		{"%s", "is not FILE:/GUEST/PATH"},
		{"%s:relative", "is not FILE:/GUEST/PATH"},
		{":/x", "is not FILE:/GUEST/PATH"},
		{"", "is not FILE:/GUEST/PATH"},
		{"%s:/", "not a clean absolute path"},
		{"%s:/a/../b", "not a clean absolute path"},
		{"%s:/init", "cannot be put at '/init' of the guest"},
		{"%s:/etc/lathe/modules", "the list of modules is there already"},
		{"/no/such/file:/x", "open '/no/such/file': No such file or directory"},
		{"/dev/null:/x", "'/dev/null' is not a regular file"},
	};
	Fixture *fixture = *state;

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_auto(GStrv) parts = g_strsplit(rows[i].spec, "%s", 2);
		g_autofree char *spec = g_strjoinv(fixture->file, parts);

		fixture->files[0] = spec;
		expect_refused(fixture, rows[i].error);
	}
	assert_int_equal(count(fixture->cache, "image-"), 0);
}

static void test_bad_parts(void **state)
{
	Fixture *fixture = *state;
	g_autofree char *odd = g_build_filename(fixture->directory, "odd release", NULL);

	fixture->parts.modules = NULL;
	expect_refused(fixture, "needs both: --kernel VMLINUZ and --modules DIR");
	fixture->parts.modules = fixture->modules;
	fixture->parts.kernel = NULL;
	expect_refused(fixture, "needs both: --kernel VMLINUZ and --modules DIR");
	fixture->parts.kernel = fixture->kernel;
	fixture->parts.modules = odd;
	expect_refused(fixture, "does not end in a kernel release");
	fixture->parts.modules = fixture->modules;
	fixture_write(fixture->agent, fixture_elf(PT_INTERP, "/lib/ld-x.so\0", 13), 0755);
	expect_refused(fixture, "is not linked statically");
	fixture_text(fixture->agent, "#!/bin/sh\n");
	expect_refused(fixture, "is not an ELF file");
}

static void test_modules_of_another_kernel(void **state)
{
	const Fixture *fixture = *state;

	write_modules(fixture->modules, "6.9.9");
	expect_refused(fixture, "' is " FIXTURE_RELEASE ", but the modules below '");
	write_modules(fixture->modules, "../../../etc");
	expect_refused(fixture, "name their kernel in an odd way");
}

/* QEMU refuses an ELF kernel without a PVH entry; a bzImage boots in its old way. */
static void test_kernel_without_pvh(void **state)
{
	const Fixture *fixture = *state;
	g_autofree char *id = NULL;
	g_autofree char *path = NULL;
	g_autofree char *booted = NULL;
	g_autofree char *given = NULL;
	gsize booted_length, length;

	fixture_write(fixture->kernel, fixture_program(FIXTURE_BANNER), 0644);
	expect_refused(fixture, "has no PVH entry for QEMU to start it by");
	fixture_write(fixture->kernel, fixture_vmlinuz(fixture_program(FIXTURE_BANNER "\0")),
		      0644);
	expect_refused(fixture, "holds no \"Linux version\" banner");
	fixture_write(fixture->kernel,
		      fixture_vmlinuz(fixture_elf(PT_LOAD, FIXTURE_BANNER,
						  sizeof(FIXTURE_BANNER))),
		      0644);
	id = ensure(fixture, TRUE);
	path = image_path(fixture, id, "vmlinux");
	booted = fixture_read(path, &booted_length);
	given = fixture_read(fixture->kernel, &length);
	assert_int_equal(booted_length, length);
	assert_memory_equal(booted, given, length);
}

static int held = -1;
static guint waited;

static void release_lock(const char *line)
{
	if (!strstr(line, "waiting for another lathe"))
		return;
	waited++;
	assert_int_equal(close(held), 0);
}

static void test_builders_take_turns(void **state)
{
	Fixture *fixture = *state;
	g_autofree char *lock = g_build_filename(fixture->cache, "lock", NULL);
	g_autoptr(Waiter) waiter = waiter_new();
	g_autoptr(GError) error = NULL;
	g_auto(Image) image = {0};

	tree_write(fixture->cache, "lock", "");
	held = open(lock, O_RDONLY | O_CLOEXEC);
	assert_int_equal(flock(held, LOCK_EX), 0);
	/* A cancelled waiter does not wait. */
	waiter_cancel(waiter, g_error_new(LATHE_ERROR, LATHE_ERROR_CANCELLED, "enough"));
	fixture->parts.waiter = waiter;
	expect_refused(fixture, "enough");
	fixture->parts.waiter = NULL;
	assert_true(image_ensure(&fixture->parts, fixture->cache, release_lock, &image,
				 &error));
	assert_int_equal(waited, 1);
	assert_true(image.built);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_second_time_is_reused),
		TEST(test_every_part_counts),
		TEST(test_large_kernel_changes),
		TEST(test_kernel_is_shared),
		TEST(test_damage_is_repaired),
		TEST(test_half_built_is_ignored),
		TEST(test_failure_leaves_nothing),
		TEST(test_oldest_images_go),
		TEST(test_unused_kernel_goes),
		TEST(test_guest_tree),
		TEST(test_bad_files),
		TEST(test_bad_parts),
		TEST(test_modules_of_another_kernel),
		TEST(test_kernel_without_pvh),
		TEST(test_builders_take_turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
