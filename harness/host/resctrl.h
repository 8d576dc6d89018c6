/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * resctrl: cache ways and memory bandwidth of groups of CPUs
 * (Documentation/filesystems/resctrl.rst).
 */
#ifndef LATHE_RESCTRL_H
#define LATHE_RESCTRL_H

#include <glib.h>

#include "cpulist.h"
#include "root.h"

/* Where it is mounted, if it is. */
#define RESCTRL_PATH "sys/fs/resctrl"

typedef enum {
	RESCTRL_CACHE,	   /* L2, L3, with CDP L3CODE, L3DATA ...: masks of ways */
	RESCTRL_BANDWIDTH, /* MB, SMBA: percent, MBps or the vendor's steps */
	RESCTRL_OTHER,	   /* a resource this program does not know: no domains */
} ResctrlKind;

typedef struct {
	guint id;      /* cache id or the like */
	guint64 value; /* mask of ways, or bandwidth */
} ResctrlDomain;

typedef struct {
	char *name; /* "L3" */
	ResctrlKind kind;
	guint level;	/* of a cache: 2, 3; else 0 */
	gboolean unset; /* "L3:uninitialized", of a group that waits for pseudo-locking */
	guint n_domains;
	ResctrlDomain *domains; /* ascending ids */
} ResctrlResource;

/* A schemata file. Plain data. */
typedef struct {
	guint n_resources; /* 0: the empty file is valid, and says nothing */
	ResctrlResource *resources;
} ResctrlSchemata;

ResctrlSchemata *resctrl_schemata_parse(const char *text, gsize length, GError **error);
void resctrl_schemata_free(ResctrlSchemata *schemata);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ResctrlSchemata, resctrl_schemata_free)

/* NULL when there is none. */
const ResctrlResource *resctrl_schemata_find(const ResctrlSchemata *schemata,
					     const char *name);
gboolean resctrl_resource_value(const ResctrlResource *resource, guint id, guint64 *ret);

/* A mask as resctrl writes it: hex digits without "0x", at most 64 bits. */
gboolean resctrl_mask_parse(const char *text, guint64 *ret);

/* One run of ones; FALSE for 0. */
gboolean resctrl_mask_contiguous(guint64 mask);

/* Where two groups share cache ways. Code and data of one level are the same cache. */
typedef struct {
	guint level, id;
	guint64 shared; /* the ways */
} ResctrlOverlap;

/* Whether two groups share ways anywhere; *ret (may be NULL) is the first place, by level and
 * id. Only what both say counts: a cache that one of them does not name is no overlap. */
gboolean resctrl_overlap(const ResctrlSchemata *a, const ResctrlSchemata *b,
			 ResctrlOverlap *ret);

/* sys/fs/resctrl/info/NAME of a cache. */
typedef struct {
	guint64 cbm_mask;	/* every way there is */
	guint64 shareable_bits; /* ways that hardware uses as well; 0 when not told */
	guint min_cbm_bits;
	guint num_closids; /* groups there can be, the default one included */
} ResctrlCache;

/* name: "L3", "L3CODE" ... *ret is untouched on failure; *ret_errno (may be NULL): ENOENT,
 * EACCES ..., EILSEQ for a malformed file. */
gboolean resctrl_cache_read(const Root *root, const char *name, ResctrlCache *ret,
			    int *ret_errno, GError **error);

typedef struct {
	char *name; /* directory below sys/fs/resctrl, "" for the default group */
	char *mode; /* "shareable", "exclusive" ...; NULL when not told */
	Cpuset cpus;
	ResctrlSchemata *schemata;
} ResctrlGroup;

void resctrl_group_free(ResctrlGroup *group);

/* The default group and every control group, as an array of ResctrlGroup *, or NULL. A group
 * whose cpus and cpus_list disagree is an error; a kernel before 4.13 has no cpus_list. */
GPtrArray *resctrl_groups_read(const Root *root, int *ret_errno, GError **error);

#endif
