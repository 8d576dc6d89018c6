/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What holds only after a reboot, as files of the distribution's own drop-in directories:
 * the kernel command line, module parameters, systemd's CPUs, and a unit that applies the
 * rest at every boot. Each file is lathe's alone; nobody else's is edited. A manifest in
 * the state directory says what was written, before it is: what is in it can be taken
 * back, wherever a crash came in between.
 *
 * To add a file: a persist_add_*() (persist_private.h) called by persist_plan(), and its
 * path in persist_path_known().
 */
#ifndef LATHE_PERSIST_H
#define LATHE_PERSIST_H

#include <glib.h>

#include "cpulist.h"
#include "root.h"
#include "view.h"

/* What every call needs. The caller holds the lock. */
typedef struct {
	const Root *root;      /* writable for persist_write() and unpersist_write() */
	const char *directory; /* of the manifest "persisted"; there already */
	/* Called after each step that reached the disk: tests end the process here. May
	 * be NULL. */
	void (*step)(gpointer data);
	gpointer step_data;
} Persist;

/* A module parameter, and why. */
typedef struct {
	char *module, *parameter, *value; /* "kvm_intel", "ple_gap", "0" */
	const char *why;                  /* borrowed from the table */
} PersistModule;

/* Of PersistModule: those that the rows of the view's machine want and a module of it
 * has, whatever it holds now. */
GArray *persist_modules(KnobView *view);

/* What is to last. Borrowed. */
typedef struct {
	const GArray *parameters; /* of ProposalParameter: proposal_host_parameters() */
	const GArray *modules;    /* of PersistModule, or NULL */
	const Cpuset *cpus;       /* for "tune apply --cpus" */
	const Cpuset *housekeeping;
	const char *program; /* absolute path of lathe */
	const char *state;   /* "--state" of the unit's command, or NULL */
	/* More words for "tune apply" ("--choose", "ID=VALUE"), NULL-terminated; or NULL. */
	const char *const *options;
} PersistWish;

typedef enum { PERSIST_FILE, PERSIST_LINK, PERSIST_DIRECTORY } PersistKind;
#define PERSIST_KINDS 3

typedef enum {
	PERSIST_NEW,      /* it is not there yet */
	PERSIST_SAME,     /* it is there as wanted */
	PERSIST_REWRITE,  /* lathe's, from an earlier plan */
	PERSIST_OBSOLETE, /* lathe's, no longer wanted: removed */
	/* These refuse the whole: */
	PERSIST_EDITED,  /* lathe's, and somebody changed it since */
	PERSIST_FOREIGN, /* there, and not lathe's */
} PersistState;
const char *persist_state_name(PersistState state); /* "new", "same" ... */

typedef struct {
	PersistKind kind; /* file or link */
	char *path;       /* below the root: "etc/modprobe.d/lathe.conf" */
	guint mode;
	char *text; /* a link's is where it points; NULL when obsolete */
	const char *why;
	PersistState state;
} PersistFile;

/* A command that makes the files count. */
typedef struct {
	char **argv; /* argv[0] is absolute */
	const char *why;
} PersistStep;

typedef struct {
	GPtrArray *files; /* of PersistFile * */
	GPtrArray *steps; /* of PersistStep *, to be run afterwards, in order */
	GPtrArray *
		conflicts; /* of char *: what contradicts, and where it stands; escaped */
	GPtrArray *notes;  /* of char *; escaped */
	char *cmdline;     /* what is added to the kernel's command line */
	gsize cmdline_bytes; /* how long that is expected to become */
} PersistPlan;

/*
 * Looks, and writes nothing. Errors: no boot loader that is known (the hint has the
 * command line to type by hand), a command line that becomes too long (with the figures),
 * text that cannot stand in those files, a manifest that cannot be believed, a file that
 * cannot be read.
 */
PersistPlan *persist_plan(const Persist *persist, const PersistWish *wish,
			  GError **error);
void persist_plan_free(PersistPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PersistPlan, persist_plan_free)

/* TRUE when persist_write() would write nothing. */
gboolean persist_plan_is_done(const PersistPlan *plan);

/*
 * Writes the plan. Conflicts do not stop it; an edited or a foreign file does, before
 * anything is written. After a failure halfway, the same again or unpersist_write() finds
 * its way.
 */
gboolean persist_write(const Persist *persist, const PersistPlan *plan, GError **error);

typedef enum {
	UNPERSIST_OURS,   /* as lathe wrote it: removed */
	UNPERSIST_ABSENT, /* gone already */
	UNPERSIST_EDITED, /* somebody changed it: left, and still in the manifest */
	UNPERSIST_IN_USE, /* a directory that holds files of others: left */
	UNPERSIST_STUCK,  /* could not be looked at or removed; `why` */
} UnpersistState;
const char *unpersist_state_name(UnpersistState state); /* "removed", "absent" ... */

typedef struct {
	PersistKind kind;
	char *path;
	UnpersistState state;
	char *why; /* of UNPERSIST_STUCK; else NULL */
} Unpersisted;

typedef struct {
	GPtrArray *files; /* of Unpersisted *, in the order of removal */
	GPtrArray *steps; /* of PersistStep * */
} Unpersist;
void unpersist_free(Unpersist *unpersist);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Unpersist, unpersist_free)

/* What would be removed, and what was. Nothing in the manifest: no files. NULL: the
 * manifest cannot be believed, or not be written. */
Unpersist *unpersist_plan(const Persist *persist, GError **error);
Unpersist *unpersist_write(const Persist *persist, GError **error);

/* Runs one, without a shell. The error has the end of what it printed. */
gboolean persist_step_run(const PersistStep *step, GError **error);
/* As it would be typed. */
char *persist_step_text(const PersistStep *step);

#endif
