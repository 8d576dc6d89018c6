/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * main() of a fuzz target that is built without libFuzzer: gives it the files and all files
 * below the directories on the command line, or its own corpus in $TESTS. One TAP line each.
 */
#include <glib.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static gboolean replay_file(const char *path, guint *count)
{
	g_autofree char *bytes = NULL;
	g_autofree uint8_t *exact = NULL;
	g_autoptr(GError) error = NULL;
	gsize length;

	if (!g_file_get_contents(path, &bytes, &length, &error)) {
		printf("not ok %u - %s: %s\n", ++*count, path, error->message);
		return FALSE;
	}
	/* Nothing behind it, not even a NUL: a sanitizer sees the first byte read there. */
	exact = g_malloc(MAX(length, 1));
	memcpy(exact, bytes, length);
	/* Named first: a target that dies cannot name it any more. */
	printf("# %s\n", path);
	fflush(stdout);
	LLVMFuzzerTestOneInput(exact, length);
	printf("ok %u - %s\n", ++*count, path);
	return TRUE;
}

static gboolean replay(const char *path, guint *count)
{
	g_autoptr(GDir) directory = NULL;
	const char *name;
	gboolean good = TRUE;

	if (!g_file_test(path, G_FILE_TEST_IS_DIR))
		return replay_file(path, count);
	directory = g_dir_open(path, 0, NULL);
	while (directory && (name = g_dir_read_name(directory))) {
		g_autofree char *child = g_build_filename(path, name, NULL);

		good &= replay(child, count);
	}
	return good;
}

int main(int argc, char **argv)
{
	g_autofree char *name = g_path_get_basename(argv[0]);
	g_autofree char *corpus = NULL;
	gboolean good = TRUE;
	guint count = 0;

	for (int i = 1; i < argc; i++)
		good &= replay(argv[i], &count);
	if (argc == 1 && g_getenv("TESTS") && g_str_has_prefix(name, "fuzz-")) {
		corpus = g_build_filename(g_getenv("TESTS"), "fuzz", "corpus",
					  name + strlen("fuzz-"), NULL);
		good = replay(corpus, &count);
	}
	printf("1..%u\n", count);
	return good && count ? 0 : 1;
}
