/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one way from libvirt's errors to ours. Their text may repeat what a guest, QEMU or a
 * remote host wrote: it is escaped here, and known traps get a hint.
 */
#ifndef LATHE_LIBVIRT_ERROR_H
#define LATHE_LIBVIRT_ERROR_H

#include <glib.h>

/* libvirt prints every error to stderr unless told not to: only main() prints. */
void libvirt_silence(void);

/* Sets *error from the calling thread's last libvirt error, behind "WHAT: ", and returns
 * FALSE. To be called before any other libvirt function. */
gboolean libvirt_error(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

#endif
