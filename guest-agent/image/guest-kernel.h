/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel of a guest as QEMU is to load it: extracted once, shared by all its images.
 */
#ifndef LATHE_GUEST_KERNEL_H
#define LATHE_GUEST_KERNEL_H

#include <glib.h>

typedef struct {
	char *file;        /* in the cache; what QEMU loads */
	char *release;     /* from the kernel's own banner */
	gboolean realtime; /* the banner says PREEMPT_RT */
} GuestKernel;

void guest_kernel_clear(GuestKernel *kernel);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(GuestKernel, guest_kernel_clear)

/*
 * The kernel `vmlinuz` (a bzImage or an ELF vmlinux) whose content has that digest. QEMU
 * loads an ELF kernel only through its PVH entry; a bzImage without one is kept as it is,
 * which costs the guest seconds of decompression, and a vmlinux without one is refused.
 * The caller holds the cache's lock.
 */
gboolean guest_kernel_ensure(const char *cache_directory, const char *vmlinuz,
			     const char *digest, void (*progress)(const char *line),
			     GuestKernel *ret, GError **error);

#endif
