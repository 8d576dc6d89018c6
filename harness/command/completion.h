/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shell completion, generated from the rows that the parser reads. What an option or a
 * command takes is told by its argument's name: DIR, FILE, PROFILE ..., or words between
 * bars ("kvm|tcg|auto").
 */
#ifndef LATHE_COMPLETION_H
#define LATHE_COMPLETION_H

#include "command.h"

/* A script for bash; it needs nothing but bash. Newly allocated. `everywhere` is what
 * every command takes besides its own options. */
char *completion_bash(const Command *const *list, const Option *global,
		      const Option *everywhere);

#endif
