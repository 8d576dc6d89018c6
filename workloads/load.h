/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A load: a workload that disturbs. A row is data and an argv; it has no idea where it
 * runs.
 */
#ifndef LATHE_LOAD_H
#define LATHE_LOAD_H

#include <glib.h>

typedef struct {
	guint cpus;            /* CPUs it is confined to */
	guint64 memory_mib;    /* what the vm load may take in all */
	const char *directory; /* scratch directory for loads that write files; what they
				* leave there is the caller's to remove */
} LoadSize;

typedef struct {
	const char *name; /* "cpu": profiles name it */
	const char *summary;
	const char *program;                         /* found on PATH */
	const char *package_debian, *package_fedora; /* that hold the program */
	gboolean needs_directory;                    /* argv() needs size->directory */
	/* NULL-terminated, owned by the caller. Runs until it is stopped. */
	char **(*argv)(const LoadSize *size);
} Load;

/* NULL-terminated, sorted by name. */
extern const Load *const loads[];

/* NULL when there is none. */
const Load *load_find(const char *name);

#endif
