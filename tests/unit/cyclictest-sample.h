/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of a small text histogram as cyclictest prints it, to be put together well or
 * badly by the tests of its reader.
 */
#ifndef LATHE_TEST_CYCLICTEST_SAMPLE_H
#define LATHE_TEST_CYCLICTEST_SAMPLE_H

/* Two threads, 5 cells: thread 0 has 3 samples, thread 1 has 1 and 2 that overflowed. */
#define ROWS                                                                             \
	"000000 000000\t000000\n"                                                        \
	"000001 000002\t000000\n"                                                        \
	"000002 000000\t000001\n"                                                        \
	"000003 000001\t000000\n"                                                        \
	"000004 000000\t000000\n"
#define TOTAL    "# Total: 000000003 000000001\n"
#define MIN_AVG  "# Min Latencies: 00001 00002\n# Avg Latencies: 00001 00006\n"
#define MAX_LINE "# Max Latencies: 00003 123456\n"
#define OVERFLOW "# Histogram Overflows: 00000 00002\n"
#define CYCLES                                                                           \
	"# Histogram Overflow at cycle number:\n# Thread 0:\n# Thread 1: 00001 00002\n"
#define FOOTER TOTAL MIN_AVG MAX_LINE OVERFLOW
#define WHOLE  "# Histogram\n" ROWS FOOTER CYCLES "\n"

#define ROWS_H                                                                           \
	"000001 000002\t000000\t000002\n"                                                \
	"000002 000000\t000001\t000001\n"                                                \
	"000003 000001\t000000\t000001\n"
#define FOOTER_H                                                                         \
	"# Total: 000000003 000000001 000000004\n" MIN_AVG                               \
	"# Max Latencies: 00003 123456 123456\n"                                         \
	"# Histogram Overflows: 00000 00002 00002\n"

#endif
