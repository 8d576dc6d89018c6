/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands that look at a machine, and print a result, have in common. */
#ifndef LATHE_COMMAND_MACHINE_H
#define LATHE_COMMAND_MACHINE_H

#include <glib.h>

#include "command.h"
#include "root.h"

/* The machine that --root names, or this one. */
Root *machine_root(const Arguments *arguments, GError **error);

/* Sets *ret by --format, which is text (the default) or json. */
gboolean machine_json_wanted(const Arguments *arguments, gboolean *ret, GError **error);

#endif
