/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files that make up a view share, and nobody else sees. */
#ifndef LATHE_VIEW_PRIVATE_H
#define LATHE_VIEW_PRIVATE_H

#include "view.h"

/* Something that is looked for once: found, or the reason why not. */
typedef struct {
	gboolean tried;
	int errnum;
	gpointer value;
} Lazy;

struct KnobView {
	const Root *root;
	KnobScope scope;
	KnobView *host, *before;
	gboolean complete;
	gboolean planned_given, planned_read;
	Cpuset planned, online, isolated, housekeeping;
	gboolean online_known, isolated_known, cpus_read;
	GHashTable *files;   /* path -> CachedFile */
	GHashTable *lists;   /* path -> CachedList */
	GHashTable *globs;   /* pattern -> CachedGlob */
	GHashTable *choices; /* row id -> value */
	GHashTable *errors;  /* path -> errno, of a capture */
	GHashTable *kconfig; /* option -> value; NULL until read */
	int kconfig_errno;
	GHashTable *sysctl; /* path below proc/sys -> value, of an sosreport; NULL until read */
	Lazy cmdline, interrupts, topology, threads, kernel_log, kvm_proof, domain, cpu_latency;
	char *topology_why;
};

/* What an sosreport has in another place than the file `path`, or NULL. */
const char *view_sosreport(KnobView *view, const char *path);

#endif
