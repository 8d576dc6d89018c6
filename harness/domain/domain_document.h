/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A domain's XML, parsed from text that nobody vouches for: no document type (so no
 * entities of its own and nothing from elsewhere), no network, a bounded size.
 */
#ifndef LATHE_DOMAIN_DOCUMENT_H
#define LATHE_DOMAIN_DOCUMENT_H

#include <glib.h>
#include <libxml/tree.h>

/* libvirt's own limit of a string in a remote call (VIR_NET_MESSAGE's remote_string). */
#define DOMAIN_DOCUMENT_MAX (4u << 20)

/* The most vCPUs, IOThreads or guest CPUs that any element may name here. */
#define DOMAIN_VCPUS_MAX 8192

/* The root element of the result is <domain>. */
xmlDoc *domain_document_parse(const char *xml, GError **error);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)

/* Of a valid document; the caller frees it. */
char *domain_document_text(xmlDoc *document);

#endif
