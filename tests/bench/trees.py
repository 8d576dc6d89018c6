# SPDX-License-Identifier: GPL-2.0-or-later
"""Captured machines on disk: unpacked ones (tests/hosts), and generated ones of any size."""

import os
import re

CPU = "sys/devices/system/cpu"
ESCAPE = re.compile(r"\\(?:([nt\\])|x([0-9a-f]{2})|\((\d+)\*([^)]*)\)|\$(\d))")


def write(top, path, text):
    full = os.path.join(top, path)
    try:
        file = open(full, "w", encoding="latin-1")
    except FileNotFoundError:
        os.makedirs(os.path.dirname(full), exist_ok=True)
        file = open(full, "w", encoding="latin-1")
    with file:
        file.write(text)


def numbers(text):
    for part in text.split(","):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def unpack(source, top):
    """What tests/hosts/pack writes; returns the number of files."""
    words = {}

    def plain(match):
        short, code, times, text, word = match.groups()
        if short:
            return {"n": "\n", "t": "\t", "\\": "\\"}[short]
        if code:
            return chr(int(code, 16))
        return words[word] if word else text * int(times)

    count = 0
    with open(source, encoding="ascii") as lines:
        for line in lines:
            path, text = line.rstrip("\n").split("\t", 1)
            end = "" if path.startswith("$") or text.endswith("\\c") else "\n"
            text = ESCAPE.sub(plain, text.removesuffix("\\c")) + end
            if path.startswith("$"):
                words[path[1:]] = text
                continue
            brace = re.search(r"\{(.*)\}", path)
            for number in numbers(brace.group(1)) if brace else [None]:
                write(top, path.replace(brace.group(), str(number)) if brace else path, text)
                count += 1
    return count


def fill(top, count):
    """Files that nobody reads, beside those that somebody does."""
    names = ("coherency_line_size", "number_of_sets", "physical_line_partition", "uevent",
             "ways_of_associativity", "shared_cpu_list")
    for cpu in range(1 << 20):
        for index in range(4):
            for name in names:
                if count == 0:
                    return
                write(top, f"{CPU}/cpu{cpu % 112}/cache/index{index}/{name}{cpu // 112}", "64\n")
                count -= 1


def affinity(top, irq, cpu):
    for kind in ("smp", "effective"):
        write(top, f"proc/irq/{irq}/{kind}_affinity_list", f"{cpu}\n")


def interrupts(cpus, irqs):
    yield " " * 4 + "".join(f"{f'CPU{cpu}':>11}" for cpu in range(cpus)) + "\n"
    for irq in range(irqs):
        row = [f"{0:>11}"] * cpus
        row[irq % cpus] = f"{irq:>11}"
        yield f"{irq:>5}:{''.join(row)}  IR-PCI-MSIX-0000:98:00.0 {irq}-edge nic-{irq}\n"


def generate(top, cpus, irqs):
    """Two sockets, two threads a core, one housekeeping half and one that is isolated."""
    half = cpus // 2
    mask = (1 << cpus) - 1
    write(top, "lathe/complete", "lathe-capture/1\n")
    write(top, f"{CPU}/online", f"0-{cpus - 1}\n")
    write(top, f"{CPU}/possible", f"0-{cpus - 1}\n")
    write(top, f"{CPU}/isolated", f"{half}-{cpus - 1}\n")
    write(top, f"{CPU}/nohz_full", f"{half}-{cpus - 1}\n")
    write(top, "proc/cmdline", f"quiet isolcpus=managed_irq,domain,{half}-{cpus - 1}\n")
    write(top, "sys/devices/system/node/online", "0-1\n")
    for node in range(2):
        first = node * half
        write(top, f"sys/devices/system/node/node{node}/cpulist", f"{first}-{first + half - 1}\n")
    for cpu in range(cpus):
        base = f"{CPU}/cpu{cpu}"
        core = cpu & ~1
        pair = hexmask(3 << core)
        socket = hexmask((mask >> half) << (cpu // half * half))
        write(top, f"{base}/online", "1\n")
        write(top, f"{base}/topology/physical_package_id", f"{cpu // half}\n")
        write(top, f"{base}/topology/core_id", f"{core // 2}\n")
        write(top, f"{base}/topology/core_cpus", pair)
        write(top, f"{base}/topology/package_cpus", socket)
        write(top, f"{base}/topology/thread_siblings_list", f"{core}-{core + 1}\n")
        write(top, f"{base}/cpufreq/scaling_governor", "performance\n")
        write(top, f"{base}/cpufreq/scaling_min_freq", "2000000\n")
        write(top, f"{base}/cpufreq/scaling_max_freq", "2000000\n")
        write(top, f"{base}/power/pm_qos_resume_latency_us", "n/a\n")
        for state in range(4):
            write(top, f"{base}/cpuidle/state{state}/latency", f"{state * state * 20}\n")
            write(top, f"{base}/cpuidle/state{state}/disable", "1\n")
    for irq in range(irqs):
        affinity(top, irq, irq % half)
    with open(os.path.join(top, "proc/interrupts"), "w", encoding="ascii") as file:
        file.writelines(interrupts(cpus, irqs))


def hexmask(value):
    digits = f"{value:x}"
    digits = digits.zfill((len(digits) + 7) // 8 * 8)
    return ",".join(digits[i:i + 8] for i in range(0, len(digits), 8)) + "\n"
