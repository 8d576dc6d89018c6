/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel that a user brings. An input that begins with 'k' is a kernel before it is
 * built into a bzImage, since no mutation passes gzip's checksum: it comes out as it went
 * in, or is refused for what it is. Any other is a file as it is.
 */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "elf64.h"
#include "error.h"
#include "image.h"
#include "store.h"
#include "temporary.h"

/* Documentation/arch/x86/boot.rst: one sector of setup behind the boot sector. */
#define SECTOR 512
#define SETUP  (2 * SECTOR)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

static GByteArray *bzimage(const uint8_t *kernel, size_t size)
{
	g_autoptr(GZlibCompressor) gzip =
		g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP, 1);
	GByteArray *image = g_byte_array_new();
	gsize room = size + size / 100 + 1024, taken, length;
	guint32 payload[2] = {SETUP - 2 * SECTOR};

	g_byte_array_set_size(image, (guint)(SETUP + room));
	memset(image->data, 0, SETUP);
	check(g_converter_convert(G_CONVERTER(gzip), kernel, size, image->data + SETUP, room,
				  G_CONVERTER_INPUT_AT_END, &taken, &length,
				  NULL) == G_CONVERTER_FINISHED);
	g_byte_array_set_size(image, (guint)(SETUP + length));
	payload[1] = (guint32)length;
	image->data[0x1f1] = 1;
	memcpy(image->data + 0x202, "HdrS\x0f\x02", 6);
	memcpy(image->data + 0x248, payload, sizeof payload);
	return image;
}

static void file_write(const char *path, gconstpointer data, gsize size)
{
	FILE *file = g_fopen(path, "w");

	check(file && fwrite(data, 1, size, file) == size && fclose(file) == 0);
}

/* What has been taken for a kernel is asked all that the image builder asks one. */
static void check_kernel(const char *path)
{
	g_autoptr(GBytes) bytes = store_read(path, STORE_PART_MAX, NULL, NULL);
	g_autoptr(GError) error = NULL;
	g_autofree char *release = NULL;
	const guint8 *data;
	gboolean answer;
	gsize length;

	check(bytes != NULL);
	data = g_bytes_get_data(bytes, &length);
	check(elf64_check(data, length, "fuzz", NULL));
	elf64_has_note(data, length, "fuzz", "Xen", 18, &answer, NULL);
	check(vmlinux_release(path, &release, &answer, &error) == (error == NULL));
	check(!release == (error != NULL));
}

/* Nothing but the input is left when it was refused, not even a part of the output. */
static void check_alone(const char *directory, const char *name)
{
	g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);

	check(dir && g_strcmp0(g_dir_read_name(dir), name) == 0 && !g_dir_read_name(dir));
}

static void check_same(const char *path, const uint8_t *kernel, size_t size)
{
	g_autoptr(GBytes) bytes = store_read(path, STORE_PART_MAX, NULL, NULL);
	g_autoptr(GBytes) wanted = g_bytes_new_static(kernel, size);

	check(bytes && g_bytes_equal(bytes, wanted));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *directory = temporary_directory();
	g_autofree char *in = g_build_filename(directory, "vmlinuz", NULL);
	g_autofree char *out = g_build_filename(directory, "vmlinux", NULL);
	g_autoptr(GByteArray) built = NULL;
	g_autoptr(GError) error = NULL;
	gboolean plain = size > 0 && data[0] == 'k';
	gboolean ok;

	if (plain)
		built = bzimage(data + 1, size - 1);
	file_write(in, built ? built->data : data, built ? built->len : size);
	ok = vmlinux_extract(in, out, &error);
	check(ok == (error == NULL));
	if (ok) {
		check_kernel(out);
		if (plain)
			check_same(out, data + 1, size - 1);
		check(unlink(out) == 0);
	}
	check(!plain || size < 19 || ok == elf64_check(data + 1, size - 1, "fuzz", NULL));
	check_alone(directory, "vmlinuz");
	return 0;
}
