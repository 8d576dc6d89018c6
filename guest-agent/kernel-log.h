/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's log as a file: /dev/kmsg is a device, and a capture takes files only. */
#ifndef LATHE_KERNEL_LOG_H
#define LATHE_KERNEL_LOG_H

/* What a capture asks for, below the root. */
#define KERNEL_LOG_PATTERN "lathe/kernel-log"

/* Writes the log, its last 512 KiB at most, to /lathe/kernel-log. Only in the guest that lathe
 * built, whose root is its own memory; elsewhere, and on failure, there is no such file. */
void kernel_log_store(void);

#endif
