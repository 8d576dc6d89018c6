# SPDX-License-Identifier: GPL-2.0-or-later
"""The guest that lathe's is compared with: the same machine, kernel and initramfs, QEMU
without libvirt, cyclictest without an agent."""

import json
import os
import subprocess
import threading
import time

import proc

BOOT_AND_END_S = 120
# Nobody tells of a new thread: they are looked for until they are there or QEMU has ended, which
# it does after BOOT_AND_END_S at the latest.
LOOK_S = 0.002
# What makes up the machine. Channels, sockets, secrets and the sandbox are the harness's.
WITH_VALUE = ("-machine", "-accel", "-cpu", "-m", "-overcommit", "-smp", "-rtc", "-display",
              "-global", "-boot")
WITHOUT_VALUE = ("-no-user-config", "-nodefaults", "-no-hpet", "-no-acpi", "-enable-kvm")
OBJECTS = ("memory-backend", "iothread")


def machine_options(argv):
    """Those of libvirt's QEMU arguments that say what machine it is."""
    kept = ["-name", "guest=bench-bare,debug-threads=on"]
    for option, value in zip(argv, argv[1:] + [""]):
        if option in WITH_VALUE or (option == "-object" and any(o in value for o in OBJECTS)):
            kept += [option, value]
        elif option in WITHOUT_VALUE:
            kept.append(option)
    return kept


def value_of(argv, option):
    return argv[argv.index(option) + 1]


def _newc(name, content, mode):
    """An entry of an uncompressed initramfs (Documentation/driver-api/early-userspace)."""
    path = name.encode() + b"\0"
    fields = (0, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(path), 0)
    head = b"070701" + b"".join(b"%08X" % f for f in fields) + path
    return head + b"\0" * (-len(head) % 4) + content + b"\0" * (-len(content) % 4)


def write_initrd(path, lathe_initrd, init, tool_argv):
    """lathe's own, and behind it another archive with the first program and its orders: the
    kernel unpacks one after the other."""
    with open(lathe_initrd, "rb") as file:
        archive = file.read()
    with open(init, "rb") as file:
        program = file.read()
    archive += b"\0" * (-len(archive) % 4)
    archive += _newc("bare-init", program, 0o100755)
    archive += _newc("bare-argv", "".join(a + "\n" for a in tool_argv).encode(), 0o100644)
    archive += _newc("TRAILER!!!", b"", 0)
    with open(path, "wb") as file:
        file.write(archive)


def _read_json(lines):
    """The tool's result, or None when it left none. The kernel may speak before and after it, in
    lines that begin with "[" as a list of JSON does."""
    for at, text in enumerate(lines):
        if text.startswith("{"):
            return json.JSONDecoder().raw_decode("".join(lines[at:]))[0]
    return None


def read_console(lines):
    """(arrival, text) of each line, in seconds. ValueError when the guest did not say all."""
    seen = {"offset_s": None, "thread_start_s": None, "json": None, "init_s": None}
    start_ticks = exit_status = None
    for at, (arrival_s, text) in enumerate(lines):
        words = text.split()
        if words[:1] != ["bare-init:"]:
            continue
        if words[1] == "clock":
            # A line is late, never early: the least late one tells most.
            offset_s = arrival_s - int(words[2]) / 1e9
            if seen["offset_s"] is None:
                seen["init_s"] = arrival_s
            if seen["offset_s"] is None or offset_s < seen["offset_s"]:
                seen["offset_s"] = offset_s
        elif words[1] == "thread" and start_ticks is None:
            start_ticks = int(words[3])
        elif words[1] == "exit":
            exit_status = int(words[2])
        elif words[1] == "json":
            seen["json"] = _read_json([t for _, t in lines[at + 1:]])
            break
    if start_ticks is None or exit_status != 0 or seen["json"] is None:
        raise ValueError(f"the bare guest ended with: {lines[-3:]}")
    # Its clock counts 100 ticks a second whatever the host's does.
    seen["thread_start_s"] = seen["offset_s"] + start_ticks / 100
    return seen


def _place(pid, places):
    """Each thread where lathe's verified placement had the one of the same name."""
    for tid in os.listdir(f"/proc/{pid}/task"):
        comm = proc.read(f"/proc/{pid}/task/{tid}/comm").strip()
        # comm as QEMU names it: "CPU 1/TCG", "IO iothread1".
        place = places.get(comm) or places["emulator"]
        os.sched_setaffinity(int(tid), place["cpus"])
        if place["priority"]:
            os.sched_setscheduler(int(tid), os.SCHED_FIFO, os.sched_param(place["priority"]))


def _place_when_there(process, places):
    vcpus = sum(name.startswith("CPU ") for name in places)
    while process.poll() is None:
        comms = []
        for tid in os.listdir(f"/proc/{process.pid}/task"):
            comms.append(proc.read(f"/proc/{process.pid}/task/{tid}/comm"))
        if sum(c.startswith("CPU ") for c in comms) == vcpus:
            _place(process.pid, places)
            return
        try:
            process.wait(LOOK_S)
        except subprocess.TimeoutExpired:
            pass


def run(argv, append, initrd, places):
    """Boots it and waits for its end. Times are of the host's wall clock."""
    command = [argv[0], *machine_options(argv), "-kernel", value_of(argv, "-kernel"),
               "-initrd", initrd, "-append", append + " rdinit=/bare-init", "-no-reboot",
               "-monitor", "none", "-chardev", "stdio,id=console,signal=off", "-serial",
               "chardev:console"]
    before = os.sched_getaffinity(0)
    # As libvirt starts it: on the emulator's CPUs from the first instruction, and in a session
    # of its own, among which the scheduler's autogroups divide a CPU.
    os.sched_setaffinity(0, places["emulator"]["cpus"])
    # Popen() returns when exec has worked.
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, errors="replace",
                               start_new_session=True)
    exec_s = time.time()
    os.sched_setaffinity(0, before)
    watchdog = threading.Timer(BOOT_AND_END_S, process.kill)
    watchdog.start()
    try:
        _place_when_there(process, places)
        lines = [(time.time(), line.rstrip()) for line in process.stdout]
        trouble = process.stderr.read()
        process.wait()
    finally:
        watchdog.cancel()
        if process.poll() is None:
            process.kill()
            process.wait()
    if not lines:
        raise ValueError(f"the bare guest printed nothing: {trouble.strip()}")
    return {"exec_s": exec_s, **read_console(lines)}
