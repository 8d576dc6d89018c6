/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "internal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <glib-unix.h>
#include <libvirt/libvirt-qemu.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "error.h"
#include "libvirt_error.h"
#include "qemu_process.h"

/* libvirt gives QEMU 10 s for SIGTERM and 5 s for SIGKILL. */
#define GONE_TIMEOUT_MS 10000

/* How long libvirt may take to say why, once QEMU is gone. */
#define EVENT_TIMEOUT_S 5

G_STATIC_ASSERT(sizeof(((Vm *)NULL)->uuid) == VIR_UUID_STRING_BUFLEN);

static const char *stopped_text(int detail)
{
	static const char *const texts[] = {
	    [VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN] = "it shut down",
	    [VIR_DOMAIN_EVENT_STOPPED_DESTROYED] = "somebody destroyed it",
	    [VIR_DOMAIN_EVENT_STOPPED_CRASHED] = "it crashed",
	    [VIR_DOMAIN_EVENT_STOPPED_MIGRATED] = "it was migrated away",
	    [VIR_DOMAIN_EVENT_STOPPED_SAVED] = "it was saved to a file",
	    [VIR_DOMAIN_EVENT_STOPPED_FAILED] = "QEMU ended unexpectedly",
	    [VIR_DOMAIN_EVENT_STOPPED_FROM_SNAPSHOT] = "it was reverted to a snapshot",
	};

	if (detail < 0 || (gsize)detail >= G_N_ELEMENTS(texts) || !texts[detail])
		return "for a reason that this lathe does not know";
	return texts[detail];
}

/* qapi/run-state.json, ShutdownCause: what libvirt's own event leaves out. A guest that
 * panics with panic=-1 resets, and so does one that reboots. */
static const struct {
	const char *cause;
	const char *text;
} causes[] = {
	{"guest-panic", "it panicked"},
	{"guest-reset", "it reset itself: a reboot, a panic or a triple fault"},
	{"subsystem-reset", "it reset itself"},
	{"guest-shutdown", "it powered off"},
	{"host-signal", "a signal ended QEMU"},
	{"host-ui", "somebody closed QEMU"},
	{"host-error", "QEMU failed"},
};

/* Tells the user of the Vm once, and is the last thing a callback does: he may free it.
 */
static void report(Vm *vm)
{
	g_autofree char *why = g_strdup(vm->why);

	if (vm->reported || !vm->stopped)
		return;
	vm->reported = TRUE;
	vm->stopped(why, vm->stopped_data);
}

static Vm *find_watched(const Hypervisor *hypervisor, virDomainPtr domain)
{
	char uuid[VIR_UUID_STRING_BUFLEN];

	if (virDomainGetUUIDString(domain, uuid) < 0)
		return NULL;
	for (guint i = 0; i < hypervisor->watched->len; i++) {
		Vm *vm = hypervisor->watched->pdata[i];

		if (strcmp(uuid, vm->uuid) == 0)
			return vm;
	}
	return NULL;
}

/* One that is paused does nothing, while everybody takes it for one that runs. A panic pauses it as
 * well, before it ends. */
static void on_paused(Vm *vm)
{
	if (!vm || vm->why || vm->guest_reason)
		return;
	vm->why = g_strdup("it was paused");
	report(vm);
}

static void on_lifecycle(virConnectPtr connection, virDomainPtr domain, int event,
			 int detail, void *opaque)
{
	Vm *vm = event == VIR_DOMAIN_EVENT_STOPPED ? find_watched(opaque, domain) : NULL;

	(void)connection;
	if (event == VIR_DOMAIN_EVENT_SUSPENDED)
		on_paused(find_watched(opaque, domain));
	if (!vm || vm->why)
		return;
	/* QEMU's cause says more, unless libvirt saw no orderly end. */
	if (vm->guest_reason && (detail == VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN ||
				 detail == VIR_DOMAIN_EVENT_STOPPED_CRASHED))
		vm->why = g_strdup(vm->guest_reason);
	else
		vm->why = g_strdup(stopped_text(detail));
	report(vm);
}

/* QEMU's own SHUTDOWN and GUEST_PANICKED events; `details` is its JSON. */
static void on_monitor(virConnectPtr connection, virDomainPtr domain, const char *event,
		       long long seconds, unsigned int micros, const char *details,
		       void *opaque)
{
	Vm *vm = find_watched(opaque, domain);

	(void)connection, (void)seconds, (void)micros;
	if (!vm || vm->guest_reason)
		return;
	if (strcmp(event, "GUEST_PANICKED") == 0) {
		vm->guest_reason = g_strdup("it panicked");
		return;
	}
	for (gsize i = 0; details && i < G_N_ELEMENTS(causes); i++) {
		g_autofree char *quoted = g_strdup_printf("\"%s\"", causes[i].cause);

		if (!strstr(details, quoted))
			continue;
		vm->guest_reason = g_strdup(causes[i].text);
		return;
	}
}

static gboolean on_late(gpointer data)
{
	Vm *vm = data;

	vm->report_source = 0;
	if (!vm->why)
		vm->why = g_strdup("QEMU ended, and libvirt did not say why");
	report(vm);
	return G_SOURCE_REMOVE;
}

/* A libvirt daemon that died as well sends no event. */
static gboolean on_gone(int fd, GIOCondition condition, gpointer data)
{
	Vm *vm = data;

	(void)fd, (void)condition;
	vm->gone_source = 0;
	if (!vm->report_source)
		vm->report_source = g_timeout_add_seconds(EVENT_TIMEOUT_S, on_late, vm);
	return G_SOURCE_REMOVE;
}

static gboolean register_events(Hypervisor *hypervisor, GError **error)
{
	virConnectPtr connection = hypervisor->connection;

	hypervisor->lifecycle_id = virConnectDomainEventRegisterAny(
	    connection, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
	    VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle), hypervisor, NULL);
	if (hypervisor->lifecycle_id < 0)
		return libvirt_error(error, "watch the domains of %s", hypervisor->uri);
	hypervisor->monitor_id = virConnectDomainQemuMonitorEventRegister(
	    connection, NULL, "^(SHUTDOWN|GUEST_PANICKED)$", on_monitor, hypervisor, NULL,
	    VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_REGEX);
	/* A read-only or older connection has none: the reason is then less exact. */
	if (hypervisor->monitor_id < 0)
		virResetLastError();
	return TRUE;
}

/* Before the domain exists, so that no event is missed: events are delivered by the main
 * context, which does not run until the UUID is known. */
static gboolean listen_for(Vm *vm, GError **error)
{
	Hypervisor *hypervisor = vm->hypervisor;

	if (hypervisor->watched->len == 0 && !register_events(hypervisor, error))
		return FALSE;
	g_ptr_array_add(hypervisor->watched, vm);
	return TRUE;
}

static void stop_listening(Vm *vm)
{
	Hypervisor *hypervisor = vm->hypervisor;

	if (!g_ptr_array_remove(hypervisor->watched, vm) || hypervisor->watched->len > 0)
		return;
	virConnectDomainEventDeregisterAny(hypervisor->connection, hypervisor->lifecycle_id);
	if (hypervisor->monitor_id >= 0)
		virConnectDomainQemuMonitorEventDeregister(hypervisor->connection,
							   hypervisor->monitor_id);
}

static gboolean find_process(Vm *vm, GError **error)
{
	g_autoptr(Root) live = root_open_live(error);

	if (!live || !qemu_process_find(live, virDomainGetName(vm->domain), vm->uuid,
					&vm->pid, error))
		return FALSE;
	vm->pidfd = qemu_process_open(vm->pid);
	if (vm->pidfd < 0)
		return lathe_error_errno(error, errno, "watch QEMU process %d", vm->pid);
	vm->gone_source = g_unix_fd_add(vm->pidfd, G_IO_IN, on_gone, vm);
	return TRUE;
}

Vm *vm_create(Hypervisor *hypervisor, const char *xml, GError **error)
{
	g_autoptr(Vm) vm = g_new0(Vm, 1);

	vm->hypervisor = hypervisor;
	vm->pidfd = -1;
	if (!listen_for(vm, error))
		return NULL;
	vm->domain = virDomainCreateXML(hypervisor->connection, xml, 0);
	if (!vm->domain) {
		libvirt_error(error, "create the domain");
		return NULL;
	}
	if (virDomainGetUUIDString(vm->domain, vm->uuid) < 0) {
		libvirt_error(error, "read the domain's UUID");
		return NULL;
	}
	if (!find_process(vm, error)) {
		g_prefix_error(error, "domain '%s': ", virDomainGetName(vm->domain));
		return NULL;
	}
	return g_steal_pointer(&vm);
}

static void destroy(Vm *vm)
{
	gboolean destroyed;

	if (!vm->domain)
		return;
	/* It fails when the domain has ended already, and when the daemon has: then the process
	 * may still run. */
	destroyed = virDomainDestroy(vm->domain) == 0;
	virResetLastError();
	if (vm->pidfd >= 0 &&
	    !(destroyed && qemu_process_wait_gone(vm->pidfd, GONE_TIMEOUT_MS)))
		qemu_process_kill(vm->pidfd, GONE_TIMEOUT_MS);
	virDomainFree(vm->domain);
}

void vm_free(Vm *vm)
{
	if (!vm)
		return;
	g_clear_handle_id(&vm->gone_source, g_source_remove);
	g_clear_handle_id(&vm->report_source, g_source_remove);
	destroy(vm);
	stop_listening(vm);
	if (vm->pidfd >= 0)
		close(vm->pidfd);
	g_free(vm->guest_reason);
	g_free(vm->why);
	g_free(vm);
}

static gboolean on_already_stopped(gpointer data)
{
	Vm *vm = data;

	vm->report_source = 0;
	report(vm);
	return G_SOURCE_REMOVE;
}

void vm_on_stopped(Vm *vm, void (*stopped)(const char *why, gpointer data), gpointer data)
{
	vm->stopped = stopped;
	vm->stopped_data = data;
	if (stopped && vm->why && !vm->reported && !vm->report_source)
		vm->report_source = g_idle_add(on_already_stopped, vm);
}

gboolean vm_is_running(const Vm *vm)
{
	return !vm->why && !qemu_process_wait_gone(vm->pidfd, 0);
}

char *vm_live_xml(Vm *vm, GError **error)
{
	char *xml = virDomainGetXMLDesc(vm->domain, 0);
	char *copy;

	if (!xml) {
		libvirt_error(error, "read the XML of domain '%s'",
			      virDomainGetName(vm->domain));
		return NULL;
	}
	copy = g_strdup(xml);
	free(xml);
	return copy;
}

pid_t vm_pid(const Vm *vm)
{
	return vm->pid;
}
