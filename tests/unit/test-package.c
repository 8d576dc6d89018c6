/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel package: apt is played by two scripts, the .deb is a small real one. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "error.h"
#include "image-fixture.h"
#include "image.h"
#include "modules.h"
#include "waiter.h"

#define PACKAGE "linux-image-" FIXTURE_RELEASE

typedef struct {
	char *directory;
	char *cache;
	char *agent;
	char *deb;
	char *path; /* PATH before */
	ImageParts parts;
} Fixture;

typedef struct {
	const char *path;
	GBytes *bytes;
} Member;

static GBytes *pack(const Member *members, int (*set_format)(struct archive *), int filter)
{
	struct archive *writer = archive_write_new();
	GByteArray *bytes = g_byte_array_new();

	assert_int_equal(set_format(writer), ARCHIVE_OK);
	archive_write_add_filter(writer, filter);
	archive_write_set_bytes_in_last_block(writer, 1);
	assert_int_equal(archive_write_open(writer, bytes, NULL, fixture_collect, NULL), 0);
	for (; members->path; members++) {
		struct archive_entry *entry = archive_entry_new();
		gsize length;
		const char *data = g_bytes_get_data(members->bytes, &length);

		archive_entry_set_pathname(entry, members->path);
		archive_entry_set_mode(entry, S_IFREG | 0644);
		archive_entry_set_size(entry, (la_int64_t)length);
		assert_int_equal(archive_write_header(writer, entry), ARCHIVE_OK);
		assert_int_equal(archive_write_data(writer, data, length), length);
		archive_entry_free(entry);
	}
	assert_int_equal(archive_write_close(writer), ARCHIVE_OK);
	archive_write_free(writer);
	return fixture_take(bytes);
}

/* Takes the members' bytes. */
static void write_deb(const char *path, Member *members)
{
	g_autoptr(GBytes) data =
		pack(members, archive_write_set_format_pax_restricted, ARCHIVE_FILTER_XZ);
	g_autoptr(GBytes) version = g_bytes_new_static("2.0\n", 4);
	const Member outer[] = {{"debian-binary", version}, {"data.tar.xz", data}, {NULL}};

	fixture_write(path, pack(outer, archive_write_set_format_ar_svr4, ARCHIVE_FILTER_NONE),
		      0644);
	for (; members->path; members++)
		g_bytes_unref(members->bytes);
}

static GBytes *text(const char *string)
{
	return g_bytes_new(string, strlen(string));
}

/* virtio_console needs a module that nobody asked for, with its file name spelt with a dash. */
static void write_kernel_deb(const char *path, gboolean complete)
{
#define KO(folder, name) folder "lib/modules/" FIXTURE_RELEASE "/kernel/" name ".ko"
	Member members[] = {
		{"./boot/vmlinuz-" FIXTURE_RELEASE,
		 fixture_vmlinuz(fixture_vmlinux(FIXTURE_BANNER))},
		{"./boot/config-" FIXTURE_RELEASE, text("CONFIG_PREEMPT_RT=y\n")},
		{KO("./", "a/virtio_ring"), fixture_module("", FIXTURE_RELEASE)},
		{KO("./", "b/virtio"), fixture_module("virtio_ring", FIXTURE_RELEASE)},
		{KO("./usr/", "virtio_pci"), fixture_module("virtio", FIXTURE_RELEASE)},
		{KO("./", "virtio_console"),
		 fixture_module("virtio,late_one", FIXTURE_RELEASE)},
		{KO("./", "late-one"), fixture_module("later", FIXTURE_RELEASE)},
		{KO("./", "later"), fixture_module("", FIXTURE_RELEASE)},
		{KO("./", "unwanted"), fixture_module("", FIXTURE_RELEASE)},
		{"./lib/modules/" FIXTURE_RELEASE "/modules.builtin",
		 text(complete ? "kernel/virtio_pci_modern_dev.ko\n"
				 "kernel/virtio_pci_legacy_dev.ko\n"
			       : "kernel/virtio_pci_modern_dev.ko\n")},
		{NULL},
	};

	write_deb(path, members);
}

static void write_script(const Fixture *fixture, const char *name, const char *body)
{
	g_autofree char *path = g_build_filename(fixture->directory, "bin", name, NULL);
	g_autofree char *script = g_strdup_printf("#!/bin/sh\nT='%s'\necho \"%s $*\" >>\"$T/log\"\n"
						  "%s\n",
						  fixture->directory, name, body);

	fixture_write(path, text(script), 0755);
}

#define DEPENDS	 "printf 'linux-image-rt-amd64\\n  Depends: " PACKAGE "\\n'"
#define DOWNLOAD "case \"$*\" in *download*) cp \"$T/deb\" ./" PACKAGE "_1_amd64.deb;; esac"

static int setup(void **state)
{
	Fixture *fixture = g_new0(Fixture, 1);
	g_autofree char *bin = NULL;
	g_autofree char *path = NULL;

	fixture->directory = tree_new();
	fixture->cache = g_build_filename(fixture->directory, "cache", NULL);
	fixture->agent = g_build_filename(fixture->directory, "agent", NULL);
	fixture->deb = g_build_filename(fixture->directory, "deb", NULL);
	fixture->path = g_strdup(g_getenv("PATH"));
	fixture->parts = (ImageParts){.agent = fixture->agent};
	fixture_write(fixture->agent, fixture_program("agent"), 0755);
	write_kernel_deb(fixture->deb, TRUE);
	write_script(fixture, "apt-cache", DEPENDS);
	write_script(fixture, "apt-get", DOWNLOAD);
	bin = g_build_filename(fixture->directory, "bin", NULL);
	path = g_strconcat(bin, ":", fixture->path, NULL);
	g_setenv("PATH", path, TRUE);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	Fixture *fixture = *state;

	g_setenv("PATH", fixture->path, TRUE);
	tree_free(fixture->directory);
	g_free(fixture->cache);
	g_free(fixture->agent);
	g_free(fixture->deb);
	g_free(fixture->path);
	g_free(fixture);
	return 0;
}

/* How often a tool was run with that word among its arguments. */
static guint runs(const Fixture *fixture, const char *tool, const char *word)
{
	g_autofree char *path = g_build_filename(fixture->directory, "log", NULL);
	g_autofree char *log = NULL;
	g_auto(GStrv) lines = NULL;
	guint count = 0;

	if (!g_file_get_contents(path, &log, NULL, NULL))
		return 0;
	lines = g_strsplit(log, "\n", -1);
	for (char **line = lines; *line; line++)
		count += g_str_has_prefix(*line, tool) && strstr(*line, word);
	return count;
}

static void expect_built(const Fixture *fixture)
{
	g_autoptr(GError) error = NULL;
	g_auto(Image) image = {0};
	g_autofree char *config = NULL;

	if (!image_ensure(&fixture->parts, fixture->cache, NULL, &image, &error))
		fail_msg("%s", error->message);
	assert_true(image.built);
	assert_string_equal(image.release, FIXTURE_RELEASE);
	config = fixture_read(image.config, NULL);
	assert_string_equal(config, "CONFIG_PREEMPT_RT=y\n");
}

/* Nothing is left that a later call would take for a kernel. */
static void expect_refused(const Fixture *fixture, const char *message)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GDir) dir = NULL;
	const char *name;
	Image image = {0};

	assert_false(image_ensure(&fixture->parts, fixture->cache, NULL, &image, &error));
	if (!strstr(error->message, message))
		fail_msg("'%s' lacks '%s'", error->message, message);
	dir = g_dir_open(fixture->cache, 0, NULL);
	while (dir && (name = g_dir_read_name(dir)))
		assert_string_equal(name, "lock");
}

static void test_downloaded_once(void **state)
{
	const Fixture *fixture = *state;
	g_autofree char *list = g_build_filename(fixture->cache, "package/modules", NULL);
	g_autoptr(GDir) dir = NULL;
	guint count = 0;

	expect_built(fixture);
	assert_int_equal(runs(fixture, "apt-get", "download " PACKAGE), 1);
	assert_int_equal(runs(fixture, "apt-get", "APT::Sandbox::User=root"), 1);
	assert_int_equal(runs(fixture, "apt-get", "update"), 0);
	/* Another agent makes another image, from the same package. */
	fixture_write(fixture->agent, fixture_program("other"), 0755);
	expect_built(fixture);
	assert_int_equal(runs(fixture, "apt-", ""), 2);
	/* What is needed and modules.builtin, nothing else. */
	dir = g_dir_open(list, 0, NULL);
	while (g_dir_read_name(dir))
		count++;
	assert_int_equal(count, 7);
}

static void test_damaged_package_is_fetched_again(void **state)
{
	const Fixture *fixture = *state;
	g_autofree char *file = g_build_filename(fixture->cache, "package/vmlinuz", NULL);
	g_autofree char *wanted = g_build_filename(fixture->cache, "package/wanted", NULL);

	expect_built(fixture);
	assert_int_equal(unlink(file), 0);
	fixture_write(fixture->agent, fixture_program("other"), 0755);
	expect_built(fixture);
	assert_int_equal(runs(fixture, "apt-get", "download"), 2);
	/* As if an older version had wanted other modules. */
	assert_int_equal(unlink(wanted), 0);
	fixture_write(fixture->agent, fixture_program("third"), 0755);
	expect_built(fixture);
	assert_int_equal(runs(fixture, "apt-get", "download"), 3);
}

/* The machine's lists name a version that is gone: fresh ones of our own, below the cache. */
static void test_stale_lists(void **state)
{
	const Fixture *fixture = *state;

	write_script(fixture, "apt-get",
		     "case \"$*\" in *update*) touch \"$T/fresh\"; exit 0;; esac\n"
		     "[ -e \"$T/fresh\" ] || { echo 'E: 404 Not Found' >&2; exit 100; }\n"
		     DOWNLOAD);
	expect_built(fixture);
	assert_int_equal(runs(fixture, "apt-get", "update"), 1);
	assert_int_equal(runs(fixture, "apt-get", "Dir::State::lists="), 2);
	assert_int_equal(runs(fixture, "apt-cache", "Dir::State::lists="), 1);
}

static void test_no_network(void **state)
{
	const Fixture *fixture = *state;

	write_script(fixture, "apt-cache", "echo 'E: No packages found' >&2; exit 100");
	write_script(fixture, "apt-get",
		     "echo 'W: Failed to fetch http://x/y  Temporary failure' >&2\n"
		     "echo 'W: Some index files failed to download.' >&2");
	expect_refused(fixture, "look up linux-image-rt-amd64: E: No packages found; apt-get "
				"update: W: Failed to fetch http://x/y  Temporary failure");
}

static void test_download_fails(void **state)
{
	const Fixture *fixture = *state;

	write_script(fixture, "apt-get",
		     "case \"$*\" in *download*) echo 'E: disk\033[2J full' >&2; exit 100;; esac");
	expect_refused(fixture, "download " PACKAGE ": E: disk\\x1b[2J full");
	write_script(fixture, "apt-get", "exit 0");
	expect_refused(fixture, "apt-get download left no " PACKAGE "_*.deb behind");
	write_script(fixture, "apt-cache", "printf 'linux-image-rt-amd64\\n'");
	expect_refused(fixture, "depends on no kernel package");
}

static void test_no_apt(void **state)
{
	const Fixture *fixture = *state;
	g_autoptr(GError) error = NULL;
	Image image = {0};

	g_setenv("PATH", fixture->directory, TRUE);
	assert_false(image_ensure(&fixture->parts, fixture->cache, NULL, &image, &error));
	assert_int_equal(error->code, LATHE_ERROR_ENVIRONMENT);
	assert_string_equal(error->message, "guest image: no apt-get here to download a "
					    "PREEMPT_RT kernel with");
	assert_string_equal(lathe_error_get_hint(error), "bring one: lathe image build --kernel "
							 "VMLINUZ --modules DIR");
}

static void test_bad_packages(void **state)
{
	const Fixture *fixture = *state;
	Member none[] = {{"./usr/share/doc/x", text("x")}, {NULL}};
	Member two[] = {{"boot/vmlinuz-1", text("x")}, {"boot/vmlinuz-2", text("x")}, {NULL}};
	Member odd[] = {{"boot/vmlinuz-1/../../../x", text("x")}, {NULL}};
	g_autofree char *deb = NULL;
	gsize length;

	write_deb(fixture->deb, none);
	expect_refused(fixture, "holds no kernel (boot/vmlinuz-*)");
	write_deb(fixture->deb, two);
	expect_refused(fixture, "holds two kernels");
	write_deb(fixture->deb, odd);
	expect_refused(fixture, "names its kernel in an odd way");
	fixture_write(fixture->deb, text("no archive"), 0644);
	expect_refused(fixture, "_1_amd64.deb': ");
	fixture_write(fixture->deb, text("!<arch>\n"), 0644);
	expect_refused(fixture, "is no Debian package: it has no data.tar");
	write_kernel_deb(fixture->deb, TRUE);
	deb = fixture_read(fixture->deb, &length);
	fixture_write(fixture->deb, g_bytes_new(deb, length / 2), 0644);
	expect_refused(fixture, "_1_amd64.deb': ");
}

/* The package is good but lacks something: kept, and the error says what. */
static void test_missing_module(void **state)
{
	const Fixture *fixture = *state;
	g_autoptr(GError) error = NULL;
	Image image = {0};

	write_kernel_deb(fixture->deb, FALSE);
	assert_false(image_ensure(&fixture->parts, fixture->cache, NULL, &image, &error));
	assert_non_null(strstr(error->message, "module 'virtio_pci_legacy_dev' is neither"));
}

static Waiter *cancelled;

static void cancel_download(const char *line)
{
	if (strstr(line, "downloading"))
		waiter_cancel(cancelled, g_error_new(LATHE_ERROR, LATHE_ERROR_CANCELLED,
						     "interrupted by SIGTERM"));
}

static void test_cancelled_download(void **state)
{
	Fixture *fixture = *state;
	g_autoptr(Waiter) waiter = waiter_new();
	g_autoptr(GError) error = NULL;
	Image image = {0};

	write_script(fixture, "apt-get", "exec sleep 1000");
	cancelled = fixture->parts.waiter = waiter;
	assert_false(image_ensure(&fixture->parts, fixture->cache, cancel_download, &image,
				  &error));
	assert_string_equal(error->message, "guest image: interrupted by SIGTERM");
	assert_int_equal(error->code, LATHE_ERROR_CANCELLED);
	assert_int_equal(runs(fixture, "apt-get", "update"), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_downloaded_once),
		TEST(test_damaged_package_is_fetched_again),
		TEST(test_stale_lists),
		TEST(test_no_network),
		TEST(test_download_fails),
		TEST(test_no_apt),
		TEST(test_bad_packages),
		TEST(test_missing_module),
		TEST(test_cancelled_download),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
