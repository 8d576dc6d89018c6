/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a domain's threads may run and under which scheduler: what its <vcpu>,
 * <iothreads> and <cputune> mean together. */
#ifndef LATHE_DOMAIN_THREADS_H
#define LATHE_DOMAIN_THREADS_H

#include <glib.h>
#include <libxml/tree.h>

#include "cpulist.h"

typedef enum {
	DOMAIN_SCHED_OTHER,
	DOMAIN_SCHED_FIFO,
	DOMAIN_SCHED_RR,
	DOMAIN_SCHED_BATCH,
	DOMAIN_SCHED_IDLE
} DomainPolicy;

typedef struct {
	DomainPolicy policy;
	guint priority; /* of FIFO and RR */
} DomainSched;

gboolean domain_sched_is_rt(const DomainSched *sched);
gboolean domain_sched_equal(const DomainSched *a, const DomainSched *b);

typedef struct {
	guint n_vcpus; /* the maximum, and those that are there at boot */
	guint n_current;
	gboolean placed;     /* placement='auto': numad chooses for what is not pinned */
	Cpuset *cpuset;      /* of what is not pinned; NULL: anywhere */
	Cpuset **pins;       /* [n_vcpus]; NULL: the vCPU has none of its own */
	DomainSched *scheds; /* [n_vcpus] */
	Cpuset *emulator_pin;
	DomainSched emulator_sched;
	guint n_iothreads;
	guint *iothreads; /* [n_iothreads]: their ids */
	Cpuset **iothread_pins;
	DomainSched *iothread_scheds;
} DomainThreads;

/* Errors: numbers that are none, more vCPUs or IOThreads than DOMAIN_VCPUS_MAX, two pins
 * or two schedulers of one thread. What names a vCPU that the domain has not is passed
 * over, as libvirt does. */
DomainThreads *domain_threads_read(const xmlNode *domain, GError **error);
void domain_threads_free(DomainThreads *threads);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DomainThreads, domain_threads_free)

/* Where it may run; NULL: anywhere, or nobody knows. */
const Cpuset *domain_threads_vcpu(const DomainThreads *threads, guint vcpu);
const Cpuset *domain_threads_emulator(const DomainThreads *threads);
const Cpuset *domain_threads_iothread(const DomainThreads *threads, guint index);

gboolean domain_threads_rt(const DomainThreads *threads); /* any vCPU is FIFO or RR */

typedef enum {
	DOMAIN_UNBOUND, /* no vCPU is bound */
	DOMAIN_EXACT,   /* the cpuset whose layout this is */
	DOMAIN_UNION,   /* every CPU that is named: no layout's pins */
} DomainBinding;
DomainBinding domain_threads_cpuset(const DomainThreads *threads, Cpuset *ret);
/* Every single thread is bound to CPUs of `cpuset`, and each of those has one: somehow,
 * not necessarily as a layout binds them. */
gboolean domain_threads_within(const DomainThreads *threads, const Cpuset *cpuset);

void domain_sched_write(xmlNode *node, const DomainSched *sched);
/* One element for each run of neighbours that are scheduled alike, in place of all of
 * that `name`. numbers: of the threads; NULL: from 0. */
void domain_scheds_write(xmlNode *domain, const char *name, const char *attribute,
			 const guint *numbers, const DomainSched *scheds, guint n);

/* How vm_layout.h distributes a cpuset: the emulator on the first CPU, vCPUs round-robin.
 */
void domain_place(const Cpuset *cpuset, guint n_vcpus, Cpuset *emulator, Cpuset *vcpus);

#endif
