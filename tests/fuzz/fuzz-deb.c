/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel package. An input that begins with 't' is a package's tar archive, whose headers
 * are given the checksums that no mutation hits; any other is a file as it is.
 */
#include <ftw.h>
#include <glib/gstdio.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "deb.h"
#include "error.h"
#include "modules.h"
#include "temporary.h"

#define BLOCK 512
/* POSIX ustar: where a header has its checksum, and how many digits. */
#define CHECKSUM	 148
#define CHECKSUM_LENGTH 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const wanted[] = {"virtio", "virtio_pci", "virtio_console"};

/* What is synced here is thrown away at once: the file system is not waited for. */
int fsync(int fd)
{
	(void)fd;
	return 0;
}

static void check(gboolean claim)
{
	if (!claim)
		abort();
}

static void repair_header(uint8_t *header)
{
	char digits[CHECKSUM_LENGTH + 1];
	guint sum = 0;

	memset(header + CHECKSUM, ' ', CHECKSUM_LENGTH);
	for (guint i = 0; i < BLOCK; i++)
		sum += header[i];
	g_snprintf(digits, sizeof digits, "%06o", sum);
	memcpy(header + CHECKSUM, digits, 7);
}

/* Every block that says it is a header: those of files that look like one are none. */
static void repair_tar(uint8_t *tar, size_t size)
{
	for (size_t at = 0; size - at >= BLOCK; at += BLOCK)
		if (memcmp(tar + at + 257, "ustar", 5) == 0)
			repair_header(tar + at);
}

static void package_write(const char *path, const uint8_t *data, size_t size)
{
	FILE *file = g_fopen(path, "w");

	check(file != NULL);
	if (size > 0 && data[0] == 't') {
		g_autofree uint8_t *tar = g_memdup2(data + 1, size - 1);

		repair_tar(tar, size - 1);
		fprintf(file, "!<arch>\n%-16s%-12d%-6d%-6d%-8o%-10zu`\n", "data.tar", 0, 0, 0,
			0100644u, size - 1);
		fwrite(tar, 1, size - 1, file);
	} else {
		fwrite(data, 1, size, file);
	}
	check(fclose(file) == 0);
}

static GHashTable *wanted_set(void)
{
	GHashTable *names = g_hash_table_new(g_str_hash, g_str_equal);

	for (gsize i = 0; i < G_N_ELEMENTS(wanted); i++)
		g_hash_table_add(names, (gpointer)wanted[i]);
	return names;
}

static gboolean expected(const char *path)
{
	static const char *const files[] = {"vmlinuz", "config", "release",
					    "modules/modules.builtin"};
	g_autofree char *name = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(files); i++)
		if (strcmp(path, files[i]) == 0)
			return TRUE;
	if (!g_str_has_prefix(path, "modules/"))
		return FALSE;
	name = module_name(path);
	for (gsize i = 0; name && i < G_N_ELEMENTS(wanted); i++)
		if (strcmp(name, wanted[i]) == 0)
			return TRUE;
	return FALSE;
}

/* Only regular files, and only those that deb.h names. */
static int check_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	const char *inside = path + strlen(temporary_directory()) + strlen("/out/");

	(void)st;
	if (ftw->level == 0 || (type == FTW_D && strcmp(inside, "modules") == 0))
		return 0;
	check(type == FTW_F && expected(inside));
	return 0;
}

static void check_release(const char *directory)
{
	g_autofree char *kernel = g_build_filename(directory, "vmlinuz", NULL);
	g_autofree char *path = g_build_filename(directory, "release", NULL);
	g_autofree char *release = NULL;

	check(g_file_test(kernel, G_FILE_TEST_IS_REGULAR));
	check(g_file_get_contents(path, &release, NULL, NULL));
	check(g_str_has_suffix(release, "\n"));
	check(deb_release_valid(g_strchomp(release)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *directory = temporary_directory();
	g_autofree char *deb = g_build_filename(directory, "kernel.deb", NULL);
	g_autofree char *out = g_build_filename(directory, "out", NULL);
	g_autoptr(GHashTable) names = wanted_set();
	g_autoptr(GError) error = NULL;
	gboolean ok;

	package_write(deb, data, size);
	check(mkdir(out, 0700) == 0);
	ok = deb_unpack_kernel(deb, names, out, &error);
	check(ok == (error == NULL));
	if (ok)
		check_release(out);
	check(nftw(out, check_entry, 8, FTW_PHYS) == 0);
	check(remove_tree(out));
	return 0;
}
