/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dma_latency.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <unistd.h>

#include "autofd.h"
#include "judge.h"

#define DEVICE "dev/cpu_dma_latency"
#define ROW    "idle.cpu_dma_latency"

/* cpu_latency_qos_write() in kernel/power/qos.c: 32 bits of microseconds. */
static gboolean ask_for_none(int fd)
{
	gint32 us = 0;

	return write(fd, &us, sizeof(us)) == sizeof(us);
}

int dma_latency_hold(const Root *root, KnobView *view, char **ret_said)
{
	const KnobLayer *layer;
	const Knob *knob = knob_find(ROW, &layer);
	g_autoptr(Finding) finding = knob_judge(layer, knob, view);
	autofd fd = -1;

	if (finding->status == STATUS_PASS || finding->status == STATUS_NA) {
		*ret_said = g_strdup_printf("not held, nothing wants it: %s",
					    finding->reason ? finding->reason : finding->title);
		return -1;
	}
	fd = root_resolve(root, DEVICE, O_WRONLY | O_NOCTTY,
			  RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
	if (fd < 0 || !ask_for_none(fd)) {
		*ret_said = g_strdup_printf("not held: /" DEVICE ": %s", g_strerror(errno));
		return -1;
	}
	*ret_said = g_strdup("held at 0 us for the VM's life");
	return autofd_steal(&fd);
}
