/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `lathe tune --format json` prints. All texts are the caller's. */
#ifndef LATHE_COMMAND_TUNE_JSON_H
#define LATHE_COMMAND_TUNE_JSON_H

#include "change.h"
#include "tune.h"

char *tune_json_diff(const Changes *changes, const char *cpus);
char *tune_json_apply(const Changes *changes, const GPtrArray *outcomes, const char *cpus,
		      gboolean ok);
/* pending: of Finding *, rows that hold only after a reboot. */
char *tune_json_status(const TuneStatus *status, gboolean under_way,
		       const GPtrArray *pending);
char *tune_json_restore(const GPtrArray *outcomes, const GPtrArray *doubts, const char *aside);

#endif
