/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What it costs to read a large histogram, one reading a process, so that the peak of its
 * memory is that reading's own.
 *
 *	bench-histogram write DIR STEP		DIR/large.hist and DIR/large.json, 64 threads of
 *						100,000 buckets, every STEP-th with samples
 *	bench-histogram text|json|judge DIR	prints "WALL_S CPU_S PEAK_BYTES"; judge reads
 *						both as the judge does, and compares them
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "bundle.h"
#include "cyclictest.h"
#include "number.h"

#define THREADS 64
#define BUCKETS 100000
#define TEXT    "large.hist"
#define JSON    "large.json"

/* Of one to three digits where there are samples. */
static guint count_of(guint thread, guint bucket, guint step)
{
	return bucket % step ? 0 : 1 + (bucket * 31 + thread * 17) % 500;
}

typedef struct {
	guint64 samples[THREADS];
	gdouble sum[THREADS];
} Totals;

static void write_text(FILE *file, guint step, Totals *totals)
{
	fputs("# Histogram\n", file);
	for (guint bucket = 0; bucket < BUCKETS; bucket++) {
		fprintf(file, "%06u ", bucket);
		for (guint thread = 0; thread < THREADS; thread++) {
			guint count = count_of(thread, bucket, step);

			totals->samples[thread] += count;
			totals->sum[thread] += (gdouble)count * bucket;
			fprintf(file, "%06u%s", count,
				thread + 1 < THREADS ? "\t" : "\n");
		}
	}
	fputs("# Total:", file);
	for (guint thread = 0; thread < THREADS; thread++)
		fprintf(file, " %09" G_GUINT64_FORMAT, totals->samples[thread]);
	fputs("\n# Min Latencies:", file);
	for (guint thread = 0; thread < THREADS; thread++)
		fputs(" 00000", file);
	fputs("\n# Avg Latencies:", file);
	for (guint thread = 0; thread < THREADS; thread++)
		fprintf(file, " %05.0f",
			totals->sum[thread] / (gdouble)totals->samples[thread] - 0.5);
	fputs("\n# Max Latencies:", file);
	for (guint thread = 0; thread < THREADS; thread++)
		fprintf(file, " %05u", BUCKETS - step);
	fputs("\n# Histogram Overflows:", file);
	for (guint thread = 0; thread < THREADS; thread++)
		fputs(" 00000", file);
	fputs("\n# Histogram Overflow at cycle number:\n", file);
	for (guint thread = 0; thread < THREADS; thread++)
		fprintf(file, "# Thread %u:\n", thread);
	fputs("\n", file);
}

static void write_json(FILE *file, guint step, const Totals *totals)
{
	fprintf(file,
		"{\n  \"file_version\": 1,\n  \"cmdline:\": \"cyclictest -q -h%u "
		"-t%u\",\n"
		"  \"rt_test_version:\": \"2.40\",\n  \"return_code\": 0,\n"
		"  \"num_threads\": %u,\n  \"resolution_in_ns\": 0,\n  \"thread\": {\n",
		BUCKETS, THREADS, THREADS);
	for (guint thread = 0; thread < THREADS; thread++) {
		fprintf(file, "    \"%u\": {\n      \"histogram\": {\n", thread);
		for (guint bucket = 0; bucket < BUCKETS; bucket += step)
			fprintf(file, "        \"%u\": %u%s\n", bucket,
				count_of(thread, bucket, step),
				bucket + step < BUCKETS ? "," : "");
		fprintf(file,
			"      },\n      \"cycles\": %" G_GUINT64_FORMAT
			",\n      \"min\": 0,\n"
			"      \"max\": %u,\n      \"avg\": %.2f,\n      \"cpu\": %u,\n"
			"      \"node\": 0\n    }%s\n",
			totals->samples[thread], BUCKETS - step,
			totals->sum[thread] / (gdouble)totals->samples[thread], thread,
			thread + 1 < THREADS ? "," : "");
	}
	fputs("  }\n}\n", file);
}

static gboolean write_files(const char *directory, guint step)
{
	g_autofree char *text_path = g_build_filename(directory, TEXT, NULL);
	g_autofree char *json_path = g_build_filename(directory, JSON, NULL);
	FILE *text = fopen(text_path, "we");
	FILE *json = fopen(json_path, "we");
	Totals totals = {0};
	gboolean written;

	if (!text || !json)
		return FALSE;
	write_text(text, step, &totals);
	write_json(json, step, &totals);
	written = !ferror(text) && !ferror(json);
	return fclose(text) == 0 && fclose(json) == 0 && written;
}

static CyclictestResult *read_text(const char *directory, GError **error)
{
	g_autofree char *text = NULL;
	gsize length;

	if (!bundle_read_file(directory, TEXT, &text, &length, error))
		return NULL;
	return cyclictest_parse_text(text, length, 1000, error);
}

static CyclictestResult *read_json(const char *directory, GError **error)
{
	g_autofree char *text = NULL;
	gsize length;

	if (!bundle_read_file(directory, JSON, &text, &length, error))
		return NULL;
	return cyclictest_parse_json(text, length, error);
}

static double seconds_of(const struct timeval *time)
{
	return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

int main(int argc, char **argv)
{
	g_autoptr(CyclictestResult) json = NULL;
	g_autoptr(CyclictestResult) text = NULL;
	g_autoptr(GError) error = NULL;
	gboolean both = argc == 3 && strcmp(argv[1], "judge") == 0;
	gint64 start_us = g_get_monotonic_time();
	struct rusage usage;
	guint64 step;

	if (argc == 4 && strcmp(argv[1], "write") == 0 &&
	    number_parse(argv[3], 1, BUCKETS / 2, &step, NULL) && BUCKETS % step == 0)
		return write_files(argv[2], (guint)step) ? EXIT_SUCCESS : EXIT_FAILURE;
	if (argc != 3)
		return EXIT_FAILURE;
	if (both || strcmp(argv[1], "json") == 0)
		json = read_json(argv[2], &error);
	if (!error && (both || strcmp(argv[1], "text") == 0))
		text = read_text(argv[2], &error);
	if (!error && both)
		cyclictest_agree(json, text, &error);
	if (error || (!json && !text)) {
		fprintf(stderr, "%s\n", error ? error->message : "usage");
		return EXIT_FAILURE;
	}
	getrusage(RUSAGE_SELF, &usage);
	/* ru_maxrss is in KiB. */
	printf("%.6f %.6f %ld\n", (double)(g_get_monotonic_time() - start_us) / 1e6,
	       seconds_of(&usage.ru_utime) + seconds_of(&usage.ru_stime),
	       usage.ru_maxrss * 1024);
	return EXIT_SUCCESS;
}
