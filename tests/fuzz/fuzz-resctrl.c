/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any text as schemata; a form feed divides those of two groups. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "resctrl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(gboolean claim)
{
	if (!claim)
		abort();
}

static ResctrlSchemata *read_schemata(const char *text, gsize length)
{
	g_autoptr(GError) error = NULL;
	ResctrlSchemata *schemata = resctrl_schemata_parse(text, length, &error);

	check(!schemata == (error != NULL));
	for (guint i = 0; schemata && i < schemata->n_resources; i++) {
		const ResctrlResource *resource = &schemata->resources[i];
		guint64 value;

		check(resctrl_schemata_find(schemata, resource->name) == resource);
		check((resource->level != 0) == (resource->kind == RESCTRL_CACHE));
		for (guint j = 0; j < resource->n_domains; j++) {
			check(resctrl_resource_value(resource, resource->domains[j].id, &value));
			check(value == resource->domains[j].value);
			resctrl_mask_contiguous(value);
		}
	}
	return schemata;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	const char *divide = size ? memchr(text, '\f', size) : NULL;
	g_autoptr(ResctrlSchemata) one =
		read_schemata(text, divide ? (gsize)(divide - text) : size);
	g_autoptr(ResctrlSchemata) other = NULL;
	ResctrlOverlap there, back;

	if (divide)
		other = read_schemata(divide + 1, size - (gsize)(divide + 1 - text));
	if (!one || !other)
		return 0;
	check(resctrl_overlap(one, other, &there) == resctrl_overlap(other, one, &back));
	if (resctrl_overlap(one, other, &there))
		check(there.shared && there.level == back.level && there.id == back.id);
	return 0;
}
