/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "escape.h"
#include "image.h"

static const Option options[] = {
	{"kernel", 0, "VMLINUZ", FALSE,
	 "guest kernel (default: the distribution's RT kernel package, downloaded, never "
	 "installed)"},
	{"modules", 0, "DIR", FALSE, "its lib/modules/RELEASE directory; goes with --kernel"},
	{"file", 'f', "FILE:/PATH", TRUE, "put FILE into the guest as /PATH"},
	{"format", 0, "text|json", FALSE, "how to print what was built (default: text)"},
	{NULL},
};

gboolean own_kernel_incomplete(GError **error)
{
	lathe_error(error, LATHE_ERROR_USAGE, "--kernel and --modules go together");
	lathe_error_hint(error, "--kernel VMLINUZ --modules lib/modules/RELEASE, both of one build");
	return FALSE;
}

static void print_step(const char *line)
{
	g_autofree char *safe = escape_text(line, -1);

	fprintf(stderr, "lathe: guest image: %s\n", safe);
}

static void print_text(const Image *image)
{
	printf("image    %s (%s)\nkernel   %s\n         %s\ninitrd   %s\ntook     %.1f s\n", image->id,
	       image->built ? "built" : "already there", image->release, image->kernel,
	       image->initrd, (double)image->took_ms / 1000);
}

/* Paths are bytes: what is not UTF-8 in them is escaped, as it would be on a terminal. */
static json_t *json_text(const char *text)
{
	g_autofree char *safe = NULL;

	if (!text)
		return json_null();
	if (g_utf8_validate(text, -1, NULL))
		return json_string(text);
	safe = escape_text(text, -1);
	return json_string(safe);
}

static void print_json(const Image *image)
{
	json_t *json = json_object();
	char *text;

	json_object_set_new(json, "id", json_text(image->id));
	json_object_set_new(json, "built", json_boolean(image->built));
	json_object_set_new(json, "release", json_text(image->release));
	json_object_set_new(json, "kernel", json_text(image->kernel));
	json_object_set_new(json, "initrd", json_text(image->initrd));
	json_object_set_new(json, "config", json_text(image->config));
	json_object_set_new(json, "took_ms", json_integer(image->took_ms));
	text = json_dumps(json, JSON_INDENT(2));
	puts(text);
	free(text);
	json_decref(json);
}

/* How to print what was built: a row, as the formats of a report are. */
typedef struct {
	const char *name;
	void (*print)(const Image *image);
} ImageFormat;

static const ImageFormat formats[] = {{"text", print_text}, {"json", print_json}};

static const ImageFormat *parse_format(const char *name, GError **error)
{
	for (guint i = 0; i < G_N_ELEMENTS(formats); i++)
		if (!name || strcmp(name, formats[i].name) == 0)
			return &formats[i];
	lathe_error(error, LATHE_ERROR_USAGE, "--format '%s' is not text or json", name);
	return NULL;
}

static int build(const CommandContext *context, const Arguments *arguments, GError **error)
{
	g_autofree char *tool = g_find_program_in_path("cyclictest");
	const char *tools[] = {tool, NULL};
	ImageParts parts = {
		.kernel = arguments_value(arguments, "kernel"),
		.modules = arguments_value(arguments, "modules"),
		.agent = context->agent,
		.tools = tools,
		.files = arguments_values(arguments, "file"),
	};
	const ImageFormat *format = parse_format(arguments_value(arguments, "format"), error);
	g_auto(Image) image = {0};

	if (!format)
		return -1;
	if (!parts.kernel != !parts.modules) {
		own_kernel_incomplete(error);
		return -1;
	}
	if (!tool) {
		lathe_error(error, LATHE_ERROR_ENVIRONMENT, "cyclictest is not installed");
		lathe_error_hint(error, "install it: apt install rt-tests, or dnf install "
				 "realtime-tests");
		return -1;
	}
	if (!state_make_directory(context->state->cache, error) ||
	    !image_ensure(&parts, context->state->cache, print_step, &image, error))
		return -1;
	format->print(&image);
	return 0;
}

static int run(const CommandContext *context, const Arguments *arguments, GError **error)
{
	const char *verb = arguments_positional(arguments)[0];

	if (verb && strcmp(verb, "build") == 0)
		return build(context, arguments, error);
	if (verb)
		lathe_error(error, LATHE_ERROR_USAGE, "'lathe image %s': only 'build' is known",
			    verb);
	else
		lathe_error(error, LATHE_ERROR_USAGE, "'lathe image' needs to be told what to do");
	lathe_error_hint(error, "lathe image build [options]");
	return -1;
}

const Command command_image = {
	.name = "image",
	.summary = "build the guest: a PREEMPT_RT kernel and an initramfs with the agent",
	.arguments = "build",
	.arguments_max = 1,
	.description =
		"The guest is a vmlinux extracted from the kernel package and an uncompressed\n"
		"initramfs with lathe-agent as /init, cyclictest and the libraries it needs. It is\n"
		"kept below the cache directory and built again only when a part has changed;\n"
		"'lathe run' does the same by itself.\n",
	.options = options,
	.needs = NEEDS_NOTHING,
	.run = run,
};
