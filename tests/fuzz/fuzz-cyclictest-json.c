/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as cyclictest's JSON. */
#include <stddef.h>
#include <stdint.h>

#include "cyclictest-invariants.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(CyclictestResult)
		result = cyclictest_parse_json((const char *)data, size, &error);

	check_result(result, error);
	return 0;
}
