/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a change is made to. One kind for each way to read and write a value; the engine
 * (tune.h) knows nothing else of them. A place names its target for good: it is what the
 * journal holds.
 *
 * To add a kind: a word of ChangeKind (change.h), a file target_NAME.c with its row, and a line
 * in target_kinds[] (target.c).
 */
#ifndef LATHE_TARGET_H
#define LATHE_TARGET_H

#include <glib.h>

#include "change.h"
#include "root.h"

/* What all targets of one machine share. */
typedef struct {
	const Root *root; /* live, or a tree opened for writing */
	guint write_seconds; /* after which a write is given up */
} TargetHost;

/* A write by the kernel takes microseconds; the longest known (a CPU going offline, a mask
 * that waits for an interrupt to fire) take seconds. */
#define TARGET_WRITE_SECONDS 10

typedef struct {
	/* The value now, one line, owned by the caller. FALSE with *ret_errno: ENOENT when the
	 * target is gone (the thread ended, the unit is not installed). */
	gboolean (*read)(const TargetHost *host, const char *place, char **ret,
			 int *ret_errno);

	/* Writes it. May return before it shows: the engine reads back what came of it. */
	gboolean (*write)(const TargetHost *host, const char *place, const char *value,
			  GError **error);

	/* Whether what was seen is the value: another spelling of it ("00000003" and "3"), or
	 * what it asks for. */
	gboolean (*same)(const char *seen, const char *value);

	/* Whether what was seen may be what a write of ours left that was cut short, of a kind
	 * that takes several steps; NULL: of one. */
	gboolean (*begun)(const char *seen);
} TargetKind;

extern const TargetKind target_file;
extern const TargetKind target_affinity;
extern const TargetKind target_scheduling;
extern const TargetKind target_service;
extern const TargetKind target_controller;
extern const TargetKind target_cpuset;
extern const TargetKind target_tasks;
extern const TargetKind target_directory;
extern const TargetKind target_feature;
extern const TargetKind target_queues;
extern const TargetKind target_schemata;

/* The row of a kind. */
const TargetKind *target_of(ChangeKind kind);
/* What a journal calls it: "file". */
const char *target_name(ChangeKind kind);
/* The kind of that name; NULL: no such one. */
const TargetKind *target_find(const char *name, ChangeKind *ret_kind);

#endif
