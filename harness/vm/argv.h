/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QEMU's arguments against the specification of its domain, whoever started it. */
#ifndef LATHE_ARGV_H
#define LATHE_ARGV_H

#include <glib.h>

#include "vm.h"

/* What vm_check_argv() does, for arguments from anywhere: one sentence per deviation is
 * added. */
void argv_check(const char *const *argv, const VmSpec *spec, GPtrArray *deviations);

/* What any domain asks for, whatever its devices. */
typedef struct {
	Accel accel;
	guint n_vcpus;	    /* at the start */
	guint64 memory_kib; /* 0: not looked at */
	gboolean lock_memory;
	guint iothreads;
	const char *kernel, *initrd, *cmdline; /* NULL kernel: none of them is looked at */
} ArgvAsked;

/* The same for a domain that lathe did not make. */
void argv_check_asked(const char *const *argv, const ArgvAsked *asked, GPtrArray *deviations);

#endif
