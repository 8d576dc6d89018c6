/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "package.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "child.h"
#include "deb.h"
#include "error.h"
#include "escape.h"
#include "image-cache.h"
#include "modules.h"
#include "store.h"

#define METAPACKAGE "linux-image-rt-amd64"
#define PREFIX      "linux-image-"

#define BRING_YOUR_OWN                                                                   \
	"check the network and /etc/apt, or bring a kernel: lathe image build --kernel " \
	"VMLINUZ --modules DIR"

#define QUERY_TIMEOUT_MS    (60 * 1000)
#define UPDATE_TIMEOUT_MS   (3 * 60 * 1000)
#define DOWNLOAD_TIMEOUT_MS (14 * 60 * 1000)

/* A module's dependencies are known only once it is unpacked: so often at most. */
#define UNPACK_ROUNDS 6

typedef struct {
	const char *scratch;
	Waiter *waiter;
	void (*progress)(const char *line);
	gboolean own_lists; /* fetched below scratch, because the machine's did not do */
} Apt;

char *package_directory(const char *cache_directory)
{
	return g_build_filename(cache_directory, "package", NULL);
}

static void say(const Apt *apt, const char *format, const char *what)
{
	g_autofree char *line = NULL;

	if (!apt->progress)
		return;
	line = g_strjoin(" ", format, what, NULL);
	apt->progress(line);
}

/* argv for an apt tool that writes below scratch only: its caches always, and the package
 * lists once they are our own. Root's download needs no sandbox user, who could not write
 * into a private folder anyway. */
static GPtrArray *apt_argv(const Apt *apt, const char *tool)
{
	GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(argv, g_strdup(tool));
	g_ptr_array_add(argv, g_strdup("-q"));
	g_ptr_array_add(argv, g_strdup("-oAPT::Sandbox::User=root"));
	g_ptr_array_add(argv, g_strdup("-oAcquire::Retries=2"));
	g_ptr_array_add(argv, g_strdup("-oAcquire::http::Timeout=30"));
	g_ptr_array_add(argv, g_strdup("-oAcquire::https::Timeout=30"));
	g_ptr_array_add(argv, g_strdup_printf("-oDir::Cache=%s/apt-cache", apt->scratch));
	if (apt->own_lists)
		g_ptr_array_add(argv, g_strdup_printf("-oDir::State::lists=%s/apt-lists",
						      apt->scratch));
	return argv;
}

/* Takes the array; `rest` is NULL-terminated. */
static gboolean apt_run(const Apt *apt, GPtrArray *taken, const char *const *rest,
			guint timeout_ms, Child *ret, GError **error)
{
	g_autoptr(GPtrArray) argv = taken;

	for (; *rest; rest++)
		g_ptr_array_add(argv, g_strdup(*rest));
	g_ptr_array_add(argv, NULL);
	return child_run((const char *const *)argv->pdata, apt->scratch, timeout_ms,
			 apt->waiter, ret, error);
}

static gboolean apt_failed(const Child *child, const char *what, GError **error)
{
	g_autofree char *complaint = child_complaint(child);

	lathe_error(error, LATHE_ERROR_ENVIRONMENT, "%s: %s", what, complaint);
	lathe_error_hint(error,
			 "check the network and /etc/apt, or bring a kernel: lathe "
			 "image build --kernel VMLINUZ --modules DIR");
	return FALSE;
}

static gboolean package_name_valid(const char *name)
{
	for (const char *at = name; *at; at++)
		if (!g_ascii_isalnum(*at) && !strchr("+-.~", *at))
			return FALSE;
	return g_str_has_prefix(name, PREFIX) && strlen(name) < 128;
}

char *package_parse_depends(const char *listing)
{
	g_auto(GStrv) lines = g_strsplit(listing, "\n", -1);

	for (char **line = lines; *line; line++) {
		char *name = g_strstrip(*line);

		if (*name == '|')
			name++;
		if (!g_str_has_prefix(name, "Depends: "))
			continue;
		name += strlen("Depends: ");
		if (package_name_valid(name))
			return g_strdup(name);
	}
	return NULL;
}

static char *find_package(const Apt *apt, GError **error)
{
	const char *const rest[] = {"depends", "--no-recommends", "--no-suggests",
				    METAPACKAGE, NULL};
	g_auto(Child) child = {0};
	char *name;

	if (!apt_run(apt, apt_argv(apt, "apt-cache"), rest, QUERY_TIMEOUT_MS, &child,
		     error))
		return NULL;
	if (child.status != 0) {
		apt_failed(&child, "look up " METAPACKAGE, error);
		return NULL;
	}
	name = package_parse_depends(child.out);
	if (!name)
		lathe_error(error, LATHE_ERROR_ENVIRONMENT,
			    "apt's " METAPACKAGE " depends on no kernel package");
	return name;
}

static char *find_deb(const char *directory, const char *name, GError **error)
{
	g_autofree char *prefix = g_strconcat(name, "_", NULL);
	g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
	const char *entry;

	while (dir && (entry = g_dir_read_name(dir)))
		if (g_str_has_prefix(entry, prefix) && g_str_has_suffix(entry, ".deb"))
			return g_build_filename(directory, entry, NULL);
	lathe_error(error, LATHE_ERROR_ENVIRONMENT,
		    "apt-get download left no %s*.deb behind", prefix);
	return NULL;
}

static char *download(const Apt *apt, GError **error)
{
	g_autofree char *name = find_package(apt, error);
	const char *const rest[] = {"download", name, NULL};
	g_autofree char *what = g_strconcat("download ", name, NULL);
	g_auto(Child) child = {0};

	if (!name)
		return NULL;
	say(apt, "downloading", name);
	if (!apt_run(apt, apt_argv(apt, "apt-get"), rest, DOWNLOAD_TIMEOUT_MS, &child,
		     error))
		return NULL;
	if (child.status != 0) {
		apt_failed(&child, what, error);
		return NULL;
	}
	return find_deb(apt->scratch, name, error);
}

/* Why `apt-get update` brought no lists: its last line only says that there was a reason.
 */
static char *update_complaint(const Child *child)
{
	g_auto(GStrv) lines = g_strsplit(child->err, "\n", -1);

	for (char **line = lines; *line; line++)
		if (strstr(*line, "Failed to fetch"))
			return escape_text(*line, -1);
	return child_complaint(child);
}

static gboolean make_folders(const char *scratch, GError **error)
{
	static const char *const folders[] = {"apt-cache/archives/partial",
					      "apt-lists/partial"};

	for (gsize i = 0; i < G_N_ELEMENTS(folders); i++) {
		g_autofree char *path = g_build_filename(scratch, folders[i], NULL);

		if (g_mkdir_with_parents(path, 0755) != 0)
			return lathe_error_errno(error, errno, "create '%s'", path);
	}
	return TRUE;
}

/* apt's exit status is 0 even when no list arrived, and one broken third-party repository
 * does not matter: whether it was good enough shows in the download. */
static char *download_with_own_lists(Apt *apt, const GError *first, GError **error)
{
	const char *const rest[] = {"update", NULL};
	g_autofree char *complaint = NULL;
	g_auto(Child) child = {0};
	char *deb;

	apt->own_lists = TRUE;
	say(apt, "fetching", "fresh package lists (a private copy)");
	if (!apt_run(apt, apt_argv(apt, "apt-get"), rest, UPDATE_TIMEOUT_MS, &child,
		     error))
		return NULL;
	deb = download(apt, error);
	if (deb || !*child.err)
		return deb;
	complaint = update_complaint(&child);
	g_clear_error(error);
	lathe_error(error, LATHE_ERROR_ENVIRONMENT, "%s; apt-get update: %s",
		    first->message, complaint);
	lathe_error_hint(error, BRING_YOUR_OWN);
	return NULL;
}

/* The machine's package lists may be absent (a fresh container) or name a version that
 * the archive has replaced since: then once more with fresh lists of our own. */
static char *get_deb(Apt *apt, GError **error)
{
	g_autoptr(GError) first = NULL;
	char *deb = download(apt, &first);

	if (deb)
		return deb;
	if (g_error_matches(first, LATHE_ERROR, LATHE_ERROR_ENVIRONMENT))
		return download_with_own_lists(apt, first, error);
	g_propagate_error(error, g_steal_pointer(&first));
	return NULL;
}

static gboolean names_add(GHashTable *names, const GPtrArray *more)
{
	gboolean grew = FALSE;

	for (guint i = 0; i < more->len; i++)
		grew |= g_hash_table_add(names, g_strdup(more->pdata[i]));
	return grew;
}

/* Until nothing is missing, or nothing new is: what the package does not have is reported
 * when the modules are loaded for an image, by name. */
static gboolean unpack(const char *deb, const char *const *wanted, const char *directory,
		       GError **error)
{
	g_autoptr(GHashTable)
	    names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autofree char *modules = g_build_filename(directory, "modules", NULL);

	for (const char *const *name = wanted; *name; name++)
		g_hash_table_add(names, g_strdup(*name));
	for (guint round = 0; round < UNPACK_ROUNDS; round++) {
		g_autoptr(GPtrArray) missing = NULL;

		store_remove(directory);
		if (mkdir(directory, 0755) != 0)
			return lathe_error_errno(error, errno, "create '%s'", directory);
		if (!deb_unpack_kernel(deb, names, directory, error))
			return FALSE;
		missing = modules_missing(modules, wanted, error);
		if (!missing)
			return FALSE;
		if (!names_add(names, missing))
			return TRUE;
	}
	return lathe_error(error, LATHE_ERROR_INPUT,
			   "'%s': the modules' dependencies come to no end", deb);
}

/* A newer lathe may want modules that an older one left in the package. */
static gboolean unpacked_for(const char *directory, const char *wanted)
{
	g_autofree char *path = g_build_filename(directory, "wanted", NULL);
	g_autofree char *text = NULL;

	return store_intact(directory) && g_file_get_contents(path, &text, NULL, NULL) &&
	       strcmp(text, wanted) == 0;
}

static gboolean note_wanted(const char *directory, const char *wanted, GError **error)
{
	g_autofree char *path = g_build_filename(directory, "wanted", NULL);

	return store_write(path, wanted, strlen(wanted), error);
}

static gboolean fetch(Apt *apt, const char *const *wanted, const char *note,
		      const char *final, GError **error)
{
	g_autofree char *directory = g_build_filename(apt->scratch, "unpacked", NULL);
	g_autofree char *deb = NULL;
	g_autofree char *base = NULL;

	if (!make_folders(apt->scratch, error))
		return FALSE;
	deb = get_deb(apt, error);
	if (!deb)
		return FALSE;
	base = g_path_get_basename(deb);
	say(apt, "unpacking", base);
	return unpack(deb, wanted, directory, error) &&
	       note_wanted(directory, note, error) &&
	       store_publish(directory, final, error);
}

gboolean package_ensure(const char *cache_directory, const char *const *wanted,
			Waiter *waiter, void (*progress)(const char *line),
			GError **error)
{
	g_autofree char *final = package_directory(cache_directory);
	g_autofree char *note = g_strjoinv(" ", (char **)wanted);
	g_autofree char *tool = NULL;
	g_autofree char *scratch = NULL;
	Apt apt = {.waiter = waiter, .progress = progress};
	gboolean ok;

	if (unpacked_for(final, note))
		return TRUE;
	tool = g_find_program_in_path("apt-get");
	if (!tool) {
		lathe_error(error, LATHE_ERROR_ENVIRONMENT,
			    "no apt-get here to download a PREEMPT_RT kernel with");
		lathe_error_hint(error, "bring one: lathe image build --kernel VMLINUZ "
					"--modules DIR");
		return FALSE;
	}
	scratch = image_cache_scratch(cache_directory, error);
	if (!scratch)
		return FALSE;
	apt.scratch = scratch;
	ok = fetch(&apt, wanted, note, final, error);
	store_remove(scratch);
	return ok;
}
