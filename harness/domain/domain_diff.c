/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <gio/gio.h>
#include <libxml/xmlsave.h>

#include "autofd.h"
#include "domain_document.h"
#include "domain_edit.h"
#include "error.h"
#include "escape.h"

/* Blanks between elements are layout: without them libxml2 indents anew. */
static void drop_blanks(xmlNode *node)
{
	gboolean has_element = FALSE, has_text = FALSE;

	for (const xmlNode *child = node->children; child; child = child->next) {
		has_element |= child->type == XML_ELEMENT_NODE;
		has_text |= child->type != XML_ELEMENT_NODE &&
			    child->type != XML_COMMENT_NODE && !xmlIsBlankNode(child);
	}
	for (xmlNode *child = node->children, *next; child; child = next) {
		next = child->next;
		if (child->type == XML_ELEMENT_NODE) {
			drop_blanks(child);
		} else if (has_element && !has_text && xmlIsBlankNode(child)) {
			xmlUnlinkNode(child);
			xmlFreeNode(child);
		}
	}
}

/* Who prints a difference prints what stands around it: <graphics passwd='...'>, and the cookies of a
 * disk that comes by HTTP. */
static void hide_secrets(xmlNode *node)
{
	static const xmlChar *const shown = BAD_CAST "(not shown)";

	if (xmlHasProp(node, BAD_CAST "passwd"))
		xmlSetProp(node, BAD_CAST "passwd", shown);
	if (xmlStrEqual(node->name, BAD_CAST "cookie"))
		xmlNodeSetContent(node, shown);
	for (xmlNode *child = node->children; child; child = child->next)
		if (child->type == XML_ELEMENT_NODE)
			hide_secrets(child);
}

static char *indented(const char *xml, GError **error)
{
	g_autoptr(xmlDoc) document = domain_document_parse(xml, error);
	xmlBuffer *buffer;
	xmlSaveCtxt *save;
	char *text;

	if (!document)
		return NULL;
	drop_blanks(xmlDocGetRootElement(document));
	hide_secrets(xmlDocGetRootElement(document));
	buffer = xmlBufferCreate();
	save = xmlSaveToBuffer(buffer, "UTF-8", XML_SAVE_FORMAT | XML_SAVE_NO_DECL);
	xmlSaveDoc(save, document);
	xmlSaveClose(save);
	text = g_strdup((const char *)xmlBufferContent(buffer));
	xmlBufferFree(buffer);
	return text;
}

/* A file that is nowhere: nothing is left behind, however this process ends. */
static gboolean give_text(GSubprocessLauncher *launcher, int number, const char *text,
			  GError **error)
{
	autofd fd = memfd_create("domain.xml", MFD_CLOEXEC);
	gsize length = strlen(text);

	if (fd < 0)
		return lathe_error_errno(error, errno, "memfd_create");
	for (gsize done = 0; done < length;) {
		ssize_t n = write(fd, text + done, length - done);

		if (n < 0 && errno != EINTR)
			return lathe_error_errno(error, errno, "write a domain's XML");
		done += n > 0 ? (gsize)n : 0;
	}
	g_subprocess_launcher_take_fd(launcher, autofd_steal(&fd), number);
	return TRUE;
}

/* Texts of a domain must not move a terminal's cursor. */
static char *harmless(const char *diff)
{
	g_auto(GStrv) lines = g_strsplit(diff, "\n", -1);

	for (char **line = lines; *line; line++) {
		char *shown = escape_text(*line, -1);

		g_free(*line);
		*line = shown;
	}
	return g_strjoinv("\n", lines);
}

static char *run_diff(const char *before, const char *after, const char *name,
		      GError **error)
{
	g_autoptr(GSubprocessLauncher)
		launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE);
	g_autofree char *old = g_strdup_printf("--label=%s (libvirt has)", name);
	g_autofree char *new = g_strdup_printf("--label=%s (wanted)", name);
	g_autoptr(GSubprocess) tool = NULL;
	g_autofree char *output = NULL;

	if (!give_text(launcher, 3, before, error) ||
	    !give_text(launcher, 4, after, error))
		return NULL;
	tool = g_subprocess_launcher_spawn(launcher, NULL, "diff", "-u", old, new,
					   "/dev/fd/3", "/dev/fd/4", NULL);
	if (!tool) {
		lathe_error(error, LATHE_ERROR_ENVIRONMENT, "diff(1) cannot be run");
		lathe_error_hint(error, "install diffutils");
		return NULL;
	}
	if (!g_subprocess_communicate_utf8(tool, NULL, NULL, &output, NULL, error))
		return NULL;
	if (!g_subprocess_get_if_exited(tool) || g_subprocess_get_exit_status(tool) > 1) {
		lathe_error(error, LATHE_ERROR_ENVIRONMENT, "diff(1) failed");
		return NULL;
	}
	return harmless(output);
}

char *domain_diff(const char *before, const char *after, const char *name, GError **error)
{
	g_autofree char *old = indented(before, error);
	g_autofree char *new = old ? indented(after, error) : NULL;

	if (!new)
		return NULL;
	return strcmp(old, new) == 0 ? g_strdup("") : run_diff(old, new, name, error);
}
