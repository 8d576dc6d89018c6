/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files that read a domain into a VM's configuration share, and nobody else
 * sees. */
#ifndef LATHE_DOMAIN_READING_H
#define LATHE_DOMAIN_READING_H

#include "domain_edit.h"
#include "domain_threads.h"

#include <libxml/tree.h>

typedef struct {
	const xmlNode *domain;
	const DomainThreads *threads;
	const Topology *topology; /* or NULL */
	const DomainCache *cache; /* or NULL */
	VmConfig *vm;
	GPtrArray *notes; /* or NULL */
} DomainReading;

void domain_note(const DomainReading *reading, const char *format, ...)
	G_GNUC_PRINTF(2, 3);
/* Sets a key, or notes why it cannot hold that. */
void domain_take(const DomainReading *reading, VmKey key, const char *text);

gboolean domain_read_memory(const DomainReading *reading, GError **error);
void domain_read_cache(const DomainReading *reading);
void domain_read_devices(const DomainReading *reading);

/* VM_HUGEPAGES_*, or the size of a page. *ret_exact: no key says it otherwise. */
gboolean domain_hugepages(const xmlNode *domain, guint64 *ret_kib, gboolean *ret_exact,
			  GError **error);

/* A <disk> that the key `disk` can hold: its path, newly allocated; else NULL. */
char *domain_disk_path(const xmlNode *disk);
/* A <hostdev> that is a PCI function of the host. */
gboolean domain_hostdev_pci(const xmlNode *hostdev);

#endif
