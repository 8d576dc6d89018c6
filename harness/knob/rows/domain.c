/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What libvirt was asked for: the live domain XML of the VM that is measured. What QEMU made
 * of it is the threads' layer.
 */
#include "rows.h"
#include "want.h"

/* clang-format off */
const Knob knob_rows_domain[] = {
	{
		.id	= "domain.memory_locked",
		.title	= "The VM's memory is locked",
		.why	= "a page of the guest that is swapped out or migrated costs a fault, which "
			  "takes microseconds to milliseconds",
		.source	= "ServoBox RT settings 10; host and QEMU tuning notes (mlock=on); "
			  "libvirt kbase kvm-realtime",
		.remedy	= "add <memoryBacking><locked/></memoryBacking> to the domain",
		.scopes	= SCOPE_VM, .severity = SEVERITY_FATAL, .when = WHEN_VM_RESTART,
		.place	= PLACE_DOMAIN,
		.path	= "boolean(/domain/memoryBacking/locked)",
		.want	= want_text, .text = "true",
	},
	{
		.id	= "domain.no_memballoon",
		.title	= "The VM has no memory balloon",
		.why	= "a balloon takes pages from the guest and gives them back by faults",
		.source	= "host and QEMU tuning notes (-balloon none); libvirt kbase kvm-realtime",
		.remedy	= "set <memballoon model='none'/> in the domain",
		.scopes	= SCOPE_VM, .severity = SEVERITY_HIGH, .when = WHEN_VM_RESTART,
		.place	= PLACE_DOMAIN,
		.path	= "/domain/devices/memballoon/@model",
		.want	= want_text, .text = "none",
		.absent	= ABSENT_BROKEN,
		.absent_means = "libvirt adds one unless told not to",
	},
	{.id = NULL},
};
