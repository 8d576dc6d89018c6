/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a plot draws, as numbers: the range of its axis and the outlines of its curves. */
#ifndef LATHE_PLOT_DATA_H
#define LATHE_PLOT_DATA_H

#include <glib.h>

#include "plot_script.h"

typedef struct {
	double low_ns, high_ns; /* of everything that is drawn, with room at both ends */
	gboolean log;           /* when that is more than two decades */
	gboolean empty;         /* no sample at all */
	guint64 highest;        /* count of the fullest bucket, at least 1 */
} PlotAxis;

PlotAxis plot_axis(const Run *run, const RunStage *stage, const GArray *curves);

/* Does the limit have a place in the stage's plot? */
gboolean plot_limit_shown(const RunLimit *limit, const RunStage *stage);

/* Appends gnuplot's datablocks $curve<i> (outline, us and count) and $max<i> (the exact
 * maximum, on the axis). */
void plot_append_data(GString *out, const GArray *curves, const PlotAxis *axis);

const PlotCurve *plot_curve(const GArray *curves, guint i);
gboolean plot_has_rows(const PlotCurve *curve);
gboolean plot_has_max(const PlotCurve *curve);

/* The lowest count drawn: half a sample, so that one sample stands visibly above none. */
#define PLOT_FLOOR "0.5"

#endif
