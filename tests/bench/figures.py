# SPDX-License-Identifier: GPL-2.0-or-later
"""What is computed from measurements, and how it is shown. No measuring here."""

from statistics import median


def ratios(ours, theirs):
    """Of pairs: each one of ours to the one of theirs measured next to it."""
    if len(ours) != len(theirs) or not ours:
        raise ValueError("pairs need as many values on either side, and at least one")
    return [a / b for a, b in zip(ours, theirs)]


def spread(values):
    return max(values) - min(values)


def unexplained(ours, theirs):
    """(difference of the medians, the larger spread of the two): a difference above the
    spread is one that the spread does not explain."""
    return median(ours) - median(theirs), max(spread(ours), spread(theirs))


def figure(subject, name, value, unit, how, target=None):
    """A target is the most that a value may be; without one it is only shown."""
    return {
        "subject": subject,
        "name": name,
        "value": value,
        "unit": unit,
        "target": target,
        "kept": None if target is None else value <= target,
        "how": how,
    }


def number(value):
    if isinstance(value, int) or value == int(value):
        return f"{int(value):,}"
    return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def rows(figures):
    verdict = {None: "", True: "kept", False: "MISSED"}
    for one in figures:
        unit = f" {one['unit']}" if one["unit"] else ""
        target = "" if one["target"] is None else f"<= {number(one['target'])}{unit}"
        yield (one["subject"], one["name"], number(one["value"]) + unit, target,
               verdict[one["kept"]], one["how"])


def table(figures):
    head = ("subject", "figure", "value", "target", "", "how measured")
    cells = [head, *rows(figures)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    # The numbers are read by their last digit.
    return "\n".join(
        "  ".join(cell.rjust(width) if i in (2, 3) else cell.ljust(width)
                  for i, (cell, width) in enumerate(zip(row, widths))).rstrip()
        for row in cells)
