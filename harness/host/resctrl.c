/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "resctrl.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "number.h"

/* rdt_resources_all[] of the kernel has a handful; CDP doubles the caches. */
#define RESOURCES_MAX 32
#define NAME_BYTES 32

static gboolean malformed(GError **error, guint line, const char *why)
{
	return lathe_error(error, LATHE_ERROR_INPUT, "schemata, line %u: %s", line, why);
}

/* Up to 16 hex digits. */
static gboolean take_mask(Span *span, guint64 *ret)
{
	const char *p = span->at;
	guint64 value = 0;

	for (; p < span->end && g_ascii_isxdigit(*p); p++) {
		if (value >> 60)
			return FALSE;
		value = value << 4 | (guint64)g_ascii_xdigit_value(*p);
	}
	if (p == span->at)
		return FALSE;
	span->at = p;
	*ret = value;
	return TRUE;
}

static const struct {
	const char *name;
	ResctrlKind kind;
	guint level;
} kinds[] = {
	{"L2", RESCTRL_CACHE, 2},     {"L2CODE", RESCTRL_CACHE, 2},
	{"L2DATA", RESCTRL_CACHE, 2}, {"L3", RESCTRL_CACHE, 3},
	{"L3CODE", RESCTRL_CACHE, 3}, {"L3DATA", RESCTRL_CACHE, 3},
	{"MB", RESCTRL_BANDWIDTH, 0}, {"SMBA", RESCTRL_BANDWIDTH, 0},
};

static void set_kind(ResctrlResource *resource)
{
	resource->kind = RESCTRL_OTHER;
	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
		if (strcmp(resource->name, kinds[i].name) != 0)
			continue;
		resource->kind = kinds[i].kind;
		resource->level = kinds[i].level;
	}
}

/* "0=fffff;1=fffff". The kernel writes ids in ascending order. */
static const char *take_domains(Span *line, ResctrlResource *resource)
{
	g_autoptr(GArray) domains = g_array_new(FALSE, FALSE, sizeof(ResctrlDomain));
	gboolean cache = resource->kind == RESCTRL_CACHE;
	guint64 id;

	do {
		ResctrlDomain domain;

		span_skip_blanks(line);
		if (!span_take_number(line, G_MAXINT32, &id) || !span_take_literal(line, "="))
			return "no 'ID=VALUE'";
		span_skip_blanks(line);
		domain.id = (guint)id;
		if (cache ? !take_mask(line, &domain.value) :
			    !span_take_number(line, G_MAXUINT32, &domain.value))
			return "a value that is none";
		if (domains->len > 0 &&
		    domain.id <= g_array_index(domains, ResctrlDomain, domains->len - 1).id)
			return "ids that do not ascend";
		g_array_append_val(domains, domain);
	} while (span_take_literal(line, ";"));
	resource->n_domains = domains->len;
	resource->domains = (ResctrlDomain *)(void *)g_array_free(g_steal_pointer(&domains),
								  FALSE);
	return NULL;
}

static const char *take_resource(Span line, ResctrlResource *resource)
{
	Span name = {line.at, line.at};

	while (name.end < line.end && g_ascii_isgraph(*name.end) && *name.end != ':')
		name.end++;
	if (name.end == line.end || *name.end != ':' || name.end == name.at ||
	    name.end - name.at >= NAME_BYTES)
		return "no 'NAME:'";
	resource->name = span_dup(name);
	set_kind(resource);
	line.at = name.end + 1;
	resource->unset = span_take_literal(&line, "uninitialized");
	if (resource->kind == RESCTRL_OTHER)
		return NULL;
	if (!resource->unset) {
		const char *why = take_domains(&line, resource);

		if (why)
			return why;
	}
	span_skip_blanks(&line);
	return line.at == line.end ? NULL : "more than values";
}

static const char *take_line(ResctrlSchemata *schemata, Span line)
{
	ResctrlResource *resource;
	const char *why;

	if (schemata->n_resources == RESOURCES_MAX)
		return "more resources than a kernel knows";
	resource = &schemata->resources[schemata->n_resources++];
	why = take_resource(line, resource);
	if (!why && resctrl_schemata_find(schemata, resource->name) != resource)
		why = "a resource that is there twice";
	return why;
}

ResctrlSchemata *resctrl_schemata_parse(const char *text, gsize length, GError **error)
{
	g_autoptr(ResctrlSchemata) schemata = g_new0(ResctrlSchemata, 1);
	Span rest = {text, text + length};
	guint number = 0;
	Span line;

	schemata->resources = g_new0(ResctrlResource, RESOURCES_MAX);
	while (span_take_line(&rest, &line)) {
		const char *why;

		number++;
		/* Names are aligned by blanks in front. */
		span_skip_blanks(&line);
		if (line.at == line.end)
			continue;
		why = take_line(schemata, line);
		if (why) {
			malformed(error, number, why);
			return NULL;
		}
	}
	return g_steal_pointer(&schemata);
}

void resctrl_schemata_free(ResctrlSchemata *schemata)
{
	if (!schemata)
		return;
	for (guint i = 0; i < schemata->n_resources; i++) {
		g_free(schemata->resources[i].name);
		g_free(schemata->resources[i].domains);
	}
	g_free(schemata->resources);
	g_free(schemata);
}

const ResctrlResource *resctrl_schemata_find(const ResctrlSchemata *schemata,
					     const char *name)
{
	for (guint i = 0; i < schemata->n_resources; i++)
		if (strcmp(schemata->resources[i].name, name) == 0)
			return &schemata->resources[i];
	return NULL;
}

static int compare_ids(const void *a, const void *b)
{
	const ResctrlDomain *left = a, *right = b;

	return (left->id > right->id) - (left->id < right->id);
}

gboolean resctrl_resource_value(const ResctrlResource *resource, guint id, guint64 *ret)
{
	ResctrlDomain key = {id, 0};
	const ResctrlDomain *found = NULL;

	if (resource->n_domains > 0)
		found = bsearch(&key, resource->domains, resource->n_domains,
				sizeof(ResctrlDomain), compare_ids);
	if (!found)
		return FALSE;
	*ret = found->value;
	return TRUE;
}

gboolean resctrl_mask_parse(const char *text, guint64 *ret)
{
	Span span = span_of(text);
	guint64 mask;

	if (!take_mask(&span, &mask) || span.at != span.end)
		return FALSE;
	*ret = mask;
	return TRUE;
}

gboolean resctrl_mask_contiguous(guint64 mask)
{
	if (!mask)
		return FALSE;
	mask >>= __builtin_ctzll(mask);
	return (mask & (mask + 1)) == 0;
}

/* The first domain where two resources of one cache share ways. */
static gboolean overlap_of(const ResctrlResource *a, const ResctrlResource *b,
			   ResctrlOverlap *ret)
{
	for (guint i = 0; i < a->n_domains; i++) {
		guint64 other;

		if (!resctrl_resource_value(b, a->domains[i].id, &other) ||
		    !(a->domains[i].value & other))
			continue;
		*ret = (ResctrlOverlap){a->level, a->domains[i].id,
					a->domains[i].value & other};
		return TRUE;
	}
	return FALSE;
}

gboolean resctrl_overlap(const ResctrlSchemata *a, const ResctrlSchemata *b,
			 ResctrlOverlap *ret)
{
	ResctrlOverlap first = {0}, found;

	for (guint i = 0; i < a->n_resources; i++) {
		for (guint j = 0; j < b->n_resources; j++) {
			const ResctrlResource *left = &a->resources[i];
			const ResctrlResource *right = &b->resources[j];

			if (left->kind != RESCTRL_CACHE || right->kind != RESCTRL_CACHE ||
			    left->level != right->level || !overlap_of(left, right, &found))
				continue;
			if (first.level == 0 || found.level < first.level ||
			    (found.level == first.level && found.id < first.id))
				first = found;
		}
	}
	if (first.level == 0)
		return FALSE;
	if (ret)
		*ret = first;
	return TRUE;
}
