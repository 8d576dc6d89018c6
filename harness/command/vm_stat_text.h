/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LATHE_COMMAND_VM_STAT_TEXT_H
#define LATHE_COMMAND_VM_STAT_TEXT_H

#include "stat.h"

/* For people; threads where they were read. Newly allocated. */
char *vm_stat_text(const GPtrArray *stats);
/* One JSON object and a newline; threads: they were asked for. Newly allocated. */
char *vm_stat_json(const GPtrArray *stats, gboolean threads);

/* "running", "shut off" ..., and "not defined" where libvirt has no such VM. */
const char *vm_stat_state(const VmStat *stat);

#endif
