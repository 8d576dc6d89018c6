/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of each layer, in one file each; knob_table.c puts them in order. */
#ifndef LATHE_KNOB_ROWS_H
#define LATHE_KNOB_ROWS_H

#include "knob.h"

extern const Knob knob_rows_boot[], knob_rows_kernel[], knob_rows_cpu[], knob_rows_sched[],
	knob_rows_power[], knob_rows_irq[], knob_rows_workqueue[], knob_rows_memory[],
	knob_rows_cache[], knob_rows_kvm[], knob_rows_service[], knob_rows_system[],
	knob_rows_domain[], knob_rows_pinning[], knob_rows_argv[],
	knob_rows_thread[], knob_rows_guest[], knob_rows_advice[],
	knob_rows_throttle[], knob_rows_priority[], knob_rows_limits[], knob_rows_idle[],
	knob_rows_clock[], knob_rows_firmware[], knob_rows_irq_evidence[],
	knob_rows_network[], knob_rows_reclaim[], knob_rows_kvm_module[], knob_rows_iommu[],
	knob_rows_periodic[], knob_rows_daemon[], knob_rows_others[], knob_rows_tracing[],
	knob_rows_practice[];
extern const Knob knob_rows_boot_machine[], knob_rows_boot_check[], knob_rows_boot_lint[],
	knob_rows_boot_clock[], knob_rows_kernel_config[], knob_rows_kernel_debug[],
	knob_rows_cpu_place[], knob_rows_partition[], knob_rows_task[], knob_rows_vfio[],
	knob_rows_kvm_processor[], knob_rows_limits_effect[], knob_rows_pinning_memory[];

#endif
