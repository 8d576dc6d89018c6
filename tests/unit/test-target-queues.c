/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Queues of a network card: a pair of virtual ones in a network of the test's own. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "autofd.h"
#include "target.h"
#include "tree.h"

#define CARD  "card0"
#define FIRST "rx 4 tx 4 combined 0"

/* A request of rtnetlink(7) that is put together. */
typedef struct {
	struct nlmsghdr header;
	struct ifinfomsg info;
	char attributes[512];
} Request;

static struct rtattr *add(Request *request, unsigned short type, const void *data,
			  gsize length)
{
	gsize at = NLMSG_ALIGN(request->header.nlmsg_len);
	struct rtattr *attribute = (struct rtattr *)(void *)((char *)request + at);

	g_assert_cmpuint(at + RTA_SPACE(length), <=, sizeof(*request));
	attribute->rta_type = type;
	attribute->rta_len = (unsigned short)RTA_LENGTH(length);
	if (length > 0)
		memcpy(RTA_DATA(attribute), data, length);
	request->header.nlmsg_len = (guint32)(at + RTA_SPACE(length));
	return attribute;
}

static void end(const Request *request, struct rtattr *attribute)
{
	attribute->rta_len =
		(unsigned short)((const char *)request + request->header.nlmsg_len -
				 (char *)attribute);
}

/* ip link add card0 numrxqueues 4 numtxqueues 4 type veth */
static int make_card(void)
{
	static const guint32 queues = 4;
	Request request = {.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
				      .nlmsg_type = RTM_NEWLINK,
				      .nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE |
						     NLM_F_EXCL | NLM_F_ACK}};
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		char rest[1024];
	} reply;
	autofd fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct rtattr *link;

	add(&request, IFLA_IFNAME, CARD, sizeof(CARD));
	add(&request, IFLA_NUM_RX_QUEUES, &queues, sizeof(queues));
	add(&request, IFLA_NUM_TX_QUEUES, &queues, sizeof(queues));
	link = add(&request, IFLA_LINKINFO, NULL, 0);
	add(&request, IFLA_INFO_KIND, "veth", 5);
	end(&request, link);
	if (send(fd, &request, request.header.nlmsg_len, 0) < 0 ||
	    recv(fd, &reply, sizeof(reply), 0) < (gssize)sizeof(reply.header) ||
	    reply.header.nlmsg_type != NLMSG_ERROR)
		return -1;
	errno = -reply.error.error;
	return errno == 0 ? 0 : -1;
}

static int set_up(void **state)
{
	TargetHost *host = g_new0(TargetHost, 1);

	if ((geteuid() == 0 ? unshare(CLONE_NEWNET)
			    : unshare(CLONE_NEWUSER | CLONE_NEWNET)) != 0 ||
	    make_card() != 0) {
		print_error("a card of one's own: %s\n", g_strerror(errno));
		return -1;
	}
	*host = (TargetHost){root_open_live(NULL), TARGET_WRITE_SECONDS};
	*state = host;
	return 0;
}

static int tear_down(void **state)
{
	TargetHost *host = *state;

	root_free((Root *)host->root);
	g_free(host);
	return 0;
}

static void expect(const TargetHost *host, const char *value)
{
	g_autofree char *now = NULL;
	int errnum = 0;

	if (!target_queues.read(host, CARD, &now, &errnum))
		fail_msg("%s", g_strerror(errnum));
	assert_string_equal(now, value);
}

static void test_there_and_back(void **state)
{
	const TargetHost *host = *state;
	g_autoptr(GError) error = NULL;

	expect(host, FIRST);
	if (!target_queues.write(host, CARD, "at most 2", &error))
		fail_msg("%s", error->message);
	expect(host, "rx 2 tx 2 combined 0");
	assert_true(target_queues.write(host, CARD, "at most 3", NULL));
	expect(host, "rx 2 tx 2 combined 0");
	assert_true(target_queues.write(host, CARD, FIRST, NULL));
	expect(host, FIRST);
}

static void test_same(void **state)
{
	static const struct {
		const char *seen, *value;
		gboolean same;
	} pairs[] = {
		{FIRST, FIRST, TRUE},
		{FIRST, "at most 4", TRUE},
		{FIRST, "at most 3", FALSE},
		{"rx 1 tx 9 combined 3", "at most 4", TRUE},
		{"rx 1 tx 9 combined 4", "at most 4", FALSE},
		{"rx 4 tx 3 combined 0", FIRST, FALSE},
		{"4 to receive", "at most 9", FALSE},
	};

	(void)state;
	for (guint i = 0; i < G_N_ELEMENTS(pairs); i++)
		if (target_queues.same(pairs[i].seen, pairs[i].value) != pairs[i].same)
			fail_msg("'%s' and '%s'", pairs[i].seen, pairs[i].value);
}

static void test_refused(void **state)
{
	static const struct {
		const char *place, *value, *message;
	} rows[] = {
		{CARD, "at most 0", "no number of queues"},
		{CARD, "4", "no number of queues"},
		{CARD, "rx 1 tx 1", "no number of queues"},
		{CARD, "rx 1 tx 1 combined 1 ", "no number of queues"},
		{CARD, "at most 70000", "no number of queues"},
		{"../card0", "at most 1", "no number of queues"},
		{"a-name-that-is-too-long", "at most 1", "no number of queues"},
		{"", "at most 1", "no number of queues"},
		{CARD, "rx 0 tx 0 combined 0", "set the queues of 'card0'"},
		{"nobody0", "at most 1", "No such device"},
		{"lo", "at most 1", "not supported"},
	};
	const TargetHost *host = *state;

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;

		assert_false(
			target_queues.write(host, rows[i].place, rows[i].value, &error));
		if (!strstr(error->message, rows[i].message))
			fail_msg("'%s' lacks '%s'", error->message, rows[i].message);
	}
	expect(host, FIRST);
}

static void test_reads(void **state)
{
	static const struct {
		const char *place;
		int errnum;
	} rows[] = {
		{"nobody0", ENOENT}, {"lo", EOPNOTSUPP}, {"a/b", EINVAL}, {"", EINVAL}};
	const TargetHost *host = *state;

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		char *value = NULL;
		int errnum = 0;

		assert_false(target_queues.read(host, rows[i].place, &value, &errnum));
		assert_int_equal(errnum, rows[i].errnum);
		assert_null(value);
	}
}

static void test_trees(void **state)
{
	char *directory = tree_new_in_memory();
	Root *root = root_open_writable(directory, NULL);
	TargetHost host = {root, TARGET_WRITE_SECONDS};
	g_autoptr(GError) error = NULL;
	char *value = NULL;
	int errnum = 0;

	(void)state;
	assert_false(target_queues.read(&host, CARD, &value, &errnum));
	assert_int_equal(errnum, ENOENT);
	assert_false(target_queues.write(&host, CARD, "at most 1", &error));
	assert_non_null(strstr(error->message, "captured"));
	root_free(root);
	tree_free(directory);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back), cmocka_unit_test(test_same),
		cmocka_unit_test(test_refused),        cmocka_unit_test(test_reads),
		cmocka_unit_test(test_trees),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
