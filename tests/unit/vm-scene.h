/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A captured machine of two sockets, 40 cores, two threads each and four NUMA nodes (node 1: CPUs
 * 3-4,7-9 ...; node 3: 23-24,27-29,33-34,37-39; siblings: N + 40), and two VMs on it that keep
 * every rule: what a test changes of them is what a rule is about. */
#ifndef LATHE_TEST_VM_SCENE_H
#define LATHE_TEST_VM_SCENE_H

#include "capture.h"
#include "host-tree.h"
#include "vm_rules.h"

#define SCENE_HOST "nri-2-socket-4-node-40-core"
#define SCENE_CPUS 80

static const char scene_config[] = "[00000000-0000-4000-8000-000000000001]\n"
				   "name = rt\n"
				   "nr_vcpus = 2\n"
				   "cpuset = 37-39\n"
				   "rt = yes\n"
				   "hugepages = 2M\n"
				   "memory = 2048\n"
				   "kernel = /boot/vmlinuz\n"
				   "[00000000-0000-4000-8000-000000000002]\n"
				   "name = other\n"
				   "nr_vcpus = 2\n"
				   "cpuset = 7-9\n"
				   "memory = 2048\n"
				   "kernel = /boot/vmlinuz\n";

/* A whole capture, whose ksoftirqd goes before vCPUs of priority 80. */
static inline char *scene_tree(void)
{
	char *directory = host_unpack(SCENE_HOST);
	g_autoptr(GString) threads = g_string_new("2 2 0 0 0 k 0-79\t\tkthreadd\n");

	for (guint cpu = 0; cpu < SCENE_CPUS; cpu++)
		g_string_append_printf(threads, "%u %u 1 81 %u kb %u\t\tksoftirqd/%u\n", 20 + cpu,
				       20 + cpu, cpu, cpu, cpu);
	tree_write(directory, CAPTURE_THREADS, threads->str);
	tree_write(directory, CAPTURE_COMPLETE, "lathe-capture/1\n");
	return directory;
}

static inline VmConfigs *scene_configs(void)
{
	g_autoptr(GError) error = NULL;
	VmConfigs *configs =
		vm_configs_parse(scene_config, strlen(scene_config), "vms.cfg", &error);

	if (!configs)
		fail_msg("%s", error->message);
	return configs;
}

#endif
