/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include <glib.h>

#include "cyclictest.h"
#include "cyclictest-sample.h"
#include "error.h"

static const struct {
	const char *text;
	const char *error;
} malformed[] = {
	{"", "no '# Histogram' line: the text is empty"},
	{"\n\r\n", "no '# Histogram' line: the text is empty"},
	{"cyclictest V 2.40\nUsage:\ncyclictest <options>\n",
	 "no '# Histogram' line: this is cyclictest's usage text, printed when it "
	 "refuses an "
	 "option"},
	{"# /dev/cpu_dma_latency set to 0us\n"
	 "T: 0 (  931) P:80 I:1000 C:      1 Min:     26 Act:   26 Avg:   26 Max:      "
	 "26\n",
	 "no '# Histogram' line: only status lines; cyclictest ran without -h, or was "
	 "killed"},
	{"# /dev/cpu_dma_latency set to 0us\n",
	 "no '# Histogram' line: cyclictest ran without -h, or did not come to its end"},
	{"# Histogram of something\n" ROWS FOOTER,
	 "line 2: part of a histogram before '# Histogram'"},
	{ROWS FOOTER, "line 1: part of a histogram before '# Histogram'"},
	{FOOTER WHOLE, "line 1: part of a histogram before '# Histogram'"},
	{"# Histogram", "the text is cut: it ends inside line 1"},
	{"# Histogram\n",
	 "the text is cut: it ends after line 1, before '# Min Latencies:'"},
	{"# Histogram\n" ROWS,
	 "the text is cut: it ends after line 6, before '# Min Latencies:'"},
	{"# Histogram\n" ROWS TOTAL,
	 "the text is cut: it ends after line 7, before '# Min Latencies:'"},
	{"# Histogram\n" ROWS "000005 0000", "the text is cut: it ends inside line 7"},
	{"# Histogram\n" ROWS TOTAL MIN_AVG MAX_LINE,
	 "the text is cut: it ends after line 10, before '# Histogram Overflows:'"},
	{"# Histogram\n" ROWS TOTAL MIN_AVG MAX_LINE "# Histogram Overflows: 00000 0000",
	 "the text is cut: it ends inside line 11"},
	{"# Histogram\n" ROWS FOOTER
	 "# Histogram Overflow at cycle number:\n# Thread 0:\n",
	 "the text is cut: it ends after line 13, before '# Thread 1:'"},
	{"# Histogram\n" ROWS MAX_LINE OVERFLOW,
	 "line 7: not '# Min Latencies:', which comes next"},
	{"# Histogram\n" ROWS MIN_AVG OVERFLOW,
	 "line 9: not '# Max Latencies:', which comes next"},
	{"# Histogram\n" ROWS MIN_AVG TOTAL MAX_LINE OVERFLOW,
	 "line 9: not '# Max Latencies:', which comes next"},
	{"# Histogram\n" ROWS "cyclictest: no memory\n" FOOTER,
	 "line 7: not a row of the histogram"},
	{"# Histogram\n" ROWS "000004 000000\t000000\n" FOOTER,
	 "line 7: a row twice or out of order"},
	{"# Histogram\n000001 000002\t000000\n000000 000000\t000000\n",
	 "line 3: a row twice or out of order"},
	{"# Histogram\n" ROWS "000005 000000\n" FOOTER, "line 7: a column too few"},
	{"# Histogram\n" ROWS "000005\n" FOOTER, "line 7: a column too few"},
	{"# Histogram\n" ROWS "000005 0\t0\t0\n" FOOTER, "line 7: a column too many"},
	{"# Histogram\n000000\n", "line 2: a column too few"},
	{"# Histogram\n000000\t\n", "line 2: a column too few"},
	{"# Histogram\n000000 1,2\n", "line 2: a column is not a number"},
	{"# Histogram\n000000 -1\n", "line 2: a column is not a number"},
	{"# Histogram\n000000 0x1\n", "line 2: a column is not a number"},
	{"# Histogram\n000000 99999999999999999999\n",
	 "line 2: a column is not a number"},
	{"# Histogram\n-00001 000001\n", "line 2: not a row of the histogram"},
	{"# Histogram\n 000001 000001\n", "line 2: not a row of the histogram"},
	{"# Histogram\n1000000 000001\n",
	 "line 2: a bucket beyond cyclictest's last possible cell, 999999"},
	{"# Histogram\n000001 1\n000002 18446744073709551615\n",
	 "line 3: bucket 2: the sum of the counts exceeds 64 bits"},
	{"# Histogram\n" ROWS "# Total: 000000003 000000002\n" MIN_AVG MAX_LINE OVERFLOW,
	 "thread 1: '# Total:' is 2, but the rows add up to 1"},
	{"# Histogram\n" ROWS "# Total: 000000003\n" MIN_AVG MAX_LINE OVERFLOW,
	 "'# Total:' has 1 values for 2 threads"},
	{"# Histogram\n" ROWS TOTAL MIN_AVG MAX_LINE "# Histogram Overflows: 0 2 2 2\n",
	 "'# Histogram Overflows:' has 4 values for 2 threads"},
	{"# Histogram\n" ROWS TOTAL "# Min Latencies:\n",
	 "line 8: '# Min Latencies:' has no values"},
	{"# Histogram\n" ROWS TOTAL "# Min Latencies: 00001 -0001\n",
	 "line 8: a value is not a number"},
	{"# Histogram\n000001 000003\n# Min Latencies: 1\n# Avg Latencies: 1 1\n"
	 "# Max Latencies: 1\n# Histogram Overflows: 0\n",
	 "'# Avg Latencies:' has 2 values for 1 threads"},
	{"# Histogram\n" ROWS
	 "# Min Latencies: 1\n# Avg Latencies: 1\n# Max Latencies: 3\n"
	 "# Histogram Overflows: 0\n",
	 "the last of the 2 columns is not the sum of 1 threads"},
	{"# Histogram\n000001 2 0 2 4\n" MIN_AVG MAX_LINE OVERFLOW,
	 "the rows have 4 columns for 2 threads"},
	{"# Histogram\n" ROWS_H "# Total: 3 1 5\n" MIN_AVG MAX_LINE OVERFLOW,
	 "'# Total:': the last value is not the sum of the 2 threads"},
	{"# Histogram\n" ROWS_H MIN_AVG "# Max Latencies: 3 123456 3\n" OVERFLOW,
	 "'# Max Latencies:': the last value is not the maximum of the 2 threads"},
	{"# Histogram\n" ROWS_H MIN_AVG MAX_LINE
	 "# Histogram Overflows: 18446744073709551615 2 1\n",
	 "'# Histogram Overflows:': the sum exceeds 64 bits"},
	{"# Histogram\n" ROWS MIN_AVG MAX_LINE
	 "# Histogram Overflows: 18446744073709551615 2\n",
	 "thread 0: the samples exceed 64 bits"},
	{"# Histogram\n" ROWS
	 "# Min Latencies: 00001 00002\n# Avg Latencies: 00004 00006\n" MAX_LINE OVERFLOW,
	 "thread 0: min 1000, avg 4000, max 3000 ns are not in ascending order"},
	{"# Histogram\n" ROWS
	 "# Min Latencies: 00004 00002\n# Avg Latencies: 00001 00006\n" MAX_LINE OVERFLOW,
	 "thread 0: min 4000, avg 1000, max 3000 ns are not in ascending order"},
	{"# Histogram\n" ROWS
	 "# Min Latencies: 00000 00002\n# Avg Latencies: 00001 00006\n" MAX_LINE OVERFLOW,
	 "thread 0: the minimum is 0 ns, but the first row is 1000 ns"},
	{"# Histogram\n" ROWS MIN_AVG "# Max Latencies: 00004 123456\n" OVERFLOW,
	 "thread 0: the maximum is 4000 ns, but the last row is 3000 ns"},
	{"# Histogram\n" ROWS MIN_AVG MAX_LINE "# Histogram Overflows: 00000 00000\n",
	 "thread 1: the maximum is 123456000 ns, but the last row is 2000 ns"},
	{"# Histogram\n" ROWS TOTAL MIN_AVG MAX_LINE
	 "# Histogram Overflows: 00001 00002\n",
	 "thread 0: samples overflowed 5 cells, but the maximum is 3000 ns"},
	{"# Histogram\n" ROWS MIN_AVG "# Max Latencies: 3 9223372036854776\n" OVERFLOW,
	 "thread 1: a latency of 9223372036854776 is not possible"},
	{"# Histogram\n# Min Latencies: 1000000\n# Avg Latencies: 0\n# Max Latencies: 1\n"
	 "# Histogram Overflows: 0\n",
	 "thread 0: a maximum of 1000 ns without a sample"},
	{"# Histogram\n" ROWS FOOTER
	 "# Histogram Overflow at cycle number:\n# Thread 0:\n# Thread 1: 00001\n",
	 "line 14: 1 cycles and 0 others are listed, but 2 samples overflowed"},
	{"# Histogram\n" ROWS FOOTER "# Histogram Overflow at cycle number:\n# Thread "
	 "0:\n# Thread 1: 1 # 00002 others\n",
	 "line 14: 1 cycles and 2 others are listed, but 2 samples overflowed"},
	{"# Histogram\n" ROWS FOOTER "# Histogram Overflow at cycle number:\n# Thread "
	 "0:\n# Thread 1: 1 # many others\n",
	 "line 14: the list of cycles does not end in '# N others'"},
	{"# Histogram\n" ROWS FOOTER
	 "# Histogram Overflow at cycle number:\n# Thread 0: x\n# Thread 1: 1 2\n",
	 "line 13: not a list of cycles"},
	{"# Histogram\n" ROWS FOOTER
	 "# Histogram Overflow at cycle number:\n# Thread 1: 1 2\n# Thread 0:\n",
	 "line 13: not '# Thread 0:', which comes next"},
	{WHOLE WHOLE, "line 16: part of a second histogram in the same text"},
	{WHOLE "000005 000001\t000000\n",
	 "line 16: part of a second histogram in the same text"},
	{"# Histogram\n" ROWS FOOTER TOTAL,
	 "line 12: part of a second histogram in the same text"},
	{"# Histogram\n" WHOLE, "line 2: not '# Min Latencies:', which comes next"},
};

static void malformed_text_is_refused(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(malformed); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(CyclictestResult) result = cyclictest_parse_text(
			malformed[i].text, strlen(malformed[i].text), 1000, &error);

		if (result)
			fail_msg("row %zu is accepted: %s", i, malformed[i].error);
		assert_true(g_error_matches(error, LATHE_ERROR, LATHE_ERROR_INPUT));
		assert_string_equal(error->message, malformed[i].error);
	}
}

/* NUL bytes do not end the text. */
static void bytes_of_any_value(void **state)
{
	static const char text[] = "\0\377\n# Histogram\n000001 000002\t0000\00000\n";
	g_autoptr(GError) error = NULL;
	g_autoptr(CyclictestResult)
		result = cyclictest_parse_text(text, sizeof(text) - 1, 1000, &error);

	(void)state;
	assert_null(result);
	assert_string_equal(error->message, "line 3: a column is not a number");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(malformed_text_is_refused),
		cmocka_unit_test(bytes_of_any_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
