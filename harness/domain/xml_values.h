/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The spellings of values in a domain's XML. Every error names the element. */
#ifndef LATHE_XML_VALUES_H
#define LATHE_XML_VALUES_H

#include <glib.h>
#include <libxml/tree.h>

#include "cpulist.h"

/* libvirt's lists: "0-3,^2,7". Members below `limit`. *ret is untouched on failure. */
gboolean xml_list_parse(const char *text, guint limit, Cpuset *ret, GError **error);
/* The attribute as a list; the empty one is an error, as it is for libvirt. */
gboolean xml_list_attribute(const xmlNode *node, const char *attribute, guint limit,
			    Cpuset *ret, GError **error);

/* The attribute as a decimal number; when there is none *ret stays, and that is no error.
 */
gboolean xml_number_attribute(const xmlNode *node, const char *attribute, guint64 max,
			      guint64 *ret, GError **error);
/* The element's text. */
gboolean xml_number_text(const xmlNode *node, guint64 min, guint64 max, guint64 *ret,
			 GError **error);

/* "MiB", "m", "KB" (of 1000), NULL (KiB) ... in bytes. FALSE: no such unit. */
gboolean xml_unit_bytes(const char *unit, guint64 *ret);
/* The element's text by its unit; rounded up to KiB, as libvirt does. */
gboolean xml_memory_kib(const xmlNode *node, guint64 *ret, GError **error);
/* The same for the attributes `size` and `unit`, whose default is bytes_default. */
gboolean xml_size_bytes(const xmlNode *node, const char *attribute, guint64 bytes_default,
			guint64 *ret, GError **error);

/* What XML, libvirt's schema or a line of the config cannot hold: control characters,
 * bytes that are no UTF-8. `what`: "title". */
gboolean xml_check_text(const char *what, const char *text, GError **error);

/* One PCI function. */
typedef struct {
	guint domain, bus, slot, function;
} PciAddress;
/* "0000:03:00.0", or without the domain. */
gboolean pci_address_parse(const char *text, PciAddress *ret, GError **error);
char *pci_address_format(const PciAddress *address);
/* <address domain='0x0000' .../>; FALSE: it has none that is complete and in range. */
gboolean pci_address_read(const xmlNode *node, PciAddress *ret);
void pci_address_write(xmlNode *node, const PciAddress *address);
gboolean pci_address_equal(const PciAddress *a, const PciAddress *b);

#endif
