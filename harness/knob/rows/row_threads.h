/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rows of several layers ask about threads. */
#ifndef LATHE_ROW_THREADS_H
#define LATHE_ROW_THREADS_H

#include "finding.h"
#include "view.h"

/* The threads of the machine or of the VM, one at least; NULL when the finding was concluded
 * instead. */
const GArray *row_threads(const Knob *knob, KnobView *view, Finding *finding);

/* A vCPU of any VM: by its role, or by the name that QEMU gives it. */
gboolean row_thread_is_vcpu(const KnobThread *thread);

#endif
