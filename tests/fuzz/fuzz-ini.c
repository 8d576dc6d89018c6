/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdint.h>

#include "ini.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Ini) ini = ini_parse((const char *)data, size, "fuzz.ini", &error);

	g_assert((ini == NULL) == (error != NULL));
	for (guint i = 0; ini && i < ini->sections->len; i++) {
		const IniSection *section = ini->sections->pdata[i];

		g_assert(ini_section(ini, section->name) == section);
		for (guint j = 0; j < section->entries->len; j++) {
			const IniEntry *entry = &g_array_index(section->entries, IniEntry, j);
			const char *candidate = section->name;

			g_assert(ini_entry(section, entry->key) == entry);
			ini_nearest(entry->key, &candidate, 1);
		}
	}
	return 0;
}
