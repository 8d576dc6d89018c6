/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "domain_document.h"
#include "domain_reading.h"
#include "element.h"
#include "error.h"
#include "escape.h"
#include "vm_value.h"
#include "xml_values.h"

void domain_note(const DomainReading *reading, const char *format, ...)
{
	va_list arguments;

	if (!reading->notes)
		return;
	va_start(arguments, format);
	g_ptr_array_add(reading->notes, g_strdup_vprintf(format, arguments));
	va_end(arguments);
}

void domain_take(const DomainReading *reading, VmKey key, const char *text)
{
	g_autoptr(GError) error = NULL;

	if (!vm_config_set(reading->vm, key, text, &error))
		domain_note(reading, "%s cannot hold what the domain has: %s",
			    vm_keys[key].name, error->message);
}

/* A key without which the configuration would be of another VM. */
static gboolean must_take(const DomainReading *reading, VmKey key, const char *text,
			  GError **error)
{
	if (vm_config_set(reading->vm, key, text, error))
		return TRUE;
	g_prefix_error(error, "the domain's %s: ", vm_keys[key].name);
	return FALSE;
}

/* libvirt takes 32 hex digits with dashes anywhere between them, and writes them in
 * groups. */
static gboolean format_uuid(const char *text, char *ret)
{
	guint digits = 0, length = 0;

	for (; *text; text++) {
		if (*text == '-')
			continue;
		if (!g_ascii_isxdigit(*text) || digits++ == 32)
			return FALSE;
		ret[length++] = g_ascii_tolower(*text);
		if (digits == 8 || digits == 12 || digits == 16 || digits == 20)
			ret[length++] = '-';
	}
	ret[length] = '\0';
	return digits == 32;
}

static gboolean read_uuid(const xmlNode *domain, char *ret, GError **error)
{
	g_autofree char *text = element_text(element_child(domain, "uuid"));
	g_autofree char *shown = NULL;

	if (!text)
		return lathe_error(
			error, LATHE_ERROR_INPUT,
			"the domain has no UUID: libvirt gives it one when it is "
			"defined");
	if (format_uuid(text, ret))
		return TRUE;
	shown = escape_text(text, MIN(strlen(text), 60));
	return lathe_error(error, LATHE_ERROR_INPUT, "the domain's UUID '%s' is none",
			   shown);
}

static gboolean read_identity(const DomainReading *reading, GError **error)
{
	g_autofree char *name = element_text(element_child(reading->domain, "name"));
	g_autofree char *title = element_text(element_child(reading->domain, "title"));
	g_autofree char *description =
		element_text(element_child(reading->domain, "description"));

	if (!name || !*name)
		return lathe_error(error, LATHE_ERROR_INPUT, "the domain has no name");
	if (!must_take(reading, VM_KEY_NAME, name, error))
		return FALSE;
	if (title && *title)
		domain_take(reading, VM_KEY_TITLE, title);
	if (description && *description)
		domain_take(reading, VM_KEY_DESCRIPTION, description);
	return TRUE;
}

/* ---- vCPUs ---- */

/* libvirt without a topology: as many sockets as vCPUs. */
static gboolean read_topology(const DomainReading *reading, GError **error)
{
	const xmlNode *node = element_at(reading->domain, "cpu/topology");
	guint64 sockets = reading->threads->n_vcpus, cores = 1, threads = 1, dies = 1;
	g_autofree char *text = NULL;

	if (node &&
	    (!xml_number_attribute(node, "sockets", G_MAXUINT16, &sockets, error) ||
	     !xml_number_attribute(node, "dies", G_MAXUINT16, &dies, error) ||
	     !xml_number_attribute(node, "cores", G_MAXUINT16, &cores, error) ||
	     !xml_number_attribute(node, "threads", G_MAXUINT16, &threads, error)))
		return FALSE;
	if (sockets * dies * cores * threads != reading->threads->n_vcpus) {
		domain_note(
			reading,
			"the domain's CPU topology is not of its %u vCPUs; cpu_topology "
			"became auto",
			reading->threads->n_vcpus);
		return TRUE;
	}
	if (dies > 1)
		domain_note(reading,
			    "the guest sees %u dies in a socket; cpu_topology counts "
			    "their cores "
			    "together, and the dies stay as long as it is not changed",
			    (guint)dies);
	if (sockets == 1 && threads == 1)
		return TRUE;
	text = g_strdup_printf("%u, %u, %u", (guint)sockets, (guint)(dies * cores),
			       (guint)threads);
	domain_take(reading, VM_KEY_CPU_TOPOLOGY, text);
	return TRUE;
}

static gboolean read_vcpus(const DomainReading *reading, GError **error)
{
	const DomainThreads *threads = reading->threads;
	g_autofree char *count = g_strdup_printf("%u", threads->n_vcpus);

	if (!must_take(reading, VM_KEY_NR_VCPUS, count, error))
		return FALSE;
	if (threads->n_current != threads->n_vcpus)
		domain_note(reading,
			    "only %u of the domain's %u vCPUs are there at boot; "
			    "nr_vcpus counts "
			    "all, and the others stay away as long as it is not changed",
			    threads->n_current, threads->n_vcpus);
	return read_topology(reading, error);
}

static void note_binding(const DomainReading *reading, DomainBinding binding)
{
	const DomainThreads *threads = reading->threads;
	const Cpuset *cpuset = &reading->vm->cpuset;
	gboolean others = FALSE;
	Cpuset first = {0};

	cpuset_add(&first, (guint)cpuset_next(cpuset, 0));
	for (guint i = 0; i < threads->n_iothreads; i++) {
		const Cpuset *where = domain_threads_iothread(threads, i);

		others |= !where || !cpuset_equal(where, &first);
	}
	if (binding == DOMAIN_EXACT && !others)
		return;
	domain_note(reading,
		    "the domain's threads are not bound as a cpuset binds them (vCPUs in "
		    "turn to "
		    "all of its CPUs but the first, every other thread to that one); "
		    "cpuset became "
		    "all the CPUs that they are bound to, and %s",
		    domain_threads_within(threads, cpuset) && !domain_threads_rt(threads)
			    ? "they stay where they are as long as it is not changed and "
			      "the VM is "
			      "not real-time"
			    : "a synchronisation binds them by it");
}

static void read_cpuset(const DomainReading *reading)
{
	const DomainThreads *threads = reading->threads;
	Cpuset cpuset;
	DomainBinding binding = domain_threads_cpuset(threads, &cpuset);
	g_autofree char *list = cpulist_format(&cpuset);

	if (binding != DOMAIN_UNBOUND) {
		domain_take(reading, VM_KEY_CPUSET, list);
		note_binding(reading, binding);
		return;
	}
	if (threads->placed)
		domain_note(reading,
			    "the domain's vCPUs are placed by numad; that stays as it is "
			    "as long as cpuset is empty");
	if (threads->emulator_pin)
		domain_note(reading,
			    "QEMU's own threads are bound and vCPUs are not; that stays "
			    "as it is as long as cpuset is empty");
}

/* ---- schedulers ---- */

/* Those of the RT VM that are not real-time keep house, by the rule of vm_layout.h or by
 * name. */
static void read_housekeeping(const DomainReading *reading)
{
	const DomainThreads *threads = reading->threads;
	Cpuset house = {0}, automatic = {0};
	g_autofree char *list = NULL;

	for (guint i = 0; i < threads->n_vcpus; i++)
		if (!domain_sched_is_rt(&threads->scheds[i]))
			cpuset_add(&house, i);
	if (threads->n_vcpus > 1)
		cpuset_add(&automatic, 0);
	if (cpuset_equal(&house, &automatic))
		return;
	list = cpulist_format(&house);
	domain_take(reading, VM_KEY_GUEST_HOUSEKEEPING, list);
}

static void read_vcpu_priority(const DomainReading *reading)
{
	const DomainThreads *threads = reading->threads;
	guint priority = 0;
	gboolean differ = FALSE, round_robin = FALSE;
	g_autofree char *text = NULL;

	for (guint i = 0; i < threads->n_vcpus; i++) {
		const DomainSched *sched = &threads->scheds[i];

		if (!domain_sched_is_rt(sched))
			continue;
		differ |= priority != 0 && sched->priority != priority;
		round_robin |= sched->policy == DOMAIN_SCHED_RR;
		priority = MAX(priority, sched->priority);
	}
	if (differ)
		domain_note(reading,
			    "the vCPUs' priorities differ; vcpu_priority became the "
			    "highest, %u",
			    priority);
	if (round_robin)
		domain_note(
			reading,
			"vCPUs are SCHED_RR; a synchronisation makes them SCHED_FIFO");
	if (priority == 0) {
		domain_note(reading,
			    "the vCPUs' priority is 0, which neither SCHED_FIFO nor "
			    "SCHED_RR has; vcpu_priority became auto");
		return;
	}
	if (priority == PLAN_VCPU_PRIORITY)
		return;
	text = g_strdup_printf("%u", priority);
	domain_take(reading, VM_KEY_VCPU_PRIORITY, text);
}

static void read_other_priority(const DomainReading *reading)
{
	const DomainThreads *threads = reading->threads;
	const DomainSched *emulator = &threads->emulator_sched;
	guint priority = domain_sched_is_rt(emulator) ? emulator->priority : 0;
	gboolean differ = emulator->policy == DOMAIN_SCHED_RR;

	for (guint i = 0; i < threads->n_iothreads; i++) {
		const DomainSched *sched = &threads->iothread_scheds[i];

		differ |= (domain_sched_is_rt(sched) ? sched->priority : 0) != priority ||
			  sched->policy == DOMAIN_SCHED_RR;
	}
	if (differ)
		domain_note(reading,
			    "QEMU's main thread and IOThreads are scheduled differently, "
			    "or SCHED_RR; emulator_priority is one SCHED_FIFO priority "
			    "for all of them");
	if (priority > 0) {
		g_autofree char *text = g_strdup_printf("%u", priority);

		domain_take(reading, VM_KEY_EMULATOR_PRIORITY, text);
	}
}

static void read_scheds(const DomainReading *reading)
{
	if (domain_threads_rt(reading->threads)) {
		domain_take(reading, VM_KEY_RT, "True");
		read_housekeeping(reading);
		read_vcpu_priority(reading);
	}
	read_other_priority(reading);
}

static void read_iothreads(const DomainReading *reading)
{
	g_autofree char *count = g_strdup_printf("%u", reading->threads->n_iothreads);

	if (reading->threads->n_iothreads > 0)
		domain_take(reading, VM_KEY_IOTHREADS, count);
}

static gboolean read_all(const DomainReading *reading, GError **error)
{
	if (!read_identity(reading, error) || !read_vcpus(reading, error))
		return FALSE;
	read_cpuset(reading);
	read_scheds(reading);
	read_iothreads(reading);
	if (element_has(element_at(reading->domain, "features/kvm/hidden"), "state",
			"on"))
		domain_take(reading, VM_KEY_HIDE_KVM, "True");
	if (!domain_read_memory(reading, error))
		return FALSE;
	domain_read_cache(reading);
	domain_read_devices(reading);
	return TRUE;
}

VmConfig *domain_read_config(const char *xml, const Topology *topology,
			     const DomainCache *cache, GPtrArray *notes, GError **error)
{
	g_autoptr(xmlDoc) document = domain_document_parse(xml, error);
	const xmlNode *domain = document ? xmlDocGetRootElement(document) : NULL;
	g_autoptr(DomainThreads) threads = domain ? domain_threads_read(domain, error)
						  : NULL;
	g_autoptr(VmConfig) vm = NULL;
	char uuid[VM_UUID_LENGTH + 1];

	if (!threads || !read_uuid(domain, uuid, error))
		return NULL;
	vm = vm_config_new(uuid);
	if (!read_all(&(DomainReading){domain, threads, topology, cache, vm, notes},
		      error))
		return NULL;
	return g_steal_pointer(&vm);
}

/* libosinfo's metadata, and hyperv enlightenments, which only Windows takes. */
static gboolean is_windows(const xmlNode *domain)
{
	const xmlNode *metadata = element_child(domain, "metadata");

	if (element_at(domain, "features/hyperv"))
		return TRUE;
	for (const xmlNode *info = metadata ? metadata->children : NULL; info;
	     info = info->next) {
		if (info->type != XML_ELEMENT_NODE ||
		    strcmp((char *)info->name, "libosinfo") != 0)
			continue;
		for (const xmlNode *os = info->children; os; os = os->next) {
			g_autofree char *id = os->type == XML_ELEMENT_NODE
						      ? element_get(os, "id")
						      : NULL;

			if (id && strstr(id, "//microsoft.com/win"))
				return TRUE;
		}
	}
	return FALSE;
}

gboolean domain_read_facts(const char *xml, VmDomainFacts *ret, GError **error)
{
	g_autoptr(xmlDoc) document = domain_document_parse(xml, error);
	const xmlNode *domain = document ? xmlDocGetRootElement(document) : NULL;
	const xmlNode *memory = element_child(domain, "memory");
	VmDomainFacts facts = {.known = TRUE};
	guint64 kib = 0;
	gboolean exact;

	if (!domain || (memory && !xml_memory_kib(memory, &kib, error)) ||
	    !domain_hugepages(domain, &facts.hugepages_kib, &exact, error))
		return FALSE;
	facts.memory_mib = kib / 1024 + (kib % 1024 ? 1 : 0);
	facts.windows = is_windows(domain);
	*ret = facts;
	return TRUE;
}
