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
#include "vm_config.h"
#include "vm_layout.h"
#include "waiter.h"

typedef struct Tuning Tuning; /* tuning.c */
typedef struct Configured Configured; /* configured.c */

/* What is the run's, however many VMs it has. */
typedef struct {
	const QualifyOptions *options;
	const Profile *profile;
	Waiter *waiter;
	Progress *progress;
	Root *live;
	Facts *facts;
	Run *run;
	Bundle *bundle;
	Image image;	 /* of the guest that lathe builds */
	char *tool_path; /* on the host, and in the guests */
	Hypervisor *hypervisor;
	Tuning *tuning;	     /* of the host, until it is put back */
	GPtrArray *guests;   /* of Guest *, in the order of run->vms */
	Configured *configured; /* what --vm chose; NULL: the guest that lathe builds */
	Cpuset housekeeping; /* of every plan: lathe itself and the loads */
	gint64 start_us;     /* monotonic: when qualify() began */
} RunContext;

/* A configured VM. */
typedef struct {
	const VmConfig *vm;
	const VmLayout *layout;
	char *definition; /* libvirt's, inactive; NULL: it has none, and one is made for the run */
	gboolean agent;	  /* it boots lathe's guest; else what it is defined with */
	guint iothreads;  /* that its domain asks for */
	Image image;
} GuestConfig;

/* One VM of it. */
typedef struct {
	RunContext *context;
	RunVm *record; /* what run.json says of it; the run's */
	Plan *plan;
	GuestConfig *config; /* of a configured one, else NULL */
	guint memory_mib;
	const Image *image; /* what it boots; NULL: what it is defined with */
	VmSpec spec;
	char *domain_name, *cmdline, *console_log;
	/* While it runs. */
	char *stopped; /* why the domain stopped by itself, or NULL */
	Vm *vm;
	Session *session;    /* with its agent; NULL: there is none */
	guint console_watch; /* GSource id */
	guint measurements;  /* started so far */
	gint64 boot_us;	     /* when the domain that came up was created */
} Guest;

#endif
