/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "domain_document.h"
#include "domain_editing.h"
#include "element.h"
#include "error.h"
#include "vm_value.h"
#include "xml_values.h"

/* ---- who it is ---- */

static gboolean set_line(const DomainEdit *edit, const char *name, const char *text,
			 GError **error)
{
	g_autofree char *stripped = g_strstrip(g_strdup(text ? text : ""));

	if (!xml_check_text(name, stripped, error))
		return FALSE;
	if (*stripped)
		element_set_text(element_need(edit->domain, name), stripped);
	else
		element_remove(element_child(edit->domain, name));
	return TRUE;
}

/* Its lines count, not the blanks around them. */
static gboolean set_description(const DomainEdit *edit, GError **error)
{
	const char *wanted = edit->layout->vm->description ? edit->layout->vm->description
							   : "";
	xmlNode *node = element_child(edit->domain, "description");
	g_autofree char *text = element_text(node);
	g_autofree char *now = NULL;

	if (!g_utf8_validate(wanted, -1, NULL))
		return lathe_error(error, LATHE_ERROR_USAGE,
				   "the description is not UTF-8");
	if (text && vm_value_lines(text, &now, NULL) && strcmp(now, wanted) == 0)
		return TRUE;
	if (*wanted)
		element_set_text(element_need(edit->domain, "description"), wanted);
	else
		element_remove(node);
	return TRUE;
}

gboolean domain_apply_identity(const DomainEdit *edit, GError **error)
{
	const VmConfig *vm = edit->layout->vm;

	if (!vm->name || !*vm->name)
		return lathe_error(error, LATHE_ERROR_USAGE, "the VM has no name");
	return set_line(edit, "name", vm->name, error) &&
	       set_line(edit, "title", vm->title, error) && set_description(edit, error);
}

/* ---- vCPUs ---- */

/* What names a vCPU that is no more is refused or passed over, depending on libvirt's
 * age. */
static void forget_vcpus(xmlNode *domain, guint n)
{
	xmlNode *tune = element_child(domain, "cputune");
	xmlNode *pin = element_child(tune, "vcpupin");

	while (pin) {
		xmlNode *next = element_next(pin);
		guint64 vcpu = 0;

		if (!xml_number_attribute(pin, "vcpu", G_MAXUINT16, &vcpu, NULL) ||
		    vcpu >= n)
			element_remove(pin);
		pin = next;
	}
}

static gboolean set_count(const DomainEdit *edit, GError **error)
{
	guint n = edit->layout->n_vcpus;
	xmlNode *vcpu = element_child(edit->domain, "vcpu");
	guint64 now = 1;

	if (vcpu && !xml_number_text(vcpu, 1, DOMAIN_VCPUS_MAX, &now, error))
		return FALSE;
	if (now == n)
		return TRUE;
	if (element_at(edit->domain, "cpu/numa"))
		return lathe_error(
			error, LATHE_ERROR_USAGE,
			"nr_vcpus is %u and the domain has %u vCPUs, which it divides "
			"into NUMA nodes of the guest's: change both with virsh edit",
			n, (guint)now);
	element_set_text_number(element_need(edit->domain, "vcpu"), n);
	/* How many of the old ones were there at boot says nothing about the new ones. */
	element_unset(element_child(edit->domain, "vcpu"), "current");
	element_remove(element_child(edit->domain, "vcpus"));
	forget_vcpus(edit->domain, n);
	return TRUE;
}

static gboolean set_topology(const DomainEdit *edit, GError **error)
{
	const VmLayout *layout = edit->layout;
	xmlNode *node = element_at(edit->domain, "cpu/topology");
	/* Without one, every vCPU is a socket. */
	guint64 sockets = layout->n_vcpus, dies = 1, cores = 1, threads = 1;

	if (layout->sockets * layout->cores * layout->threads != layout->n_vcpus)
		return lathe_error(error, LATHE_ERROR_USAGE,
				   "cpu_topology '%u, %u, %u' is not of %u vCPUs",
				   layout->sockets, layout->cores, layout->threads,
				   layout->n_vcpus);
	if (node &&
	    (!xml_number_attribute(node, "sockets", G_MAXUINT16, &sockets, error) ||
	     !xml_number_attribute(node, "dies", G_MAXUINT16, &dies, error) ||
	     !xml_number_attribute(node, "cores", G_MAXUINT16, &cores, error) ||
	     !xml_number_attribute(node, "threads", G_MAXUINT16, &threads, error)))
		return FALSE;
	if (sockets == layout->sockets && dies * cores == layout->cores &&
	    threads == layout->threads)
		return TRUE;
	node = element_need_at(edit->domain, "cpu/topology");
	element_set_number(node, "sockets", layout->sockets);
	element_set_number(node, "dies", 1);
	element_set_number(node, "cores", layout->cores);
	element_set_number(node, "threads", layout->threads);
	return TRUE;
}

static void set_hidden(const DomainEdit *edit)
{
	xmlNode *kvm = element_at(edit->domain, "features/kvm");
	xmlNode *hidden = element_child(kvm, "hidden");

	if (edit->layout->vm->hide_kvm) {
		element_set(element_need_at(edit->domain, "features/kvm/hidden"), "state",
			    "on");
	} else if (hidden && element_has(hidden, "state", "on")) {
		element_remove(hidden);
		element_remove_empty(kvm);
		element_remove_empty(element_child(edit->domain, "features"));
	}
}

gboolean domain_apply_vcpus(const DomainEdit *edit, GError **error)
{
	if (!set_count(edit, error) || !set_topology(edit, error))
		return FALSE;
	set_hidden(edit);
	return TRUE;
}

/* ---- all of it ---- */

gboolean domain_edit_document(xmlDoc *document, const VmLayout *layout,
			      const DomainCache *cache, GError **error)
{
	xmlNode *domain = xmlDocGetRootElement(document);
	g_autoptr(DomainThreads) before = domain_threads_read(domain, error);
	DomainEdit edit = {
		.domain = domain,
		.layout = layout,
		.cache = cache,
		.kvm = element_has(domain, "type", "kvm"),
	};
	Cpuset cpuset;

	if (!before)
		return FALSE;
	edit.was_bound = domain_threads_cpuset(before, &cpuset) != DOMAIN_UNBOUND;
	edit.was_rt = domain_threads_rt(before);
	if (!domain_apply_identity(&edit, error) || !domain_apply_memory(&edit, error) ||
	    !domain_apply_vcpus(&edit, error) || !domain_apply_devices(&edit, error) ||
	    !domain_apply_threads(&edit, error) || !domain_apply_cache(&edit, error))
		return FALSE;
	if (layout->vm->rt)
		domain_apply_rt(&edit);
	return TRUE;
}

char *domain_apply(const char *xml, const VmLayout *layout, const DomainCache *cache,
		   GError **error)
{
	g_autoptr(xmlDoc) document = domain_document_parse(xml, error);
	g_autofree char *before = NULL;
	g_autofree char *after = NULL;

	if (!document)
		return NULL;
	before = domain_document_text(document);
	if (!domain_edit_document(document, layout, cache, error)) {
		g_prefix_error(error, "VM %s: ", layout->vm->uuid);
		return NULL;
	}
	after = domain_document_text(document);
	/* The bytes that were given, where nothing is to be changed. */
	return strcmp(before, after) == 0 ? g_strdup(xml) : g_steal_pointer(&after);
}
