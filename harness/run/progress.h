/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a person sees on stderr while a run goes on: one line rewritten every second on a
 * terminal, a line every 30 s elsewhere.
 */
#ifndef LATHE_PROGRESS_H
#define LATHE_PROGRESS_H

#include <glib.h>

#include "cpulist.h"

typedef struct Progress Progress;

/* What cyclictest's last snapshot said of one vCPU. */
typedef struct {
	gboolean seen;
	gint64 tid; /* of the measuring thread, in the guest */
	guint64 cycles;
	gint64 min_ns, avg_ns, max_ns;
} ProgressThread;

Progress *progress_new(void);
void progress_free(Progress *progress);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Progress, progress_free)

/* A line that stays: "guest image: downloading ...". */
void progress_note(Progress *progress, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* One VM's measuring threads; threads is indexed like the members of vcpus, ascending. */
typedef struct {
	const char *name; /* NULL: it is the only one */
	const Cpuset *vcpus;
	const ProgressThread *threads;
} ProgressVm;

/* How a stage stands. */
void progress_stage(Progress *progress, const char *stage, guint64 elapsed_s,
		    guint64 total_s, const ProgressVm *vms, guint n);

/* Ends the rewritten line, if there is one. */
void progress_end(Progress *progress);

#endif
