/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cyclictest (rt-tests): its arguments, and what it prints. Text histograms of rt-tests
 * 0.8 to 2.80 and the JSON of 2.x are read into one result. Its exit status is not
 * believed: an unknown option, SIGTERM and -b all exit 0.
 */
#ifndef LATHE_CYCLICTEST_H
#define LATHE_CYCLICTEST_H

#include <glib.h>

#include "cpulist.h"
#include "histogram.h"

typedef struct {
	guint thread;       /* cyclictest's thread number, from 0 */
	gboolean cpu_known; /* JSON only; FALSE when it says -1 */
	guint cpu;          /* CPU it was bound to, as cyclictest says */
	gboolean samples_known;
	guint64 samples; /* JSON "cycles"; text: sum of the rows + overflow */
	gint64 min_ns, avg_ns, max_ns; /* 0 unless max_known */
	gboolean max_known;            /* FALSE for a thread that took no sample */
	Histogram *histogram;          /* NULL without -h */
} CyclictestThread;

typedef struct {
	GPtrArray *threads; /* of CyclictestThread *, ascending */
	guint64 unit_ns;    /* of min, max and the buckets: 1,000, or 1 with -N */
	/* The true mean of a thread is in [avg_ns - below, avg_ns + above]: the text
	 * truncates it to the unit, the JSON rounds it to hundredths of the unit. */
	guint64 avg_below_ns, avg_above_ns;
	char *version; /* "2.40", or NULL when it does not say */
	char *cmdline; /* as cyclictest saw it, or NULL */
	gboolean return_code_known;
	int return_code; /* JSON only; not believed */
} CyclictestResult;

void cyclictest_result_free(CyclictestResult *result);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CyclictestResult, cyclictest_result_free)

/*
 * The text form: what -q -h or --histfile write, dense or sparse, one or many threads,
 * with -H's extra column, with a vendor preamble, live lines or ANSI codes before it, any
 * lines after it. unit_ns is 1 when cyclictest ran with -N, else 1,000 (the text does not
 * tell). Strict in what it accepts: a text without histogram (the error says what it is
 * instead), a cut one (rows but no footer, a last line without its end), a column too few
 * or many, a row twice, a Total that is not the sum, min > max, min or max that
 * contradict the rows, a list of overflowed cycles that contradicts their number, two
 * histograms in one file are errors.
 */
CyclictestResult *cyclictest_parse_text(const char *text, gsize length, guint64 unit_ns,
					GError **error);

/*
 * The JSON form (--json). Overflow is cycles minus the sum of the histogram. With -N
 * among the arguments ("resolution_in_ns") values are ns. An empty histogram means that
 * every sample overflowed or that there was no -h: "cmdline:" tells which, and how many
 * cells. A thread without a cycle makes the file unreadable ("avg": -nan), and the error
 * says so.
 */
CyclictestResult *cyclictest_parse_json(const char *text, gsize length, GError **error);

/*
 * TRUE when both tell the same: thread by thread samples, min, avg, max (as far as both
 * know them, truncated to the coarser unit; the means within what was lost in printing
 * them), CPU, histogram and overflow. Else an error naming the first difference.
 */
gboolean cyclictest_agree(const CyclictestResult *a, const CyclictestResult *b,
			  GError **error);

typedef struct {
	Cpuset cpus;            /* measured CPUs, one thread each */
	guint housekeeping_cpu; /* where the main thread stays (--mainaffinity) */
	guint priority;         /* SCHED_FIFO */
	guint64 interval_us;
	guint32 buckets; /* of 1 us */
	guint64 duration_s;
	const char *json_path, *histogram_path, *fifo_path; /* in the machine measured */
} CyclictestOptions;

/*
 * argv[0] is "cyclictest"; caller owns the strings. Thread k runs on the k-th CPU. A path
 * that is NULL leaves its option out; cyclictest copies paths into buffers of 256 bytes
 * unchecked.
 *
 * cyclictest makes (and on exit removes) the FIFO itself, looks for a reader every 500
 * ms, and then writes one line per thread every 250 us for as long as somebody has it
 * open: open it, read to the end, close it, wait. A reader that closes while cyclictest
 * writes kills it unless SIGPIPE is ignored: whoever starts it does that before exec.
 */
char **cyclictest_argv(const CyclictestOptions *options);

/* Most bytes that --json and --histfile of one run take together. The text has a row for every
 * bucket, and may list as many overflowed cycles; the JSON has a line for every cell that
 * counts. */
guint64 cyclictest_output_max(guint threads, guint32 buckets);

/* With more cells (threads times buckets) than these either file may exceed 256 MiB, which is
 * what an agent sends (WIRE_FILE_MAX) and a bundle's reader takes. */
#define CYCLICTEST_FETCH_CELLS_MAX 8000000u

/* One line of the -F FIFO or of a snapshot:
 * "T: 0 (  123) P:80 I:1000 C:  456 Min:  1 Act:  2 Avg:  3 Max:  9". Values in us. It is
 * printed while the thread goes on: avg may be one sample ahead of cycles. min, avg and
 * max are 0 while cycles is 0. FALSE for any other line; then *ret is untouched. */
typedef struct {
	guint thread;
	gint64 tid; /* of the measuring thread: the number in parentheses */
	guint64 cycles;
	gint64 min_ns, avg_ns, max_ns;
} CyclictestLive;
gboolean cyclictest_parse_live(const char *line, gsize length, CyclictestLive *ret);

#endif
