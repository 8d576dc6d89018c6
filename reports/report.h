/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reports, made from a bundle alone. A format is a row.
 */
#ifndef LATHE_REPORT_H
#define LATHE_REPORT_H

#include <glib.h>

#include "run.h"

typedef struct {
	const char *name;   /* "text" */
	const char *suffix; /* "txt" */
	const char *summary;
	/* Newly allocated text; `directory` is the bundle. colour: terminal escapes. */
	char *(*write)(const char *directory, const Run *run, gboolean colour,
		       GError **error);
} ReportFormat;

/* NULL-terminated. */
extern const ReportFormat *const report_formats[];
const ReportFormat *report_find(const char *name);

/* Only the answer, as the text report begins. Newly allocated. */
char *report_verdict(const Run *run, gboolean colour);

/*
 * Draws DIRECTORY/histogram-<stage>.svg with gnuplot from the histogram files that the
 * run names: log scale, a line per limit, one curve a vCPU, what overflowed said in
 * words. FALSE when gnuplot is missing or fails.
 */
gboolean plot_stage(const char *directory, const Run *run, const RunStage *stage,
		    GError **error);

#endif
