/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a view knows besides single files. */
#include <errno.h>
#include <gio/gio.h>
#include <libxml/parser.h>
#include <string.h>
#include <sys/klog.h>

#include "kernel_cmdline.h"
#include "kvm.h"
#include "number.h"
#include "proc.h"
#include "threads.h"
#include "topology.h"
#include "view.h"
#include "view_private.h"

/* Snapshots of others lack the list but have the CPUs' own folders. */
static void online_from_topology(KnobView *view)
{
	const Topology *topology = knob_view_topology(view, NULL);

	if (!topology)
		return;
	view->online = topology->online;
	view->online_known = TRUE;
}

static void read_cpus(KnobView *view)
{
	int errnum = 0;

	if (view->cpus_read)
		return;
	view->cpus_read = TRUE;
	view->online_known = knob_view_cpulist(view, "sys/devices/system/cpu/online",
					       &view->online, &errnum);
	/* Somebody runs this kernel. */
	view->online_known = view->online_known && cpuset_count(&view->online) > 0;
	/* A list that is there and cannot be read may say something else. */
	if (!view->online_known && errnum == ENOENT)
		online_from_topology(view);
	view->isolated_known = knob_view_cpulist(view, "sys/devices/system/cpu/isolated",
						 &view->isolated, NULL);
	if (!view->planned_given)
		view->planned = view->isolated;
	view->housekeeping = view->online;
	cpuset_subtract(&view->housekeeping, &view->planned);
}

const Cpuset *knob_view_online(KnobView *view)
{
	read_cpus(view);
	return &view->online;
}

gboolean knob_view_online_known(KnobView *view)
{
	read_cpus(view);
	return view->online_known;
}

const Cpuset *knob_view_isolated(KnobView *view)
{
	read_cpus(view);
	return &view->isolated;
}

gboolean knob_view_isolated_known(KnobView *view)
{
	read_cpus(view);
	return view->isolated_known;
}

const Cpuset *knob_view_planned(KnobView *view)
{
	read_cpus(view);
	return &view->planned;
}

gboolean knob_view_planned_given(const KnobView *view)
{
	return view->planned_given;
}

const char *knob_view_unplanned(KnobView *view, KnobMatch *ret)
{
	read_cpus(view);
	if (cpuset_count(&view->planned) > 0)
		return NULL;
	if (view->planned_given || view->isolated_known) {
		*ret = MATCH_IRRELEVANT;
		return "no CPU is planned for vCPUs, and the kernel isolates none";
	}
	*ret = MATCH_ODD;
	return "no CPU is planned for vCPUs, and nothing tells which ones the kernel isolates";
}

const Cpuset *knob_view_housekeeping(KnobView *view)
{
	read_cpus(view);
	return &view->housekeeping;
}

/* Hands out what a Lazy holds. */
static gpointer outcome(const Lazy *lazy, int *ret_errno)
{
	if (!lazy->value && ret_errno)
		*ret_errno = lazy->errnum;
	return lazy->value;
}

const KernelCmdline *knob_view_cmdline(KnobView *view, int *ret_errno)
{
	Lazy *lazy = &view->cmdline;

	if (!lazy->tried) {
		const char *text = knob_view_line(view, "proc/cmdline", &lazy->errnum);

		lazy->tried = TRUE;
		/* The kernel ends it with a line feed, however short it is. */
		if (text && *knob_view_read(view, "proc/cmdline", NULL) != '\0')
			lazy->value = kernel_cmdline_parse(text, strlen(text), NULL);
		if (text && !lazy->value)
			lazy->errnum = EILSEQ;
	}
	return outcome(lazy, ret_errno);
}

const Interrupts *knob_view_interrupts(KnobView *view, int *ret_errno)
{
	Lazy *lazy = &view->interrupts;

	if (!lazy->tried) {
		const char *text = knob_view_read(view, "proc/interrupts", &lazy->errnum);

		lazy->tried = TRUE;
		if (text)
			lazy->value = interrupts_parse(text, strlen(text), NULL);
		if (text && !lazy->value)
			lazy->errnum = EILSEQ;
	}
	return outcome(lazy, ret_errno);
}

const Topology *knob_view_topology(KnobView *view, const char **ret_why)
{
	Lazy *lazy = &view->topology;

	if (!lazy->tried) {
		g_autoptr(GError) error = NULL;

		lazy->tried = TRUE;
		lazy->value = topology_read(view->root, &error);
		if (!lazy->value)
			view->topology_why = g_strdup(error->message);
	}
	if (ret_why)
		*ret_why = view->topology_why;
	return lazy->value;
}

/* A live log is asked of the kernel: reading /dev/kmsg would be line by line. */
static char *live_kernel_log(int *ret_errno)
{
	enum { READ_ALL = 3, SIZE_BUFFER = 10 }; /* syslog(2) */
	int size = klogctl(SIZE_BUFFER, NULL, 0);
	g_autofree char *text = NULL;
	int got;

	if (size <= 0) {
		*ret_errno = size < 0 ? errno : ENODATA;
		return NULL;
	}
	text = g_malloc((gsize)size + 1);
	got = klogctl(READ_ALL, text, size);
	if (got < 0) {
		*ret_errno = errno;
		return NULL;
	}
	text[got] = '\0';
	return g_steal_pointer(&text);
}

const char *knob_view_kernel_log(KnobView *view, int *ret_errno)
{
	/* lathe's own capture, then an sosreport's. */
	static const char *const places[] = {CAPTURE_KERNEL_LOG, "sos_commands/kernel/dmesg",
					     "sos_commands/kernel/dmesg_-T", "dmesg", NULL};
	Lazy *lazy = &view->kernel_log;

	if (lazy->tried)
		return outcome(lazy, ret_errno);
	lazy->tried = TRUE;
	lazy->errnum = ENOENT;
	if (knob_view_live(view)) {
		lazy->value = live_kernel_log(&lazy->errnum);
		return outcome(lazy, ret_errno);
	}
	for (guint i = 0; places[i] && !lazy->value; i++)
		lazy->value = g_strdup(knob_view_read(view, places[i],
						      i == 0 ? &lazy->errnum : NULL));
	return outcome(lazy, ret_errno);
}

const char *knob_view_kvm_proof(KnobView *view, int *ret_errno)
{
	Lazy *lazy = &view->kvm_proof;

	if (lazy->tried)
		return outcome(lazy, ret_errno);
	lazy->tried = TRUE;
	if (knob_view_live(view)) {
		KvmProof proof = kvm_prove();

		lazy->value = g_strdup_printf("%s\t%s", proof.works ? "yes" : "no",
					      proof.reason);
		g_free(proof.reason);
	} else {
		lazy->value = g_strdup(
			knob_view_line(view, CAPTURE_KVM_PROOF, &lazy->errnum));
	}
	return outcome(lazy, ret_errno);
}

const GArray *knob_view_threads(KnobView *view, int *ret_errno)
{
	Lazy *lazy = &view->threads;
	const char *text;

	if (lazy->tried)
		return outcome(lazy, ret_errno);
	lazy->tried = TRUE;
	text = knob_view_live(view) ? NULL : knob_view_read(view, CAPTURE_THREADS, NULL);
	lazy->value = text ? threads_parse(text, &lazy->errnum)
			   : threads_read(view->root, &lazy->errnum);
	return outcome(lazy, ret_errno);
}

static void quiet(void *context, const char *message, ...)
{
	(void)context;
	(void)message;
}

gpointer knob_xml_parse(const char *text)
{
	xmlDoc *document;

	/* No network, no entities of others, nothing printed: it may be anybody's. */
	xmlSetGenericErrorFunc(NULL, quiet);
	document = xmlReadMemory(text, (int)strlen(text), "domain.xml", NULL,
				 XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	xmlSetGenericErrorFunc(NULL, NULL);
	return document;
}

gpointer knob_view_domain(KnobView *view, int *ret_errno)
{
	Lazy *lazy = &view->domain;

	if (!lazy->tried) {
		const char *text = knob_view_read(view, "domain-live.xml", &lazy->errnum);

		lazy->tried = TRUE;
		if (text)
			lazy->value = knob_xml_parse(text);
		if (text && !lazy->value)
			lazy->errnum = EILSEQ;
	}
	return outcome(lazy, ret_errno);
}

const char *knob_view_module_parameter(KnobView *view, const char *module,
				       const char *parameter, int *ret_errno)
{
	g_autofree char *path =
		g_strdup_printf("sys/module/%s/parameters/%s", module, parameter);

	return knob_view_line(view, path, ret_errno);
}
