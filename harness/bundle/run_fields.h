/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run.json as rows: each key is typed once, and writer, reader, schema, initialiser and
 * destructor walk the same tables. To add a field: a member in run.h, a row in
 * run_fields.c, and `make golden` for run.schema.json.
 */
#ifndef LATHE_RUN_FIELDS_H
#define LATHE_RUN_FIELDS_H

#include <glib.h>

/* The largest integer that every JSON reader holds exactly. */
#define JSON_INTEGER_MAX (G_GINT64_CONSTANT(1) << 53)

typedef enum {
	FIELD_CONSTANT, /* no member: always the row's `constant` */
	FIELD_NAME,     /* char *, never NULL */
	FIELD_TEXT,     /* char *, NULL as null */
	FIELD_TEXTS,    /* GPtrArray of char * */
	FIELD_ARGV,     /* char **; NULL and empty are both [] */
	FIELD_UINT,     /* guint */
	FIELD_COUNT,    /* guint64 */
	FIELD_SIGNED,   /* gint64 */
	FIELD_EXIT,     /* int: exit status or -signal */
	FIELD_BOOL,     /* gboolean */
	FIELD_SECONDS,  /* double, not negative */
	FIELD_KNOWN,    /* char * "yes", "no", "unknown": true, false, null */
	FIELD_RESULT,   /* Result */
	FIELD_STATUS,	/* FindingStatus */
	FIELD_SEVERITY, /* FindingSeverity */
	FIELD_OBJECT,   /* a struct inside this one (or, with offset 0, a group of its
			   members) */
	FIELD_OBJECTS,  /* GPtrArray of pointers to a struct */
	FIELD_VALUES,   /* GArray of a struct */
} FieldKind;

typedef struct ObjectType ObjectType;

typedef struct {
	const char *key;
	FieldKind kind;
	gsize offset;
	const ObjectType *type; /* of FIELD_OBJECT, FIELD_OBJECTS, FIELD_VALUES */
	const char *constant;
	const char *what; /* for the schema */
} Field;

struct ObjectType {
	gsize size;          /* of the struct that offsets count in */
	const Field *fields; /* ends in a row without key */
};

extern const ObjectType run_type, run_verdict_type, run_limit_type, run_stage_type,
    run_thread_type, run_place_type, run_load_type, run_plan_vcpu_type, run_canary_type,
    run_measured_type, run_vm_type, run_deviation_type, run_tuning_type, run_tuned_type,
    finding_type, run_finding_type, finding_set_type;

/* Statuses go to 255, signals to 64. */
#define FIELD_EXIT_MAX 255

/* Base address + row -> the member, as TYPE. */
#define FIELD_MEMBER(TYPE, base, field) (*(TYPE *)((char *)(base) + (field)->offset))

/* A zeroed struct gets its arrays, and everything it owns is freed. */
void run_object_init(const ObjectType *type, gpointer object);
void run_object_clear(const ObjectType *type, gpointer object);
gpointer run_object_new(const ObjectType *type);

#endif
