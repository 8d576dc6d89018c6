/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands of `lathe vm` have in common. */
#ifndef LATHE_COMMAND_VM_COMMAND_H
#define LATHE_COMMAND_VM_COMMAND_H

#include "command.h"

/* --file, or the default. */
const char *vm_config_path(const Arguments *arguments);
/* --connect, or the default; "embedded" as it is: fleet_connect() knows it. */
const char *vm_uri(const Arguments *arguments);

#endif
