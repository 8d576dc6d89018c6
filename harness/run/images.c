/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "images.h"

#include "error.h"
#include "guest.h"
#include "kernel-file.h"

static void print_image_step(const char *line)
{
	g_autoptr(Progress) progress = progress_new();

	progress_note(progress, "guest image: %s", line);
}

static gboolean ensure_image(RunContext *context, const char *kernel, const char *modules,
			     Image *ret, GError **error)
{
	const char *tools[] = {context->tool_path, NULL};
	g_autoptr(GPtrArray) files = g_ptr_array_new();
	ImageParts parts = {
		.kernel = kernel,
		.modules = modules,
		.agent = context->options->agent,
		.tools = tools,
		.waiter = context->waiter,
	};

	for (guint i = 0; i < context->profile->guest_files->len; i++)
		g_ptr_array_add(files, context->profile->guest_files->pdata[i]);
	g_ptr_array_add(files, NULL);
	parts.files = (const char *const *)files->pdata;
	if (!image_ensure(&parts, context->options->state->cache, print_image_step,
			  ret, error))
		return FALSE;
	context->run->timing.image_ms = MAX(context->run->timing.image_ms, 0) + ret->took_ms;
	return TRUE;
}

static gboolean find_modules(const VmConfig *vm, char **ret, GError **error)
{
	g_autofree char *release = kernel_file_release(vm->kernel, error);

	if (!release)
		return FALSE;
	*ret = kernel_file_modules(vm->kernel, release);
	if (*ret)
		return TRUE;
	lathe_error(error, LATHE_ERROR_ENVIRONMENT, "there is no lib/modules/%s beside the kernel '%s'",
		    release, vm->kernel);
	lathe_error_hint(error, "put them where the kernel's package has them: DIR/boot/vmlinuz-%s and "
				"DIR/lib/modules/%s", release, release);
	return FALSE;
}

static gboolean make_own_image(Guest *guest, GError **error)
{
	const VmConfig *vm = guest->config->vm;
	g_autofree char *modules = NULL;

	if (find_modules(vm, &modules, error) &&
	    ensure_image(guest->context, vm->kernel, modules, &guest->config->image, error))
		return TRUE;
	g_prefix_error(error, "VM \"%s\": ", vm->name);
	return FALSE;
}

gboolean images_make(RunContext *context, GError **error)
{
	if (!context->options->vms)
		return ensure_image(context, context->options->kernel, context->options->modules,
				    &context->image, error);
	for (guint i = 0; i < context->guests->len; i++) {
		Guest *guest = guest_at(context, i);

		if (guest->config->agent && !make_own_image(guest, error))
			return FALSE;
	}
	return TRUE;
}
