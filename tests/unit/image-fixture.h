/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small kernels, modules and programs that are real in form, for the image tests. */
#ifndef LATHE_TEST_IMAGE_FIXTURE_H
#define LATHE_TEST_IMAGE_FIXTURE_H

#include <archive.h>
#include <archive_entry.h>
#include <elf.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tree.h"

#define FIXTURE_RELEASE "6.1.0-1-rt-test"
#define FIXTURE_BANNER	"Linux version " FIXTURE_RELEASE " (me) #1 SMP PREEMPT_RT now\n"

static inline char *fixture_read(const char *path, gsize *length)
{
	char *text = NULL;

	assert_true(g_file_get_contents(path, &text, length, NULL));
	return text;
}

/* Makes the folders on the way. Takes the bytes. */
static inline void fixture_write(const char *path, GBytes *bytes, int mode)
{
	g_autofree char *folder = g_path_get_dirname(path);
	gsize length;
	const char *data = g_bytes_get_data(bytes, &length);

	assert_int_equal(g_mkdir_with_parents(folder, 0755), 0);
	assert_true(g_file_set_contents(path, length ? data : "", (gssize)length, NULL));
	assert_int_equal(chmod(path, (mode_t)mode), 0);
	g_bytes_unref(bytes);
}

static inline void fixture_text(const char *path, const char *text)
{
	fixture_write(path, g_bytes_new(text, strlen(text)), 0644);
}

static inline GBytes *fixture_take(GByteArray *array)
{
	return g_byte_array_free_to_bytes(array);
}

static inline Elf64_Ehdr fixture_header(void)
{
	return (Elf64_Ehdr){.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
					ELFDATA2LSB, EV_CURRENT},
			    .e_type = ET_EXEC,
			    .e_machine = EM_X86_64,
			    .e_version = EV_CURRENT,
			    .e_ehsize = sizeof(Elf64_Ehdr),
			    .e_phentsize = sizeof(Elf64_Phdr),
			    .e_shentsize = sizeof(Elf64_Shdr)};
}

/* A static x86-64 program: one segment of the given type over `content`, which is also where
 * a kernel's banner or a loader's path goes. */
static inline GBytes *fixture_elf(guint32 segment, gconstpointer content, gsize length)
{
	Elf64_Ehdr header = fixture_header();
	Elf64_Phdr row = {.p_type = segment,
			  .p_offset = sizeof(header) + sizeof(row),
			  .p_filesz = length,
			  .p_align = 4};
	GByteArray *bytes = g_byte_array_new();

	header.e_phoff = sizeof(header);
	header.e_phnum = 1;
	g_byte_array_append(bytes, (const guint8 *)&header, sizeof(header));
	g_byte_array_append(bytes, (const guint8 *)&row, sizeof(row));
	g_byte_array_append(bytes, content, (guint)length);
	return fixture_take(bytes);
}

/* A kernel with a PVH note, and a banner behind it. */
static inline GBytes *fixture_vmlinux(const char *banner)
{
	struct {
		Elf64_Nhdr note;
		char owner[4];
		guint8 entry[8];
		char text[200];
	} content = {{4, 8, 18}, "Xen", {0}, ""};

	assert_true(strlen(banner) < sizeof(content.text));
	strncpy(content.text, banner, sizeof(content.text) - 1);
	return fixture_elf(PT_NOTE, &content, sizeof(content));
}

static inline GBytes *fixture_program(const char *text)
{
	return fixture_elf(PT_LOAD, text, strlen(text));
}

static inline la_ssize_t fixture_collect(struct archive *writer, void *bytes,
					 const void *data, size_t length)
{
	(void)writer;
	g_byte_array_append(bytes, data, (guint)length);
	return (la_ssize_t)length;
}

/* filter: ARCHIVE_FILTER_*; one stream. */
static inline GBytes *fixture_compress(GBytes *plain, int filter)
{
	struct archive *writer = archive_write_new();
	struct archive_entry *entry = archive_entry_new();
	GByteArray *bytes = g_byte_array_new();
	gsize length;
	const char *data = g_bytes_get_data(plain, &length);

	assert_int_equal(archive_write_set_format_raw(writer), ARCHIVE_OK);
	assert_int_equal(archive_write_add_filter(writer, filter), ARCHIVE_OK);
	archive_write_set_bytes_in_last_block(writer, 1);
	assert_int_equal(archive_write_open(writer, bytes, NULL, fixture_collect, NULL), 0);
	archive_entry_set_filetype(entry, AE_IFREG);
	assert_int_equal(archive_write_header(writer, entry), ARCHIVE_OK);
	assert_int_equal(archive_write_data(writer, data, length), length);
	assert_int_equal(archive_write_close(writer), ARCHIVE_OK);
	archive_write_free(writer);
	archive_entry_free(entry);
	return fixture_take(bytes);
}

static inline void fixture_put32(GByteArray *bytes, guint at, guint32 value)
{
	memcpy(bytes->data + at, &value, sizeof(value));
}

/* The fields of the x86 boot protocol that say where the payload is: behind two sectors of
 * setup. `appended`: the size stands behind the stream, as for all but gzip. */
static inline GBytes *fixture_bzimage(GBytes *stream, guint32 plain_size, gboolean appended)
{
	GByteArray *bytes = g_byte_array_new();
	gsize length;
	const guint8 *data = g_bytes_get_data(stream, &length);

	g_byte_array_set_size(bytes, 3 * 512);
	memset(bytes->data, 0, bytes->len);
	bytes->data[0x1f1] = 1;
	memcpy(bytes->data + 0x202, "HdrS", 4);
	bytes->data[0x206] = 0x0f;
	bytes->data[0x207] = 0x02;
	fixture_put32(bytes, 0x248, 512);
	fixture_put32(bytes, 0x24c, (guint32)length + (appended ? 4 : 0));
	g_byte_array_append(bytes, data, (guint)length);
	if (appended)
		g_byte_array_append(bytes, (const guint8 *)&plain_size, 4);
	return fixture_take(bytes);
}

/* A gzip bzImage around the vmlinux. Takes the bytes. */
static inline GBytes *fixture_vmlinuz(GBytes *vmlinux)
{
	g_autoptr(GBytes) stream = fixture_compress(vmlinux, ARCHIVE_FILTER_GZIP);
	GBytes *image = fixture_bzimage(stream, 0, FALSE);

	g_bytes_unref(vmlinux);
	return image;
}

/* A module whose .modinfo section is those bytes. */
static inline GBytes *fixture_module_raw(gconstpointer modinfo, gsize length)
{
	static const char names[] = "\0.modinfo\0.shstrtab";
	Elf64_Ehdr header = fixture_header();
	Elf64_Shdr rows[3] = {
		{0},
		{.sh_name = 1, .sh_type = SHT_PROGBITS, .sh_size = length},
		{.sh_name = 10, .sh_type = SHT_STRTAB, .sh_size = sizeof(names)},
	};
	GByteArray *bytes = g_byte_array_new();

	header.e_type = ET_REL;
	header.e_shoff = sizeof(header);
	header.e_shnum = 3;
	header.e_shstrndx = 2;
	rows[1].sh_offset = sizeof(header) + sizeof(rows);
	rows[2].sh_offset = rows[1].sh_offset + length;
	g_byte_array_append(bytes, (const guint8 *)&header, sizeof(header));
	g_byte_array_append(bytes, (const guint8 *)rows, sizeof(rows));
	g_byte_array_append(bytes, modinfo, (guint)length);
	g_byte_array_append(bytes, (const guint8 *)names, sizeof(names));
	return fixture_take(bytes);
}

static inline GBytes *fixture_module(const char *depends, const char *release)
{
	g_autofree char *text =
		g_strdup_printf("license=GPL%cdepends=%s%cvermagic=%s SMP preempt_rt ", 0,
				depends, 0, release);
	gsize length = strlen("license=GPL") + 1 + strlen("depends=") + strlen(depends) + 1 +
		       strlen("vermagic= SMP preempt_rt ") + strlen(release) + 1;

	return fixture_module_raw(text, length);
}

#endif
