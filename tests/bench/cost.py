# SPDX-License-Identifier: GPL-2.0-or-later
"""What lathe and its agent use while they measure: once with nothing else to do, once with all
the loads of smoke. The agent's time is told by the guest's clock: where its vCPU shares a CPU
with the loads, it includes the time that they took."""

import glob
import os

import figures
import proc
from lathe_run import LatheRun


def harness(run, when):
    """Between the first and the last reading of the guest, which it also pays for."""
    last = max(readings for _, _, readings in run.cpu)
    seen = [(at, cpu_s) for at, cpu_s, readings in run.cpu if 1 <= readings < last]
    seen.append(next((at, cpu_s) for at, cpu_s, readings in run.cpu if readings == last))
    if len(seen) < 2:
        raise ValueError("lathe was not seen between two readings")
    used_s, span_s = seen[-1][1] - seen[0][1], seen[-1][0] - seen[0][0]
    return figures.figure("cost", f"lathe's CPU time, {when}", 100 * used_s / span_s, "%",
                          f"/proc: {1e3 * used_s:.0f} ms in {span_s:.1f} s, all threads, with "
                          f"{len(run.run['loads'])} loads", 1)


def _run(directory):
    """The agent's time on a CPU, and when it was told."""
    path = os.path.join(directory, "proc", "1", "schedstat")
    return {"arrived_s": os.stat(path).st_mtime, "run_ns": int(proc.read(path).split()[0])}


def _place(directory):
    def at(name):
        return proc.read(os.path.join(directory, "proc", "1", name))

    return {
        "cpus": proc.field(at("status"), "Cpus_allowed_list"),
        "processor": str(proc.parse_stat(at("stat"))["processor"]),
        "switches": int(proc.field(at("sched"), "nr_switches")),
        "migrations": int(proc.field(at("sched"), "se.nr_migrations")),
    }


def agent(run, when):
    readings = sorted(glob.glob(run.file("guest", run.stage, "reading-*")),
                      key=lambda path: int(path.rsplit("-", 1)[1]))
    seen = [_run(directory) for directory in readings]
    if len(seen) < 2:
        raise ValueError("the bundle has fewer than two readings of the agent")
    first, last = seen[0], seen[-1]
    span_s = last["arrived_s"] - first["arrived_s"]
    used_ns = last["run_ns"] - first["run_ns"]
    yield figures.figure("cost", f"agent's CPU time, {when}",
                         100 * used_ns / 1e9 / span_s, "%",
                         f"guest's /proc/1/schedstat: {used_ns / 1e6:.1f} ms in {span_s:.1f} s "
                         f"with {len(seen)} readings; with what others took of its host CPU",
                         0.1)
    keeps_house = str(run.run["vms"][0]["plan"]["guest_housekeeping"])
    before, after = (_place(run.file("guest", run.stage, at)) for at in ("before", "after"))
    switches = after["switches"] - before["switches"]
    stayed = all(one["cpus"] == one["processor"] == keeps_house and
                 one["migrations"] == before["migrations"] for one in (before, after))
    # A task that may run on one CPU, and has not migrated, was switched to there alone.
    yield figures.figure("cost", f"agent's switches on RT vCPUs, {when}",
                         0 if stayed else switches, "",
                         f"{switches} in all; " + (
                             f"allowed on vCPU {keeps_house} only, 0 migrations" if stayed
                             else "not kept to its vCPU: any may have been on an RT one"), 0)


def units(run):
    timing = run.run["timing"]
    measured_s = run.described()["duration_s"]
    booting_s = next(at for at, text in run.notes if "booting the guest" in text)
    yield figures.figure("unit", "guest image, nothing to build", timing["image_ms"], "ms",
                         "run.json timing.image_ms")
    yield figures.figure("unit", "lathe run until it boots", 1e3 * (booting_s - run.start_s),
                         "ms", "start of the process to its line: libvirt, plan, image, KVM")
    yield figures.figure("unit", "boot until the agent has told all", timing["boot_ms"], "ms",
                         "run.json timing.boot_ms")
    yield figures.figure("unit", "lathe run but the measurement",
                         run.end_s - run.start_s - measured_s, "s",
                         f"wall clock less {measured_s} s, with loads")


def measure(setting):
    found = []
    for profile, stage, when in ((setting.profile, "quiet", "quiet"),
                                 ("smoke", "guest-loaded", "loaded")):
        run = LatheRun(setting.lathe, os.path.join(setting.work, when), profile, "-d",
                       f"{setting.stage_s}s", stage=stage)
        found += [harness(run, when), *agent(run, when)]
    return found + [*units(run)]
