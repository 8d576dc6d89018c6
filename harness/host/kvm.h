/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does KVM work? Proven by running a long-mode loop, since the device node, CHECK_EXTENSION
 * and a HLT guest prove nothing (a KVM without hardware support passes all three).
 */
#ifndef LATHE_KVM_H
#define LATHE_KVM_H

#include <glib.h>

typedef struct {
	gboolean works;
	char *reason; /* a sentence, with the figures; owned by the caller */
} KvmProof;

/*
 * Runs 2,000,000 iterations of a loop natively and in a KVM guest, in a child under a timer
 * of one second. Works: at most 20 times slower than native (design.md §6).
 */
KvmProof kvm_prove(void);

/* Locked guest memory: TRUE when this process may lock `bytes` (CAP_IPC_LOCK, or
 * RLIMIT_MEMLOCK, which libvirt raises with CAP_SYS_RESOURCE). Else *ret_reason says why
 * not, owned by the caller. */
gboolean memory_lock_allowed(guint64 bytes, char **ret_reason);

#endif
