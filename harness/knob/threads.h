/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The threads of a machine, from proc or from the one file that a capture keeps of them: a
 * line a thread,
 *
 *	PID TID POLICY PRIORITY CPU FLAGS ALLOWED <tab> ROLE <tab> COMM
 *
 * in decimal; FLAGS are k (kernel thread) and b (bound to its CPUs), or -; ALLOWED is a
 * cpulist; ROLE is blank but for a VM's threads; COMM is escaped.
 */
#ifndef LATHE_THREADS_H
#define LATHE_THREADS_H

#include "root.h"
#include "view.h"

/* From proc/PID/task/TID. A thread that ends meanwhile is left out. NULL with *ret_errno when
 * proc cannot be listed or holds no thread. GArray of KnobThread. */
GArray *threads_read(const Root *root, int *ret_errno);

/* From a capture's file. NULL with *ret_errno EILSEQ when a line is malformed. */
GArray *threads_parse(const char *text, int *ret_errno);

/* The text of that file. */
char *threads_format(const GArray *threads);

/* An empty array that frees what its elements own. */
GArray *threads_new(void);

#endif
