# SPDX-License-Identifier: GPL-2.0-or-later
"""One `lathe run`, watched from outside, and what its bundle tells."""

import glob
import json
import os
import subprocess
import threading
import time

import proc

# Seconds between two looks for QEMU's exec: short, since it is the start of what is measured,
# and over before the guest runs.
LOOK_S = 0.003
WATCH_S = 0.2


def _is_lathes_qemu(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return b"guest=lathe-" in file.read()
    except OSError:
        return False


def _new_pids(known):
    return [pid for pid in os.listdir("/proc") if pid.isdigit() and pid not in known]


class LatheRun:
    """Runs to its end. exec_s is when QEMU was executed, cpu a list of (time, lathe's CPU
    seconds, readings of the stage so far)."""

    def __init__(self, lathe, output, *arguments, stage="quiet"):
        self.exec_s = None
        self.cpu = []
        self.stage = stage
        self.output = output
        self.notes = []
        known = set(os.listdir("/proc"))
        self.start_s = time.time()
        process = subprocess.Popen([lathe, "run", *arguments, "-o", output],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                   text=True, errors="replace")
        reader = threading.Thread(target=self._read_notes, args=(process.stderr,))
        reader.start()
        try:
            self._wait_for_qemu(process, known)
            self._watch(process)
        finally:
            # Stopped early, it takes its VM down by itself.
            if process.poll() is None:
                process.terminate()
            self.status = process.wait()
        self.end_s = time.time()
        reader.join()
        bundles = [d for d in glob.glob(f"{output}/*") if os.path.isfile(f"{d}/run.json")]
        if self.status not in (0, 2, 3) or len(bundles) != 1 or self.exec_s is None:
            raise ValueError(f"lathe run ended with {self.status}: "
                             + " / ".join(text for _, text in self.notes[-3:]))
        self.bundle = bundles[0]
        self.run = json.loads(proc.read(f"{self.bundle}/run.json"))
        if self.run["interrupted"]:
            raise ValueError(f"lathe run: {self.run['interrupted']}")

    def _read_notes(self, stream):
        for line in stream:
            self.notes.append((time.time(), line.strip()))

    def _wait_for_qemu(self, process, known):
        while process.poll() is None and self.exec_s is None:
            # libvirt forks first, and executes QEMU when it has set the child up.
            for pid in _new_pids(known):
                if _is_lathes_qemu(pid):
                    self.exec_s = time.time()
            time.sleep(LOOK_S)

    def _watch(self, process):
        while True:
            try:
                # Ended children wait for process.poll(): until then /proc has them.
                cpu_s = proc.cpu_s(process.pid)
            except (OSError, ValueError):
                return
            readings = glob.glob(f"{self.output}/*/guest/{self.stage}/reading-*")
            self.cpu.append((time.time(), cpu_s, len(readings)))
            if process.poll() is not None:
                return
            time.sleep(WATCH_S)

    def file(self, *parts):
        return os.path.join(self.bundle, *parts)

    def arrived_s(self, *parts):
        """When the bundle got a file."""
        return os.stat(self.file(*parts)).st_mtime

    def guest_offset_s(self):
        """What to add to the guest's time since boot to get the host's wall clock. A file
        arrives late, never early: the least late one tells most."""
        uptimes = glob.glob(self.file("guest", "*", "proc", "uptime"))
        uptimes += glob.glob(self.file("guest", "*", "*", "proc", "uptime"))
        return min(os.stat(path).st_mtime - float(proc.read(path).split()[0])
                   for path in uptimes)

    def first_thread_start_s(self):
        """When the first thread of the canary's quiet window was started, on the host's clock:
        that window is the first thing measured."""
        return self.guest_offset_s() + proc.first_fifo_start_s(
            proc.read(path) for path in glob.glob(
                self.file("guest", "canary", "quiet-1", "proc", "*", "task", "*", "stat")))

    def described(self):
        """The stage itself."""
        return next(s for s in self.run["stages"] if s["name"] == self.stage)

    def measured(self):
        """What the only VM measured in it."""
        return self.described()["vms"][0]

    def qemu_argv(self):
        return proc.read(self.file("vm", "qemu.argv")).split("\n")

    def places(self):
        """Thread name -> CPUs and FIFO priority, as verified at the end of the stage."""
        places = {}
        for place in self.measured()["places"]:
            name = "emulator" if place["role"] == "emulator" else place["comm"]
            cpus = set()
            for part in place["cpus_allowed"].split(","):
                first, _, last = part.partition("-")
                cpus.update(range(int(first), int(last or first) + 1))
            places[name] = {"cpus": cpus, "priority": place["priority"]}
        return places
