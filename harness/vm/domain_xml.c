/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm.h"

#include <string.h>

#include <libxml/tree.h>

#include "error.h"
#include "leftover.h"

/* arch/x86/include/asm/setup.h: COMMAND_LINE_SIZE. The kernel cuts off what is longer. */
#define KERNEL_CMDLINE_SIZE 2048

/* libvirt builds directory names from it. */
#define DOMAIN_NAME_MAX 64

const char *accel_name(Accel accel)
{
	return accel == ACCEL_KVM ? "kvm" : "tcg";
}

/* ---- libxml2 with plain strings: text is escaped by it, never by us ---- */

static xmlNode *add(xmlNode *parent, const char *name)
{
	return xmlNewChild(parent, NULL, BAD_CAST name, NULL);
}

static xmlNode *set(xmlNode *node, const char *name, const char *value)
{
	xmlNewProp(node, BAD_CAST name, BAD_CAST value);
	return node;
}

static xmlNode *set_number(xmlNode *node, const char *name, guint64 value)
{
	char text[24];

	g_snprintf(text, sizeof(text), "%" G_GUINT64_FORMAT, value);
	return set(node, name, text);
}

static xmlNode *add_text(xmlNode *parent, const char *name, const char *text)
{
	return xmlNewTextChild(parent, NULL, BAD_CAST name, BAD_CAST text);
}

static xmlNode *add_number(xmlNode *parent, const char *name, guint64 value)
{
	char text[24];

	g_snprintf(text, sizeof(text), "%" G_GUINT64_FORMAT, value);
	return add_text(parent, name, text);
}

static void set_cpus(xmlNode *node, const Cpuset *cpus)
{
	g_autofree char *list = cpulist_format(cpus);

	set(node, "cpuset", list);
}

/* ---- what XML, libvirt or the kernel would take and change ---- */

/* XML has no way to say most control characters, and none belongs into these. */
static gboolean check_text(const char *what, const char *text, GError **error)
{
	if (!text || !*text)
		return lathe_error(error, LATHE_ERROR_USAGE, "the domain's %s is empty",
				   what);
	if (!g_utf8_validate(text, -1, NULL))
		return lathe_error(error, LATHE_ERROR_USAGE,
				   "the domain's %s is not UTF-8", what);
	for (const char *at = text; *at; at = g_utf8_next_char(at)) {
		gunichar c = g_utf8_get_char(at);

		if (g_unichar_iscntrl(c) || c == 0xfffe || c == 0xffff)
			return lathe_error(
			    error, LATHE_ERROR_USAGE,
			    "the domain's %s holds the control character U+%04X", what,
			    c);
	}
	return TRUE;
}

static gboolean check_path(const char *what, const char *path, GError **error)
{
	if (!check_text(what, path, error))
		return FALSE;
	if (!g_path_is_absolute(path))
		return lathe_error(error, LATHE_ERROR_USAGE,
				   "the domain's %s '%s' is not an absolute path", what,
				   path);
	return TRUE;
}

static gboolean check_name(const char *name, GError **error)
{
	static const char allowed[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	if (!check_text("name", name, error))
		return FALSE;
	if (strlen(name) > DOMAIN_NAME_MAX || name[strspn(name, allowed)] != '\0' ||
	    !g_ascii_isalnum(name[0]))
		return lathe_error(
		    error, LATHE_ERROR_USAGE,
		    "the domain's name '%s' is not 1 to %d letters, digits, "
		    "'.', '_', '-'",
		    name, DOMAIN_NAME_MAX);
	return TRUE;
}

static gboolean check_spec(const VmSpec *spec, GError **error)
{
	if (!check_name(spec->name, error) ||
	    !check_path("kernel", spec->kernel, error) ||
	    !check_path("initrd", spec->initrd, error) ||
	    !check_text("kernel command line", spec->cmdline, error) ||
	    !check_path("console log", spec->console_log, error) ||
	    (spec->emulator && !check_path("emulator", spec->emulator, error)))
		return FALSE;
	if (strlen(spec->cmdline) >= KERNEL_CMDLINE_SIZE)
		return lathe_error(
		    error, LATHE_ERROR_USAGE,
		    "the guest's command line has %zu bytes; an x86 kernel cuts "
		    "it off after %d",
		    strlen(spec->cmdline), KERNEL_CMDLINE_SIZE - 1);
	if (spec->memory_mib == 0)
		return lathe_error(error, LATHE_ERROR_USAGE, "the domain has no memory");
	if (cpuset_count(&spec->plan->emulator) == 0 ||
	    cpuset_count(&spec->plan->iothread) == 0)
		return lathe_error(error, LATHE_ERROR_USAGE,
				   "the plan has no CPU for QEMU's own threads");
	return plan_check(spec->plan, error);
}

/* ---- the parts of a domain ---- */

static void add_metadata(xmlNode *domain, const VmSpec *spec)
{
	xmlNode *run = add(add(domain, "metadata"), LEFTOVER_ELEMENT);

	xmlSetNs(run, xmlNewNs(run, BAD_CAST LEFTOVER_NAMESPACE, BAD_CAST "lathe"));
	set_number(run, "pid", (guint64)spec->owner_pid);
	set_number(run, "start-ticks", spec->owner_start_ticks);
}

static void add_memory(xmlNode *domain, const VmSpec *spec)
{
	xmlNode *backing;

	set(add_number(domain, "memory", spec->memory_mib), "unit", "MiB");
	backing = add(domain, "memoryBacking");
	/* KSM breaks shared pages up again at a write: an unplanned page fault. */
	add(backing, "nosharepages");
	if (spec->lock_memory)
		add(backing, "locked");
}

static void add_vcpus(xmlNode *domain, const Plan *plan)
{
	xmlNode *vcpu =
	    set(add_number(domain, "vcpu", plan->n_vcpus), "placement", "static");
	xmlNode *tune;

	/* Threads that nobody pins stay in this set: off the vCPUs'. */
	set_cpus(vcpu, &plan->emulator);
	add_number(domain, "iothreads", 1);
	tune = add(domain, "cputune");
	for (guint i = 0; i < plan->n_vcpus; i++) {
		xmlNode *pin = set_number(add(tune, "vcpupin"), "vcpu", i);

		set_cpus(pin, &plan->vcpus[i].cpus);
	}
	set_cpus(add(tune, "emulatorpin"), &plan->emulator);
	set_cpus(set_number(add(tune, "iothreadpin"), "iothread", 1), &plan->iothread);
	for (guint i = 0; i < plan->n_vcpus; i++) {
		xmlNode *sched;

		if (plan->vcpus[i].fifo_priority == 0)
			continue;
		sched = set_number(add(tune, "vcpusched"), "vcpus", i);
		set(sched, "scheduler", "fifo");
		set_number(sched, "priority", plan->vcpus[i].fifo_priority);
	}
}

/* Memory of another node is further away from the vCPUs' CPUs. strict: a guest that does not fit
 * there does not start. */
static void add_numa(xmlNode *domain, const VmSpec *spec)
{
	g_autofree char *nodes = cpulist_format(&spec->memory_nodes);

	if (!*nodes)
		return;
	set(set(add(add(domain, "numatune"), "memory"), "mode", "strict"), "nodeset", nodes);
}

static void add_boot(xmlNode *domain, const VmSpec *spec)
{
	xmlNode *os = add(domain, "os");

	set(set(add_text(os, "type", "hvm"), "arch", "x86_64"), "machine", "q35");
	add_text(os, "kernel", spec->kernel);
	add_text(os, "initrd", spec->initrd);
	add_text(os, "cmdline", spec->cmdline);
}

static gboolean is_dedicated(const Plan *plan)
{
	for (guint i = 0; i < plan->n_vcpus; i++)
		if (plan->vcpus[i].shares)
			return FALSE;
	return TRUE;
}

static void add_features(xmlNode *domain, const VmSpec *spec)
{
	xmlNode *features = add(domain, "features");

	add(features, "acpi");
	add(features, "apic");
	if (spec->accel != ACCEL_KVM)
		return;
	/* Saving and loading the counters costs every entry and exit. */
	set(add(features, "pmu"), "state", "off");
	/* Lets the guest spin and poll as on bare metal: harmful where a vCPU shares. */
	if (is_dedicated(spec->plan))
		set(add(add(features, "kvm"), "hint-dedicated"), "state", "on");
}

static void add_cpu(xmlNode *domain, const VmSpec *spec)
{
	xmlNode *cpu = add(domain, "cpu");
	xmlNode *topology;

	if (spec->accel == ACCEL_KVM) {
		set(set(cpu, "mode", "host-passthrough"), "check", "none");
		/* Migratable CPUs lose the invariant TSC. */
		set(cpu, "migratable", "off");
	} else {
		/* Everything that the emulator knows. */
		set(set(cpu, "mode", "maximum"), "check", "none");
	}
	topology = set_number(add(cpu, "topology"), "sockets", 1);
	set_number(set_number(topology, "dies", 1), "cores", spec->plan->n_vcpus);
	set_number(topology, "threads", 1);
	if (spec->accel == ACCEL_KVM)
		set(add(cpu, "cache"), "mode", "passthrough");
}

static void add_clock(xmlNode *domain, Accel accel)
{
	xmlNode *clock = set(add(domain, "clock"), "offset", "utc");

	/* Emulated, the guest has no usable TSC: hpet is its clocksource. */
	if (accel != ACCEL_KVM)
		return;
	set(set(add(clock, "timer"), "name", "rtc"), "tickpolicy", "catchup");
	set(set(add(clock, "timer"), "name", "pit"), "tickpolicy", "delay");
	set(set(add(clock, "timer"), "name", "hpet"), "present", "no");
	set(set(add(clock, "timer"), "name", "kvmclock"), "present", "yes");
	set(set(add(clock, "timer"), "name", "tsc"), "mode", "native");
}

static void add_console(xmlNode *devices, const char *path)
{
	xmlNode *serial = set(add(devices, "serial"), "type", "file");

	/* A log of the last run must not pass for this one's. */
	set(set(add(serial, "source"), "path", path), "append", "off");
	set_number(set(add(serial, "target"), "type", "isa-serial"), "port", 0);
}

/* On the root bus: libvirt would put it behind a root port, and add another port to spare,
 * which an emulated guest is a tenth of a second longer in finding. */
static void add_channel(xmlNode *devices)
{
	xmlNode *controller = set_number(
		set(add(devices, "controller"), "type", "virtio-serial"), "index", 0);
	xmlNode *address = set(add(controller, "address"), "type", "pci");
	xmlNode *channel = set(add(devices, "channel"), "type", "unix");

	set_number(set_number(set_number(address, "domain", 0), "bus", 0), "slot", 2);
	set_number(address, "function", 0);
	set(set(add(channel, "target"), "type", "virtio"), "name", VM_AGENT_PORT);
}

static void add_devices(xmlNode *domain, const VmSpec *spec)
{
	xmlNode *devices = add(domain, "devices");

	if (spec->emulator)
		add_text(devices, "emulator", spec->emulator);
	set(set(add(devices, "controller"), "type", "usb"), "model", "none");
	add_console(devices, spec->console_log);
	add_channel(devices);
	set(add(devices, "memballoon"), "model", "none");
	/* A guest that has its driver says that it panicked. */
	set(add(devices, "panic"), "model", "isa");
}

char *domain_xml_new(const VmSpec *spec, GError **error)
{
	xmlDoc *document;
	xmlNode *domain;
	xmlChar *bytes = NULL;
	char *xml;

	if (!check_spec(spec, error))
		return NULL;
	document = xmlNewDoc(BAD_CAST "1.0");
	domain = xmlNewNode(NULL, BAD_CAST "domain");
	xmlDocSetRootElement(document, domain);
	set(domain, "type", spec->accel == ACCEL_KVM ? "kvm" : "qemu");
	add_text(domain, "name", spec->name);
	add_metadata(domain, spec);
	add_memory(domain, spec);
	add_vcpus(domain, spec->plan);
	add_numa(domain, spec);
	add_boot(domain, spec);
	add_features(domain, spec);
	add_cpu(domain, spec);
	add_clock(domain, spec->accel);
	/* The domain ends with the guest, however it ends: a reboot loop measures
	 * nothing. */
	add_text(domain, "on_poweroff", "destroy");
	add_text(domain, "on_reboot", "destroy");
	add_text(domain, "on_crash", "destroy");
	add_devices(domain, spec);
	xmlDocDumpFormatMemory(document, &bytes, NULL, 1);
	xml = g_strdup((char *)bytes);
	xmlFree(bytes);
	xmlFreeDoc(document);
	return xml;
}
