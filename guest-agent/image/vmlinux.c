/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "autofd.h"
#include "decompress.h"
#include "elf64.h"
#include "error.h"
#include "store.h"

/* Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header". */
#define SETUP_SECTS    0x1f1
#define HEADER_MAGIC   0x202
#define BOOT_VERSION   0x206
#define PAYLOAD_OFFSET 0x248
#define PAYLOAD_LENGTH 0x24c
#define HEADER_END     0x250
#define SECTOR         512

/* payload_offset and payload_length came with protocol 2.08. */
#define BOOT_VERSION_MIN 0x208

typedef struct {
	const guint8 *data;
	gsize length;
	guint32 plain_size; /* what the build stored behind the compressed bytes */
} Payload;

typedef struct {
	int fd;
	const char *path;
	guint64 written;
	guint8 head[ELF64_HEADER_SIZE];
} Output;

static guint32 le32(const guint8 *at)
{
	guint32 value;

	memcpy(&value, at, sizeof(value));
	return GUINT32_FROM_LE(value);
}

static gboolean bad(GError **error, const char *name, const char *what)
{
	return lathe_error(error, LATHE_ERROR_INPUT, "'%s' %s", name, what);
}

static gboolean payload_find(const guint8 *data, gsize length, const char *name,
			     Payload *ret, GError **error)
{
	guint64 start, size;
	guint sectors;

	if (length < HEADER_END || memcmp(data + HEADER_MAGIC, "HdrS", 4) != 0)
		return bad(error, name, "is neither a bzImage nor an ELF vmlinux");
	if ((guint)(data[BOOT_VERSION] | data[BOOT_VERSION + 1] << 8) < BOOT_VERSION_MIN)
		return bad(error, name,
			   "is a bzImage from before Linux 2.6.26 (boot "
			   "protocol below 2.08)");
	/* "If this field is 0, the real value is 4." */
	sectors = data[SETUP_SECTS] ? data[SETUP_SECTS] : 4;
	start = (guint64)(sectors + 1) * SECTOR + le32(data + PAYLOAD_OFFSET);
	size = le32(data + PAYLOAD_LENGTH);
	if (start > length || size > length - start)
		return bad(error, name,
			   "is cut off: its payload reaches beyond the end of "
			   "the file");
	if (size < 18)
		return bad(error, name, "holds no payload");
	*ret = (Payload){data + start, size, le32(data + start + size - 4)};
	/* In gzip those four bytes are the format's own; elsewhere the build appends them
	 * and they are no part of the stream. */
	if (ret->data[0] != 0x1f || ret->data[1] != 0x8b)
		ret->length -= 4;
	return TRUE;
}

static gboolean output_write(const void *data, gsize length, gpointer user_data,
			     GError **error)
{
	Output *output = user_data;
	const char *at = data;

	if (output->written < sizeof(output->head))
		memcpy(output->head + output->written, data,
		       MIN(length, sizeof(output->head) - output->written));
	output->written += length;
	while (length > 0) {
		gssize put = write(output->fd, at, length);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return lathe_error_errno(error, errno, "write '%s'",
						 output->path);
		at += put;
		length -= (gsize)put;
	}
	return TRUE;
}

static gboolean payload_write(const Payload *payload, const char *name, Output *output,
			      GError **error)
{
	g_autofree char *inner = g_strdup_printf("%s (the vmlinux inside)", name);

	if (payload->plain_size > STORE_PART_MAX)
		return bad(error, name, "claims to hold more than 1 GiB");
	if (!decompress(payload->data, payload->length, payload->plain_size, name,
			output_write, output, error))
		return FALSE;
	if (output->written != payload->plain_size)
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "'%s' decompresses to %" G_GUINT64_FORMAT
				   " bytes, but says %u",
				   name, output->written, payload->plain_size);
	return elf64_check(output->head, output->written, inner, error);
}

static gboolean fill(const char *vmlinuz, Output *output, GError **error)
{
	g_autoptr(GBytes) bytes = store_read(vmlinuz, STORE_PART_MAX, NULL, error);
	const guint8 *data;
	Payload payload = {0};
	gsize length;

	if (!bytes)
		return FALSE;
	data = g_bytes_get_data(bytes, &length);
	if (elf64_magic(data, length))
		return elf64_check(data, length, vmlinuz, error) &&
		       output_write(data, length, output, error);
	return payload_find(data, length, vmlinuz, &payload, error) &&
	       payload_write(&payload, vmlinuz, output, error);
}

gboolean vmlinux_extract(const char *vmlinuz, const char *output, GError **error)
{
	g_autofree char *scratch = g_strdup_printf("%s.XXXXXX", output);
	autofd fd = g_mkstemp_full(scratch, O_RDWR | O_CLOEXEC, 0644);
	Output out = {.fd = fd, .path = output};

	if (fd < 0)
		return lathe_error_errno(error, errno, "create '%s'", scratch);
	if (!fill(vmlinuz, &out, error)) {
		unlink(scratch);
		return FALSE;
	}
	if (fsync(fd) != 0 || rename(scratch, output) != 0) {
		lathe_error_errno(error, errno, "write '%s'", output);
		unlink(scratch);
		return FALSE;
	}
	return TRUE;
}

/* init/version-timestamp.c: "Linux version " UTS_RELEASE " (" ... ") " UTS_VERSION "\n"
 */
static const char *find_banner(const char *data, gsize length, gsize *ret_length)
{
	static const char start[] = "Linux version ";
	const char *at = data;

	while ((at = memmem(at, length - (gsize)(at - data), start, sizeof(start) - 1))) {
		gsize left = length - (gsize)(at - data) - (sizeof(start) - 1);

		at += sizeof(start) - 1;
		/* Not the format string of /proc/version. */
		if (left > 0 && g_ascii_isdigit(*at)) {
			const char *end = memchr(at, '\0', MIN(left, 1024));

			*ret_length = end ? (gsize)(end - at) : 0;
			return end ? at : NULL;
		}
	}
	return NULL;
}

gboolean vmlinux_release(const char *vmlinux, char **ret, gboolean *ret_realtime,
			 GError **error)
{
	g_autoptr(GBytes) bytes = store_read(vmlinux, STORE_PART_MAX, NULL, error);
	const char *data, *banner;
	gsize length, banner_length;

	if (!bytes)
		return FALSE;
	data = g_bytes_get_data(bytes, &length);
	banner = find_banner(data, length, &banner_length);
	if (!banner)
		return bad(error, vmlinux, "holds no \"Linux version\" banner");
	*ret_realtime = memmem(banner, banner_length, "PREEMPT_RT", 10) != NULL ||
			memmem(banner, banner_length, "PREEMPT RT", 10) != NULL;
	*ret = g_strndup(banner, strcspn(banner, " "));
	return TRUE;
}
