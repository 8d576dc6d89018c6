# SPDX-License-Identifier: GPL-2.0-or-later
"""Judging a host: live beside two programs that ask less, and captured ones that grow."""

import os
import shutil
import subprocess
import time

import figures
import trees

TIMES = 9
HOSTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hosts")
# What was captured of that machine has so many files.
MASTER_FILES = 15268
# Eight times as many of the one, and as many of the other.
SMALL, MORE_CPUS, MORE_IRQS = (128, 1024), (1024, 1024), (128, 8192)


def once(command):
    """(seconds by the clock, seconds of CPU time)."""
    begin = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - begin
    if child.returncode not in (0, 1, 2, 3):
        raise ValueError(f"{command[0]} ended with {child.returncode}")
    return wall, usage.ru_utime + usage.ru_stime


def best(commands, times=TIMES):
    """In turns, so that what else the machine does comes to all of them."""
    seen = [[once(command) for command in commands] for _ in range(times)]
    return [min(column) for column in zip(*seen)]


def judge(setting, root, *more):
    command = [setting.lathe, "validate-host", "--root", root, *more]
    output = subprocess.run(command, capture_output=True, text=True, check=False)
    if "findings" not in output.stdout:
        raise ValueError(f"{root} was not judged: {output.stderr}")
    return command


def live(setting):
    commands = {"all rows": [setting.lathe, "validate-host", "--skip", "kvm.proven"],
                "lscpu": ["lscpu"], "virt-host-validate": ["virt-host-validate", "qemu"]}
    there = {name: command for name, command in commands.items() if shutil.which(command[0])}
    for name in sorted(commands.keys() - there.keys()):
        setting.note(f"{name} is not installed: not measured")
    seen = dict(zip(there, best(there.values())))
    for name, (wall, cpu) in seen.items():
        how = f"best of {TIMES}, in turns; CPU time {1000 * cpu:.0f} ms"
        yield figures.figure("validate", f"this machine: {name}", 1000 * wall, "ms", how,
                             50 if name == "all rows" else None)


def master(setting):
    top = os.path.join(setting.work, "master")
    files = trees.unpack(os.path.join(HOSTS, "openshift-master.tree"), top)
    trees.fill(top, MASTER_FILES - files)
    (wall, cpu), = best([judge(setting, top, "--cpus", "43,47,51,55")])
    shutil.rmtree(top)
    yield figures.figure("validate", "112 CPUs, 1,874 IRQs", 1000 * wall, "ms",
                         f"captured tree of {MASTER_FILES:,} files, best of {TIMES}; CPU time "
                         f"{1000 * cpu:.0f} ms", 150)


def growth(setting):
    commands = []
    for cpus, irqs in (SMALL, MORE_CPUS, MORE_IRQS):
        top = os.path.join(setting.work, f"tree-{cpus}-{irqs}")
        trees.generate(top, cpus, irqs)
        commands.append(judge(setting, top))
    small, more_cpus, more_irqs = (cpu for _, cpu in best(commands, 3))
    for command in commands:
        shutil.rmtree(command[3])
    for name, large, what in (("CPUs", more_cpus, MORE_CPUS), ("IRQs", more_irqs, MORE_IRQS)):
        yield figures.figure("validate", f"8 times the {name}: time for each", large / small / 8, "",
                             f"{what[0]:,} CPUs and {what[1]:,} IRQs in {1000 * large:.0f} ms of "
                             f"CPU time, against {SMALL[0]} and {SMALL[1]:,} in "
                             f"{1000 * small:.0f} ms; best of 3; 1: as many times the work", 1.5)


def measure(setting):
    return [*live(setting), *master(setting), *growth(setting)]
