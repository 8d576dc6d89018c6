/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What persist and unpersist show. `written`: it was done, or is being done. All texts are the
 * caller's. */
#ifndef LATHE_COMMAND_TUNE_PERSIST_PRINT_H
#define LATHE_COMMAND_TUNE_PERSIST_PRINT_H

#include "persist.h"

char *persist_print_text(const PersistPlan *plan, gboolean written);
char *persist_print_json(const PersistPlan *plan, gboolean written);
char *unpersist_print_text(const Unpersist *files, gboolean written);
char *unpersist_print_json(const Unpersist *files, gboolean written);

#endif
