/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Elements of a domain's XML: those without a namespace, which are libvirt's. New ones
 * are put where libvirt itself would write them, indented like their neighbours; a value
 * that is there already is not written again.
 */
#ifndef LATHE_ELEMENT_H
#define LATHE_ELEMENT_H

#include <glib.h>
#include <libxml/tree.h>

gboolean element_is(const xmlNode *node, const char *name);

/* The first one of that name; NULL: none, or `parent` is NULL. */
xmlNode *element_child(const xmlNode *parent, const char *name);
/* "cpu/topology", from `parent` downwards. */
xmlNode *element_at(const xmlNode *parent, const char *path);
/* The next sibling of the same name. */
xmlNode *element_next(const xmlNode *node);
#define ELEMENT_FOREACH(child, parent, name)                                             \
	for (xmlNode *child = element_child(parent, name); child;                        \
	     child = element_next(child))

/* NULL: there is no such attribute. The caller frees it, as that of element_text(). */
char *element_get(const xmlNode *node, const char *attribute);
gboolean element_has(const xmlNode *node, const char *attribute, const char *value);
/* Without blanks around it; NULL when `node` is. */
char *element_text(const xmlNode *node);

/* The existing one of that name, or a new one. */
xmlNode *element_need(xmlNode *parent, const char *name);
/* "cpu/topology": each step as element_need(). */
xmlNode *element_need_at(xmlNode *parent, const char *path);
xmlNode *element_add(xmlNode *parent, const char *name);
/* Behind one of its siblings. O(1), which element_add() is not. */
xmlNode *element_add_after(xmlNode *sibling, const char *name);
/* Behind `sibling`, or where it belongs when that is NULL. */
xmlNode *element_add_behind(xmlNode *parent, xmlNode *sibling, const char *name);
/* With the blanks before it. NULL is none. */
void element_remove(xmlNode *node);
void element_remove_all(xmlNode *parent, const char *name);
/* Removes it when it holds neither an attribute nor anything but blanks. NULL is none. */
void element_remove_empty(xmlNode *node);

/* All return the node. */
xmlNode *element_set(xmlNode *node, const char *attribute, const char *value);
xmlNode *element_set_number(xmlNode *node, const char *attribute, guint64 value);
xmlNode *element_unset(xmlNode *node, const char *attribute);
xmlNode *element_set_text(xmlNode *node, const char *text);
xmlNode *element_set_text_number(xmlNode *node, guint64 value);

#endif
