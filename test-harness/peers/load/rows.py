"""Results as rows: what `target/bench/*.json` and the table on the terminal consist of.

It must not measure anything.
"""

import json
import os


def row(name, value, unit, peer=None, peer_value=None, goal=None, holds=None):
    """One result. `holds` is a function of value and ratio, and is asked where there is a goal."""
    ratio = value / peer_value if peer_value else None
    return {
        "name": name,
        "value": round(value, 3),
        "unit": unit,
        "peer": peer,
        "peerValue": None if peer_value is None else round(peer_value, 3),
        "ratio": None if ratio is None else round(ratio, 4),
        "goal": goal,
        "holds": None if holds is None else bool(holds(value, ratio)),
    }


def number(value):
    """For people."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}".rstrip("0").rstrip(".")


def table(rows):
    """Prints them below each other."""
    head = ("what", "value", "unit", "peer", "its value", "ratio", "goal", "holds")
    lines = [head] + [
        (
            row["name"],
            number(row["value"]),
            row["unit"],
            row["peer"] or "-",
            number(row["peerValue"]),
            "-" if row["ratio"] is None else f"{row['ratio']:.3f}",
            row["goal"] or "-",
            {None: "-", True: "yes", False: "NO"}[row["holds"]],
        )
        for row in rows
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    for line in lines:
        cells = [
            cell.rjust(width) if column in (1, 4, 5) else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths))
        ]
        print("  ".join(cells).rstrip())


def write(path, rows):
    """All of them at once, or nothing."""
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(rows, file, indent=1)
        file.write("\n")
    os.replace(path + ".new", path)
