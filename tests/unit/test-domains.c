/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The domains of libvirt's test driver: it lives in this process, and starts no guest. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include <libvirt/libvirt.h>

#include "domains.h"
#include "error.h"
#include "internal.h"

#define ALPHA "11111111-1111-4111-8111-111111111111"
#define BRAVO "22222222-2222-4222-8222-222222222222"
#define OTHER "33333333-3333-4333-8333-333333333333"

#define DOMAIN(NAME, UUID, MORE)                                                           \
	"<domain type='test'><name>" NAME "</name><uuid>" UUID "</uuid>" MORE              \
	"<memory>65536</memory><vcpu>2</vcpu><os><type>hvm</type></os></domain>"

static const char node[] = "<node><cpu><mhz>1000</mhz><model>i686</model><active>4</active>"
			   "<nodes>1</nodes><sockets>1</sockets><cores>4</cores>"
			   "<threads>1</threads></cpu><memory>4194304</memory>" DOMAIN(
				   "alpha", ALPHA, "<title>first</title>")
				   DOMAIN("bravo", BRAVO, "") "</node>";

typedef struct {
	char *directory, *path, *uri;
	Hypervisor *hypervisor;
} Scene;

static int set_up(void **state)
{
	Scene *scene = g_new0(Scene, 1);

	scene->directory = g_dir_make_tmp("lathe-domains-XXXXXX", NULL);
	scene->path = g_build_filename(scene->directory, "node.xml", NULL);
	scene->uri = g_strconcat("test://", scene->path, NULL);
	assert_true(g_file_set_contents(scene->path, node, -1, NULL));
	scene->hypervisor = hypervisor_open_any(scene->uri, FALSE, NULL);
	assert_non_null(scene->hypervisor);
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	Scene *scene = *state;

	hypervisor_free(scene->hypervisor);
	g_unlink(scene->path);
	g_rmdir(scene->directory);
	g_free(scene->directory);
	g_free(scene->path);
	g_free(scene->uri);
	g_free(scene);
	return 0;
}

static char *xml_of(Scene *scene, const char *uuid)
{
	g_autoptr(GError) error = NULL;
	char *xml = domains_xml(scene->hypervisor, uuid, FALSE, &error);

	if (!xml)
		fail_msg("%s", error->message);
	return xml;
}

static char *replace(const char *text, const char *from, const char *to)
{
	g_auto(GStrv) parts = g_strsplit(text, from, 2);

	assert_int_equal(g_strv_length(parts), 2);
	return g_strjoinv(to, parts);
}

/* As somebody else does it, behind this library's back. */
static void edit_elsewhere(Scene *scene, const char *uuid, const char *from, const char *to)
{
	g_autofree char *xml = xml_of(scene, uuid);
	g_autofree char *edited = replace(xml, from, to);
	virDomainPtr domain = virDomainDefineXML(scene->hypervisor->connection, edited);

	assert_non_null(domain);
	virDomainFree(domain);
}

/* By address: the call that sets the error is an argument as well. */
static void is_refused(gboolean ok, GError **error, LatheErrorCode code, const char *text)
{
	assert_false(ok);
	assert_non_null(*error);
	if (!strstr((*error)->message, text))
		fail_msg("'%s' is not in '%s'", text, (*error)->message);
	assert_true(g_error_matches(*error, LATHE_ERROR, (int)code));
}

static void assert_names(Scene *scene, const char *wanted)
{
	g_autoptr(GPtrArray) list = domains_list(scene->hypervisor, NULL);
	g_autoptr(GString) names = g_string_new(NULL);

	assert_non_null(list);
	for (guint i = 0; i < list->len; i++)
		g_string_append_printf(names, "%s%s", i ? " " : "",
				       ((DomainInfo *)list->pdata[i])->name);
	assert_string_equal(names->str, wanted);
}

static void test_list(void **state)
{
	Scene *scene = *state;
	g_autoptr(GPtrArray) list = domains_list(scene->hypervisor, NULL);
	const DomainInfo *first;

	assert_names(scene, "alpha bravo");
	first = list->pdata[0];
	assert_string_equal(first->uuid, ALPHA);
	assert_true(first->persistent);
	assert_false(first->autostart);
	assert_string_equal(domain_state_name(first->state), "running");
}

static void test_find(void **state)
{
	Scene *scene = *state;
	DomainInfo *info = NULL;

	assert_true(domains_find(scene->hypervisor, ALPHA, &info, NULL));
	assert_string_equal(info->name, "alpha");
	domain_info_free(info);
	assert_true(domains_find(scene->hypervisor, OTHER, &info, NULL));
	assert_null(info);
}

static void test_define(void **state)
{
	Scene *scene = *state;
	g_autofree char *before = xml_of(scene, ALPHA);
	g_autofree char *wanted = replace(before, "<title>first</title>", "<title>new</title>");
	g_autofree char *after = NULL;

	assert_true(domains_define(scene->hypervisor, ALPHA, wanted, before, NULL));
	after = xml_of(scene, ALPHA);
	assert_non_null(strstr(after, "<title>new</title>"));
}

static void test_define_new(void **state)
{
	Scene *scene = *state;
	static const char xml[] = DOMAIN("charlie", OTHER, "");

	assert_true(domains_define(scene->hypervisor, OTHER, xml, NULL, NULL));
	assert_names(scene, "alpha bravo charlie");
}

static void test_rename(void **state)
{
	Scene *scene = *state;
	g_autofree char *before = xml_of(scene, ALPHA);
	g_autofree char *wanted = replace(before, "<name>alpha</name>", "<name>zulu</name>");
	g_autoptr(GError) error = NULL;

	is_refused(domains_define(scene->hypervisor, ALPHA, wanted, before, &error), &error,
		   LATHE_ERROR_BUSY, "VM 'alpha' runs");
	assert_names(scene, "alpha bravo");
	assert_true(domains_destroy(scene->hypervisor, ALPHA, NULL));
	assert_true(domains_define(scene->hypervisor, ALPHA, wanted, before, NULL));
	assert_names(scene, "bravo zulu");
}

/* The name is the first thing that changes: it comes back when the rest fails. */
static void test_rename_is_taken_back(void **state)
{
	Scene *scene = *state;
	g_autofree char *before = xml_of(scene, ALPHA);
	g_autofree char *renamed = replace(before, "<name>alpha</name>", "<name>zulu</name>");
	g_autofree char *wanted = replace(renamed, "<title>", "<nonsense/><title>");
	g_autofree char *after = NULL;
	g_autoptr(GError) error = NULL;

	assert_true(domains_destroy(scene->hypervisor, ALPHA, NULL));
	is_refused(domains_define(scene->hypervisor, ALPHA, wanted, before, &error), &error,
		   LATHE_ERROR_ENVIRONMENT, "define VM 'zulu'");
	assert_names(scene, "alpha bravo");
	after = xml_of(scene, ALPHA);
	assert_string_equal(after, before);
}

static void test_clash_of_names(void **state)
{
	Scene *scene = *state;
	g_autofree char *before = xml_of(scene, ALPHA);
	g_autofree char *wanted = replace(before, "<name>alpha</name>", "<name>bravo</name>");
	g_autoptr(GError) error = NULL, second = NULL;

	assert_true(domains_destroy(scene->hypervisor, ALPHA, NULL));
	is_refused(domains_define(scene->hypervisor, ALPHA, wanted, before, &error), &error,
		   LATHE_ERROR_USAGE, "another VM named 'bravo', " BRAVO);
	is_refused(domains_define(scene->hypervisor, OTHER, DOMAIN("bravo", OTHER, ""), NULL,
				  &second),
		   &second, LATHE_ERROR_USAGE, "another VM named 'bravo', " BRAVO);
	assert_non_null(lathe_error_get_hint(second));
	assert_names(scene, "alpha bravo");
}

static void test_clash_of_uuids(void **state)
{
	Scene *scene = *state;
	g_autofree char *before = xml_of(scene, ALPHA), *after = NULL;
	g_autoptr(GError) error = NULL;

	is_refused(domains_define(scene->hypervisor, ALPHA, DOMAIN("charlie", ALPHA, ""), NULL,
				  &error), &error,
		   LATHE_ERROR_BUSY, "was defined by somebody else in between");
	after = xml_of(scene, ALPHA);
	assert_string_equal(after, before);
}

static void test_edited_in_between(void **state)
{
	Scene *scene = *state;
	g_autofree char *before = xml_of(scene, ALPHA), *after = NULL;
	g_autofree char *wanted = replace(before, "<title>first</title>", "<title>new</title>");
	g_autoptr(GError) error = NULL;

	edit_elsewhere(scene, ALPHA, "<title>first</title>", "<title>theirs</title>");
	is_refused(domains_define(scene->hypervisor, ALPHA, wanted, before, &error), &error,
		   LATHE_ERROR_BUSY, "VM 'alpha' was changed by somebody else in between");
	after = xml_of(scene, ALPHA);
	assert_non_null(strstr(after, "<title>theirs</title>"));
}

static void test_undefined_in_between(void **state)
{
	Scene *scene = *state;
	g_autofree char *before = xml_of(scene, ALPHA);
	g_autoptr(GError) error = NULL, gone = NULL;
	virDomainPtr domain;

	assert_true(domains_destroy(scene->hypervisor, ALPHA, NULL));
	domain = virDomainLookupByUUIDString(scene->hypervisor->connection, ALPHA);
	assert_int_equal(virDomainUndefine(domain), 0);
	virDomainFree(domain);
	is_refused(domains_define(scene->hypervisor, ALPHA, before, before, &error), &error,
		   LATHE_ERROR_BUSY, "VM 'alpha' was undefined by somebody else in between");
	assert_names(scene, "bravo");
	assert_null(domains_xml(scene->hypervisor, ALPHA, FALSE, &gone));
	is_refused(FALSE, &gone, LATHE_ERROR_ENVIRONMENT, "libvirt has no VM " ALPHA " any more");
	/* One that is off already is no error. */
	assert_true(domains_destroy(scene->hypervisor, ALPHA, NULL));
}

static void test_run(void **state)
{
	Scene *scene = *state;
	g_autofree char *before = xml_of(scene, ALPHA), *after = NULL, *live = NULL;
	g_autofree char *tuned = replace(before, "<title>first</title>", "<title>live</title>");
	DomainInfo *info = NULL;

	assert_true(domains_ask_shutdown(scene->hypervisor, ALPHA, NULL));
	assert_true(domains_find(scene->hypervisor, ALPHA, &info, NULL));
	assert_int_equal(info->state, DOMAIN_SHUT_OFF);
	domain_info_free(info);
	assert_true(domains_start(scene->hypervisor, ALPHA, tuned, NULL));
	live = domains_xml(scene->hypervisor, ALPHA, TRUE, NULL);
	assert_non_null(strstr(live, "<title>live</title>"));
	after = xml_of(scene, ALPHA);
	assert_non_null(strstr(after, "<title>first</title>"));
	assert_true(domains_destroy(scene->hypervisor, ALPHA, NULL));
	assert_true(domains_destroy(scene->hypervisor, ALPHA, NULL));
	assert_true(domains_start(scene->hypervisor, ALPHA, NULL, NULL));
}

static void test_read_only(void **state)
{
	Scene *scene = *state;
	g_autoptr(Hypervisor) looking = hypervisor_open_any(scene->uri, TRUE, NULL);
	g_autofree char *xml = NULL;
	g_autoptr(GError) error = NULL;

	assert_non_null(looking);
	xml = domains_xml(looking, ALPHA, FALSE, NULL);
	assert_non_null(xml);
	is_refused(domains_define(looking, ALPHA, xml, xml, &error), &error,
		   LATHE_ERROR_ENVIRONMENT, "read only access prevents");
}

static void test_elsewhere(void **state)
{
	Scene *scene = *state;
	g_autoptr(GError) error = NULL, refused = NULL;
	pid_t pid = 4711;

	is_refused(hypervisor_is_here(scene->hypervisor, &error), &error,
		   LATHE_ERROR_USAGE,
		   "connection of type TEST");
	is_refused(domains_pid(scene->hypervisor, ALPHA, &pid, &refused), &refused,
		   LATHE_ERROR_USAGE, "connection of type TEST");
	assert_int_equal(pid, 4711);
}

int main(void)
{
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_list),
		TEST(test_find),
		TEST(test_define),
		TEST(test_define_new),
		TEST(test_rename),
		TEST(test_rename_is_taken_back),
		TEST(test_clash_of_names),
		TEST(test_clash_of_uuids),
		TEST(test_edited_in_between),
		TEST(test_undefined_in_between),
		TEST(test_run),
		TEST(test_read_only),
		TEST(test_elsewhere),
	};

	hypervisor_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
