/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The JSON form (write_stats() in cyclictest.c, rt_write_json() in rt-utils.c of
 * rt-tests).
 */
#include "cyclictest.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#include "cyclictest_bulk.h"
#include "cyclictest_parse.h"
#include "error.h"
#include "escape.h"
#include "number.h"

/* Of a key that versions write with and without a colon inside. */
static const char *string_of(json_t *root, const char *key, const char *other_key)
{
	const char *value = json_string_value(json_object_get(root, key));

	return value ? value : json_string_value(json_object_get(root, other_key));
}

static gboolean take_integer(json_t *object, const char *key, guint64 min, guint64 max,
			     guint64 *ret, GError **error)
{
	json_t *value = json_object_get(object, key);
	json_int_t number = json_integer_value(value);

	if (!json_is_integer(value) || number < 0 || (guint64)number < min ||
	    (guint64)number > max)
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "\"%s\" is not a number from %" G_GUINT64_FORMAT
				   " to %" G_GUINT64_FORMAT,
				   key, min, max);
	*ret = (guint64)number;
	return TRUE;
}

/* The cells asked for in one word of the command line (and the one behind it): "-h60",
 * "-qh60", "-h 60", "--histogram=60"; -1 when it asks for none. */
static gint64 cells_of_word(const char *word, const char *next)
{
	static const char with_argument[] =
		"aAbcdDFilopt"; /* the rest of the word is theirs */
	static const char *const names[] = {"--histogram", "--histofall"};
	const char *value = NULL;
	guint64 cells;

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		Span span = span_of(word);

		if (span_take_literal(&span, names[i]) && (*span.at == '=' || !*span.at))
			value = *span.at ? span.at + 1 : next;
	}
	if (word[0] == '-' && word[1] != '-')
		for (const char *p = word + 1; *p && !strchr(with_argument, *p); p++)
			if (*p == 'h' || *p == 'H') {
				value = p[1] ? p + 1 : next;
				break;
			}
	if (!value || !number_parse(value, 0, G_MAXUINT32, &cells, NULL))
		return -1;
	return (gint64)MIN(cells, CYCLICTEST_CELLS_MAX);
}

/* The last -h or -H counts, as for getopt. 0: none. */
static guint32 cells_of_cmdline(const char *cmdline)
{
	g_auto(GStrv) words = g_strsplit(cmdline ? cmdline : "", " ", -1);
	guint32 cells = 0;

	for (guint i = 0; words[i]; i++) {
		gint64 found = cells_of_word(words[i], words[i + 1]);

		if (found >= 0)
			cells = (guint32)found;
	}
	return cells;
}

static gboolean take_row(Histogram *histogram, const char *key, json_t *count,
			 GError **error)
{
	Span span = span_of(key);
	guint64 bucket;

	if (!span_take_number(&span, G_MAXUINT64, &bucket) || span.at != span.end ||
	    !json_is_integer(count) || json_integer_value(count) < 0)
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "\"histogram\": not a bucket and its count");
	return histogram_append(histogram, bucket, (guint64)json_integer_value(count),
				error);
}

/* The rows that were taken out of the text for this value, or NULL when none were. */
static CyclictestBulkRows *bulk_rows(const CyclictestBulk *bulk, json_t *value)
{
	json_int_t index = json_integer_value(value);

	return bulk->rows && json_is_integer(value) && index >= 0 && index < bulk->rows->len
		       ? g_ptr_array_index(bulk->rows, (guint)index)
		       : NULL;
}

static gboolean append_tree(Histogram *histogram, json_t *rows, GError **error)
{
	const char *key;
	json_t *count;

	json_object_foreach(rows, key, count) if (!take_row(histogram, key, count,
							    error)) return FALSE;
	return TRUE;
}

static Histogram *tree_histogram(json_t *rows, guint64 unit_ns, guint32 cells, GError **error)
{
	g_autoptr(Histogram) histogram = histogram_new(unit_ns, cells);

	return append_tree(histogram, rows, error) ? g_steal_pointer(&histogram) : NULL;
}

static Histogram *bulk_histogram(CyclictestBulkRows *rows, guint64 unit_ns, guint32 cells,
				 GError **error)
{
	g_autoptr(Histogram) histogram = g_steal_pointer(&rows->histogram);

	histogram->bucket_ns = unit_ns;
	if (!histogram_set_buckets(histogram, cells, error))
		return NULL;
	/* One that counts 0 is no row, and has no place either. */
	if (cells && rows->end > cells) {
		lathe_error(error, LATHE_ERROR_INPUT,
			    "bucket %" G_GUINT64_FORMAT
			    " is outside the histogram's %" G_GUINT32_FORMAT " cells",
			    rows->end - 1, cells);
		return NULL;
	}
	return g_steal_pointer(&histogram);
}

static Histogram *take_histogram(json_t *value, const CyclictestBulk *bulk, guint64 unit_ns,
				 guint32 cells, guint64 samples, GError **error)
{
	CyclictestBulkRows *rows = bulk_rows(bulk, value);
	g_autoptr(Histogram) histogram = rows ? bulk_histogram(rows, unit_ns, cells, error)
					      : tree_histogram(value, unit_ns, cells, error);

	if (!histogram)
		return NULL;
	if (histogram->total > samples) {
		lathe_error(error, LATHE_ERROR_INPUT,
			    "the histogram adds up to %" G_GUINT64_FORMAT
			    ", but \"cycles\" is %" G_GUINT64_FORMAT,
			    histogram->total, samples);
		return NULL;
	}
	histogram->overflow = samples - histogram->total;
	return g_steal_pointer(&histogram);
}

static gboolean take_latencies(CyclictestThread *thread, json_t *object, guint64 unit_ns,
			       GError **error)
{
	double avg = json_number_value(json_object_get(object, "avg"));
	guint64 most = G_MAXINT64 / unit_ns, min, max;

	if (!take_integer(object, "min", 0, most, &min, error) ||
	    !take_integer(object, "max", 0, most, &max, error))
		return FALSE;
	/* The mean of numbers up to 2^53 is a double's to hold. */
	if (!json_is_number(json_object_get(object, "avg")) ||
	    !(avg >= 0 && avg * (double)unit_ns < 0x1p53))
		return lathe_error(error, LATHE_ERROR_INPUT, "\"avg\" is not a latency");
	if (!cyclictest_thread_set(thread, unit_ns, min, 0, max, error))
		return FALSE;
	thread->avg_ns = llround(avg * (double)unit_ns);
	return TRUE;
}

static gboolean fill_thread(CyclictestThread *thread, json_t *object,
			    const CyclictestBulk *bulk, guint64 unit_ns,
			    gboolean with_histogram, guint32 cells, GError **error)
{
	json_t *rows = json_object_get(object, "histogram");
	json_t *cpu = json_object_get(object, "cpu");

	if (!json_is_object(object) || (!json_is_object(rows) && !bulk_rows(bulk, rows)))
		return lathe_error(error, LATHE_ERROR_INPUT, "no \"histogram\" object");
	if (!take_integer(object, "cycles", 0, G_MAXINT64, &thread->samples, error) ||
	    !take_latencies(thread, object, unit_ns, error))
		return FALSE;
	thread->samples_known = TRUE;
	/* -1 without affinity. */
	if (!json_is_integer(cpu) || json_integer_value(cpu) < -1 ||
	    json_integer_value(cpu) >= CPUSET_CPUS)
		return lathe_error(error, LATHE_ERROR_INPUT, "\"cpu\" is not a CPU");
	thread->cpu_known = json_integer_value(cpu) >= 0;
	thread->cpu = thread->cpu_known ? (guint)json_integer_value(cpu) : 0;
	if (with_histogram) {
		thread->histogram =
			take_histogram(rows, bulk, unit_ns, cells, thread->samples, error);
		if (!thread->histogram)
			return FALSE;
	}
	return cyclictest_thread_check(thread, error);
}

static gboolean any_rows(json_t *threads, const CyclictestBulk *bulk)
{
	const char *key;
	json_t *thread;

	json_object_foreach(threads, key, thread)
	{
		json_t *value = json_object_get(thread, "histogram");
		const CyclictestBulkRows *rows = bulk_rows(bulk, value);

		if (rows ? rows->end > 0 : json_object_size(value) > 0)
			return TRUE;
	}
	return FALSE;
}

static gboolean take_threads(CyclictestResult *result, json_t *root,
			     const CyclictestBulk *bulk, GError **error)
{
	json_t *threads = json_object_get(root, "thread");
	guint32 cells = cells_of_cmdline(result->cmdline);
	gboolean with_histogram = cells > 0 || any_rows(threads, bulk);
	guint64 count;

	if (!take_integer(root, "num_threads", 1, CYCLICTEST_THREADS_MAX, &count, error))
		return FALSE;
	if (!json_is_object(threads) || json_object_size(threads) != count)
		return lathe_error(
			error, LATHE_ERROR_INPUT,
			"\"thread\" does not hold %" G_GUINT64_FORMAT " threads", count);
	for (guint i = 0; i < count; i++) {
		g_autofree char *key = g_strdup_printf("%u", i);

		if (!fill_thread(cyclictest_result_add(result),
				 json_object_get(threads, key), bulk, result->unit_ns,
				 with_histogram, cells, error)) {
			g_prefix_error(error, "thread %u: ", i);
			return FALSE;
		}
	}
	return TRUE;
}

static CyclictestResult *take_result(json_t *root, const CyclictestBulk *bulk,
				     GError **error)
{
	json_t *return_code = json_object_get(root, "return_code");
	g_autoptr(CyclictestResult) result = NULL;
	guint64 nsecs, ignored;

	if (!take_integer(root, "file_version", 1, 1, &ignored, error) ||
	    !take_integer(root, "resolution_in_ns", 0, 1, &nsecs, error))
		return NULL;
	result = cyclictest_result_new(nsecs ? 1 : 1000);
	/* Half of the last of two decimals printed; in whole ns at least one. */
	result->avg_below_ns = result->avg_above_ns = nsecs ? 1 : 5;
	result->version =
		g_strdup(string_of(root, "rt_test_version:", "rt_test_version"));
	result->cmdline = g_strdup(string_of(root, "cmdline:", "cmdline"));
	if (json_is_integer(return_code) && json_integer_value(return_code) >= G_MININT &&
	    json_integer_value(return_code) <= G_MAXINT) {
		result->return_code_known = TRUE;
		result->return_code = (int)json_integer_value(return_code);
	}
	return take_threads(result, root, bulk, error) ? g_steal_pointer(&result) : NULL;
}

static CyclictestResult *not_json(const char *text, gsize length,
				  const json_error_t *what, GError **error)
{
	g_autofree char *message = escape_text(what->text, -1);

	/* cycles is 0, and cyclictest divides by it. */
	if (g_strstr_len(text, (gssize)length, "\"avg\": -nan") ||
	    g_strstr_len(text, (gssize)length, "\"avg\": nan"))
		lathe_error(error, LATHE_ERROR_INPUT,
			    "a thread took no sample (its \"avg\" is nan, not a number)");
	else
		lathe_error(error, LATHE_ERROR_INPUT, "not JSON: line %d, column %d: %s",
			    what->line, what->column, message);
	return NULL;
}

CyclictestResult *cyclictest_parse_json(const char *text, gsize length, GError **error)
{
	g_auto(CyclictestBulk) bulk = {NULL, NULL};
	CyclictestResult *result;
	json_error_t what;
	json_t *root = NULL;

	if (cyclictest_bulk_take(text, length, &bulk))
		root = json_loadb(bulk.rest->str, bulk.rest->len, JSON_REJECT_DUPLICATES, &what);
	/* Where it is wrong is to be told of the whole text. */
	if (!root) {
		cyclictest_bulk_clear(&bulk);
		root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &what);
	}
	if (!root)
		return not_json(text, length, &what, error);
	result = take_result(root, &bulk, error);
	json_decref(root);
	return result;
}
