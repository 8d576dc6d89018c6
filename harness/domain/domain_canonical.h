/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One spelling for everything that means the same to libvirt. */
#ifndef LATHE_DOMAIN_CANONICAL_H
#define LATHE_DOMAIN_CANONICAL_H

#include <glib.h>
#include <libxml/tree.h>

/* Of a parsed domain, which it changes. The text is for comparing, not for reading. */
char *domain_canonical(xmlDoc *document);

#endif
