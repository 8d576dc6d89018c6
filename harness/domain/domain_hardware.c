/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "domain_hardware.h"

#include "domain_document.h"
#include "element.h"
#include "xml_values.h"

/* <memory> is the whole of it; what memory devices have is beyond QEMU's -m. */
static gboolean read_memory(const xmlNode *domain, guint64 *ret, GError **error)
{
	const xmlNode *memory = element_child(domain, "memory");

	if (!memory || element_at(domain, "devices/memory"))
		return TRUE;
	return xml_memory_kib(memory, ret, error);
}

static gboolean read_vcpus(const xmlNode *domain, guint *ret, GError **error)
{
	const xmlNode *vcpu = element_child(domain, "vcpu");
	guint64 all = 1, current;

	if (vcpu && !xml_number_text(vcpu, 1, DOMAIN_VCPUS_MAX, &all, error))
		return FALSE;
	current = all;
	if (vcpu && !xml_number_attribute(vcpu, "current", all, &current, error))
		return FALSE;
	*ret = (guint)current;
	return TRUE;
}

/* Their number, or as many as have an id: libvirt takes the larger one. */
static gboolean read_iothreads(const xmlNode *domain, guint *ret, GError **error)
{
	const xmlNode *iothreads = element_child(domain, "iothreads");
	const xmlNode *ids = element_child(domain, "iothreadids");
	guint64 number = 0;
	guint named = 0;

	if (iothreads && !xml_number_text(iothreads, 0, DOMAIN_VCPUS_MAX, &number, error))
		return FALSE;
	ELEMENT_FOREACH (id, ids, "iothread")
		named++;
	*ret = MAX((guint)number, named);
	return TRUE;
}

gboolean domain_read_hardware(const char *xml, DomainHardware *ret, GError **error)
{
	g_autoptr(xmlDoc) document = domain_document_parse(xml, error);
	const xmlNode *domain = document ? xmlDocGetRootElement(document) : NULL;
	DomainHardware hardware = {0};

	if (!domain || !read_memory(domain, &hardware.memory_kib, error) ||
	    !read_vcpus(domain, &hardware.vcpus, error) ||
	    !read_iothreads(domain, &hardware.iothreads, error))
		return FALSE;
	hardware.memory_locked = element_at(domain, "memoryBacking/locked") != NULL;
	hardware.type = element_get(domain, "type");
	*ret = hardware;
	return TRUE;
}

void domain_hardware_clear(DomainHardware *hardware)
{
	g_clear_pointer(&hardware->type, g_free);
}
