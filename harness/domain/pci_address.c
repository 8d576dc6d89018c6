/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCI addresses, in the config's spelling and in libvirt's. */
#include "xml_values.h"

#include <string.h>

#include "element.h"
#include "error.h"
#include "escape.h"

/* Of a PCI address: 16, 8, 5 and 3 bits. */
#define DOMAIN_MAX   0xffff
#define BUS_MAX      0xff
#define SLOT_MAX     0x1f
#define FUNCTION_MAX 7

/* 1 to `digits` hex digits, and what ends them. */
static gboolean take_hex(const char **at, guint digits, char end, guint max, guint *ret)
{
	guint value = 0, n = 0;

	for (; n < digits && g_ascii_isxdigit((*at)[n]); n++)
		value = value * 16 + (guint)g_ascii_xdigit_value((*at)[n]);
	if (n == 0 || (*at)[n] != end || value > max)
		return FALSE;
	*at += n + (end ? 1 : 0);
	*ret = value;
	return TRUE;
}

gboolean pci_address_parse(const char *text, PciAddress *ret, GError **error)
{
	const char *at = text;
	const char *colon = strchr(text, ':');
	PciAddress address = {0};
	gboolean long_form = colon && strchr(colon + 1, ':');

	if ((long_form && !take_hex(&at, 4, ':', DOMAIN_MAX, &address.domain)) ||
	    !take_hex(&at, 2, ':', BUS_MAX, &address.bus) ||
	    !take_hex(&at, 2, '.', SLOT_MAX, &address.slot) ||
	    !take_hex(&at, 1, '\0', FUNCTION_MAX, &address.function)) {
		g_autofree char *shown = escape_text(text, MIN(strlen(text), 60));

		return lathe_error(error, LATHE_ERROR_USAGE,
				   "'%s' is not the address of a PCI device, such as "
				   "0000:03:00.0",
				   shown);
	}
	*ret = address;
	return TRUE;
}

char *pci_address_format(const PciAddress *address)
{
	return g_strdup_printf("%04x:%02x:%02x.%x", address->domain, address->bus,
			       address->slot, address->function);
}

/* Hexadecimal with "0x", else decimal; an attribute that is missing is 0. */
static gboolean read_part(const xmlNode *node, const char *attribute, guint max,
			  guint *ret)
{
	g_autofree char *text = element_get(node, attribute);
	const char *digits = text;
	gboolean hex = text &&
		       (g_str_has_prefix(text, "0x") || g_str_has_prefix(text, "0X"));
	guint64 value;
	char *end;

	if (!text) {
		*ret = 0;
		return TRUE;
	}
	digits += hex ? 2 : 0;
	if (!g_ascii_isxdigit(*digits) || strlen(digits) > 8)
		return FALSE;
	value = g_ascii_strtoull(digits, &end, hex ? 16 : 10);
	if (*end || value > max)
		return FALSE;
	*ret = (guint)value;
	return TRUE;
}

gboolean pci_address_read(const xmlNode *node, PciAddress *ret)
{
	return node && read_part(node, "domain", DOMAIN_MAX, &ret->domain) &&
	       read_part(node, "bus", BUS_MAX, &ret->bus) &&
	       read_part(node, "slot", SLOT_MAX, &ret->slot) &&
	       read_part(node, "function", FUNCTION_MAX, &ret->function);
}

static void write_part(xmlNode *node, const char *attribute, int digits, guint value)
{
	char text[16];

	g_snprintf(text, sizeof(text), "0x%0*x", digits, value);
	element_set(node, attribute, text);
}

void pci_address_write(xmlNode *node, const PciAddress *address)
{
	write_part(node, "domain", 4, address->domain);
	write_part(node, "bus", 2, address->bus);
	write_part(node, "slot", 2, address->slot);
	write_part(node, "function", 1, address->function);
}

gboolean pci_address_equal(const PciAddress *a, const PciAddress *b)
{
	return a->domain == b->domain && a->bus == b->bus && a->slot == b->slot &&
	       a->function == b->function;
}
