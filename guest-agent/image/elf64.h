/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The few things the image builder asks of an x86-64 ELF file: is it one, which loader
 * does it name, what is in one section. Every offset is checked against the bytes at
 * hand.
 */
#ifndef LATHE_ELF64_H
#define LATHE_ELF64_H

#include <glib.h>

/* Bytes that elf64_check() needs to see. */
#define ELF64_HEADER_SIZE 64

/* TRUE when the bytes begin with the ELF magic, whatever follows. */
gboolean elf64_magic(const guint8 *data, gsize length);

/* A 64-bit little-endian ELF header for x86-64, or an error that names the file and what
 * it is instead. */
gboolean elf64_check(const guint8 *data, gsize length, const char *name, GError **error);

/* The loader's path in PT_INTERP; *ret is NULL for a program that names none (static). */
gboolean elf64_interpreter(const guint8 *data, gsize length, const char *name, char **ret,
			   GError **error);

/* Whether a PT_NOTE segment holds a note of that name and type. */
gboolean elf64_has_note(const guint8 *data, gsize length, const char *name,
			const char *owner, guint32 type, gboolean *ret, GError **error);

/* The content of the first section of that name, inside data. An absent section is an
 * error. */
gboolean elf64_section(const guint8 *data, gsize length, const char *name,
		       const char *section, const guint8 **ret, gsize *ret_length,
		       GError **error);

#endif
