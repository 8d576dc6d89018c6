/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as an ELF file: its loader, its notes, its sections, a module's .modinfo. */
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "elf64.h"
#include "error.h"
#include "modules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(gboolean claim)
{
	if (!claim)
		abort();
}

/* Also clears the error. */
static void check_answer(gboolean ok, GError **error)
{
	check(ok == (*error == NULL));
	check(ok || g_error_matches(*error, LATHE_ERROR, LATHE_ERROR_INPUT));
	g_clear_error(error);
}

static void check_segments(const uint8_t *data, size_t size)
{
	g_autofree char *loader = NULL;
	GError *error = NULL;
	gboolean ok, found = -1;

	ok = elf64_interpreter(data, size, "fuzz", &loader, &error);
	check_answer(ok, &error);
	check(!loader || (ok && *loader && strlen(loader) < PATH_MAX));
	ok = elf64_has_note(data, size, "fuzz", "Xen", 18, &found, &error);
	check_answer(ok, &error);
	check(found == -1 ? !ok : found == TRUE || found == FALSE);
}

static void check_section(const uint8_t *data, size_t size, const char *section)
{
	const guint8 *at = NULL;
	GError *error = NULL;
	gsize length = 0;
	gboolean ok = elf64_section(data, size, "fuzz", section, &at, &length, &error);

	check_answer(ok, &error);
	check(ok ? at >= data && length <= size && (gsize)(at - data) <= size - length
		 : !at && !length);
}

static void check_module(const uint8_t *data, size_t size)
{
	static const char *const keys[] = {"depends", "vermagic", "name"};
	g_autoptr(GBytes) module = g_bytes_new_static(data, size);

	for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
		g_autofree char *value = NULL;
		GError *error = NULL;
		gboolean ok = modules_info(module, "fuzz", keys[i], &value, &error);

		check_answer(ok, &error);
		check(!value || (ok && strlen(value) < size));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	GError *error = NULL;
	gboolean elf = elf64_check(data, size, "fuzz", &error);

	check(!elf || (elf64_magic(data, size) && size >= ELF64_HEADER_SIZE));
	check_answer(elf, &error);
	check_segments(data, size);
	check_section(data, size, ".modinfo");
	check_section(data, size, "");
	check_module(data, size);
	return 0;
}
