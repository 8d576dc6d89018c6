# SPDX-License-Identifier: GPL-2.0-or-later
"""Start and latency of lathe's guest against those of the bare one, in pairs measured next to
each other; every other pair in reverse order."""

import os
import shutil
from statistics import median

import bare
import figures
from lathe_run import LatheRun

STAGE = "quiet"
# The least that the profile lets prove anything, and a second.
WARM_UP_S = 4


def lathe(setting, duration_s, name):
    return LatheRun(setting.lathe, os.path.join(setting.work, name), setting.profile,
                    "-d", f"{duration_s}s", stage=STAGE)


def tool_argv(run, duration_s):
    argv = [f"-D{duration_s}" if a.startswith("-D") else a
            for a in run.measured()["tool"]["argv"]]
    # The image holds the tool where the host has it.
    return [shutil.which("cyclictest"), *argv[1:]]


def lathe_figures(run, interval_s):
    """In ms, or us where the name says so."""
    defined_s = run.arrived_s("vm", "domain-defined.xml")
    created_s = run.arrived_s("vm", "domain-live.xml")
    threads = run.measured()["threads"]
    zero_s = run.guest_offset_s()
    return {
        "first sample": 1e3 * (run.first_thread_start_s() + interval_s - run.exec_s),
        "domain, before exec": 1e3 * (run.exec_s - defined_s),
        "domain, after exec": 1e3 * (created_s - run.exec_s),
        "kernel starts": 1e3 * (zero_s - run.exec_s),
        "guest described": 1e3 * (defined_s - run.exec_s) + run.run["timing"]["boot_ms"],
        "stage begins": 1e3 * (run.arrived_s("guest", STAGE, "before", "proc", "uptime")
                               - run.exec_s),
        "avg us": max(t["avg_ns"] for t in threads) / 1e3,
        "max us": max(t["max_ns"] for t in threads) / 1e3,
    }


def bare_figures(seen, interval_s):
    threads = seen["json"]["thread"].values()
    return {
        "first sample": 1e3 * (seen["thread_start_s"] + interval_s - seen["exec_s"]),
        "kernel starts": 1e3 * (seen["offset_s"] - seen["exec_s"]),
        "init runs": 1e3 * (seen["init_s"] - seen["exec_s"]),
        "avg us": max(t["avg"] for t in threads),
        "max us": max(t["max"] for t in threads),
    }


def measure(setting):
    """One run to warm the caches, which also says what the bare machine has to be."""
    first = lathe(setting, WARM_UP_S, "warm-up")
    argv = first.qemu_argv()
    initrd = os.path.join(setting.work, "bare-initrd")
    bare.write_initrd(initrd, bare.value_of(argv, "-initrd"), setting.bare_init,
                      tool_argv(first, setting.duration_s))
    interval_s = first.described()["interval_us"] / 1e6
    ours, theirs = [], []
    for pair in range(setting.pairs):
        steps = [
            lambda: ours.append(lathe_figures(
                lathe(setting, setting.duration_s, f"pair-{pair}"), interval_s)),
            lambda: theirs.append(bare_figures(
                bare.run(argv, bare.value_of(argv, "-append"), initrd, first.places()),
                interval_s)),
        ]
        for step in steps if pair % 2 == 0 else reversed(steps):
            step()
        setting.note(f"pair {pair + 1}: first sample after {ours[-1]['first sample']:.0f} ms "
                     f"(bare {theirs[-1]['first sample']:.0f} ms)")
    return ours, theirs


def start(ours, theirs):
    def of(runs, name):
        return [run[name] for run in runs]

    def shown(runs, name, label, how):
        return figures.figure("start", label, median(of(runs, name)), "ms", how)

    ratio = figures.ratios(of(ours, "first sample"), of(theirs, "first sample"))
    how = "measuring thread's start in the guest's /proc + 1 interval, on the host's clock"
    yield shown(ours, "first sample", "exec to first sample", how)
    yield shown(theirs, "first sample", "the same, bare QEMU", how)
    yield figures.figure("start", "lathe to bare", median(ratio), "x",
                         f"median of {len(ratio)} paired ratios, "
                         f"{min(ratio):.2f} to {max(ratio):.2f}", 1.25)
    yield shown(ours, "domain, before exec", "domain creation to exec",
                "domain-defined.xml to exec: not part of the above")
    yield shown(ours, "domain, after exec", "exec to domain created",
                "exec to domain-live.xml: part of the above")
    yield shown(ours, "kernel starts", "exec to guest's clock 0", "lathe")
    yield shown(theirs, "kernel starts", "exec to guest's clock 0", "bare QEMU")
    yield shown(theirs, "init runs", "exec to first program", "bare QEMU; first console line")
    yield shown(ours, "guest described", "exec to guest's facts", "run.json timing.boot_ms")
    yield shown(ours, "stage begins", "exec to stage's first file", f"guest/{STAGE}/before")


def latency(ours, theirs):
    for statistic in ("avg us", "max us"):
        a = [run[statistic] for run in ours]
        b = [run[statistic] for run in theirs]
        difference, spread = figures.unexplained(a, b)
        name = statistic.split()[0]
        for label, values in ((f"{name}, with agent", a), (f"{name}, bare init", b)):
            yield figures.figure("latency", label, median(values), "us",
                                 f"median of {len(values)} runs, {min(values):,.0f} to "
                                 f"{max(values):,.0f}")
        yield figures.figure("latency", f"{name}, difference", abs(difference), "us",
                             f"of the medians ({difference:+,.0f}); target: the larger spread",
                             spread)
