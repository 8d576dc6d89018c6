/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run.h"

#include <jansson.h>
#include <string.h>

#include "error.h"
#include "escape.h"
#include "run_fields.h"
#include "run_json_old.h"

/* 255 vCPUs in some dozen stages are 2 MiB; a tree takes ten times its text. */
#define RUN_JSON_MAX (16u << 20)

/* Where in the document the reader is, for errors: "stages[0].threads[1].samples". */
typedef struct {
	GString *path;
	GError **error;
} Reader;

static gboolean read_object(Reader *reader, const ObjectType *type, json_t *json,
			    gpointer object);

static gboolean fail(Reader *reader, const char *what)
{
	g_autofree char *path = escape_text(reader->path->str, -1);

	return lathe_error(reader->error, LATHE_ERROR_INPUT, "run.json: %s%s%s", path,
			   *path ? ": " : "", what);
}

static gboolean read_text(Reader *reader, json_t *json, gboolean null_allowed, char **ret)
{
	if (json_is_null(json) && null_allowed) {
		*ret = NULL;
		return TRUE;
	}
	if (!json_is_string(json))
		return fail(reader,
			    null_allowed ? "not a string or null" : "not a string");
	*ret = g_strdup(json_string_value(json));
	return TRUE;
}

static gboolean read_integer(Reader *reader, json_t *json, gint64 min, gint64 max,
			     gint64 *ret)
{
	g_autofree char *what = NULL;
	gint64 value;

	if (!json_is_integer(json))
		return fail(reader, "not an integer");
	value = json_integer_value(json);
	if (value < min || value > max) {
		what = g_strdup_printf("%" G_GINT64_FORMAT
				       " is not from %" G_GINT64_FORMAT
				       " to %" G_GINT64_FORMAT,
				       value, min, max);
		return fail(reader, what);
	}
	*ret = value;
	return TRUE;
}

static gboolean read_bool(Reader *reader, json_t *json, gboolean *ret)
{
	if (!json_is_boolean(json))
		return fail(reader, "not true or false");
	*ret = json_is_true(json);
	return TRUE;
}

static gboolean read_known(Reader *reader, json_t *json, char **ret)
{
	if (!json_is_boolean(json) && !json_is_null(json))
		return fail(reader, "not true, false or null");
	*ret = g_strdup(json_is_true(json)    ? "yes"
			: json_is_false(json) ? "no"
					      : "unknown");
	return TRUE;
}

static gboolean read_seconds(Reader *reader, json_t *json, double *ret)
{
	if (!json_is_number(json) || !(json_number_value(json) >= 0))
		return fail(reader, "not a number from 0");
	*ret = json_number_value(json);
	return TRUE;
}

static gboolean read_result(Reader *reader, json_t *json, Result *ret)
{
	for (Result r = RESULT_PASS; r <= RESULT_INCONCLUSIVE; r++) {
		if (json_is_string(json) &&
		    strcmp(json_string_value(json), result_name(r)) == 0) {
			*ret = r;
			return TRUE;
		}
	}
	return fail(reader, "not PASS, FAIL or INCONCLUSIVE");
}

static gboolean read_status(Reader *reader, json_t *json, FindingStatus *ret)
{
	if (json_is_string(json) && finding_status_parse(json_string_value(json), ret))
		return TRUE;
	return fail(reader, "not PASS, WARN, FAIL, N/A or UNKNOWN");
}

static gboolean read_severity(Reader *reader, json_t *json, FindingSeverity *ret)
{
	if (json_is_string(json) && finding_severity_parse(json_string_value(json), ret))
		return TRUE;
	return fail(reader, "not info, low, medium, high or fatal");
}

static gboolean read_constant(Reader *reader, json_t *json, const char *wanted)
{
	g_autofree char *seen = NULL, *what = NULL;

	if (json_is_string(json) && strcmp(json_string_value(json), wanted) == 0)
		return TRUE;
	seen = escape_text(json_is_string(json) ? json_string_value(json) : "no string",
			   -1);
	what = g_strdup_printf("'%.64s' is not known; this lathe reads '%s'", seen,
			       wanted);
	return fail(reader, what);
}

/* Calls read_one() for each element, with the path at it. */
static gboolean read_array(Reader *reader, json_t *json, const Field *f, gpointer member,
			   gboolean (*read_one)(Reader *, json_t *, const Field *,
						gpointer))
{
	gsize mark = reader->path->len;
	gsize i;
	json_t *element;

	if (!json_is_array(json))
		return fail(reader, "not an array");
	json_array_foreach(json, i, element)
	{
		g_string_append_printf(reader->path, "[%zu]", i);
		if (!read_one(reader, element, f, member))
			return FALSE;
		g_string_truncate(reader->path, mark);
	}
	return TRUE;
}

static gboolean read_one_text(Reader *reader, json_t *json, const Field *f,
			      gpointer array)
{
	char *text = NULL;

	(void)f;
	if (!read_text(reader, json, FALSE, &text))
		return FALSE;
	g_ptr_array_add(array, text);
	return TRUE;
}

static gboolean read_one_object(Reader *reader, json_t *json, const Field *f,
				gpointer array)
{
	gpointer object = run_object_new(f->type);

	g_ptr_array_add(array, object);
	return read_object(reader, f->type, json, object);
}

static gboolean read_one_value(Reader *reader, json_t *json, const Field *f,
			       gpointer data)
{
	GArray *array = data;

	g_array_set_size(array, array->len + 1);
	return read_object(reader, f->type, json,
			   array->data + (array->len - 1) * f->type->size);
}

static gboolean read_argv(Reader *reader, json_t *json, const Field *f, char ***ret)
{
	g_autoptr(GPtrArray) args = g_ptr_array_new_with_free_func(g_free);

	if (!read_array(reader, json, f, args, read_one_text))
		return FALSE;
	if (args->len == 0)
		return TRUE;
	g_ptr_array_add(args, NULL);
	*ret = (char **)g_ptr_array_steal(args, NULL);
	return TRUE;
}

static gboolean read_number(Reader *reader, const Field *f, json_t *json, gpointer object)
{
	gint64 value;

	switch (f->kind) {
	case FIELD_UINT:
		if (!read_integer(reader, json, 0, G_MAXUINT, &value))
			return FALSE;
		FIELD_MEMBER(guint, object, f) = (guint)value;
		return TRUE;
	case FIELD_COUNT:
		if (!read_integer(reader, json, 0, JSON_INTEGER_MAX, &value))
			return FALSE;
		FIELD_MEMBER(guint64, object, f) = (guint64)value;
		return TRUE;
	case FIELD_SIGNED:
		return read_integer(reader, json, -JSON_INTEGER_MAX, JSON_INTEGER_MAX,
				    &FIELD_MEMBER(gint64, object, f));
	case FIELD_EXIT:
		if (!read_integer(reader, json, -FIELD_EXIT_MAX, FIELD_EXIT_MAX, &value))
			return FALSE;
		FIELD_MEMBER(int, object, f) = (int)value;
		return TRUE;
	default:
		g_assert_not_reached();
	}
}

static gboolean read_field(Reader *reader, const Field *f, json_t *json, gpointer object)
{
	switch (f->kind) {
	case FIELD_CONSTANT:
		return read_constant(reader, json, f->constant);
	case FIELD_NAME:
	case FIELD_TEXT:
		return read_text(reader, json, f->kind == FIELD_TEXT,
				 &FIELD_MEMBER(char *, object, f));
	case FIELD_TEXTS:
		return read_array(reader, json, f, FIELD_MEMBER(GPtrArray *, object, f),
				  read_one_text);
	case FIELD_ARGV:
		return read_argv(reader, json, f, &FIELD_MEMBER(char **, object, f));
	case FIELD_UINT:
	case FIELD_COUNT:
	case FIELD_SIGNED:
	case FIELD_EXIT:
		return read_number(reader, f, json, object);
	case FIELD_BOOL:
		return read_bool(reader, json, &FIELD_MEMBER(gboolean, object, f));
	case FIELD_SECONDS:
		return read_seconds(reader, json, &FIELD_MEMBER(double, object, f));
	case FIELD_KNOWN:
		return read_known(reader, json, &FIELD_MEMBER(char *, object, f));
	case FIELD_RESULT:
		return read_result(reader, json, &FIELD_MEMBER(Result, object, f));
	case FIELD_STATUS:
		return read_status(reader, json, &FIELD_MEMBER(FindingStatus, object, f));
	case FIELD_SEVERITY:
		return read_severity(reader, json, &FIELD_MEMBER(FindingSeverity, object, f));
	case FIELD_OBJECT:
		return read_object(reader, f->type, json, (char *)object + f->offset);
	case FIELD_OBJECTS:
		return read_array(reader, json, f, FIELD_MEMBER(GPtrArray *, object, f),
				  read_one_object);
	case FIELD_VALUES:
		return read_array(reader, json, f, FIELD_MEMBER(GArray *, object, f),
				  read_one_value);
	}
	g_assert_not_reached();
}

static gboolean check_no_unknown_key(Reader *reader, const ObjectType *type, json_t *json)
{
	const char *key;
	json_t *value;

	json_object_foreach(json, key, value)
	{
		const Field *f = type->fields;

		while (f->key && strcmp(f->key, key) != 0)
			f++;
		if (f->key)
			continue;
		g_string_append_printf(reader->path, "%s%.64s",
				       reader->path->len ? "." : "", key);
		return fail(reader, "unknown key");
	}
	return TRUE;
}

static gboolean read_object(Reader *reader, const ObjectType *type, json_t *json,
			    gpointer object)
{
	gsize mark = reader->path->len;

	if (!json_is_object(json))
		return fail(reader, "not an object");
	for (const Field *f = type->fields; f->key; f++) {
		json_t *value = json_object_get(json, f->key);

		g_string_append_printf(reader->path, "%s%s", mark ? "." : "", f->key);
		if (!value)
			return fail(reader, "missing");
		if (!read_field(reader, f, value, object))
			return FALSE;
		g_string_truncate(reader->path, mark);
	}
	return check_no_unknown_key(reader, type, json);
}

static gboolean convert(Reader *reader, json_t *json)
{
	g_autofree char *what = NULL;

	return run_json_convert(json, &what) || fail(reader, what);
}

/* Ids name files, and who is meant: a VM's is its place, and nothing else. */
static gboolean check_ids(Reader *reader, const Run *run)
{
	if (run->vms->len > RUN_VMS_MAX) {
		g_string_assign(reader->path, "vms");
		return fail(reader, "more VMs than a run has");
	}
	for (guint i = 0; i < run->vms->len; i++) {
		g_autofree char *wanted = g_strdup_printf("vm%u", i + 1);
		g_autofree char *what = g_strdup_printf("not '%s'", wanted);

		if (strcmp(((const RunVm *)run->vms->pdata[i])->id, wanted) == 0)
			continue;
		g_string_printf(reader->path, "vms[%u].id", i);
		return fail(reader, what);
	}
	return TRUE;
}

Run *run_from_json(const char *text, gsize length, GError **error)
{
	g_autoptr(GString) path = g_string_new(NULL);
	g_autoptr(Run) run = NULL;
	Reader reader = {path, error};
	json_error_t at;
	json_t *json;
	gboolean ok;

	if (length > RUN_JSON_MAX) {
		lathe_error(error, LATHE_ERROR_INPUT, "run.json: larger than %u bytes",
			    RUN_JSON_MAX);
		return NULL;
	}
	json = json_loadb(text, length, JSON_REJECT_DUPLICATES, &at);
	if (!json) {
		g_autofree char *what = escape_text(at.text, -1);

		lathe_error(error, LATHE_ERROR_INPUT, "run.json: line %d, column %d: %s",
			    at.line, at.column, what);
		return NULL;
	}
	run = run_new();
	ok = convert(&reader, json) && read_object(&reader, &run_type, json, run) &&
	     check_ids(&reader, run);
	json_decref(json);
	return ok ? g_steal_pointer(&run) : NULL;
}
