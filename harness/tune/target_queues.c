/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Queues of a network card, place "eno1": "at most 5" receive queues, or exactly what was
 * there, "rx 0 tx 0 combined 8", as ethtool -l shows it.
 */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "autofd.h"
#include "deadline.h"
#include "error.h"
#include "escape.h"
#include "number.h"
#include "target.h"

typedef struct {
	guint64 rx, tx, combined;
} Queues;

static gboolean is_interface(const char *place)
{
	gsize length = strlen(place);

	return length > 0 && length < IFNAMSIZ && strcspn(place, " \t\n/:%") == length;
}

static int ask(const char *interface, struct ethtool_channels *channels)
{
	struct ifreq request = {.ifr_data = (char *)channels};
	autofd fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno;
	memcpy(request.ifr_name, interface, strlen(interface) + 1);
	return ioctl(fd, SIOCETHTOOL, &request) == 0 ? 0 : errno;
}

static gboolean take_word(Span *span, const char *word, guint64 *ret)
{
	return span_take_literal(span, word) && span_take_number(span, G_MAXUINT16, ret);
}

static gboolean parse_queues(const char *value, Queues *ret)
{
	Span span = span_of(value);

	return take_word(&span, "rx ", &ret->rx) && take_word(&span, " tx ", &ret->tx) &&
	       take_word(&span, " combined ", &ret->combined) && span.at == span.end;
}

static gboolean parse_most(const char *value, guint64 *ret)
{
	Span span = span_of(value);

	return take_word(&span, "at most ", ret) && *ret > 0 && span.at == span.end;
}

static gboolean read_queues(const TargetHost *host, const char *place, char **ret,
			    int *ret_errno)
{
	struct ethtool_channels channels = {.cmd = ETHTOOL_GCHANNELS};
	int errnum;

	if (!root_is_live(host->root) || !is_interface(place)) {
		*ret_errno = root_is_live(host->root) ? EINVAL : ENOENT;
		return FALSE;
	}
	errnum = ask(place, &channels);
	if (errnum) {
		*ret_errno = errnum == ENODEV ? ENOENT : errnum;
		return FALSE;
	}
	*ret = g_strdup_printf("rx %u tx %u combined %u", channels.rx_count,
			       channels.tx_count, channels.combined_count);
	return TRUE;
}

/* Queues that are combined go first: most cards have no others. */
static gboolean lessen(Queues *queues, guint64 most)
{
	if (queues->combined > 0 && queues->rx >= most)
		return FALSE;
	if (queues->combined > 0) {
		queues->combined = MIN(queues->combined, most - queues->rx);
		return TRUE;
	}
	queues->rx = MIN(queues->rx, most);
	queues->tx = MIN(queues->tx, most);
	return TRUE;
}

typedef struct {
	const char *interface;
	struct ethtool_channels channels;
} Write;

static int do_write(gconstpointer data)
{
	const Write *write = data;
	struct ethtool_channels channels = write->channels;

	return ask(write->interface, &channels);
}

static gboolean refused(const TargetHost *host, const char *place, const char *value,
			int errnum, GError **error)
{
	if (errnum == ETIMEDOUT)
		return lathe_error(
			error, LATHE_ERROR_TIMEOUT,
			"set the queues of '%s' to '%s': it did not end within %u s",
			place, value, host->write_seconds);
	return lathe_error_errno(error, errnum, "set the queues of '%s' to '%s'", place,
				 value);
}

static gboolean write_queues(const TargetHost *host, const char *place, const char *value,
			     GError **error)
{
	Write write = {place, {.cmd = ETHTOOL_GCHANNELS}};
	Queues queues;
	guint64 most = 0;
	int errnum;

	if (!is_interface(place) ||
	    (!parse_queues(value, &queues) && !parse_most(value, &most))) {
		g_autofree char *shown = escape_text(value, -1);

		return lathe_error(error, LATHE_ERROR_INPUT,
				   "'%s' is no number of queues", shown);
	}
	if (!root_is_live(host->root))
		return lathe_error(
			error, LATHE_ERROR_ENVIRONMENT,
			"set the queues of '%s': a captured machine has no network card",
			place);
	errnum = ask(place, &write.channels);
	if (errnum)
		return refused(host, place, value, errnum, error);
	if (most > 0)
		queues = (Queues){write.channels.rx_count, write.channels.tx_count,
				  write.channels.combined_count};
	if (most > 0 && !lessen(&queues, most))
		return lathe_error(error, LATHE_ERROR_ENVIRONMENT,
				   "'%s' has %u queues that only receive", place,
				   write.channels.rx_count);
	write.channels.cmd = ETHTOOL_SCHANNELS;
	write.channels.rx_count = (guint32)queues.rx;
	write.channels.tx_count = (guint32)queues.tx;
	write.channels.combined_count = (guint32)queues.combined;
	errnum = deadline_call(do_write, &write, host->write_seconds);
	return errnum == 0 || refused(host, place, value, errnum, error);
}

static gboolean same_queues(const char *seen, const char *value)
{
	Queues queues;
	guint64 most;

	if (parse_most(value, &most))
		return parse_queues(seen, &queues) && queues.rx + queues.combined <= most;
	return strcmp(seen, value) == 0;
}

const TargetKind target_queues = {
	.read = read_queues, .write = write_queues, .same = same_queues};
