/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Starts a configured VM: what it is defined as is compared with its config, what it needs of the
 * host is made ready, and what it became is compared with what was asked for. A start that fails
 * leaves nothing behind.
 */
#ifndef LATHE_START_H
#define LATHE_START_H

#include <glib.h>
#include <sys/types.h>

#include "scene.h"

typedef enum {
	START_STARTED,
	START_RUNNING,	/* it did before: nothing was done */
	START_POSSIBLE, /* a dry run: nothing is in the way */
	START_FAILED,	/* error */
} StartState;

typedef struct {
	StartState state;
	GError *error;
	pid_t pid;
	guint threads;	       /* compared with the plan */
	double seconds;	       /* what libvirt took */
	GPtrArray *warnings;   /* of char *: rules that a demonstration breaks, and the like */
	GPtrArray *deviations; /* of char *: what is not as it was asked for */
	char *diff;	       /* a dry run: what differs from the definition, "" for nothing */
	gboolean undefined;    /* a dry run: libvirt has no definition, and would get none */
} Start;

/* Never NULL. `breaches`: fleet_host_breaches(), of scene->live. Siblings that a VM which ended
 * left offline must be back by then: siblings_recover(). The caller holds the lock. */
Start *fleet_start(const Scene *scene, const GPtrArray *breaches, const VmConfig *vm,
		   gboolean dry_run);
void start_free(Start *start);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Start, start_free)

#endif
