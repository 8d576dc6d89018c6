/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "domain_canonical.h"

#include <string.h>

#include "domain_threads.h"
#include "element.h"
#include "xml_values.h"

/* What libvirt adds on its own, or leaves away: the same as nothing. */
static const struct {
	const char *parent, *name, *attribute, *value;
} defaults[] = {
	{"domain", "vcpu", "placement", "static"},
	{"numatune", "memory", "placement", "static"},
	{"numatune", "memory", "mode", "strict"},
	{"cpu", "topology", "dies", "1"},
	{"cpu", "model", "fallback", "allow"},
	{"kvm", "hidden", "state", "off"},
	{"domain", "clock", "offset", "utc"},
	{"hostdev", "driver", "name", "vfio"},
};

/* Elements that mean nothing when they are empty. */
static const struct {
	const char *parent, *name;
} containers[] = {
	{"domain", "cputune"},  {"domain", "numatune"},    {"domain", "features"},
	{"domain", "cpu"},      {"domain", "clock"},       {"domain", "memoryBacking"},
	{"domain", "metadata"}, {"domain", "devices"},     {"domain", "iothreadids"},
	{"domain", "title"},    {"domain", "description"}, {"cpu", "model"},
	{"features", "kvm"},    {"kvm", "hidden"},         {"numatune", "memory"},
	{"hostdev", "driver"},
};

static const struct {
	const char *name, *text;
} default_texts[] = {
	{"on_poweroff", "destroy"},
	{"on_reboot", "restart"},
	{"on_crash", "destroy"},
	{"iothreads", "0"},
};

/* Among those of one name order says nothing. */
static const char *const unordered[] = {
	"vcpupin", "iothreadpin", "vcpusched", "iothreadsched", "cachetune", "memorytune",
	"cache",   "node",        "monitor",   "timer",         "feature",   "cell",
	"memnode", "page",        "vcpu",      "event",
};

static const char *const lists[] = {"cpuset", "nodeset", "vcpus", "iothreads", "cpus"};

static const char *const memories[] = {"memory",     "currentMemory", "maxMemory",
				       "hard_limit", "soft_limit",    "swap_hard_limit"};

static gboolean is_one_of(const char *name, const char *const *names, guint n)
{
	for (guint i = 0; i < n; i++)
		if (strcmp(name, names[i]) == 0)
			return TRUE;
	return FALSE;
}

#define ONE_OF(name, names) is_one_of(name, names, G_N_ELEMENTS(names))

static const char *name_of(const xmlNode *node)
{
	return node->type == XML_ELEMENT_NODE ? (const char *)node->name : "";
}

/* ---- attributes ---- */

static gboolean is_default(const xmlNode *node, const char *attribute, const char *value)
{
	for (guint i = 0; i < G_N_ELEMENTS(defaults); i++)
		if (strcmp(name_of(node), defaults[i].name) == 0 &&
		    strcmp(name_of(node->parent), defaults[i].parent) == 0 &&
		    strcmp(attribute, defaults[i].attribute) == 0 &&
		    strcmp(value, defaults[i].value) == 0)
			return TRUE;
	return FALSE;
}

/* A size and its unit, in bytes; NULL: no such attribute, or not a size. */
static char *in_bytes(const xmlNode *node, const char *attribute)
{
	guint64 bytes;

	if (!ONE_OF(attribute, ((const char *const[]){"size", "memory"})) ||
	    !ONE_OF(name_of(node), ((const char *const[]){"page", "cell", "cache"})) ||
	    !xml_size_bytes(node, attribute, 1024, &bytes, NULL))
		return NULL;
	return g_strdup_printf("%" G_GUINT64_FORMAT, bytes);
}

static char *normal_value(const xmlNode *node, const char *attribute, char *value)
{
	char *bytes = in_bytes(node, attribute);
	Cpuset list;

	if (bytes) {
		g_free(value);
		return bytes;
	}
	if (ONE_OF(attribute, lists) && xml_list_parse(value, CPUSET_CPUS, &list, NULL)) {
		g_free(value);
		return cpulist_format(&list);
	}
	return value;
}

/* libvirt makes the id of a cachetune anew. */
static gboolean is_made_up(const xmlNode *node, const char *attribute)
{
	return strcmp(attribute, "id") == 0 && strcmp(name_of(node), "cachetune") == 0;
}

static gboolean is_unit(const xmlNode *node, const char *attribute)
{
	return strcmp(attribute, "unit") == 0 &&
	       (ONE_OF(name_of(node), memories) ||
		ONE_OF(name_of(node), ((const char *const[]){"page", "cell", "cache"})));
}

static int compare_texts(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void append_attributes(GString *out, const xmlNode *node)
{
	g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);

	for (const xmlAttr *at = node->properties; at; at = at->next) {
		const char *name = (const char *)at->name;
		xmlChar *raw = xmlNodeListGetString(node->doc, at->children, 1);
		char *value = g_strdup(raw ? (const char *)raw : "");

		xmlFree(raw);
		if (!at->ns && !node->ns &&
		    (is_unit(node, name) || is_made_up(node, name) ||
		     is_default(node, name, value))) {
			g_free(value);
			continue;
		}
		if (!at->ns && !node->ns)
			value = normal_value(node, name, value);
		g_ptr_array_add(texts,
				g_strdup_printf(" {%s}%s=%s\1",
						at->ns ? (const char *)at->ns->href : "",
						name, value));
		g_free(value);
	}
	g_ptr_array_sort(texts, compare_texts);
	for (guint i = 0; i < texts->len; i++)
		g_string_append(out, texts->pdata[i]);
}

/* ---- elements ---- */

static char *normal_text(const xmlNode *node)
{
	char *text = element_text(node);
	guint64 kib;

	if (ONE_OF(name_of(node), memories) && *text &&
	    xml_memory_kib(node, &kib, NULL)) {
		g_free(text);
		return g_strdup_printf("%" G_GUINT64_FORMAT, kib);
	}
	return text;
}

static gboolean has_elements(const xmlNode *node)
{
	for (const xmlNode *child = node->children; child; child = child->next)
		if (child->type == XML_ELEMENT_NODE)
			return TRUE;
	return FALSE;
}

/* Sorted by name, then as `unordered` says, then as they came. */
typedef struct {
	char *name, *text;
	guint index;
	gboolean by_text;
} Child;

static int compare_children(gconstpointer a, gconstpointer b)
{
	const Child *one = a, *other = b;
	int order = strcmp(one->name, other->name);

	if (order == 0 && one->by_text)
		order = strcmp(one->text, other->text);
	return order ? order : one->index < other->index ? -1 : 1;
}

static void child_clear(gpointer data)
{
	Child *child = data;

	g_free(child->name);
	g_free(child->text);
}

static void append(GString *out, const xmlNode *node);

/* NULL: it says nothing. */
static char *canonical_child(const xmlNode *node)
{
	g_autoptr(GString) text = g_string_new(NULL);

	append(text, node);
	return text->len ? g_string_free(g_steal_pointer(&text), FALSE) : NULL;
}

static void append_children(GString *out, const xmlNode *node)
{
	g_autoptr(GArray) children = g_array_new(FALSE, FALSE, sizeof(Child));

	g_array_set_clear_func(children, child_clear);
	for (const xmlNode *at = node->children; at; at = at->next) {
		Child child = {.index = children->len};

		if (at->type != XML_ELEMENT_NODE)
			continue;
		child.text = canonical_child(at);
		if (!child.text)
			continue;
		child.name = g_strdup_printf("{%s}%s",
					     at->ns ? (const char *)at->ns->href : "",
					     (const char *)at->name);
		child.by_text = !at->ns && ONE_OF((const char *)at->name, unordered);
		g_array_append_val(children, child);
	}
	g_array_sort(children, compare_children);
	for (guint i = 0; i < children->len; i++)
		g_string_append(out, g_array_index(children, Child, i).text);
}

/* Somebody else's, or below something of somebody else's: order and text may matter. */
static void append_foreign(GString *out, const xmlNode *node)
{
	for (const xmlNode *at = node->children; at; at = at->next) {
		if (at->type == XML_ELEMENT_NODE)
			append(out, at);
		else if ((at->type == XML_TEXT_NODE ||
			  at->type == XML_CDATA_SECTION_NODE) &&
			 !xmlIsBlankNode(at))
			g_string_append_printf(out, "\2%s\2", (const char *)at->content);
	}
}

static gboolean is_foreign(const xmlNode *node)
{
	for (; node && node->type == XML_ELEMENT_NODE; node = node->parent)
		if (node->ns || strcmp((const char *)node->name, "metadata") == 0)
			return TRUE;
	return FALSE;
}

static gboolean says_nothing(const xmlNode *node, const char *attributes,
			     const char *content)
{
	if (*attributes)
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(default_texts); i++)
		if (strcmp(name_of(node), default_texts[i].name) == 0 &&
		    strcmp(content, default_texts[i].text) == 0)
			return TRUE;
	if (*content)
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(containers); i++)
		if (strcmp(name_of(node), containers[i].name) == 0 &&
		    strcmp(name_of(node->parent), containers[i].parent) == 0)
			return TRUE;
	return FALSE;
}

static void append(GString *out, const xmlNode *node)
{
	g_autoptr(GString) attributes = g_string_new(NULL);
	g_autoptr(GString) content = g_string_new(NULL);
	gboolean foreign = is_foreign(node);

	append_attributes(attributes, node);
	if (foreign) {
		append_foreign(content, node);
	} else if (has_elements(node)) {
		append_children(content, node);
	} else {
		g_autofree char *text = normal_text(node);

		g_string_append(content, text);
	}
	if (!node->ns && says_nothing(node, attributes->str, content->str))
		return;
	g_string_append_printf(out, "<{%s}%s%s>%s</>",
			       node->ns ? (const char *)node->ns->href : "",
			       (const char *)node->name, attributes->str, content->str);
}

/* ---- what takes more than one element to know ---- */

static void drop_equal(xmlNode *domain)
{
	xmlNode *memory = element_child(domain, "memory");
	xmlNode *current = element_child(domain, "currentMemory");
	xmlNode *vcpu = element_child(domain, "vcpu");
	xmlNode *uuid = element_child(domain, "uuid");
	g_autofree char *count = element_text(vcpu);
	g_autofree char *text = element_text(uuid);
	guint64 whole, now;

	if (memory && current && xml_memory_kib(memory, &whole, NULL) &&
	    xml_memory_kib(current, &now, NULL) && whole == now)
		element_remove(current);
	if (count && element_has(vcpu, "current", count))
		element_unset(vcpu, "current");
	if (text) {
		g_auto(GStrv) groups = g_strsplit(text, "-", -1);
		g_autofree char *digits = g_strjoinv("", groups);
		g_autofree char *lower = g_ascii_strdown(digits, -1);

		element_set_text(uuid, lower);
	}
	/* Of the run, not of the definition. */
	element_unset(domain, "id");
}

static void merge_scheds(xmlNode *domain)
{
	g_autoptr(DomainThreads) threads = domain_threads_read(domain, NULL);

	if (!threads)
		return;
	if (element_at(domain, "cputune/vcpusched"))
		domain_scheds_write(domain, "vcpusched", "vcpus", NULL, threads->scheds,
				    threads->n_vcpus);
	if (element_at(domain, "cputune/iothreadsched"))
		domain_scheds_write(domain, "iothreadsched", "iothreads",
				    threads->iothreads, threads->iothread_scheds,
				    threads->n_iothreads);
}

/* libvirt gives every IOThread an id; ids that it would give anyway say nothing. */
static void complete_ids(xmlNode *domain)
{
	xmlNode *ids = element_child(domain, "iothreadids");
	g_autoptr(DomainThreads) threads = ids ? domain_threads_read(domain, NULL) : NULL;
	gboolean plain = TRUE;
	guint n = 0;

	if (!threads)
		return;
	ELEMENT_FOREACH(node, ids, "iothread") {
		plain &= threads->iothreads[n] == n + 1 && !node->properties->next;
		n++;
	}
	for (; n < threads->n_iothreads; n++) {
		plain &= threads->iothreads[n] == n + 1;
		element_set_number(xmlNewChild(ids, NULL, BAD_CAST "iothread", NULL),
				   "id", threads->iothreads[n]);
	}
	element_set_text_number(element_need(domain, "iothreads"), n);
	if (plain)
		element_remove(ids);
}

char *domain_canonical(xmlDoc *document)
{
	xmlNode *domain = xmlDocGetRootElement(document);
	g_autoptr(GString) text = g_string_new(NULL);

	complete_ids(domain);
	merge_scheds(domain);
	drop_equal(domain);
	append(text, domain);
	return g_string_free(g_steal_pointer(&text), FALSE);
}
