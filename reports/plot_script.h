/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The gnuplot script of a stage's histogram. Nothing from outside reaches gnuplot as
 * anything but text in single quotes (where it expands neither backquotes nor macros),
 * with every character that means something to gnuplot replaced, or as a number written
 * here.
 */
#ifndef LATHE_PLOT_SCRIPT_H
#define LATHE_PLOT_SCRIPT_H

#include <glib.h>

#include "histogram.h"
#include "run.h"

typedef struct {
	const char *vm; /* its name; NULL: there is only one */
	const RunThread *thread;
	Histogram *histogram; /* NULL: the run has none for this vCPU */
} PlotCurve;

/* Newly allocated; writes an SVG to standard output. title: the name of the run. */
char *plot_script(const char *title, const Run *run, const RunStage *stage,
		  const GArray *curves);

#endif
