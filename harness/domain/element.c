/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "element.h"

#include <string.h>

/* The order in which libvirt's virDomainDefFormat writes them. Any order is valid (its
 * schema interleaves them all): this one makes small differences. */
static const struct {
	const char *parent;
	const char *const children[40];
} orders[] = {
	{"domain",
	 {"name",
	  "uuid",
	  "genid",
	  "title",
	  "description",
	  "metadata",
	  "maxMemory",
	  "memory",
	  "currentMemory",
	  "blkiotune",
	  "memtune",
	  "memoryBacking",
	  "vcpu",
	  "vcpus",
	  "iothreads",
	  "iothreadids",
	  "defaultiothread",
	  "cputune",
	  "numatune",
	  "resource",
	  "sysinfo",
	  "bootloader",
	  "os",
	  "idmap",
	  "features",
	  "cpu",
	  "clock",
	  "on_poweroff",
	  "on_reboot",
	  "on_crash",
	  "pm",
	  "perf",
	  "devices",
	  "seclabel",
	  "keywrap",
	  "launchSecurity"}},
	{"cputune",
	 {"shares", "period", "quota", "global_period", "global_quota", "emulator_period",
	  "emulator_quota", "iothread_period", "iothread_quota", "vcpupin", "emulatorpin",
	  "iothreadpin", "vcpusched", "iothreadsched", "emulatorsched", "cachetune",
	  "memorytune"}},
	{"memoryBacking",
	 {"hugepages", "nosharepages", "locked", "source", "access", "allocation",
	  "discard"}},
	{"os",
	 {"type", "firmware", "loader", "nvram", "kernel", "initrd", "cmdline", "dtb",
	  "acpi", "boot", "bootmenu"}},
	{"features",
	 {"acpi", "apic", "pae", "hap", "viridian", "hyperv", "kvm", "xen", "pvspinlock",
	  "pmu", "vmport", "smm", "ioapic"}},
	{"cpu",
	 {"model", "vendor", "topology", "cache", "maxphysaddr", "feature", "numa"}},
	{"disk",
	 {"driver", "auth", "source", "backingStore", "target", "iotune", "readonly",
	  "shareable", "transient", "serial"}},
	{"devices",
	 {"emulator", "disk", "controller", "lease", "filesystem", "interface"}},
};

gboolean element_is(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && !node->ns &&
	       strcmp((const char *)node->name, name) == 0;
}

static xmlNode *first_named(xmlNode *node, const char *name)
{
	while (node && !element_is(node, name))
		node = node->next;
	return node;
}

xmlNode *element_child(const xmlNode *parent, const char *name)
{
	return parent ? first_named(parent->children, name) : NULL;
}

xmlNode *element_next(const xmlNode *node)
{
	return first_named(node->next, (const char *)node->name);
}

xmlNode *element_at(const xmlNode *parent, const char *path)
{
	g_auto(GStrv) names = g_strsplit(path, "/", -1);
	xmlNode *node = NULL;

	for (guint i = 0; names[i] && parent; i++)
		parent = node = element_child(parent, names[i]);
	return node;
}

static char *taken(xmlChar *text)
{
	char *copy = g_strdup((char *)text);

	xmlFree(text);
	return copy;
}

char *element_get(const xmlNode *node, const char *attribute)
{
	return node ? taken(xmlGetNoNsProp(node, BAD_CAST attribute)) : NULL;
}

gboolean element_has(const xmlNode *node, const char *attribute, const char *value)
{
	g_autofree char *text = element_get(node, attribute);

	return g_strcmp0(text, value) == 0;
}

char *element_text(const xmlNode *node)
{
	char *text;

	if (!node)
		return NULL;
	text = taken(xmlNodeGetContent(node));
	return text ? g_strstrip(text) : g_strdup("");
}

/* ---- where a new one goes ---- */

/* The blanks from the last newline to the node: "\n    "; NULL when it begins no line. */
static char *indentation_of(const xmlNode *node)
{
	const xmlNode *before = node->prev;
	const char *newline;

	if (!before || !xmlIsBlankNode(before))
		return NULL;
	newline = strrchr((const char *)before->content, '\n');
	return newline ? g_strdup(newline) : NULL;
}

static xmlNode *blanks(const xmlNode *near, const char *text)
{
	return xmlNewDocText(near->doc, BAD_CAST text);
}

static xmlNode *new_element(const xmlNode *near, const char *name)
{
	return xmlNewDocNode(near->doc, NULL, BAD_CAST name, NULL);
}

xmlNode *element_add_after(xmlNode *sibling, const char *name)
{
	g_autofree char *indentation = indentation_of(sibling);
	xmlNode *node = xmlAddNextSibling(sibling, new_element(sibling, name));

	if (indentation)
		xmlAddPrevSibling(node, blanks(node, indentation));
	return node;
}

static xmlNode *add_before(xmlNode *sibling, const char *name)
{
	g_autofree char *indentation = indentation_of(sibling);
	xmlNode *node = xmlAddPrevSibling(sibling, new_element(sibling, name));

	if (indentation)
		xmlAddNextSibling(node, blanks(node, indentation));
	return node;
}

static gboolean is_root(const xmlNode *node)
{
	return node->parent == (const xmlNode *)node->doc;
}

/* Into one that has no elements yet: one step deeper than itself. */
static xmlNode *add_first(xmlNode *parent, const char *name)
{
	g_autofree char *outer = is_root(parent) ? g_strdup("\n")
						 : indentation_of(parent);
	g_autofree char *inner = outer ? g_strconcat(outer, "  ", NULL) : NULL;
	xmlNode *last = parent->last;
	xmlNode *node;

	if (last && xmlIsBlankNode(last)) {
		xmlUnlinkNode(last);
		xmlFreeNode(last);
	}
	if (inner)
		xmlAddChild(parent, blanks(parent, inner));
	node = xmlAddChild(parent, new_element(parent, name));
	if (outer)
		xmlAddChild(parent, blanks(parent, outer));
	return node;
}

/* G_MAXUINT: in no order. */
static guint rank(const char *const *order, const char *name)
{
	for (guint i = 0; order && order[i]; i++)
		if (strcmp(order[i], name) == 0)
			return i;
	return G_MAXUINT;
}

static const char *const *order_of(const xmlNode *parent)
{
	for (guint i = 0; i < G_N_ELEMENTS(orders); i++)
		if (strcmp((const char *)parent->name, orders[i].parent) == 0)
			return orders[i].children;
	return NULL;
}

xmlNode *element_add(xmlNode *parent, const char *name)
{
	const char *const *order = order_of(parent);
	guint wanted = rank(order, name);
	xmlNode *first = NULL, *last = NULL, *before = NULL;

	for (xmlNode *child = parent->children; child; child = child->next) {
		guint at;

		if (child->type != XML_ELEMENT_NODE)
			continue;
		if (!first)
			first = child;
		last = child;
		at = child->ns ? G_MAXUINT : rank(order, (const char *)child->name);
		if (at <= wanted && at != G_MAXUINT)
			before = child;
	}
	if (!first)
		return add_first(parent, name);
	if (wanted == G_MAXUINT)
		return element_add_after(last, name);
	return before ? element_add_after(before, name) : add_before(first, name);
}

xmlNode *element_add_behind(xmlNode *parent, xmlNode *sibling, const char *name)
{
	return sibling ? element_add_after(sibling, name) : element_add(parent, name);
}

xmlNode *element_need(xmlNode *parent, const char *name)
{
	xmlNode *node = element_child(parent, name);

	return node ? node : element_add(parent, name);
}

xmlNode *element_need_at(xmlNode *parent, const char *path)
{
	g_auto(GStrv) names = g_strsplit(path, "/", -1);

	for (guint i = 0; names[i]; i++)
		parent = element_need(parent, names[i]);
	return parent;
}

void element_remove(xmlNode *node)
{
	xmlNode *before;

	if (!node)
		return;
	before = node->prev;
	if (before && xmlIsBlankNode(before)) {
		xmlUnlinkNode(before);
		xmlFreeNode(before);
	}
	xmlUnlinkNode(node);
	xmlFreeNode(node);
}

void element_remove_all(xmlNode *parent, const char *name)
{
	xmlNode *node = element_child(parent, name);

	while (node) {
		xmlNode *next = element_next(node);

		element_remove(node);
		node = next;
	}
}

void element_remove_empty(xmlNode *node)
{
	if (!node || node->properties)
		return;
	for (const xmlNode *child = node->children; child; child = child->next)
		if (!xmlIsBlankNode(child))
			return;
	element_remove(node);
}

/* ---- values ---- */

xmlNode *element_set(xmlNode *node, const char *attribute, const char *value)
{
	if (!element_has(node, attribute, value))
		xmlSetProp(node, BAD_CAST attribute, BAD_CAST value);
	return node;
}

xmlNode *element_set_number(xmlNode *node, const char *attribute, guint64 value)
{
	char text[24];

	g_snprintf(text, sizeof(text), "%" G_GUINT64_FORMAT, value);
	return element_set(node, attribute, text);
}

xmlNode *element_unset(xmlNode *node, const char *attribute)
{
	xmlUnsetProp(node, BAD_CAST attribute);
	return node;
}

xmlNode *element_set_text(xmlNode *node, const char *text)
{
	g_autofree char *old = element_text(node);

	if (strcmp(old, text) != 0) {
		xmlNodeSetContent(node, NULL);
		xmlNodeAddContent(node, BAD_CAST text);
	}
	return node;
}

xmlNode *element_set_text_number(xmlNode *node, guint64 value)
{
	char text[24];

	g_snprintf(text, sizeof(text), "%" G_GUINT64_FORMAT, value);
	return element_set_text(node, text);
}
