/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "domain_measure.h"

#include <string.h>

#include "domain_document.h"
#include "domain_threads.h"
#include "element.h"

/* Beside what others keep there; one of an earlier start goes. */
static void own(xmlNode *domain, const DomainMeasure *measure)
{
	xmlNode *metadata = element_need(domain, "metadata");
	xmlNode *next, *run;

	for (xmlNode *node = metadata->children; node; node = next) {
		next = node->next;
		if (node->type == XML_ELEMENT_NODE && node->ns &&
		    xmlStrEqual(node->ns->href, BAD_CAST measure->owner_namespace))
			element_remove(node);
	}
	run = xmlNewChild(metadata, NULL, BAD_CAST measure->owner_element, NULL);
	xmlSetNs(run, xmlNewNs(run, BAD_CAST measure->owner_namespace, BAD_CAST "lathe"));
	element_set_number(run, "pid", measure->owner_pid);
	element_set_number(run, "start-ticks", measure->owner_start_ticks);
}

static void boot(xmlNode *domain, const DomainMeasure *measure)
{
	static const char *const ends[] = {"on_poweroff", "on_reboot", "on_crash"};
	xmlNode *os = element_need(domain, "os");

	element_set_text(element_need(os, "kernel"), measure->kernel);
	element_set_text(element_need(os, "initrd"), measure->initrd);
	element_set_text(element_need(os, "cmdline"), measure->cmdline);
	/* The domain ends with the guest, however it ends: a reboot loop measures nothing. */
	for (gsize i = 0; i < G_N_ELEMENTS(ends); i++)
		element_set_text(element_need(domain, ends[i]), "destroy");
}

static gboolean is_serial_console(const xmlNode *console)
{
	const xmlNode *target = element_child(console, "target");

	return !target || !xmlHasProp(target, BAD_CAST "type") ||
	       element_has(target, "type", "serial");
}

/* In its place: emptied of what it was. */
static xmlNode *first_port(xmlNode *devices)
{
	ELEMENT_FOREACH (serial, devices, "serial") {
		const xmlNode *target = element_child(serial, "target");
		xmlNode *next;

		if (target && xmlHasProp(target, BAD_CAST "port") &&
		    !element_has(target, "port", "0"))
			continue;
		for (xmlNode *child = serial->children; child; child = next) {
			next = child->next;
			xmlUnlinkNode(child);
			xmlFreeNode(child);
		}
		return serial;
	}
	return element_add(devices, "serial");
}

/* The first port, and the consoles that libvirt shows it as: it makes one again by itself. */
static void log_console(xmlNode *devices, const char *path)
{
	xmlNode *next, *serial;

	for (xmlNode *console = element_child(devices, "console"); console; console = next) {
		next = element_next(console);
		if (is_serial_console(console))
			element_remove(console);
	}
	serial = element_set(first_port(devices), "type", "file");
	/* A log of the last run must not pass for this one's. */
	element_set(element_set(element_add(serial, "source"), "path", path), "append", "off");
	element_set_number(element_set(element_add(serial, "target"), "type", "isa-serial"), "port",
			   0);
}

static void add_agent(xmlNode *devices, const char *port)
{
	xmlNode *channel;

	ELEMENT_FOREACH (existing, devices, "channel")
		if (element_has(element_child(existing, "target"), "name", port))
			return;
	channel = element_set(element_add(devices, "channel"), "type", "unix");
	element_set(element_set(element_add(channel, "target"), "type", "virtio"), "name", port);
}

/* A guest that has its driver says that it panicked. */
static void add_panic(xmlNode *domain, xmlNode *devices)
{
	if (!element_child(devices, "panic") &&
	    element_has(element_at(domain, "os/type"), "arch", "x86_64"))
		element_set(element_add(devices, "panic"), "model", "isa");
}

char *domain_measure(const char *xml, const DomainMeasure *measure, GError **error)
{
	g_autoptr(xmlDoc) document = domain_document_parse(xml, error);
	xmlNode *domain, *devices;

	if (!document)
		return NULL;
	domain = xmlDocGetRootElement(document);
	own(domain, measure);
	if (measure->kernel) {
		devices = element_need(domain, "devices");
		boot(domain, measure);
		log_console(devices, measure->console_log);
		add_agent(devices, measure->agent_port);
		add_panic(domain, devices);
	}
	return domain_document_text(document);
}

gboolean domain_read_traits(const char *xml, DomainTraits *ret, GError **error)
{
	g_autoptr(xmlDoc) document = domain_document_parse(xml, error);
	g_autoptr(DomainThreads) threads = NULL;

	if (document)
		threads = domain_threads_read(xmlDocGetRootElement(document), error);
	if (!threads)
		return FALSE;
	ret->kvm = element_has(xmlDocGetRootElement(document), "type", "kvm");
	ret->iothreads = threads->n_iothreads;
	return TRUE;
}
