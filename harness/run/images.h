/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guests of a run boot. */
#ifndef LATHE_IMAGES_H
#define LATHE_IMAGES_H

#include "context.h"

/* Builds or finds the image of the guest that lathe builds, or of every configured VM with a
 * kernel: that kernel, the modules beside it and lathe's initramfs. */
gboolean images_make(RunContext *context, GError **error);

#endif
