/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a kernel's file tells without being unpacked, and where its modules lie. */
#ifndef LATHE_KERNEL_FILE_H
#define LATHE_KERNEL_FILE_H

#include <glib.h>

/* "6.1.0-56-rt-amd64", by the header of a bzImage or the banner of a vmlinux. */
char *kernel_file_release(const char *path, GError **error);

/* The lib/modules/RELEASE beside the kernel: of /boot/vmlinuz in /lib, of DIR/boot/vmlinuz in
 * DIR/lib, of DIR/vmlinuz in DIR/lib, else this machine's own. NULL: there is none. */
char *kernel_file_modules(const char *path, const char *release);

#endif
