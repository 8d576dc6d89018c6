# SPDX-License-Identifier: GPL-2.0-or-later
"""Files of /proc, live or as a bundle captured them."""

import os

TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def parse_stat(text):
    """/proc/PID/stat or /proc/PID/task/TID/stat (proc(5)); a name may hold anything."""
    fields = text[text.rindex(")") + 2:].split()  # fields[0] is field 3 of the manual
    return {
        "cpu_ticks": int(fields[11]) + int(fields[12]),
        "start_ticks": int(fields[19]),
        "processor": int(fields[36]),
        "policy": int(fields[38]),
    }


def first_fifo_start_s(stats):
    """When the first SCHED_FIFO thread was started, in seconds after the boot of its machine."""
    seen = [parse_stat(text) for text in stats]
    starts = [one["start_ticks"] for one in seen if one["policy"] == os.SCHED_FIFO]
    if not starts:
        raise ValueError("no SCHED_FIFO thread was seen")
    # USER_HZ is 100 on x86, whatever the kernel's own clock is.
    return min(starts) / 100


def read(path):
    with open(path) as file:
        return file.read()


def field(text, label):
    """The value behind "LABEL:" of a status or sched file."""
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if colon and name.strip() == label:
            return value.strip()
    raise ValueError(f"no '{label}'")


def cpu_s(pid):
    """User and system time of a process, all its threads, also ended ones, no children."""
    return parse_stat(read(f"/proc/{pid}/stat"))["cpu_ticks"] * TICK_S
