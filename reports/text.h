/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sections of the text report, and how it writes figures. */
#ifndef LATHE_TEXT_H
#define LATHE_TEXT_H

#include <glib.h>

#include "run.h"

/* A blank line and a title. */
void text_title(GString *out, const char *format, ...) G_GNUC_PRINTF(2, 3);

void text_canary(GString *out, const Run *run);
void text_stage(GString *out, const Run *run, const RunStage *stage);
void text_tuning(GString *out, const Run *run);
void text_findings(GString *out, const Run *run);
void text_machines(GString *out, const Run *run);
void text_plan(GString *out, const Run *run);
void text_provenance(GString *out, const char *directory, const Run *run);

/* Of a run that was ended early nearly everything is a reason: `rest` gets those that may be
 * nothing but consequences of that cause, `first` all others. The strings are borrowed. */
void text_split_reasons(const RunVerdict *verdict, GPtrArray *first, GPtrArray *rest);

/* " of VM NAME" where the run has several, else "". Newly allocated. */
char *text_of_vm(const Run *run, const RunVm *vm);
/* The name of the VM with that id, or the id where there is none. */
const char *text_vm_name(const Run *run, const char *id);

/* "60", or "60.125" where ns matter. Newly allocated. */
char *text_us(gint64 ns);
/* "0", "3", "SIGKILL": an exit status or -signal. Newly allocated. */
char *text_exit(int status);
/* Words with blanks between; "none" for an empty list. Newly allocated. */
char *text_words(char *const *words);
const char *text_yes(gboolean yes);
/* "99.4 %", rounded down; "unknown" of nothing. Newly allocated. */
char *text_percent(guint64 part, guint64 whole);
/* "yes", or what is wrong with the load. Newly allocated. */
char *text_load_state(const RunLoad *load);
/* "SCHED_FIFO 80", or "SCHED_OTHER". Newly allocated. */
char *text_policy(const char *policy, guint priority);

#endif
