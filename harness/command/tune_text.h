/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `lathe tune` tells a person. All texts are the caller's. */
#ifndef LATHE_COMMAND_TUNE_TEXT_H
#define LATHE_COMMAND_TUNE_TEXT_H

#include "change.h"
#include "tune.h"

char *tune_text_diff(const Changes *changes, const char *cpus);
/* ok: what tune_apply() returned. */
char *tune_text_apply(const Changes *changes, const GPtrArray *outcomes, const char *cpus,
		      gboolean ok);
/* pending: of Finding *, rows that hold only after a reboot; empty when nobody knows. */
char *tune_text_status(const TuneStatus *status, gboolean under_way,
		       const GPtrArray *pending);
/* aside: where a damaged journal went, or NULL. */
char *tune_text_restore(const GPtrArray *outcomes, const GPtrArray *doubts, const char *aside);

#endif
