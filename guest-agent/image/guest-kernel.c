/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest-kernel.h"

#include "elf64.h"
#include "error.h"
#include "image-cache.h"
#include "image.h"
#include "store.h"

/* The entry of the Xen ABI that QEMU jumps to: XEN_ELFNOTE_PHYS32_ENTRY in the kernel's
 * include/xen/interface/elfnote.h. */
#define PVH_NOTE_NAME "Xen"
#define PVH_NOTE_TYPE 18

#define BZIMAGE "bzImage"
#define VMLINUX "vmlinux"

void guest_kernel_clear(GuestKernel *kernel)
{
	g_clear_pointer(&kernel->file, g_free);
	g_clear_pointer(&kernel->release, g_free);
}

static void say(void (*progress)(const char *line), const char *what, const char *object)
{
	g_autofree char *line = g_strjoin(" ", what, object, NULL);

	if (progress)
		progress(line);
}

static gboolean keep_bzimage(GBytes *given, const char *vmlinuz, const char *scratch,
			     GError **error)
{
	g_autofree char *bzimage = g_build_filename(scratch, BZIMAGE, NULL);
	gsize length;
	const guint8 *data = g_bytes_get_data(given, &length);

	if (!elf64_magic(data, length))
		return store_write(bzimage, data, length, error);
	lathe_error(error, LATHE_ERROR_INPUT,
		    "'%s' has no PVH entry for QEMU to start it by", vmlinuz);
	lathe_error_hint(error, "give the bzImage (vmlinuz) instead, or build the kernel "
				"with CONFIG_PVH=y");
	return FALSE;
}

static gboolean extract(const char *vmlinuz, const char *scratch,
			void (*progress)(const char *line), GError **error)
{
	g_autofree char *vmlinux = g_build_filename(scratch, VMLINUX, NULL);
	g_autoptr(GBytes) plain = NULL;
	g_autoptr(GBytes) given = NULL;
	const guint8 *data;
	gsize length;
	gboolean pvh;

	say(progress, "extracting", vmlinuz);
	if (!vmlinux_extract(vmlinuz, vmlinux, error))
		return FALSE;
	plain = store_read(vmlinux, STORE_PART_MAX, NULL, error);
	if (!plain)
		return FALSE;
	data = g_bytes_get_data(plain, &length);
	if (!elf64_has_note(data, length, vmlinuz, PVH_NOTE_NAME, PVH_NOTE_TYPE, &pvh,
			    error))
		return FALSE;
	if (pvh)
		return TRUE;
	given = store_read(vmlinuz, STORE_PART_MAX, NULL, error);
	if (!given || !keep_bzimage(given, vmlinuz, scratch, error))
		return FALSE;
	say(progress, "note: no PVH entry (CONFIG_PVH), starts more slowly:", vmlinuz);
	return TRUE;
}

static gboolean make(const char *cache_directory, const char *vmlinuz, const char *final,
		     void (*progress)(const char *line), GError **error)
{
	g_autofree char *scratch = image_cache_scratch(cache_directory, error);
	gboolean ok;

	if (!scratch)
		return FALSE;
	ok = extract(vmlinuz, scratch, progress, error) &&
	     store_publish(scratch, final, error);
	store_remove(scratch);
	return ok;
}

gboolean guest_kernel_ensure(const char *cache_directory, const char *vmlinuz,
			     const char *digest, void (*progress)(const char *line),
			     GuestKernel *ret, GError **error)
{
	g_autofree char *name =
	    g_strdup_printf("kernel-%.*s", IMAGE_CACHE_ID_LENGTH, digest);
	g_autofree char *final = g_build_filename(cache_directory, name, NULL);
	g_autofree char *vmlinux = g_build_filename(final, VMLINUX, NULL);
	g_autofree char *bzimage = g_build_filename(final, BZIMAGE, NULL);
	g_auto(GuestKernel) kernel = {0};

	if (!store_intact(final) &&
	    !make(cache_directory, vmlinuz, final, progress, error))
		return FALSE;
	if (!vmlinux_release(vmlinux, &kernel.release, &kernel.realtime, error)) {
		g_prefix_error(error, "kernel '%s': ", vmlinuz);
		store_remove(final);
		return FALSE;
	}
	if (!kernel.realtime)
		say(progress, "note: not a PREEMPT_RT kernel:", kernel.release);
	kernel.file = g_file_test(bzimage, G_FILE_TEST_IS_REGULAR)
			  ? g_steal_pointer(&bzimage)
			  : g_steal_pointer(&vmlinux);
	*ret = kernel;
	kernel = (GuestKernel){0};
	return TRUE;
}
