/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plot_script.h"

#include <math.h>
#include <string.h>

#include "escape.h"
#include "plot_data.h"
#include "text.h"

/* Curves that the key names, and notes below the title; the rest is counted. */
#define KEY_MAX  12
#define NOTE_MAX 3
/* Fills of more curves than this only hide each other. */
#define FILL_MAX 4
/* Characters of a line of title that fit the picture. */
#define TITLE_MAX 150
/* Heights in thousandths of the picture. */
#define TITLE_Y    970
#define SUBTITLE_Y 930
#define NOTE_Y     895
#define NOTE_STEP  35
#define PLOT_TOP   885

/* Okabe and Ito's palette, told apart by colour-blind readers too; without its yellow,
 * which is lost on white. */
static const char *const palette[] = {
	"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000",
};

/* What is left of text when nothing in it can mean anything to gnuplot. */
static char *harmless(const char *text)
{
	g_autofree char *escaped = escape_text(text, -1);
	glong length = g_utf8_strlen(escaped, -1);
	g_autofree char *cut = g_utf8_substring(escaped, 0, MIN(TITLE_MAX, length));
	char *shown = g_strconcat(cut, length > TITLE_MAX ? " ..." : "", NULL);

	return g_strdelimit(shown, "'\"`\\@$#%{}^", '_');
}

static const char *or_unknown(const char *text)
{
	return text ? text : "unknown";
}

/* How many curves have a larger maximum: a table of a few hundred at most. */
static guint rank(const GArray *curves, guint which)
{
	const RunThread *thread = plot_curve(curves, which)->thread;
	guint larger = 0;

	for (guint i = 0; i < curves->len; i++) {
		gint64 max_ns = plot_curve(curves, i)->thread->max_ns;

		if (max_ns > thread->max_ns || (max_ns == thread->max_ns && i < which))
			larger++;
	}
	return larger;
}

static void append_axes(GString *out, const PlotAxis *axis)
{
	g_autofree char *low = text_us((gint64)axis->low_ns);
	g_autofree char *high = text_us((gint64)ceil(axis->high_ns));

	g_string_append(out, axis->log ? "set logscale xy\n" : "set logscale y\n");
	g_string_append_printf(out, "set xrange [%s:%s]\n", low, high);
	/* Room above the fullest bucket for the labels of limits. */
	g_string_append_printf(out, "set yrange [" PLOT_FLOOR ":%" G_GUINT64_FORMAT "]\n",
			       (guint64)CLAMP(pow((double)axis->highest, 1.2), 10, 1e19));
	g_string_append(out, axis->low_ns < 1000 ? "set format x '%g'\n"
						 : "set format x '%.0f'\n");
	/* 10 k, 1 M: what stands in front of the axis is always as wide. */
	g_string_append(out, "set format y '%.0s %c'\n"
			     "set xlabel 'latency in µs' noenhanced\n"
			     "set ylabel 'samples in a bucket' noenhanced\n"
			     "set grid xtics ytics lc rgb '#d8d8d8' lw 0.5\n"
			     "set border 3 lc rgb '#404040'\n"
			     "set tics nomirror out\n");
}

/* "PASS (emulated: not a qualification); stage guest-loaded in the guest, loads: cpu vm"
 */
static char *subtitle(const Run *run, const RunStage *stage)
{
	GString *text = g_string_new(result_name(run->verdict.result));

	for (guint i = 0; i < run->verdict.labels->len; i++)
		g_string_append_printf(text, "%s%s", i ? ", " : " (",
				       (char *)run->verdict.labels->pdata[i]);
	if (run->verdict.labels->len)
		g_string_append(text, ": not a qualification)");
	g_string_append_printf(text,
			       "; stage %s in the %s, loads:", or_unknown(stage->name),
			       or_unknown(stage->where));
	for (guint i = 0; i < stage->loads->len; i++)
		g_string_append_printf(text, " %s", (char *)stage->loads->pdata[i]);
	if (!stage->loads->len)
		g_string_append(text, " none");
	return g_string_free(text, FALSE);
}

/* A line in the middle of the picture. */
static void append_line(GString *out, const char *text, guint y, const char *style)
{
	g_autofree char *safe = harmless(text);

	g_string_append_printf(out,
			       "set label '%s' at screen 0.5, screen 0.%03u center "
			       "noenhanced %s\n",
			       safe, y, style);
}

/* "vCPU 1", "VM a, vCPU 1". Newly allocated. */
static char *name_of(const PlotCurve *curve)
{
	return curve->vm ? g_strdup_printf("VM %s, vCPU %u", curve->vm, curve->thread->vcpu)
			 : g_strdup_printf("vCPU %u", curve->thread->vcpu);
}

/* NULL when the histogram holds every sample. */
static char *overflow_note(const PlotCurve *curve)
{
	g_autofree char *max = text_us(curve->thread->max_ns);
	g_autofree char *name = name_of(curve);
	g_autofree char *end = NULL;

	if (!curve->histogram)
		return g_strdup_printf("%s: no histogram", name);
	if (!curve->histogram->overflow)
		return NULL;
	end = text_us((gint64)(curve->histogram->buckets * curve->histogram->bucket_ns));
	return g_strdup_printf("%s: %" G_GUINT64_FORMAT
			       " sample%s beyond the last bucket (%s µs), max %s µs",
			       name, curve->histogram->overflow,
			       curve->histogram->overflow == 1 ? "" : "s",
			       curve->histogram->buckets ? end : "end unknown", max);
}

/* Those with the largest maxima speak for the rest. Returns the number of lines. */
static guint append_notes(GString *out, const GArray *curves)
{
	static const char style[] = "font ',12' tc rgb '#a00000'";
	g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);
	guint shown;

	g_ptr_array_set_size(notes, (int)curves->len);
	for (guint i = 0; i < curves->len; i++)
		notes->pdata[rank(curves, i)] = overflow_note(plot_curve(curves, i));
	while (g_ptr_array_remove(notes, NULL))
		;
	shown = MIN(notes->len, NOTE_MAX);
	for (guint i = 0; i < shown; i++)
		append_line(out, notes->pdata[i], NOTE_Y - NOTE_STEP * i, style);
	if (notes->len > shown) {
		g_autofree char *rest = g_strdup_printf("and so on for %u more vCPUs",
							notes->len - shown);

		append_line(out, rest, NOTE_Y - NOTE_STEP * shown++, style);
	}
	return shown;
}

static void append_limit(GString *out, const RunLimit *limit)
{
	g_autofree char *bound = text_us(limit->limit_ns);
	g_autofree char *text = g_strdup_printf("limit: %s %s %s µs",
						or_unknown(limit->statistic),
						or_unknown(limit->relation), bound);
	g_autofree char *safe = harmless(text);

	g_string_append_printf(
		out,
		"set arrow from %s, graph 0 to %s, graph 1 nohead front lw 2 "
		"dt 2 lc rgb '#c00000'\n"
		"set label '%s' at %s, graph 0.98 right rotate by 90 offset "
		"character -0.9, 0 noenhanced front tc rgb '#c00000'\n",
		bound, bound, safe, bound);
}

/* A limit that holds for every vCPU is drawn once. */
static void append_limits(GString *out, const Run *run, const RunStage *stage)
{
	const GPtrArray *limits = run->verdict.limits;
	g_autoptr(GHashTable)
		drawn = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < limits->len; i++) {
		const RunLimit *limit = limits->pdata[i];
		char *key = g_strdup_printf("%s %s %" G_GINT64_FORMAT,
					    or_unknown(limit->statistic),
					    or_unknown(limit->relation), limit->limit_ns);

		/* The table takes the key in any case. */
		if (g_hash_table_add(drawn, key) && plot_limit_shown(limit, stage))
			append_limit(out, limit);
	}
}

static void append_key(GString *out, const GArray *curves, guint i)
{
	const RunThread *thread = plot_curve(curves, i)->thread;
	g_autofree char *max = text_us(thread->max_ns);
	g_autofree char *name = name_of(plot_curve(curves, i));
	g_autofree char *safe = harmless(name);

	if (rank(curves, i) >= KEY_MAX)
		return;
	g_string_append_printf(out, ", NaN with lines lw 4 lc rgb '%s' title '%s: ",
			       palette[i % G_N_ELEMENTS(palette)], safe);
	if (thread->samples)
		g_string_append_printf(out, "max %s µs' noenhanced", max);
	else
		g_string_append(out, "no samples' noenhanced");
}

static void append_curve(GString *out, const GArray *curves, guint i)
{
	const char *colour = palette[i % G_N_ELEMENTS(palette)];
	const PlotCurve *curve = plot_curve(curves, i);

	if (plot_has_rows(curve) && curves->len <= FILL_MAX)
		g_string_append_printf(out,
				       ", $curve%u with filledcurves y1=" PLOT_FLOOR
				       " fs transparent solid 0.15 noborder fc rgb '%s' "
				       "notitle",
				       i, colour);
	if (plot_has_rows(curve))
		g_string_append_printf(out,
				       ", $curve%u with lines lw 1.3 lc rgb '%s' notitle",
				       i, colour);
	/* A triangle on the axis at the exact maximum, also beyond the last cell. */
	if (plot_has_max(curve))
		g_string_append_printf(
			out, ", $max%u with points pt 9 ps 1.1 lc rgb '%s' notitle", i,
			colour);
}

static void append_plot(GString *out, const GArray *curves)
{
	/* Something to plot even when there is nothing: no plot is an error. */
	g_string_append(out, "plot NaN notitle");
	for (guint i = 0; i < curves->len; i++)
		append_curve(out, curves, i);
	for (guint i = 0; i < curves->len; i++)
		append_key(out, curves, i);
	if (curves->len > KEY_MAX)
		g_string_append_printf(out,
				       ", NaN with lines lc rgb '#ffffff' title "
				       "'and %u more vCPUs' noenhanced",
				       curves->len - KEY_MAX);
	g_string_append_c(out, '\n');
}

char *plot_script(const char *title, const Run *run, const RunStage *stage,
		  const GArray *curves)
{
	g_autofree char *below = subtitle(run, stage);
	PlotAxis axis = plot_axis(run, stage, curves);
	GString *out = g_string_new("set encoding utf8\n"
				    "set terminal svg size 1000,500 noenhanced "
				    "font 'DejaVu Sans,Verdana,Arial,sans-serif,13' "
				    "background rgb '#ffffff'\n"
				    "set lmargin 11\nset bmargin 4\n"
				    "set key outside right top reverse Left samplen 2 "
				    "noenhanced font ',12' maxcols 1\n"
				    "set samples 2\n");
	guint lines;

	plot_append_data(out, curves, &axis);
	append_axes(out, &axis);
	append_line(out, title, TITLE_Y, "font ',15'");
	append_line(out, below, SUBTITLE_Y, "font ',12' tc rgb '#404040'");
	lines = append_notes(out, curves);
	g_string_append_printf(out, "set tmargin at screen 0.%03u\n",
			       PLOT_TOP - NOTE_STEP * lines);
	if (axis.empty)
		append_line(out, "no samples", 500, "font ',18' tc rgb '#a00000'");
	append_limits(out, run, stage);
	append_plot(out, curves);
	return g_string_free(out, FALSE);
}
