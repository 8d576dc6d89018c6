/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a libvirt says of its machine. */
#include <stdint.h>

#include "capabilities.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_topology(const Topology *topology)
{
	CPUSET_FOREACH (cpu, &topology->online) {
		const TopologyCpu *at = topology_cpu(topology, (guint)cpu);
		Cpuset one = {0};

		g_assert_true(at && at->number == (guint)cpu && at->node);
		g_assert_true(cpuset_contains(&at->node->cpus, (guint)cpu));
		g_assert_true(!at->core || cpuset_contains(&at->core->cpus, (guint)cpu));
		cpuset_add(&one, (guint)cpu);
		one = topology_siblings(topology, &one);
		g_assert_true(cpuset_contains(&one, (guint)cpu));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	g_autoptr(GError) error = NULL;
	g_autoptr(HostCapabilities) host = capabilities_parse(text, &error);

	g_assert_true(!host == !!error);
	if (host && host->topology)
		check_topology(host->topology);
	return 0;
}
