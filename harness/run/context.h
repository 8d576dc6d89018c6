/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of one run share. Owned by qualify(); each part fills its own fields.
 */
#ifndef LATHE_CONTEXT_H
#define LATHE_CONTEXT_H

#include <glib.h>

#include "bundle.h"
#include "facts.h"
#include "image.h"
#include "plan.h"
#include "profile.h"
#include "progress.h"
#include "qualify.h"
#include "run.h"
#include "session.h"
#include "vm.h"
#include "waiter.h"

typedef struct Tuning Tuning; /* tuning.c */

typedef struct {
	const QualifyOptions *options;
	const Profile *profile;
	Waiter *waiter;
	Progress *progress;
	Root *live;
	Facts *facts;
	Plan *plan;
	Run *run;
	Bundle *bundle;
	Image image;
	Hypervisor *hypervisor;
	Tuning *tuning; /* of the host, until it is put back */
	/* The guest, while it runs. */
	VmSpec spec;
	char *tool_path; /* on the host, and in the guest */
	char *stopped; /* why the domain stopped by itself, or NULL */
	char *domain_name, *cmdline, *console_log;
	Vm *vm;
	Session *session;
	guint console_watch; /* GSource id */
	guint measurements; /* started so far */
	gint64 start_us; /* monotonic: when qualify() began */
	gint64 boot_us;	 /* when the domain that came up was created */
} RunContext;

#endif
