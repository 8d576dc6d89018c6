/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run.h"

#include <jansson.h>

#include "run_fields.h"

static json_t *schema_of_object(const ObjectType *type);

static json_t *integer_between(gint64 min, gint64 max)
{
	return json_pack("{s:s, s:I, s:I}", "type", "integer", "minimum", (json_int_t)min,
			 "maximum", (json_int_t)max);
}

static json_t *array_of(json_t *items)
{
	return json_pack("{s:s, s:o}", "type", "array", "items", items);
}

static const char *status_text(guint i)
{
	return finding_status_name((FindingStatus)i);
}

static const char *severity_text(guint i)
{
	return finding_severity_name((FindingSeverity)i);
}

static json_t *enumeration(guint n, const char *(*text)(guint i))
{
	json_t *names = json_array();

	for (guint i = 0; i < n; i++)
		json_array_append_new(names, json_string(text(i)));
	return json_pack("{s:o}", "enum", names);
}

static json_t *schema_of_field(const Field *f)
{
	switch (f->kind) {
	case FIELD_CONSTANT:
		return json_pack("{s:s}", "const", f->constant);
	case FIELD_NAME:
		return json_pack("{s:s}", "type", "string");
	case FIELD_TEXT:
		return json_pack("{s:[s, s]}", "type", "string", "null");
	case FIELD_TEXTS:
	case FIELD_ARGV:
		return array_of(json_pack("{s:s}", "type", "string"));
	case FIELD_UINT:
		return integer_between(0, G_MAXUINT);
	case FIELD_COUNT:
		return integer_between(0, JSON_INTEGER_MAX);
	case FIELD_SIGNED:
		return integer_between(-JSON_INTEGER_MAX, JSON_INTEGER_MAX);
	case FIELD_EXIT:
		return integer_between(-FIELD_EXIT_MAX, FIELD_EXIT_MAX);
	case FIELD_BOOL:
		return json_pack("{s:s}", "type", "boolean");
	case FIELD_SECONDS:
		return json_pack("{s:s, s:i}", "type", "number", "minimum", 0);
	case FIELD_KNOWN:
		return json_pack("{s:[s, s]}", "type", "boolean", "null");
	case FIELD_RESULT:
		return json_pack("{s:[s, s, s]}", "enum", result_name(RESULT_PASS),
				 result_name(RESULT_FAIL),
				 result_name(RESULT_INCONCLUSIVE));
	case FIELD_STATUS:
		return enumeration(FINDING_STATUSES, status_text);
	case FIELD_SEVERITY:
		return enumeration(FINDING_SEVERITIES, severity_text);
	case FIELD_OBJECT:
		return schema_of_object(f->type);
	case FIELD_OBJECTS:
	case FIELD_VALUES:
		return array_of(schema_of_object(f->type));
	}
	g_assert_not_reached();
}

static json_t *schema_of_object(const ObjectType *type)
{
	json_t *properties = json_object();
	json_t *required = json_array();

	for (const Field *f = type->fields; f->key; f++) {
		json_t *schema = schema_of_field(f);

		if (f->what)
			json_object_set_new(schema, "description", json_string(f->what));
		json_object_set_new(properties, f->key, schema);
		json_array_append_new(required, json_string(f->key));
	}
	return json_pack("{s:s, s:b, s:o, s:o}", "type", "object", "additionalProperties",
			 0, "required", required, "properties", properties);
}

char *run_schema_json(void)
{
	json_t *schema = json_pack("{s:s, s:s}", "$schema",
				   "https://json-schema.org/draft/2020-12/schema",
				   "title", "lathe run.json, " RUN_SCHEMA);
	json_t *object = schema_of_object(&run_type);
	char *text, *ret;

	json_object_update(schema, object);
	json_decref(object);
	text = json_dumps(schema, JSON_INDENT(2));
	g_assert(text);
	ret = g_strconcat(text, "\n", NULL);
	free(text);
	json_decref(schema);
	return ret;
}
