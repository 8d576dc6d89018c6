/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as cyclictest's text, and as a live line. */
#include <stddef.h>
#include <stdint.h>

#include "cyclictest-invariants.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	g_autoptr(GError) error = NULL;
	g_autoptr(CyclictestResult)
		result = cyclictest_parse_text(text, size, size % 2 ? 1 : 1000, &error);
	CyclictestLive live;

	check_result(result, error);
	if (cyclictest_parse_live(text, size, &live))
		check(live.min_ns >= 0 && live.avg_ns >= 0 && live.max_ns >= 0);
	return 0;
}
