/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files that bring a domain's XML in line with a layout share, and nobody else
 * sees. */
#ifndef LATHE_DOMAIN_EDITING_H
#define LATHE_DOMAIN_EDITING_H

#include "domain_edit.h"
#include "domain_threads.h"

#include <libxml/tree.h>

typedef struct {
	xmlNode *domain;
	const VmLayout *layout;
	const DomainCache *cache;   /* or NULL */
	gboolean kvm;               /* type='kvm': the guest runs on the host's CPU */
	gboolean was_bound, was_rt; /* by what the domain held before */
} DomainEdit;

/* Each brings its elements in line. They run in this order: IOThreads before those who
 * pin them. */
gboolean domain_apply_identity(const DomainEdit *edit, GError **error);
gboolean domain_apply_memory(const DomainEdit *edit, GError **error);
gboolean domain_apply_vcpus(const DomainEdit *edit, GError **error);
gboolean domain_apply_devices(const DomainEdit *edit, GError **error);
gboolean domain_apply_threads(const DomainEdit *edit, GError **error);
gboolean domain_apply_cache(const DomainEdit *edit, GError **error);
void domain_apply_rt(const DomainEdit *edit);

/* All of them, on a document that is nobody else's. */
gboolean domain_edit_document(xmlDoc *document, const VmLayout *layout,
			      const DomainCache *cache, GError **error);

#endif
