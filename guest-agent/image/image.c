/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "autofd.h"
#include "deb.h"
#include "elf64.h"
#include "error.h"
#include "guest-kernel.h"
#include "image-cache.h"
#include "initramfs.h"
#include "libraries.h"
#include "modules.h"
#include "package.h"
#include "store.h"
#include "waiter.h"

/* Part of every id: raise it when the same parts come to give another image. */
#define FORMAT "lathe image 1"

#define CONFIG_MAX (4u << 20)

typedef struct {
	const ImageParts *parts;
	const char *cache;
	void (*progress)(const char *line);
	Waiter *waiter;

	char *kernel;   /* vmlinuz or vmlinux */
	char *digest;   /* of it */
	char *modules;  /* directory */
	GBytes *config; /* or NULL: not known */
	char *release;  /* what the modules are made for, else what the kernel's folder
			   says */
	gboolean release_checked; /* modules said so */
	GBytes *initrd;
	char *id;
} Build;

static void build_clear(Build *build)
{
	g_free(build->kernel);
	g_free(build->digest);
	g_free(build->modules);
	g_clear_pointer(&build->config, g_bytes_unref);
	g_free(build->release);
	g_clear_pointer(&build->initrd, g_bytes_unref);
	g_free(build->id);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Build, build_clear)

void image_clear(Image *image)
{
	g_clear_pointer(&image->id, g_free);
	g_clear_pointer(&image->kernel, g_free);
	g_clear_pointer(&image->initrd, g_free);
	g_clear_pointer(&image->release, g_free);
	g_clear_pointer(&image->config, g_free);
}

/* Without its final newline; NULL when it is no name of a release. */
static char *read_release(const char *directory)
{
	g_autofree char *path = g_build_filename(directory, "release", NULL);
	g_autofree char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return NULL;
	g_strchomp(text);
	return deb_release_valid(text) ? g_steal_pointer(&text) : NULL;
}

static gboolean packaged_kernel(Build *build, GError **error)
{
	g_autofree char *package = package_directory(build->cache);
	g_autofree char *config = g_build_filename(package, "config", NULL);

	if (!package_ensure(build->cache, modules_wanted, build->waiter, build->progress,
			    error))
		return FALSE;
	build->kernel = g_build_filename(package, "vmlinuz", NULL);
	build->modules = g_build_filename(package, "modules", NULL);
	build->config = store_read(config, CONFIG_MAX, NULL, NULL);
	build->release = read_release(package);
	if (!build->release)
		return lathe_error(error, LATHE_ERROR_IO, "'%s/release' is damaged",
				   package);
	return TRUE;
}

/* Beside vmlinuz (/boot), or beside the modules (Fedora). */
static GBytes *own_config(const Build *build)
{
	g_autofree char *boot = g_path_get_dirname(build->kernel);
	g_autofree char *beside = g_strconcat(boot, "/config-", build->release, NULL);
	g_autofree char *within = g_build_filename(build->modules, "config", NULL);
	GBytes *config = store_read(beside, CONFIG_MAX, NULL, NULL);

	return config ? config : store_read(within, CONFIG_MAX, NULL, NULL);
}

static gboolean check_readable(const char *option, const char *path, int mode,
			       GError **error)
{
	if (access(path, mode) == 0)
		return TRUE;
	lathe_error_errno(error, errno, "--%s '%s'", option, path);
	lathe_error_hint(error, "--kernel VMLINUZ --modules lib/modules/RELEASE, both of one "
				"build and readable");
	return FALSE;
}

static gboolean own_kernel(Build *build, GError **error)
{
	const ImageParts *parts = build->parts;
	g_autofree char *full = g_canonicalize_filename(parts->modules, NULL);

	build->kernel = g_strdup(parts->kernel);
	build->modules = g_strdup(full);
	build->release = g_path_get_basename(full);
	if (!deb_release_valid(build->release))
		return lathe_error(error, LATHE_ERROR_USAGE,
				   "'%s' does not end in a kernel release, as "
				   "lib/modules/RELEASE does",
				   parts->modules);
	if (!check_readable("kernel", build->kernel, R_OK, error) ||
	    !check_readable("modules", build->modules, R_OK | X_OK, error))
		return FALSE;
	build->config = own_config(build);
	return TRUE;
}

static gboolean add_modules(Build *build, Initramfs *tree, GError **error)
{
	g_autoptr(GString) list = g_string_new(NULL);
	g_autoptr(GPtrArray) modules = NULL;
	g_autofree char *release = NULL;
	g_autoptr(GBytes) text = NULL;

	modules = modules_load(build->modules, modules_wanted, &release, error);
	if (!modules)
		return FALSE;
	if (release && !deb_release_valid(release))
		return lathe_error(
		    error, LATHE_ERROR_INPUT,
		    "the modules below '%s' name their kernel in an odd way",
		    build->modules);
	if (release) {
		g_free(build->release);
		build->release = g_steal_pointer(&release);
		build->release_checked = TRUE;
	}
	for (guint i = 0; i < modules->len; i++) {
		const Module *module = modules->pdata[i];
		g_autofree char *path = g_strdup_printf("/lib/modules/%s/%s.ko",
							build->release, module->name);

		if (!initramfs_add(tree, path, 0644, module->content, module->name,
				   error))
			return FALSE;
		g_string_append_printf(list, "%s\n", path);
	}
	text = g_string_free_to_bytes(g_steal_pointer(&list));
	return initramfs_add(tree, "/etc/lathe/modules", 0644, text,
			     "the list of modules", error);
}

static gboolean add_agent(const Build *build, Initramfs *tree, GError **error)
{
	const char *agent = build->parts->agent;
	g_autoptr(GBytes) content = store_read(agent, STORE_PART_MAX, NULL, error);
	g_autofree char *loader = NULL;
	const guint8 *data;
	gsize length;

	if (!content)
		return FALSE;
	data = g_bytes_get_data(content, &length);
	if (!elf64_interpreter(data, length, agent, &loader, error))
		return FALSE;
	if (loader)
		return lathe_error(
		    error, LATHE_ERROR_INPUT,
		    "'%s' is not linked statically: it cannot be the guest's "
		    "first process",
		    agent);
	return initramfs_add(tree, "/init", 0755, content, agent, error);
}

static gboolean add_file(Initramfs *tree, const char *spec, GError **error)
{
	const char *colon = g_strrstr(spec, ":/");
	g_autoptr(GBytes) content = NULL;
	g_autofree char *file = NULL;
	guint mode;

	if (!colon || colon == spec)
		return lathe_error(error, LATHE_ERROR_USAGE,
				   "'%s' is not FILE:/GUEST/PATH", spec);
	file = g_strndup(spec, (gsize)(colon - spec));
	content = store_read(file, STORE_PART_MAX, &mode, error);
	return content && initramfs_add(tree, colon + 1, mode, content, file, error);
}

static gboolean pack(Build *build, GError **error)
{
	g_autoptr(Initramfs) tree = initramfs_new();
	const ImageParts *parts = build->parts;

	if (!add_agent(build, tree, error) || !add_modules(build, tree, error))
		return FALSE;
	for (const char *const *tool = parts->tools; tool && *tool; tool++)
		if (!libraries_add_tool(tree, *tool, build->waiter, error))
			return FALSE;
	for (const char *const *file = parts->files; file && *file; file++)
		if (!add_file(tree, *file, error))
			return FALSE;
	build->initrd = initramfs_pack(tree, error);
	return build->initrd != NULL;
}

static void sum_bytes(GChecksum *sum, GBytes *bytes)
{
	gsize length;
	gconstpointer data = g_bytes_get_data(bytes, &length);

	g_checksum_update(sum, data, (gssize)length);
}

/* The initramfs holds every part but the kernel, byte for byte: its digest is theirs. */
static void identify(Build *build)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);

	g_checksum_update(sum, (const guchar *)FORMAT, sizeof(FORMAT));
	g_checksum_update(sum, (const guchar *)build->digest, -1);
	sum_bytes(sum, build->initrd);
	/* After the archive's trailer: cannot be taken for a part of it. */
	if (build->config)
		sum_bytes(sum, build->config);
	build->id = g_strndup(g_checksum_get_string(sum), IMAGE_CACHE_ID_LENGTH);
}

static gboolean check_kernel(const Build *build, const GuestKernel *kernel,
			     GError **error)
{
	if (!build->release_checked || strcmp(kernel->release, build->release) == 0)
		return TRUE;
	lathe_error(error, LATHE_ERROR_INPUT,
		    "kernel '%s' is %s, but the modules below '%s' are for %s",
		    build->kernel, kernel->release, build->modules, build->release);
	lathe_error_hint(error, "give --kernel and --modules of the same build");
	return FALSE;
}

static gboolean write_bytes(const char *directory, const char *name, GBytes *bytes,
			    GError **error)
{
	g_autofree char *path = g_build_filename(directory, name, NULL);
	gsize length;
	gconstpointer data = g_bytes_get_data(bytes, &length);

	return store_write(path, data, length, error);
}

static gboolean fill(const Build *build, const GuestKernel *kernel, const char *scratch,
		     GError **error)
{
	g_autofree char *vmlinux = g_build_filename(scratch, "vmlinux", NULL);
	g_autofree char *line = g_strconcat(kernel->release, "\n", NULL);
	g_autoptr(GBytes) release = g_bytes_new(line, strlen(line));

	return store_link(kernel->file, vmlinux, error) &&
	       write_bytes(scratch, "initrd", build->initrd, error) &&
	       write_bytes(scratch, "release", release, error) &&
	       (!build->config || write_bytes(scratch, "config", build->config, error));
}

static gboolean make(Build *build, const char *final, GError **error)
{
	g_auto(GuestKernel) kernel = {0};
	g_autofree char *scratch = NULL;
	gboolean ok;

	if (!guest_kernel_ensure(build->cache, build->kernel, build->digest,
				 build->progress, &kernel, error) ||
	    !check_kernel(build, &kernel, error))
		return FALSE;
	if (build->progress) {
		g_autofree char *line =
		    g_strconcat("building the guest image for ", kernel.release, NULL);

		build->progress(line);
	}
	scratch = image_cache_scratch(build->cache, error);
	if (!scratch)
		return FALSE;
	ok = fill(build, &kernel, scratch, error) && store_publish(scratch, final, error);
	store_remove(scratch);
	return ok;
}

static gboolean find_or_make(Build *build, Image *ret, GError **error)
{
	g_autofree char *name = g_strconcat("image-", build->id, NULL);
	g_autofree char *final = g_build_filename(build->cache, name, NULL);
	g_autofree char *config = g_build_filename(final, "config", NULL);
	gboolean built = !store_intact(final);

	if (built && !make(build, final, error))
		return FALSE;
	image_cache_touch(final);
	if (built)
		image_cache_prune(build->cache, name);
	*ret = (Image){.id = g_strdup(build->id),
		       .kernel = g_build_filename(final, "vmlinux", NULL),
		       .initrd = g_build_filename(final, "initrd", NULL),
		       .release = read_release(final),
		       .built = built};
	if (g_file_test(config, G_FILE_TEST_IS_REGULAR))
		ret->config = g_steal_pointer(&config);
	if (ret->release)
		return TRUE;
	image_clear(ret);
	return lathe_error(error, LATHE_ERROR_IO, "'%s/release' is damaged", final);
}

static gboolean ensure(Build *build, Image *ret, GError **error)
{
	autofd lock =
	    image_cache_lock(build->cache, build->waiter, build->progress, error);

	if (lock < 0 || !(build->parts->kernel ? own_kernel(build, error)
					       : packaged_kernel(build, error)))
		return FALSE;
	build->digest = image_cache_digest(build->cache, build->kernel, error);
	if (!build->digest || !pack(build, error))
		return FALSE;
	identify(build);
	return find_or_make(build, ret, error);
}

gboolean image_ensure(const ImageParts *parts, const char *cache_directory,
		      void (*progress)(const char *line), Image *ret, GError **error)
{
	gint64 start_us = g_get_monotonic_time();
	g_autoptr(Waiter) waiter = parts->waiter ? NULL : waiter_new();
	g_autofree char *cache = g_canonicalize_filename(cache_directory, NULL);
	g_auto(Build) build = {.parts = parts,
			       .cache = cache,
			       .progress = progress,
			       .waiter = parts->waiter ? parts->waiter : waiter};
	Image image = {0};

	if (!parts->kernel != !parts->modules)
		return lathe_error(
		    error, LATHE_ERROR_USAGE,
		    "a kernel of your own needs both: --kernel VMLINUZ and "
		    "--modules DIR");
	if (!ensure(&build, &image, error)) {
		g_prefix_error(error, "guest image: ");
		return FALSE;
	}
	image.took_ms = (g_get_monotonic_time() - start_us) / 1000;
	*ret = image;
	return TRUE;
}
