/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One run of the measuring tool in a guest: started, watched to its end, its results in
 * the bundle and in a RunMeasured. Several guests may measure at the same time. What goes on
 * around it (loads, readings, a canary) is its owner's.
 */
#ifndef LATHE_MEASUREMENT_H
#define LATHE_MEASUREMENT_H

#include "context.h"
#include "wire.h"

#define REQUEST_TIMEOUT_MS 30000
/* The agent speaks every WIRE_LOOK_S at least while a tool runs. A housekeeping vCPU that
 * shares its CPU with the loads under TCG was seen to be late by up to 3 s. */
#define SILENCE_US (20 * G_USEC_PER_SEC)
G_STATIC_ASSERT(SILENCE_US >= 3 * WIRE_LOOK_S * G_USEC_PER_SEC);

typedef struct Measurement Measurement;

struct Measurement {
	/* Set by the owner. The stage's name is a path below raw/; its duration decides. */
	Guest *guest;
	const RunStage *stage;
	RunMeasured *measured;
	/* About once a second while the tool runs; of several that are watched together, the first
	 * that still measures. May be NULL. */
	void (*each_second)(Measurement *measurement);
	/* Something to be done while the tool runs, as soon as is_due() says so. Both NULL, or
	 * neither. */
	gboolean (*is_due)(const Measurement *measurement);
	gboolean (*act)(Measurement *measurement, GError **error);
	gpointer owner;

	/* For the owner to read. */
	guint n_threads;
	ProgressThread *threads; /* in the order of the RT vCPUs */
	guint32 pid;		 /* of the tool, in the guest; 0: not started */
	gint64 started_us;	 /* monotonic */
	gint64 first_sample_us;	 /* 0: none yet */
	gboolean silent;	 /* the agent does not speak any more: do not ask it */

	char *json, *histogram, *fifo; /* in the guest */
	GString *output;
	gint64 next_second_us;
	gboolean read_before; /* measurement_read_proc() was called */
};

/* For a stage whose name, duration_s and interval_us are set. */
void measurement_init(Measurement *measurement, Guest *guest, const RunStage *stage,
		      RunMeasured *measured);
void measurement_clear(Measurement *measurement);

gboolean measurement_start(Measurement *measurement, GError **error);

/* Returns when each of the n tools has ended, or with the reason to stop watching them: of one
 * guest, which the error names where there are several. */
gboolean measurements_watch(Measurement *const *all, guint n, GError **error);

/* For act(): what the guest's /proc says of the tool and of the agent, into `directory`. */
gboolean measurement_read_proc(Measurement *measurement, const char *directory, GError **error);

/* The tool's outputs into raw/<stage>/, and what they say into the stage. */
gboolean measurement_fetch(Measurement *measurement, GError **error);

/* The run is over before its time: has the tool write what it has, and fetches that, if the
 * guest still answers. FALSE when nothing was fetched. */
gboolean measurement_salvage(Measurement *measurement);

/* Whole seconds since the start. */
guint64 measurement_elapsed_s(const Measurement *measurement);

#endif
