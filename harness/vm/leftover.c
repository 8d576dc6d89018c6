/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "leftover.h"

#include <errno.h>
#include <string.h>
#include <sys/types.h>

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <libxml/parser.h>
#include <libxml/tree.h>

#include "autofd.h"
#include "error.h"
#include "internal.h"
#include "libvirt_error.h"
#include "number.h"
#include "proc.h"
#include "qemu_process.h"

/* virDomainDestroy() returns when QEMU is dead or after 15 s; the kernel then frees
 * memory. */
#define DESTROY_TIMEOUT_MS 10000

static xmlNode *child(xmlNode *parent, const char *name, const char *name_space)
{
	for (xmlNode *node = parent ? parent->children : NULL; node; node = node->next) {
		const char *href = node->ns ? (const char *)node->ns->href : NULL;

		if (node->type == XML_ELEMENT_NODE &&
		    strcmp((const char *)node->name, name) == 0 &&
		    g_strcmp0(href, name_space) == 0)
			return node;
	}
	return NULL;
}

static gboolean get_number(xmlNode *node, const char *name, guint64 max, guint64 *ret)
{
	xmlChar *text = xmlGetNoNsProp(node, BAD_CAST name);
	gboolean is_number = text && number_parse((char *)text, 1, max, ret, NULL);

	xmlFree(text);
	return is_number;
}

static gboolean read_owner(const char *xml, guint64 *ret_pid, guint64 *ret_ticks)
{
	gsize length = strlen(xml);
	xmlDoc *document;
	xmlNode *run;
	gboolean found;

	if (length > G_MAXINT)
		return FALSE;
	document =
	    xmlReadMemory(xml, (int)length, "domain", NULL,
			  XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	run = child(
	    child(document ? xmlDocGetRootElement(document) : NULL, "metadata", NULL),
	    LEFTOVER_ELEMENT, LEFTOVER_NAMESPACE);
	found = run && get_number(run, "pid", G_MAXINT32, ret_pid) &&
		get_number(run, "start-ticks", G_MAXUINT64, ret_ticks);
	xmlFreeDoc(document);
	return found;
}

/* A killed process whose parent has not waited for it still has its stat file, but no
 * arguments. */
static gboolean is_zombie(const Root *live, pid_t pid)
{
	g_auto(GStrv) argv = proc_argv(live, pid, NULL);

	return argv && !argv[0];
}

gboolean domain_xml_is_leftover(const char *xml, const Root *live)
{
	guint64 pid, ticks, seen;

	if (!read_owner(xml, &pid, &ticks))
		return FALSE;
	if (!proc_start_ticks(live, (pid_t)pid, &seen, NULL)) {
		g_autofree char *path =
		    g_strdup_printf("proc/%" G_GUINT64_FORMAT "/stat", pid);

		/* Unreadable is not gone. */
		return !root_exists(live, path);
	}
	return seen != ticks || is_zombie(live, (pid_t)pid);
}

/* Destroys one domain when it is a leftover; *count grows by one then. */
static gboolean destroy_domain(virDomain *domain, const Root *live, guint *count,
			       GError **error)
{
	const char *name = virDomainGetName(domain);
	char *xml = virDomainGetXMLDesc(domain, 0);
	char uuid[VIR_UUID_STRING_BUFLEN] = "";
	gboolean is_leftover = xml && domain_xml_is_leftover(xml, live);
	autofd pidfd = -1;
	pid_t pid;

	free(xml);
	if (!is_leftover) {
		virResetLastError();
		return TRUE;
	}
	if (virDomainGetUUIDString(domain, uuid) == 0 &&
	    qemu_process_find(live, name, uuid, &pid, NULL))
		pidfd = qemu_process_open(pid);
	if (virDomainDestroy(domain) < 0 && virDomainIsActive(domain) == 1)
		return libvirt_error(error,
				     "destroy domain '%s', which a lathe that is gone "
				     "left behind",
				     name);
	virResetLastError();
	if (pidfd >= 0 && !qemu_process_wait_gone(pidfd, DESTROY_TIMEOUT_MS) &&
	    !qemu_process_kill(pidfd, DESTROY_TIMEOUT_MS))
		return lathe_error(error, LATHE_ERROR_TIMEOUT,
				   "QEMU process %d of leftover domain '%s' does not end",
				   pid, name);
	(*count)++;
	return TRUE;
}

static gboolean destroy_domains(virDomain **domains, int n, const Root *live,
				guint *count, GError **error)
{
	for (int i = 0; i < n; i++)
		if (!destroy_domain(domains[i], live, count, error))
			return FALSE;
	return TRUE;
}

/* The pids of our domains that run: they are nobody's orphans. */
static gboolean is_known(virDomain **domains, int n, const Root *live, pid_t pid)
{
	for (int i = 0; i < n; i++) {
		char uuid[VIR_UUID_STRING_BUFLEN];
		pid_t known;

		if (virDomainGetUUIDString(domains[i], uuid) == 0 &&
		    virDomainIsActive(domains[i]) == 1 &&
		    qemu_process_find(live, virDomainGetName(domains[i]), uuid, &known,
				      NULL) &&
		    known == pid)
			return TRUE;
	}
	return FALSE;
}

/* A QEMU whose status file went missing: libvirt does not know it, nothing else would end
 * it. The embedded driver holds a lock on its directory, so nobody else owns it either.
 */
static gboolean kill_orphans(virDomain **domains, int n, const Hypervisor *hypervisor,
			     const Root *live, guint *count, GError **error)
{
	g_autoptr(GArray) pids = NULL;

	if (!hypervisor->directory)
		return TRUE;
	pids = qemu_process_list(live, hypervisor->directory, error);
	if (!pids)
		return FALSE;
	for (guint i = 0; i < pids->len; i++) {
		pid_t pid = g_array_index(pids, pid_t, i);
		autofd pidfd = -1;

		if (is_known(domains, n, live, pid))
			continue;
		pidfd = qemu_process_open(pid);
		if (pidfd < 0 && errno == ESRCH)
			continue;
		if (pidfd < 0)
			return lathe_error_errno(error, errno, "open QEMU process %d",
						 pid);
		if (!qemu_process_kill(pidfd, DESTROY_TIMEOUT_MS))
			return lathe_error(
			    error, LATHE_ERROR_TIMEOUT,
			    "QEMU process %d, which no libvirt knows, does not "
			    "end",
			    pid);
		(*count)++;
	}
	return TRUE;
}

gboolean hypervisor_destroy_leftovers(Hypervisor *hypervisor, guint *ret_count,
				      GError **error)
{
	g_autoptr(Root) live = root_open_live(error);
	virDomain **domains = NULL;
	guint count = 0;
	gboolean done;
	int n;

	if (!live)
		return FALSE;
	n = virConnectListAllDomains(hypervisor->connection, &domains,
				     VIR_CONNECT_LIST_DOMAINS_ACTIVE);
	if (n < 0)
		return libvirt_error(error, "list the domains of %s", hypervisor->uri);
	done = destroy_domains(domains, n, live, &count, error) &&
	       kill_orphans(domains, n, hypervisor, live, &count, error);
	for (int i = 0; i < n; i++)
		virDomainFree(domains[i]);
	free(domains);
	if (done && ret_count)
		*ret_count = count;
	return done;
}
