/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plot_data.h"

#include <math.h>

#include "text.h"

/* Points of all curves together: keeps 64 curves below a few MB of SVG. */
#define COLUMNS_MAX 800
#define COLUMNS_ALL 12800
#define COLUMNS_MIN 100

/* What lies beyond is nonsense, and is not drawn: eleven days, in ns. */
#define LATENCY_MAX_NS 1e15

static void widen(PlotAxis *axis, double low_ns, double high_ns)
{
	low_ns = MIN(low_ns, LATENCY_MAX_NS);
	high_ns = MIN(high_ns, LATENCY_MAX_NS);
	axis->low_ns = MIN(axis->low_ns, low_ns);
	axis->high_ns = MAX(axis->high_ns, high_ns);
}

/* Where bucket b is drawn. The first one begins at 0, which a log axis cannot show. */
static double bucket_low_ns(const Histogram *histogram, guint32 bucket)
{
	return ((double)bucket + (bucket ? 0 : 0.5)) * (double)histogram->bucket_ns;
}

static double bucket_high_ns(const Histogram *histogram, guint32 bucket)
{
	return ((double)bucket + 1) * (double)histogram->bucket_ns;
}

const PlotCurve *plot_curve(const GArray *curves, guint i)
{
	return &g_array_index(curves, PlotCurve, i);
}

gboolean plot_has_rows(const PlotCurve *curve)
{
	return curve->histogram && curve->histogram->n_rows;
}

gboolean plot_has_max(const PlotCurve *curve)
{
	return curve->thread->samples && curve->thread->max_ns > 0;
}

gboolean plot_limit_shown(const RunLimit *limit, const RunStage *stage)
{
	return limit->limit_ns > 0 && g_strcmp0(limit->stage, stage->name) == 0;
}

static guint64 highest_count(const GArray *curves)
{
	guint64 highest = 1;

	for (guint i = 0; i < curves->len; i++) {
		const Histogram *histogram = plot_curve(curves, i)->histogram;
		HistogramCursor cursor = {0};
		HistogramRow row;

		if (histogram)
			cursor = histogram_rows(histogram);
		while (histogram_next(&cursor, &row))
			highest = MAX(highest, row.count);
	}
	return highest;
}

static void widen_to_curve(PlotAxis *axis, const PlotCurve *curve)
{
	const Histogram *histogram = curve->histogram;
	guint rows = histogram ? histogram->n_rows : 0;

	if (rows)
		widen(axis, bucket_low_ns(histogram, histogram->first_bucket),
		      bucket_high_ns(histogram, histogram->last_bucket));
	if (plot_has_max(curve))
		widen(axis, (double)curve->thread->max_ns, (double)curve->thread->max_ns);
	axis->empty &= !rows && !curve->thread->samples;
}

/* Room on both sides, for what stands at the edge and for the labels of limits. */
static void pad(PlotAxis *axis)
{
	double room = axis->log ? pow(axis->high_ns / axis->low_ns, 0.04)
				: (axis->high_ns - axis->low_ns) * 0.04;

	axis->low_ns = axis->log ? MAX(axis->low_ns / room, 1)
				 : MAX(axis->low_ns - room, 0);
	axis->high_ns = axis->log ? axis->high_ns * room : axis->high_ns + room;
}

PlotAxis plot_axis(const Run *run, const RunStage *stage, const GArray *curves)
{
	PlotAxis axis = {.low_ns = INFINITY, .high_ns = 0, .empty = TRUE};

	for (guint i = 0; i < curves->len; i++)
		widen_to_curve(&axis, plot_curve(curves, i));
	for (guint i = 0; i < run->verdict.limits->len; i++) {
		const RunLimit *limit = run->verdict.limits->pdata[i];

		if (plot_limit_shown(limit, stage))
			widen(&axis, (double)limit->limit_ns, (double)limit->limit_ns);
	}
	/* Nothing, or a single value, still needs a scale. */
	if (axis.high_ns <= 0)
		axis.low_ns = axis.high_ns = 100e3;
	if (axis.low_ns >= axis.high_ns / 1.01)
		axis.low_ns = axis.high_ns / 10;
	axis.log = axis.high_ns / axis.low_ns > 100;
	axis.highest = highest_count(curves);
	pad(&axis);
	return axis;
}

/* ns as a decimal number of us, whatever the locale. */
static void append_us(GString *out, double ns)
{
	g_autofree char *text = text_us((gint64)llround(MIN(ns, 2 * LATENCY_MAX_NS)));

	g_string_append(out, text);
}

static double column_of(const PlotAxis *axis, double ns, double columns)
{
	double part = axis->log
			      ? log(ns / axis->low_ns) / log(axis->high_ns / axis->low_ns)
			      : (ns - axis->low_ns) / (axis->high_ns - axis->low_ns);

	return part * columns;
}

static void append_point(GString *out, double ns, guint64 count)
{
	append_us(out, ns);
	if (count)
		g_string_append_printf(out, " %" G_GUINT64_FORMAT "\n", count);
	else
		g_string_append(out, " " PLOT_FLOOR "\n");
}

typedef struct {
	double low_ns, high_ns;
	guint64 count;
} Step;

/* The outline of one step; down to the floor in front of it where there is a gap. */
static void append_step(GString *out, const Step *step, const Step *before, gboolean gap)
{
	if (gap) {
		if (before->count)
			append_point(out, before->high_ns, 0);
		append_point(out, step->low_ns, 0);
	}
	append_point(out, step->low_ns, step->count);
	append_point(out, step->high_ns, step->count);
}

/*
 * The rows as the outline of steps. Rows that fall into one column of the picture are
 * drawn as one with the largest of their counts: the highest stays the highest, and the
 * first and the last bucket keep their edges.
 */
static void append_outline(GString *out, const Histogram *histogram, const PlotAxis *axis,
			   guint columns)
{
	HistogramCursor cursor = histogram_rows(histogram);
	Step before = {0}, step = {0};
	HistogramRow row;

	while (histogram_next(&cursor, &row)) {
		double low = bucket_low_ns(histogram, row.bucket);
		double high = bucket_high_ns(histogram, row.bucket);

		if (step.count && floor(column_of(axis, low, columns)) ==
					  floor(column_of(axis, step.low_ns, columns))) {
			step.high_ns = high;
			step.count = MAX(step.count, row.count);
			continue;
		}
		if (step.count) {
			append_step(out, &step, &before, step.low_ns > before.high_ns);
			before = step;
		}
		step = (Step){low, high, row.count};
	}
	if (step.count) {
		append_step(out, &step, &before, step.low_ns > before.high_ns);
		append_point(out, step.high_ns, 0);
	}
}

void plot_append_data(GString *out, const GArray *curves, const PlotAxis *axis)
{
	guint columns = MIN(COLUMNS_MAX, COLUMNS_ALL / MAX(curves->len, 1));

	for (guint i = 0; i < curves->len; i++) {
		const PlotCurve *curve = plot_curve(curves, i);

		g_string_append_printf(out, "$curve%u << END\n", i);
		if (curve->histogram)
			append_outline(out, curve->histogram, axis,
				       MAX(columns, COLUMNS_MIN));
		g_string_append(out, "END\n");
		g_string_append_printf(out, "$max%u << END\n", i);
		if (plot_has_max(curve)) {
			append_us(out, (double)curve->thread->max_ns);
			g_string_append(out, " " PLOT_FLOOR "\n");
		}
		g_string_append(out, "END\n");
	}
}
