/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "finding.h"
#include "run.h"
#include "run_fields.h"

static gboolean object_equal(const ObjectType *type, const void *a, const void *b);

static gboolean objects_equal(const ObjectType *type, const GPtrArray *a, const GPtrArray *b)
{
	if (a->len != b->len)
		return FALSE;
	for (guint i = 0; i < a->len; i++)
		if (!object_equal(type, a->pdata[i], b->pdata[i]))
			return FALSE;
	return TRUE;
}

#define SAME(TYPE) (FIELD_MEMBER(const TYPE, a, f) == FIELD_MEMBER(const TYPE, b, f))

/* The kinds that a finding is made of. */
static gboolean field_equal(const Field *f, const void *a, const void *b)
{
	switch (f->kind) {
	case FIELD_NAME:
	case FIELD_TEXT:
		return g_strcmp0(FIELD_MEMBER(char *const, a, f),
				 FIELD_MEMBER(char *const, b, f)) == 0;
	case FIELD_STATUS:
		return SAME(FindingStatus);
	case FIELD_SEVERITY:
		return SAME(FindingSeverity);
	case FIELD_OBJECTS:
		return objects_equal(f->type, FIELD_MEMBER(GPtrArray *const, a, f),
				     FIELD_MEMBER(GPtrArray *const, b, f));
	default:
		g_assert_not_reached();
	}
}

static gboolean object_equal(const ObjectType *type, const void *a, const void *b)
{
	for (const Field *f = type->fields; f->key; f++)
		if (!field_equal(f, a, b))
			return FALSE;
	return TRUE;
}

gboolean finding_equal(const Finding *a, const Finding *b)
{
	return object_equal(&run_finding_type, a, b);
}
