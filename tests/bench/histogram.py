# SPDX-License-Identifier: GPL-2.0-or-later
"""Reading a large measurement: each reading in a process of its own."""

import os
import subprocess

import figures

TIMES = 3
MIB = 1 << 20
# The text prints every bucket, the JSON those that hold samples: how many do is its size.
FILES = {
    1: "all with samples",
    10: "1 in 10 with samples",
}
# What to read, of which file, whether the targets bind: nothing that was ever measured fills
# every bucket, so for the JSON that is only shown.
SEEN = (
    ("text", "text", 1, True),
    ("judge", "as the judge", 10, True),
    ("judge", "as the judge", 1, False),
)


def read(program, what, directory):
    output = subprocess.run([program, what, directory], check=True, capture_output=True,
                            text=True).stdout.split()
    return float(output[0]), int(output[1])


def measure(setting):
    found = []
    for what, label, step, binds in SEEN:
        subprocess.run([setting.histogram, "write", setting.work, str(step)], check=True)
        times = [read(setting.histogram, what, setting.work) for _ in range(TIMES)]
        how = f"64 threads x 100,000 buckets, {FILES[step]}; "
        if what == "judge":
            how += "text and JSON read, and compared; "
        found.append(figures.figure("histogram", f"{label}: time", min(t for t, _ in times), "s",
                                    how + f"best of {TIMES} processes",
                                    0.5 if binds else None))
        found.append(figures.figure("histogram", f"{label}: peak memory",
                                    max(m for _, m in times) / MIB, "MiB",
                                    how + "getrusage", 200 if binds else None))
    for name in ("large.hist", "large.json"):
        os.unlink(os.path.join(setting.work, name))
    return found
