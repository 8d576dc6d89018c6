/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Domains as files, configurations of them, libvirt's own schema, and libvirt's test
 * driver. */
#ifndef LATHE_TEST_DOMAIN_FIXTURE_H
#define LATHE_TEST_DOMAIN_FIXTURE_H

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <libxml/xpath.h>
#include <string.h>

#include "domain_edit.h"
#include "machine-tree.h"

/* The machine of test:///default: two nodes of 8 CPUs, no siblings. */
static inline Topology *domain_machine(void)
{
	static const MachineShape shape = {
		.cpus = 16, .threads = 1, .nodes = 2, .stride = 1};
	char *directory = tree_new();
	g_autoptr(Root) root = NULL;
	Topology *topology;

	machine_tree(directory, &shape);
	root = root_open_captured(directory, NULL);
	topology = topology_read(root, NULL);
	g_assert_nonnull(topology);
	tree_free(directory);
	return topology;
}

static inline char *domain_file(const char *name)
{
	g_autofree char *path =
		g_build_filename(g_getenv("TESTS"), "domains", name, NULL);
	g_autoptr(GError) error = NULL;
	char *text;

	g_file_get_contents(path, &text, NULL, &error);
	g_assert_no_error(error);
	return text;
}

/* The names of all that are whole domains. */
static inline GPtrArray *domain_files(void)
{
	static const char *const folders[] = {"libvirt", "made"};
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < G_N_ELEMENTS(folders); i++) {
		g_autofree char *path =
			g_build_filename(g_getenv("TESTS"), "domains", folders[i], NULL);
		g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
		const char *name;

		g_assert_nonnull(directory);
		while ((name = g_dir_read_name(directory)))
			g_ptr_array_add(names, g_build_filename(folders[i], name, NULL));
	}
	g_assert_cmpuint(names->len, >=, 15);
	return names;
}

static inline VmConfig *domain_config(const char *xml, const Topology *topology,
				      GPtrArray *notes)
{
	g_autoptr(GError) error = NULL;
	VmConfig *vm = domain_read_config(xml, topology, NULL, notes, &error);

	g_assert_no_error(error);
	return vm;
}

static inline void domain_set(VmConfig *vm, const char *key, const char *text)
{
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(vm_key_find(key), <, VM_KEYS);
	vm_config_set(vm, vm_key_find(key), text, &error);
	g_assert_no_error(error);
}

/* What a configuration of this one VM makes of a domain; NULL with *error. */
static inline char *domain_applied(const char *xml, const VmConfig *vm,
				   const Topology *topology, const DomainCache *cache,
				   GError **error)
{
	VmConfigs configs = {.vms = g_ptr_array_new()};
	GPtrArray *layouts;
	char *result;

	g_ptr_array_add(configs.vms, (gpointer)vm);
	layouts = vm_layouts_new(&configs, topology, FALSE);
	result = domain_apply(xml, layouts->pdata[0], cache, error);
	g_ptr_array_unref(layouts);
	g_ptr_array_unref(configs.vms);
	return result;
}

static inline gboolean domain_is_same(const char *a, const char *b)
{
	g_autoptr(GError) error = NULL;
	gboolean same = FALSE;

	domain_same(a, b, &same, &error);
	g_assert_no_error(error);
	return same;
}

/* ---- libvirt's schema ---- */

#define DOMAIN_SCHEMA "/usr/share/libvirt/schemas/domain.rng"

static inline void domain_no_message(void *context, const char *format, ...)
{
	(void)context;
	(void)format;
}

/* In this process: virt-xml-validate reads the schema anew each time. */
static inline gboolean domain_is_valid(const char *xml)
{
	static xmlRelaxNG *schema;
	xmlDoc *document =
		xmlReadMemory(xml, (int)strlen(xml), "domain.xml", NULL, XML_PARSE_NONET);
	xmlRelaxNGValidCtxt *context;
	int result;

	if (!schema) {
		xmlRelaxNGParserCtxt *parser = xmlRelaxNGNewParserCtxt(DOMAIN_SCHEMA);

		schema = xmlRelaxNGParse(parser);
		xmlRelaxNGFreeParserCtxt(parser);
		g_assert_nonnull(schema);
	}
	g_assert_nonnull(document);
	context = xmlRelaxNGNewValidCtxt(schema);
	xmlRelaxNGSetValidErrors(context, domain_no_message, domain_no_message, NULL);
	result = xmlRelaxNGValidateDoc(context, document);
	xmlRelaxNGFreeValidCtxt(context);
	xmlFreeDoc(document);
	if (result != 0)
		g_printerr("%s\n", xml);
	return result == 0;
}

/* ---- libvirt's test driver ---- */

static inline void domain_no_libvirt_message(void *data, virErrorPtr error)
{
	(void)data;
	(void)error;
}

/* For a hypervisor that has neither x86-64 nor KVM: everything else is as it was. */
static inline char *domain_for_test_driver(const char *xml)
{
	xmlDoc *document =
		xmlReadMemory(xml, (int)strlen(xml), "domain.xml", NULL, XML_PARSE_NONET);
	xmlNode *domain = xmlDocGetRootElement(document);
	xmlXPathContext *context = xmlXPathNewContext(document);
	xmlXPathObject *type =
		xmlXPathEvalExpression(BAD_CAST "/domain/os/type", context);
	xmlChar *bytes;
	char *text;

	xmlSetProp(domain, BAD_CAST "type", BAD_CAST "test");
	if (type->nodesetval && type->nodesetval->nodeNr > 0)
		xmlSetProp(type->nodesetval->nodeTab[0], BAD_CAST "arch",
			   BAD_CAST "i686");
	xmlXPathFreeObject(type);
	xmlXPathFreeContext(context);
	xmlDocDumpMemory(document, &bytes, NULL);
	text = g_strdup((char *)bytes);
	xmlFree(bytes);
	xmlFreeDoc(document);
	return text;
}

/* What libvirt makes of it when it is defined and validated; NULL and why in
 * *ret_message. Both are the caller's. */
static inline char *domain_defined(const char *xml, char **ret_message)
{
	g_autofree char *mine = domain_for_test_driver(xml);
	virConnectPtr connection;
	virDomainPtr domain;
	char *text = NULL;

	virSetErrorFunc(NULL, domain_no_libvirt_message);
	connection = virConnectOpen("test:///default");
	g_assert_nonnull(connection);
	domain = virDomainDefineXMLFlags(connection, mine, VIR_DOMAIN_DEFINE_VALIDATE);
	*ret_message = domain ? NULL : g_strdup(virGetLastErrorMessage());
	if (domain) {
		char *bytes = virDomainGetXMLDesc(domain, VIR_DOMAIN_XML_INACTIVE);

		text = g_strdup(bytes);
		free(bytes);
		virDomainUndefine(domain);
		virDomainFree(domain);
	}
	virConnectClose(connection);
	return text;
}

#endif
