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
# What to read, and of which file. Nothing that was ever measured fills every bucket.
SEEN = (
    ("text", 1),
    ("judge", 10),
    ("judge", 1),
)


def read(program, what, directory):
    output = subprocess.run([program, what, directory], check=True, capture_output=True,
                            text=True).stdout.split()
    return {"wall_s": float(output[0]), "cpu_s": float(output[1]), "peak": int(output[2])}


def measure(setting):
    found = []
    for what, step in SEEN:
        subprocess.run([setting.histogram, "write", setting.work, str(step)], check=True)
        seen = [read(setting.histogram, what, setting.work) for _ in range(TIMES)]
        label = "as the judge" if what == "judge" else what
        if step > 1:
            label += ", sparse"
        how = f"64 threads x 100,000 buckets, {FILES[step]}; "
        if what == "judge":
            how += "text and JSON read, and compared; "
        # The process does nothing but read: on a busy machine the clock on the wall tells how
        # busy it is.
        found.append(figures.figure("histogram", f"{label}: CPU time",
                                    min(one["cpu_s"] for one in seen), "s",
                                    how + f"best of {TIMES} processes (by the clock: "
                                    f"{min(one['wall_s'] for one in seen):.2f} s)", 0.5))
        found.append(figures.figure("histogram", f"{label}: peak memory",
                                    max(one["peak"] for one in seen) / MIB, "MiB",
                                    how + "getrusage", 200))
    for name in ("large.hist", "large.json"):
        os.unlink(os.path.join(setting.work, name))
    return found
