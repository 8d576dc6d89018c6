/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `lathe tune persist` and `unpersist`: shown first, written when asked. With --write the caller
 * holds the lock. Both return the exit status, or -1 with an error. */
#ifndef LATHE_COMMAND_TUNE_PERSIST_H
#define LATHE_COMMAND_TUNE_PERSIST_H

#include "command.h"
#include "view.h"

/* `view` is of `root`, with the planned CPUs. */
int tune_persist(const CommandContext *context, const Arguments *arguments, const Root *root,
		 KnobView *view, GError **error);
int tune_unpersist(const CommandContext *context, const Arguments *arguments, const Root *root,
		   GError **error);

#endif
