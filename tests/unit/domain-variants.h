/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configurations that every domain is tried with. */
#ifndef LATHE_TEST_DOMAIN_VARIANTS_H
#define LATHE_TEST_DOMAIN_VARIANTS_H

#include "domain-fixture.h"

/* Keys and values that are set on top of what was read. */
static const char *const domain_variants[][12] = {
	{"rt", "True", "cpuset", "8-15"},
	{"rt", "True", "cpuset", "9-11", "rt_memory", "no", "numatune", "",
	 "emulator_priority", "70"},
	{"rt", "False", "cpuset", "", "vcpu_priority", "50", "hide_kvm", "yes"},
	{"cpuset", "3,5-6", "iothreads", "2", "hugepages", "2M", "title", "a & <b>"},
	{"cpuset", "1", "rt_memory", "on", "iothreads", "0", "hugepages", "no"},
	{"rt", "on", "cpuset", "0-15", "guest_housekeeping", "", "hugepages", "default",
	 "disk", "/dev/disk/x, /a.qcow2, /b.raw"},
	{"name", "another", "description", "one\n\ntwo", "pci", "03:00.0, 0001:81:1f.7",
	 "kernel", "/boot/vmlinuz", "initrd", "/boot/initrd"},
	{"cmdline", "console=ttyS0 'a' \"b\" <c> &amp;", "memory", "", "iothreads",
	 "auto", "rt", "True", "cpuset", "4-12"},
};

static inline void domain_set_variant(VmConfig *vm, const char *const *pairs)
{
	for (guint i = 0; i + 1 < G_N_ELEMENTS(domain_variants[0]) && pairs[i]; i += 2)
		domain_set(vm, pairs[i], pairs[i + 1]);
}

#endif
