/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LATHE_COMMAND_WATCH_H
#define LATHE_COMMAND_WATCH_H

#include "command.h"

/* `lathe validate-host --watch TIME`: counts what happens on the CPUs of --cpus, or on the
 * isolated ones, and prints it. 0, or -1 with an error. */
int watch_machine(const Arguments *arguments, GError **error);

#endif
