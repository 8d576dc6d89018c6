/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any text as /proc/cpuinfo. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cpuinfo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(gboolean claim)
{
	if (!claim)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(CpuInfo) info = cpuinfo_parse((const char *)data, size, &error);

	check(!info == (error != NULL));
	if (!info)
		return 0;
	check(cpuinfo_count(info) > 0);
	check(cpuset_count(cpuinfo_cpus(info)) == cpuinfo_count(info));
	check(!cpuinfo_has_flag(info, ""));
	check(!cpuinfo_has_bug(info, "two words"));
	check(cpuinfo_is_x86(info) == (cpuinfo_vendor(info) != NULL));
	if (cpuinfo_count(info) == 1)
		check(cpuinfo_same_flags(info) && cpuinfo_same_model(info) &&
		      cpuinfo_same_microcode(info));
	if (!cpuinfo_is_x86(info))
		check(!cpuinfo_model_name(info) && !cpuinfo_microcode(info) &&
		      !cpuinfo_has_flag(info, "fpu"));
	return 0;
}
