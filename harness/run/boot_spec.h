/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest of a run is started with. */
#ifndef LATHE_BOOT_SPEC_H
#define LATHE_BOOT_SPEC_H

#include "context.h"

/* What it runs on, and how that was found: into spec and record. */
gboolean boot_spec_choose_accel(Guest *guest, GError **error);

/* The rest of guest->spec. */
gboolean boot_spec_fill(Guest *guest, GError **error);

#endif
