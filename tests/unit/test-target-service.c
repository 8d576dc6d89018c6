/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Services and timers, against a mock of systemd on a bus of the test's own. /run is the
 * test's own as well: whether systemd runs on the machine makes no difference. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "autofd.h"
#include "error.h"
#include "mock-systemd.h"
#include "root.h"
#include "target.h"
#include "tree.h"

#define BUS_ADDRESS "DBUS_SYSTEM_BUS_ADDRESS"
#define BOOTED      "/run/systemd/system"

/* Seconds that nothing here needs, and what a wait in vain is given. */
enum { PLENTY = 120, LITTLE = 1 };

typedef struct {
	GTestDBus *bus;
	Root *live;
} Fixture;

static TargetHost host_of(const Fixture *f, guint seconds)
{
	return (TargetHost){.root = f->live, .write_seconds = seconds};
}

/* ---- fixture ---- */

static int write_text(const char *path, const char *text)
{
	autofd fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, text, strlen(text)) == (gssize)strlen(text) ? 0 : -1;
}

/* Who is not root becomes itself in a user namespace, where it may mount. */
static int unshare_mounts(void)
{
	g_autofree char *uids = g_strdup_printf("%u %u 1", geteuid(), geteuid());
	g_autofree char *gids = g_strdup_printf("%u %u 1", getegid(), getegid());

	if (geteuid() == 0)
		return unshare(CLONE_NEWNS);
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0 ||
	    write_text("/proc/self/setgroups", "deny") != 0 ||
	    write_text("/proc/self/uid_map", uids) != 0)
		return -1;
	return write_text("/proc/self/gid_map", gids);
}

static int set_up(void **state)
{
	static Fixture fixture;

	if (unshare_mounts() != 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("none", "/run", "tmpfs", 0, NULL) != 0) {
		print_error("a /run of one's own: %s\n", g_strerror(errno));
		return -1;
	}
	fixture.bus = g_test_dbus_new(G_TEST_DBUS_NONE);
	g_test_dbus_up(fixture.bus);
	g_setenv(BUS_ADDRESS, g_test_dbus_get_bus_address(fixture.bus), TRUE);
	fixture.live = root_open_live(NULL);
	*state = &fixture;
	return 0;
}

static int tear_down(void **state)
{
	Fixture *f = *state;

	g_test_dbus_down(f->bus);
	g_object_unref(f->bus);
	root_free(f->live);
	return 0;
}

/* ---- reading ---- */

typedef struct {
	const char *what;
	const char *value; /* NULL: the error */
	int errnum;
	MockScript script;
} ReadRow;

#define DENIED   "org.freedesktop.DBus.Error.AccessDenied"
#define PASSWORD "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired"

/* clang-format off */
#define STATES(...)	{.states = {__VA_ARGS__}}
#define REMOVED(result) {.removed = MOCK_REMOVED(result)}

static const ReadRow reads[] = {
	{"as systemd", "running", 0, {0}},
	{"active", "running", 0, STATES(MOCK_LOADED("active"))},
	{"reloading", "running", 0, STATES(MOCK_LOADED("reloading"))},
	{"refreshing", "running", 0, STATES(MOCK_LOADED("refreshing"))},
	{"inactive", "stopped", 0, STATES(MOCK_LOADED("inactive"))},
	{"failed", "stopped", 0, STATES(MOCK_LOADED("failed"))},
	{"masked", "stopped", 0, STATES(MOCK_STATE("masked", "inactive", "false"))},
	{"masked, runs", "running", 0, STATES(MOCK_STATE("masked", "active", "false"))},
	{"starts", "running", 0, STATES(MOCK_LOADED("activating"), MOCK_LOADED("active"))},
	{"stops", "stopped", 0,
	 STATES(MOCK_LOADED("deactivating"), MOCK_LOADED("inactive"))},
	{"starts, and fails", "stopped", 0,
	 STATES(MOCK_LOADED("activating"), MOCK_LOADED("deactivating"),
		MOCK_LOADED("failed"))},
	{"is cleaned", "stopped", 0,
	 STATES(MOCK_LOADED("maintenance"), MOCK_LOADED("inactive"))},

	{"not installed", NULL, ENOENT,
	 STATES(MOCK_STATE("not-found", "inactive", "false"))},
	{"runs on, not installed", NULL, ENOENT,
	 STATES(MOCK_STATE("not-found", "active", "false"))},
	{"goes while it starts", NULL, ENOENT,
	 STATES(MOCK_LOADED("activating"), MOCK_STATE("not-found", "inactive", "false"))},

	{"no signals for us", NULL, EACCES,
	 {.refuses = "Subscribe", .error = DENIED, .message = "no"}},
	{"not for us", NULL, EACCES,
	 {.refuses = "LoadUnit", .error = DENIED, .message = "no"}},
	{"a password", NULL, EACCES,
	 {.refuses = "GetAll", .error = PASSWORD, .message = "no"}},
	{"an error of systemd's", NULL, EIO,
	 {.refuses = "LoadUnit", .error = MOCK_NAME ".Shutdown", .message = "no"}},
	{"an error of nobody's", NULL, EIO,
	 {.refuses = "GetAll", .error = "org.example.Odd", .message = ""}},

	{"a path that is none", NULL, EPROTO, {.loaded = "('/a/path',)"}},
	{"two paths", NULL, EPROTO, {.loaded = "(objectpath '/a', objectpath '/b')"}},
	{"no path", NULL, EPROTO, {.loaded = "()"}},
	{"no dictionary", NULL, EPROTO, STATES("('active',)")},
	{"an empty dictionary", NULL, EPROTO, STATES("(@a{sv} {},)")},
	{"a dictionary of texts", NULL, EPROTO,
	 STATES("({'LoadState': 'loaded', 'ActiveState': 'active', 'CanStart': 'y'},)")},
	{"no load state", NULL, EPROTO,
	 STATES("({'ActiveState': <'active'>, 'CanStart': <true>},)")},
	{"no state", NULL, EPROTO,
	 STATES("({'LoadState': <'loaded'>, 'CanStart': <true>},)")},
	{"a number for a state", NULL, EPROTO,
	 STATES("({'LoadState': <'loaded'>, 'ActiveState': <1>, 'CanStart': <true>},)")},
	{"a text for a boolean", NULL, EPROTO,
	 STATES(MOCK_STATE("loaded", "active", "'true'"))},
	{"a variant too many", NULL, EPROTO,
	 STATES(MOCK_STATE("loaded", "active", "<true>"))},
	{"a state of no systemd", NULL, EPROTO, STATES(MOCK_LOADED("asleep"))},
	{"a state with more", NULL, EPROTO, STATES(MOCK_LOADED("active\\n"))},
	{"capitals", NULL, EPROTO, STATES(MOCK_LOADED("Active"))},
	{"a state without letters", NULL, EPROTO, STATES(MOCK_LOADED(""))},
};

static const ReadRow endless_reads[] = {
	{"starts for ever", NULL, ETIMEDOUT, STATES(MOCK_LOADED("activating"))},
	{"changes, and starts for ever", NULL, ETIMEDOUT,
	 STATES(MOCK_LOADED("activating"), MOCK_LOADED("activating"))},
};
/* clang-format on */

static void check_read(const Fixture *f, const ReadRow *row, const char *place,
		       guint seconds)
{
	TargetHost host = host_of(f, seconds);
	MockSystemd *mock = mock_systemd_new(f->bus, &row->script);
	g_autofree char *value = NULL;
	g_autofree char *calls = NULL;
	int errnum = 0;
	gboolean got = target_service.read(&host, place, &value, &errnum);

	print_message("# %s, %s\n", row->what, place);
	assert_int_equal(got, row->value != NULL);
	assert_int_equal(errnum, row->errnum);
	if (row->value)
		assert_string_equal(value, row->value);
	else
		assert_null(value);
	calls = mock_systemd_calls(mock);
	assert_null(strstr(calls, "StopUnit"));
	assert_null(strstr(calls, "StartUnit"));
	mock_systemd_free(mock);
}

static void test_reads(void **state)
{
	for (gsize i = 0; i < G_N_ELEMENTS(reads); i++) {
		check_read(*state, &reads[i], "u.service", PLENTY);
		check_read(*state, &reads[i], "apt-daily@x:1_2.timer", PLENTY);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(endless_reads); i++)
		check_read(*state, &endless_reads[i], "u.service", LITTLE);
}

/* ---- writing ---- */

typedef struct {
	const char *what;
	const char *value;
	MockScript script;
	LatheErrorCode code; /* with a message */
	const char *message; /* NULL: it takes */
} WriteRow;

#define STOP  "stop 'u.service': "
#define START "start 'u.service': "

/* clang-format off */
static const WriteRow writes[] = {
	{"stops", "stopped", {0}, 0, NULL},
	{"starts", "running", STATES(MOCK_LOADED("inactive")), 0, NULL},
	{"starts what failed", "running", STATES(MOCK_LOADED("failed")), 0, NULL},
	{"stops what starts", "stopped", STATES(MOCK_LOADED("activating")), 0, NULL},
	{"nothing to do", "stopped", {.course = MOCK_SIGNALS_FIRST}, 0, NULL},

	{"access denied", "stopped",
	 {.refuses = "StopUnit", .error = DENIED, .message = "Access denied"},
	 LATHE_ERROR_ENVIRONMENT, STOP "StopUnit: Access denied"},
	{"a password", "running",
	 {.refuses = "StartUnit", .error = PASSWORD,
	  .message = "Interactive authentication required."},
	 LATHE_ERROR_ENVIRONMENT, START "StartUnit: Interactive authentication required."},
	{"only by dependency", "stopped",
	 {.refuses = "StopUnit", .error = MOCK_NAME ".OnlyByDependency",
	  .message = "Operation refused."},
	 LATHE_ERROR_ENVIRONMENT, STOP "StopUnit: Operation refused."},
	{"the job fails", "running", REMOVED("failed"),
	 LATHE_ERROR_ENVIRONMENT, START "its job ended as 'failed', not 'done'"},
	{"the job is cancelled before the reply", "stopped",
	 {.removed = MOCK_REMOVED("canceled"), .course = MOCK_SIGNALS_FIRST},
	 LATHE_ERROR_ENVIRONMENT, STOP "its job ended as 'canceled', not 'done'"},
	{"a result that a terminal obeys", "stopped", REMOVED("\\u001b[31m\\ndone\\u202e"),
	 LATHE_ERROR_ENVIRONMENT,
	 STOP "its job ended as '\\x1b[31m\\ndone\\u202e', not 'done'"},
	{"a result with more", "stopped", REMOVED("done "),
	 LATHE_ERROR_ENVIRONMENT, STOP "its job ended as 'done ', not 'done'"},
	{"a refusal that a terminal obeys", "stopped",
	 {.refuses = "StopUnit", .error = "org.example.Odd",
	  .message = "\033]0;x\007\n%s%n"},
	 LATHE_ERROR_ENVIRONMENT, STOP "StopUnit: \\x1b]0;x\\x07\\n%s%n"},

	{"leaves", "stopped", {.course = MOCK_LEAVES},
	 LATHE_ERROR_IO, STOP "'" MOCK_NAME "' left the system bus"},
	{"leaves later", "stopped", {.course = MOCK_LEAVES_LATER},
	 LATHE_ERROR_IO, STOP "'" MOCK_NAME "' left the system bus"},

	{"a job without a path", "stopped", {.job = "(uint32 7,)"},
	 LATHE_ERROR_INPUT,
	 STOP "StopUnit: the answer is not of type '(o)'"},
	{"a job with two", "stopped", {.job = "(objectpath '/a', objectpath '/b')"},
	 LATHE_ERROR_INPUT,
	 STOP "StopUnit: the answer is not of type '(o)'"},
};

/* What would not come back, or was not understood, is left as it is. */
static const WriteRow unasked[] = {
	{"not installed", "running", STATES(MOCK_STATE("not-found", "inactive", "false")),
	 LATHE_ERROR_ENVIRONMENT, START "it is not installed"},
	{"runs on, not installed", "stopped",
	 STATES(MOCK_STATE("not-found", "active", "true")),
	 LATHE_ERROR_ENVIRONMENT, STOP "it is not installed"},
	{"masked", "running", STATES(MOCK_STATE("masked", "inactive", "false")),
	 LATHE_ERROR_ENVIRONMENT,
	 START "it is 'masked', not 'loaded': it cannot be started"},
	{"masked, runs", "stopped", STATES(MOCK_STATE("masked", "active", "true")),
	 LATHE_ERROR_ENVIRONMENT,
	 STOP "it is 'masked', not 'loaded': it cannot be started"},
	{"a load state that a terminal obeys", "stopped",
	 STATES(MOCK_STATE("\\u001b[2J", "active", "true")),
	 LATHE_ERROR_ENVIRONMENT,
	 STOP "it is '\\x1b[2J', not 'loaded': it cannot be started"},
	{"would not start again", "stopped",
	 STATES(MOCK_STATE("loaded", "active", "false")),
	 LATHE_ERROR_ENVIRONMENT,
	 STOP "it cannot be started by hand (RefuseManualStart=)"},
	{"half a unit", "stopped",
	 STATES("({'LoadState': <'loaded'>, 'ActiveState': <'active'>},)"),
	 LATHE_ERROR_INPUT,
	 STOP "GetAll: no LoadState, ActiveState or CanStart of their types"},
};

/* Jobs whose end is never told. */
static const WriteRow endless[] = {
	{"a job without end", "stopped", {.course = MOCK_NEVER_SIGNALS},
	 LATHE_ERROR_TIMEOUT, STOP "timed out after 1 s"},
	{"no reply", "running", {.course = MOCK_NEVER_REPLIES},
	 LATHE_ERROR_TIMEOUT, START "timed out after 1 s"},
	{"someone else says that it is done", "stopped", {.course = MOCK_FORGED},
	 LATHE_ERROR_TIMEOUT, STOP "timed out after 1 s"},
	{"another job's end", "stopped", {.job = "(objectpath '" MOCK_PATH "/job/8',)"},
	 LATHE_ERROR_TIMEOUT, STOP "timed out after 1 s"},
	{"an end without result", "stopped",
	 {.removed = "(uint32 7, objectpath '" MOCK_JOB "', 'u.service')"},
	 LATHE_ERROR_TIMEOUT, STOP "timed out after 1 s"},
	{"an end of other types", "stopped",
	 {.removed = "('" MOCK_JOB "', 'u.service', 'done', uint32 7)"},
	 LATHE_ERROR_TIMEOUT, STOP "timed out after 1 s"},
};
/* clang-format on */

static void check_error(const GError *error, LatheErrorCode code, const char *message)
{
	gboolean denied = strstr(error->message, "denied") ||
			  strstr(error->message, "authentication");

	assert_int_equal(error->domain, LATHE_ERROR);
	assert_int_equal(error->code, code);
	if (message)
		assert_string_equal(error->message, message);
	for (const char *c = error->message; *c; c++)
		assert_true(*c != '\n' && *c != '\033');
	if (denied)
		assert_non_null(strstr(lathe_error_get_hint(error), "run as root"));
	else
		assert_null(lathe_error_get_hint(error));
}

static void check_write(const Fixture *f, const WriteRow *row, guint seconds,
			gboolean asked)
{
	TargetHost host = host_of(f, seconds);
	MockSystemd *mock = mock_systemd_new(f->bus, &row->script);
	gboolean stop = strcmp(row->value, "stopped") == 0;
	const char *job = stop ? "StopUnit u.service replace\n"
			       : "StartUnit u.service replace\n";
	g_autoptr(GError) error = NULL;
	g_autofree char *calls = NULL;
	gboolean written = target_service.write(&host, "u.service", row->value, &error);

	print_message("# %s\n", row->what);
	assert_int_equal(written, row->message == NULL);
	if (written)
		assert_null(error);
	else
		check_error(error, row->code, row->message);
	calls = mock_systemd_calls(mock);
	/* Whether LITTLE is enough to ask is up to the machine. */
	if (seconds == PLENTY)
		assert_int_equal(strstr(calls, job) != NULL, asked);
	mock_systemd_free(mock);
}

static void test_writes(void **state)
{
	for (gsize i = 0; i < G_N_ELEMENTS(writes); i++)
		check_write(*state, &writes[i], PLENTY, TRUE);
	for (gsize i = 0; i < G_N_ELEMENTS(unasked); i++)
		check_write(*state, &unasked[i], PLENTY, FALSE);
	for (gsize i = 0; i < G_N_ELEMENTS(endless); i++)
		check_write(*state, &endless[i], LITTLE, TRUE);
}

/* A message of any length is cut. */
static void test_long_words(void **state)
{
	const Fixture *f = *state;
	TargetHost host = host_of(f, PLENTY);
	g_autofree char *words = g_strnfill(1000000, 'x');
	MockScript script = {
		.refuses = "StopUnit", .error = "org.example.Odd", .message = words};
	MockSystemd *mock = mock_systemd_new(f->bus, &script);
	g_autoptr(GError) error = NULL;

	assert_false(target_service.write(&host, "u.service", "stopped", &error));
	assert_true(g_str_has_prefix(error->message, "stop 'u.service': StopUnit: xxx"));
	assert_true(strlen(error->message) < 1000);
	mock_systemd_free(mock);
}

/* What an engine does with it. */
static void test_there_and_back(void **state)
{
	static const MockScript script;
	static const char *const steps[] = {"stopped", "stopped", "running"};
	const Fixture *f = *state;
	TargetHost host = host_of(f, PLENTY);
	MockSystemd *mock = mock_systemd_new(f->bus, &script);
	g_autofree char *calls = NULL;
	int errnum = 0;

	for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
		g_autofree char *value = NULL;

		assert_true(target_service.write(&host, "irqbalance.service", steps[i],
						 NULL));
		assert_true(target_service.read(&host, "irqbalance.service", &value,
						&errnum));
		assert_string_equal(value, steps[i]);
		assert_true(target_service.same(value, steps[i]));
	}
	assert_false(target_service.same("running", "stopped"));
	calls = mock_systemd_calls(mock);
#define BEFORE                                                                           \
	"Subscribe\nLoadUnit irqbalance.service\nGetAll org.freedesktop.systemd1.Unit\n"
	assert_string_equal(
		calls,
		BEFORE "StopUnit irqbalance.service replace\n" BEFORE         //
			BEFORE "StopUnit irqbalance.service replace\n" BEFORE //
				BEFORE "StartUnit irqbalance.service replace\n" BEFORE);
	mock_systemd_free(mock);
}

/* ---- what is refused without asking anybody ---- */

static const char *const odd_places[] = {
	"",
	".service",
	"u",
	"poweroff.target",
	"u.service ",
	"u.socket",
	"../u.service",
	"a b.service",
	"u;reboot.service",
	"u.service\n",
	"\303\244.service",
	"$(x).service",
	"a*.service",
};

static void refuse(const TargetHost *host, const char *place, const char *value)
{
	g_autoptr(GError) error = NULL;

	assert_false(target_service.write(host, place, value, &error));
	check_error(error, LATHE_ERROR_INPUT, NULL);
}

static void test_odd_places(void **state)
{
	static const MockScript script;
	const Fixture *f = *state;
	TargetHost host = host_of(f, PLENTY);
	MockSystemd *mock = mock_systemd_new(f->bus, &script);
	g_autofree char *name = g_strnfill(255, 'x');
	g_autofree char *calls = NULL;
	g_autofree char *value = NULL;
	int errnum;

	for (gsize i = 0; i < G_N_ELEMENTS(odd_places); i++) {
		errnum = 0;
		assert_false(target_service.read(&host, odd_places[i], &value, &errnum));
		assert_int_equal(errnum, EINVAL);
		refuse(&host, odd_places[i], "stopped");
	}
	refuse(&host, "u.service", "");
	refuse(&host, "u.service", "Stopped");
	refuse(&host, "u.service", "stopped\n");
	refuse(&host, "u.service", "restarted\033[1m");
	calls = mock_systemd_calls(mock);
	assert_string_equal(calls, "");

	/* 255 bytes are a name, 256 are not. */
	memcpy(name + 255 - strlen(".timer"), ".timer", strlen(".timer"));
	assert_true(target_service.read(&host, name, &value, &errnum));
	g_clear_pointer(&value, g_free);
	g_free(name);
	name = g_strnfill(256, 'x');
	memcpy(name + 256 - strlen(".timer"), ".timer", strlen(".timer"));
	assert_false(target_service.read(&host, name, &value, &errnum));
	assert_int_equal(errnum, EINVAL);
	mock_systemd_free(mock);
}

static void test_trees(void **state)
{
	static const MockScript script;
	const Fixture *f = *state;
	char *tree = tree_new();
	g_autoptr(Root) root = root_open_captured(tree, NULL);
	TargetHost host = {.root = root, .write_seconds = PLENTY};
	MockSystemd *mock = mock_systemd_new(f->bus, &script);
	g_autoptr(GError) error = NULL;
	g_autofree char *calls = NULL;
	g_autofree char *value = NULL;
	int errnum = 0;

	assert_false(target_service.read(&host, "u.service", &value, &errnum));
	assert_int_equal(errnum, ENOENT);
	assert_false(target_service.write(&host, "u.service", "stopped", &error));
	check_error(error, LATHE_ERROR_ENVIRONMENT,
		    "stop 'u.service': a captured machine has no systemd that runs");
	calls = mock_systemd_calls(mock);
	assert_string_equal(calls, "");
	mock_systemd_free(mock);
	tree_free(tree);
}

/* ---- nobody there ---- */

static void expect_nobody(const Fixture *f, guint seconds, int errnum,
			  LatheErrorCode code, const char *words)
{
	TargetHost host = host_of(f, seconds);
	g_autoptr(GError) error = NULL;
	g_autofree char *value = NULL;
	int seen = 0;

	assert_false(target_service.read(&host, "u.service", &value, &seen));
	assert_int_equal(seen, errnum);
	assert_null(value);
	assert_false(target_service.write(&host, "u.service", "stopped", &error));
	check_error(error, code, NULL);
	assert_non_null(strstr(error->message, words));
}

/* Absent where systemd does not run; where it does, no proof of anything. */
static void expect_absent(const Fixture *f, const char *words)
{
	assert_false(g_file_test(BOOTED, G_FILE_TEST_EXISTS));
	expect_nobody(f, PLENTY, ENOENT, LATHE_ERROR_ENVIRONMENT, words);
	assert_int_equal(g_mkdir_with_parents(BOOTED, 0755), 0);
	expect_nobody(f, PLENTY, ECONNRESET, LATHE_ERROR_IO, words);
	assert_int_equal(g_rmdir(BOOTED), 0);
}

static int bind_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void test_no_systemd(void **state)
{
	expect_absent(*state, "'" MOCK_NAME "' is not on the system bus");
}

static void test_no_bus(void **state)
{
	const Fixture *f = *state;

	/* What a bus that died leaves. */
	close(bind_socket("/run/bus"));
	g_setenv(BUS_ADDRESS, "unix:path=/run/nowhere", TRUE);
	expect_absent(f, "there is no system bus: ");
	/* The default is below /run as well. */
	g_unsetenv(BUS_ADDRESS);
	expect_absent(f, "there is no system bus: ");
	g_setenv(BUS_ADDRESS, "unix:path=/run/bus", TRUE);
	expect_absent(f, "there is no system bus: ");
	g_setenv(BUS_ADDRESS, "by post", TRUE);
	expect_nobody(f, PLENTY, EPROTO, LATHE_ERROR_INPUT,
		      "connect to the system bus: ");

	g_setenv(BUS_ADDRESS, g_test_dbus_get_bus_address(f->bus), TRUE);
}

/* It takes the connection and says nothing. */
static void test_silent_bus(void **state)
{
	const Fixture *f = *state;
	autofd fd = bind_socket("/run/silent");

	assert_int_equal(listen(fd, 8), 0);
	g_setenv(BUS_ADDRESS, "unix:path=/run/silent", TRUE);
	expect_nobody(f, LITTLE, ETIMEDOUT, LATHE_ERROR_TIMEOUT,
		      "stop 'u.service': timed out after 1 s");
	expect_nobody(f, 0, ETIMEDOUT, LATHE_ERROR_TIMEOUT,
		      "stop 'u.service': timed out after 0 s");
	g_setenv(BUS_ADDRESS, g_test_dbus_get_bus_address(f->bus), TRUE);
}

/* The bus itself ends while a job runs: known at once, and survived. */
static void test_bus_dies(void **state)
{
	static const MockScript script = {.course = MOCK_KILLS_BUS_DAEMON};
	const Fixture *f = *state;
	TargetHost host = host_of(f, PLENTY);
	g_autoptr(GTestDBus) bus = g_test_dbus_new(G_TEST_DBUS_NONE);
	g_autoptr(GError) error = NULL;
	MockSystemd *mock;

	g_test_dbus_up(bus);
	g_setenv(BUS_ADDRESS, g_test_dbus_get_bus_address(bus), TRUE);
	mock = mock_systemd_new(bus, &script);
	assert_false(target_service.write(&host, "u.service", "stopped", &error));
	check_error(error, LATHE_ERROR_IO,
		    "stop 'u.service': '" MOCK_NAME "' left the system bus");
	mock_systemd_free(mock);
	g_test_dbus_down(bus);
	g_setenv(BUS_ADDRESS, g_test_dbus_get_bus_address(f->bus), TRUE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads),      cmocka_unit_test(test_writes),
		cmocka_unit_test(test_long_words), cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_odd_places), cmocka_unit_test(test_trees),
		cmocka_unit_test(test_no_systemd), cmocka_unit_test(test_no_bus),
		cmocka_unit_test(test_silent_bus), cmocka_unit_test(test_bus_dies),
	};

	return cmocka_run_group_tests_name("target-service", tests, set_up, tear_down);
}
