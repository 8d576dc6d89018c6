/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands that work on rows of the knob table have in common. */
#ifndef LATHE_COMMAND_ROWS_H
#define LATHE_COMMAND_ROWS_H

#include "command.h"
#include "judge.h"
#include "view.h"

/* --only, --skip and --severity, as far as the command has them. */
gboolean rows_selection(const Arguments *arguments, KnobSelection *ret, GError **error);

/* The error for an id that no row has, with the nearest one; FALSE. */
gboolean rows_unknown(const char *id, GError **error);

/* --choose ID=VALUE, each of them. */
gboolean rows_choose(const Arguments *arguments, KnobView *view, GError **error);

#endif
