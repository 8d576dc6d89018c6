/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run.h"

#include <jansson.h>
#include <math.h>

#include "escape.h"
#include "run_fields.h"

static json_t *write_object(const ObjectType *type, const void *object);

static json_t *write_text(const char *text)
{
	g_autofree char *escaped = NULL;

	if (!text)
		return json_null();
	if (g_utf8_validate(text, -1, NULL))
		return json_string(text);
	escaped = escape_text(text, -1);
	return json_string(escaped);
}

static json_t *write_argv(char **argv)
{
	json_t *array = json_array();

	for (char **arg = argv; arg && *arg; arg++)
		json_array_append_new(array, write_text(*arg));
	return array;
}

static json_t *write_texts(const GPtrArray *texts)
{
	json_t *array = json_array();

	for (guint i = 0; i < texts->len; i++)
		json_array_append_new(array, write_text(texts->pdata[i]));
	return array;
}

static json_t *write_objects(const ObjectType *type, const GPtrArray *objects)
{
	json_t *array = json_array();

	for (guint i = 0; i < objects->len; i++)
		json_array_append_new(array, write_object(type, objects->pdata[i]));
	return array;
}

static json_t *write_values(const ObjectType *type, const GArray *values)
{
	json_t *array = json_array();

	for (guint i = 0; i < values->len; i++)
		json_array_append_new(array,
				      write_object(type, values->data + i * type->size));
	return array;
}

static json_t *write_known(const char *known)
{
	if (g_strcmp0(known, "yes") == 0)
		return json_true();
	return g_strcmp0(known, "no") == 0 ? json_false() : json_null();
}

/* What is no number of seconds counts as none: a load without CPU time passes nobody. */
static json_t *write_seconds(double seconds)
{
	return json_real(isfinite(seconds) && seconds > 0 ? seconds : 0.0);
}

/* A count beyond 2^53 is written all the same: the reader refuses it, as it should. */
static json_t *write_field(const Field *f, const void *object)
{
	switch (f->kind) {
	case FIELD_CONSTANT:
		return json_string(f->constant);
	case FIELD_NAME:
	case FIELD_TEXT:
		return write_text(FIELD_MEMBER(char *const, object, f));
	case FIELD_TEXTS:
		return write_texts(FIELD_MEMBER(GPtrArray *const, object, f));
	case FIELD_ARGV:
		return write_argv(FIELD_MEMBER(char **const, object, f));
	case FIELD_UINT:
		return json_integer(FIELD_MEMBER(const guint, object, f));
	case FIELD_COUNT:
		return json_integer((json_int_t)MIN(
			FIELD_MEMBER(const guint64, object, f), (guint64)G_MAXINT64));
	case FIELD_SIGNED:
		return json_integer(FIELD_MEMBER(const gint64, object, f));
	case FIELD_EXIT:
		return json_integer(FIELD_MEMBER(const int, object, f));
	case FIELD_BOOL:
		return json_boolean(FIELD_MEMBER(const gboolean, object, f));
	case FIELD_SECONDS:
		return write_seconds(FIELD_MEMBER(const double, object, f));
	case FIELD_KNOWN:
		return write_known(FIELD_MEMBER(char *const, object, f));
	case FIELD_RESULT:
		return json_string(result_name(FIELD_MEMBER(const Result, object, f)));
	case FIELD_STATUS:
		return json_string(
			finding_status_name(FIELD_MEMBER(const FindingStatus, object, f)));
	case FIELD_SEVERITY:
		return json_string(
			finding_severity_name(FIELD_MEMBER(const FindingSeverity, object, f)));
	case FIELD_OBJECT:
		return write_object(f->type, (const char *)object + f->offset);
	case FIELD_OBJECTS:
		return write_objects(f->type, FIELD_MEMBER(GPtrArray *const, object, f));
	case FIELD_VALUES:
		return write_values(f->type, FIELD_MEMBER(GArray *const, object, f));
	}
	g_assert_not_reached();
}

static json_t *write_object(const ObjectType *type, const void *object)
{
	json_t *json = json_object();

	for (const Field *f = type->fields; f->key; f++)
		json_object_set_new(json, f->key, write_field(f, object));
	return json;
}

static char *to_text(const ObjectType *type, const void *object)
{
	json_t *json = write_object(type, object);
	/* 15 digits survive decimal -> double -> decimal. */
	char *text = json_dumps(json, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
	char *ret;

	g_assert(text);
	ret = g_strconcat(text, "\n", NULL);
	free(text);
	json_decref(json);
	return ret;
}

char *run_to_json(const Run *run)
{
	return to_text(&run_type, run);
}

char *finding_set_to_json(const FindingSet *set)
{
	return to_text(&finding_set_type, set);
}
