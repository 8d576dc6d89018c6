/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "elf64.h"

#include <elf.h>
#include <limits.h>
#include <string.h>

#include "error.h"

G_STATIC_ASSERT(sizeof(Elf64_Ehdr) == ELF64_HEADER_SIZE);
G_STATIC_ASSERT(G_BYTE_ORDER == G_LITTLE_ENDIAN); /* headers are copied as they are */

gboolean elf64_magic(const guint8 *data, gsize length)
{
	return length >= SELFMAG && memcmp(data, ELFMAG, SELFMAG) == 0;
}

gboolean elf64_check(const guint8 *data, gsize length, const char *name, GError **error)
{
	Elf64_Ehdr header;

	if (!elf64_magic(data, length))
		return lathe_error(error, LATHE_ERROR_INPUT, "'%s' is not an ELF file",
				   name);
	if (length < sizeof(header))
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "'%s' is cut off inside its ELF header", name);
	memcpy(&header, data, sizeof(header));
	if (header.e_ident[EI_CLASS] != ELFCLASS64 ||
	    header.e_ident[EI_DATA] != ELFDATA2LSB || header.e_machine != EM_X86_64)
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "'%s' is an ELF file, but not for x86-64", name);
	return TRUE;
}

static gboolean inside(guint64 offset, guint64 size, gsize length)
{
	return offset <= length && size <= length - offset;
}

/* Row `index` of a table of `count` rows, each `entry` bytes long. */
static gboolean table_row(const guint8 *data, gsize length, guint64 table, guint64 entry,
			  guint64 index, void *row, gsize size)
{
	/* index and entry are 16-bit fields: the product cannot overflow. */
	guint64 at = index * entry;

	if (entry < size || table > length || !inside(table + at, size, length))
		return FALSE;
	memcpy(row, data + table + at, size);
	return TRUE;
}

static gboolean bad_table(const char *name, const char *table, GError **error)
{
	return lathe_error(error, LATHE_ERROR_INPUT,
			   "'%s': the ELF %s table reaches beyond the end of the file",
			   name, table);
}

gboolean elf64_interpreter(const guint8 *data, gsize length, const char *name, char **ret,
			   GError **error)
{
	Elf64_Ehdr header;
	Elf64_Phdr row;

	if (!elf64_check(data, length, name, error))
		return FALSE;
	memcpy(&header, data, sizeof(header));
	for (guint i = 0; i < header.e_phnum; i++) {
		if (!table_row(data, length, header.e_phoff, header.e_phentsize, i, &row,
			       sizeof(row)))
			return bad_table(name, "program", error);
		if (row.p_type != PT_INTERP)
			continue;
		if (!inside(row.p_offset, row.p_filesz, length) || row.p_filesz < 2 ||
		    row.p_filesz > PATH_MAX ||
		    strnlen((const char *)data + row.p_offset, row.p_filesz) !=
			row.p_filesz - 1)
			return lathe_error(error, LATHE_ERROR_INPUT,
					   "'%s' does not name its loader properly",
					   name);
		*ret = g_strndup((const char *)data + row.p_offset, row.p_filesz - 1);
		return TRUE;
	}
	*ret = NULL;
	return TRUE;
}

/* Notes are padded to 4 bytes, or to the segment's alignment of 8. */
static gboolean segment_has_note(const guint8 *at, guint64 left, guint64 align,
				 const char *owner, guint32 type)
{
	const guint64 pad = align == 8 ? 7 : 3;
	const gsize owner_size = strlen(owner) + 1;
	Elf64_Nhdr note;

	while (left >= sizeof(note)) {
		guint64 content, size;

		memcpy(&note, at, sizeof(note));
		content = (sizeof(note) + note.n_namesz + pad) & ~pad;
		size = (content + note.n_descsz + pad) & ~pad;
		if (note.n_type == type && note.n_namesz == owner_size &&
		    owner_size <= left - sizeof(note) &&
		    memcmp(at + sizeof(note), owner, owner_size) == 0)
			return TRUE;
		if (size > left)
			return FALSE;
		at += size;
		left -= size;
	}
	return FALSE;
}

gboolean elf64_has_note(const guint8 *data, gsize length, const char *name,
			const char *owner, guint32 type, gboolean *ret, GError **error)
{
	Elf64_Ehdr header;
	Elf64_Phdr row;

	if (!elf64_check(data, length, name, error))
		return FALSE;
	memcpy(&header, data, sizeof(header));
	for (guint i = 0; i < header.e_phnum; i++) {
		if (!table_row(data, length, header.e_phoff, header.e_phentsize, i, &row,
			       sizeof(row)))
			return bad_table(name, "program", error);
		if (row.p_type == PT_NOTE && inside(row.p_offset, row.p_filesz, length) &&
		    segment_has_note(data + row.p_offset, row.p_filesz, row.p_align,
				     owner, type)) {
			*ret = TRUE;
			return TRUE;
		}
	}
	*ret = FALSE;
	return TRUE;
}

static gboolean name_is(const guint8 *data, gsize length, const Elf64_Shdr *names,
			guint64 offset, const char *wanted)
{
	gsize size = strlen(wanted) + 1;

	return inside(names->sh_offset, names->sh_size, length) &&
	       inside(offset, size, names->sh_size) &&
	       memcmp(data + names->sh_offset + offset, wanted, size) == 0;
}

gboolean elf64_section(const guint8 *data, gsize length, const char *name,
		       const char *section, const guint8 **ret, gsize *ret_length,
		       GError **error)
{
	Elf64_Shdr names, row;
	Elf64_Ehdr header;

	if (!elf64_check(data, length, name, error))
		return FALSE;
	memcpy(&header, data, sizeof(header));
	if (header.e_shstrndx >= header.e_shnum ||
	    !table_row(data, length, header.e_shoff, header.e_shentsize,
		       header.e_shstrndx, &names, sizeof(names)))
		return bad_table(name, "section", error);
	for (guint i = 0; i < header.e_shnum; i++) {
		if (!table_row(data, length, header.e_shoff, header.e_shentsize, i, &row,
			       sizeof(row)))
			return bad_table(name, "section", error);
		if (row.sh_type == SHT_NOBITS ||
		    !name_is(data, length, &names, row.sh_name, section))
			continue;
		if (!inside(row.sh_offset, row.sh_size, length))
			return lathe_error(
			    error, LATHE_ERROR_INPUT,
			    "'%s': section %s reaches beyond the end of the file", name,
			    section);
		*ret = data + row.sh_offset;
		*ret_length = row.sh_size;
		return TRUE;
	}
	return lathe_error(error, LATHE_ERROR_INPUT, "'%s' has no section %s", name,
			   section);
}
