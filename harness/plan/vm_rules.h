/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules that configured VMs must keep on a machine: those of the KVM-RT guide, "Configuring
 * Real-Time Virtual Machines", and what lathe adds. Rows, so that documents and tests list them.
 */
#ifndef LATHE_VM_RULES_H
#define LATHE_VM_RULES_H

#include <glib.h>

#include "root.h"
#include "topology.h"
#include "vm_config.h"
#include "vm_layout.h"

typedef enum {
	RULE_ADVICE,  /* it works, and could be better */
	RULE_WARNING, /* the guide: "careful consideration" */
	RULE_ERROR,   /* the VM must not run like that */
} RuleLevel;
const char *rule_level_name(RuleLevel level); /* "advice", "warning", "error" */

typedef struct {
	const VmConfigs *configs;
	const GPtrArray *layouts; /* of VmLayout *, of those configs */
	const Topology *topology;
	const Root *root; /* huge pages, IOMMU groups, threads' priorities; of the same machine */
	/* What is known of each VM from its domain; NULL where nobody asked libvirt. In the order
	 * of configs->vms. */
	const struct VmDomainFacts *domains;
} RuleScene;

/* What the config does not say, and a domain does. */
typedef struct VmDomainFacts {
	gboolean known; /* FALSE: libvirt has no such domain */
	guint64 memory_mib;
	gboolean windows;
	guint64 hugepages_kib; /* as VmConfig's */
	/* It runs: its memory is taken, and siblings of its CPUs may be offline. */
	gboolean running;
} VmDomainFacts;

typedef struct VmRule VmRule;

/* A rule that is broken, or of which nobody knows. */
typedef struct {
	const VmRule *rule;
	RuleLevel level;
	gboolean unknown;   /* it could not be looked at; text says why */
	const VmConfig *vm; /* or NULL: of all together */
	VmKey key;	    /* the attribute to change */
	char *text;	    /* one sentence: who, what, where; escaped (escape.h) */
} Breach;

struct VmRule {
	const char *id;	    /* "cpuset-overlap" */
	RuleLevel level;
	const char *title;  /* what must hold */
	const char *source; /* "KVM-RT guide, Configuring Real-Time Virtual Machines" */
	const char *remedy;
	void (*check)(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches);
};
/* Ends in NULL. */
extern const VmRule *const vm_rules[];

/* What the rules read of a root, as patterns for capture_files(); ends in NULL. */
extern const char *const vm_rules_files[];

/* Every breach (Breach *, owned by the array), errors first, then in the order of the rows and VMs. */
GPtrArray *vm_rules_check(const RuleScene *scene);
/* The highest level among those that are broken; FALSE when none is. *ret_unknown (may be NULL):
 * whether a rule of level error could not be looked at. */
gboolean breaches_worst(const GPtrArray *breaches, RuleLevel *ret, gboolean *ret_unknown);
void breach_free(Breach *breach);

#endif
