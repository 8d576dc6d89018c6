/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A latency histogram as sparse rows in ascending order: bucket b counts the samples in
 * [b, b+1) * bucket_ns. Samples beyond the last cell are counted in `overflow`: they are
 * in no bucket. min, max and mean come from the tool, never from buckets.
 */
#ifndef LATHE_HISTOGRAM_H
#define LATHE_HISTOGRAM_H

#include <glib.h>

typedef struct {
	guint32 bucket;
	guint64 count; /* never 0 */
} HistogramRow;

typedef struct {
	guint64 bucket_ns; /* width of a bucket: 1,000 for cyclictest, 1 with -N */
	guint32 buckets;   /* number of cells; 0 when the tool did not say */
	guint n_rows;
	guint32 first_bucket, last_bucket; /* of the rows; 0 without one */
	guint64 total;                     /* sum of all counts */
	guint64 overflow;
	/* The rows: for each how many buckets lie between it and the one before, and its
	 * count, seven bits a byte, lowest first, the eighth set on all but the last. Three
	 * bytes where a struct takes 16: 64 threads with 100,000 rows each are 18 MB then. */
	guint8 *packed;
	gsize packed_length, packed_size;
} Histogram;

/* Walks the rows in ascending order. */
typedef struct {
	const guint8 *at, *end;
	guint64 next; /* the bucket behind the last row */
} HistogramCursor;

/* bucket_ns is from 1 to HISTOGRAM_BUCKET_NS_MAX: the end of every bucket then fits. */
#define HISTOGRAM_BUCKET_NS_MAX G_GUINT64_CONSTANT(1000000000)
Histogram *histogram_new(guint64 bucket_ns, guint32 buckets);
void histogram_free(Histogram *histogram);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Histogram, histogram_free)

/* Appends a row; buckets must come in ascending order. A zero count adds nothing. FALSE
 * with an error when out of order, outside the cells, or when the total would overflow 64
 * bits; then nothing was added. */
gboolean histogram_append(Histogram *histogram, guint64 bucket, guint64 count,
			  GError **error);

HistogramCursor histogram_rows(const Histogram *histogram);
/* FALSE at the end; then *ret is untouched. */
gboolean histogram_next(HistogramCursor *cursor, HistogramRow *ret);

/* Says how many cells there are. FALSE with an error when a row is beyond them. */
gboolean histogram_set_buckets(Histogram *histogram, guint32 buckets, GError **error);

/*
 * The bundle's form: "# bucket_ns N", "# buckets N" (when known) and "# overflow N", then
 * "BUCKET COUNT" rows without zeros (design: two columns). histogram_parse() reads
 * exactly this; whether rows are missing at the end shows only against the samples
 * counted elsewhere.
 */
char *histogram_format(const Histogram *histogram, gsize *ret_length);
Histogram *histogram_parse(const char *text, gsize length, GError **error);

gboolean histogram_same_rows(const Histogram *a, const Histogram *b);
/* Same rows, width and overflow. */
gboolean histogram_equal(const Histogram *a, const Histogram *b);

#endif
