/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The smallest guest that tells a KVM that works from one that does not: one vCPU in 64-bit
 * mode that counts down and halts. Safe in a fork of a process with threads: system calls
 * only, errors are literals and errno.
 */
#ifndef LATHE_KVM_GUEST_H
#define LATHE_KVM_GUEST_H

#include <glib.h>

struct kvm_run;

/* Plain descriptors and a mapping: the process that made them ends soon, nothing is freed. */
typedef struct {
	int vcpu;
	struct kvm_run *run;
} KvmGuest;

/* NULL, or the name of the step that failed, with errno. */
const char *kvm_guest_open(KvmGuest *guest);

/* Runs the loop *left times until it halts, or until a signal: then *left says how many
 * iterations remain. NULL, or the step that failed, with errno (0: the guest left KVM_RUN
 * with *ret_exit_reason, which is neither). */
const char *kvm_guest_run(KvmGuest *guest, guint64 *left, guint32 *ret_exit_reason);

#endif
