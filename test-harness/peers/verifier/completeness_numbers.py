"""Whether canonical JSON keeps every number of the evidence: *Completeness of the load* of docs/verdict.md,
`verdict/completeness.rs`.

It must not import any other rule.
"""

from .arithmetic import MAX_EXACT
from .rules import ADDED, V1

TOO_LARGE = f"a number is larger than {MAX_EXACT}, the largest that canonical JSON keeps exactly"


def of_cells(cells):
    return [number for cell in cells for number in cell]


def of_bucket(bucket):
    return [bucket["good"], *bucket["failed"].values(), *of_cells(bucket["latencyUs"])]


def of_second(one):
    """Of the control."""
    return [one["good"], one["failed"], *of_cells(one["latencyUs"])]


def wrong(run):
    prove = run.prove
    numbers = [prove["startedUnixMs"]]
    for phase in prove["phases"]:
        numbers += [phase["fromMs"], phase["toMs"]]
    for bucket in prove["buckets"] + (prove.get("twin") or {}).get("buckets", []):
        numbers += of_bucket(bucket)
    numbers += of_cells(prove["lagUs"])
    for step in prove.get("stepLagUs", []):
        numbers += of_cells(step)
    numbers += of_profile(prove.get("profile") or {"nodes": []}) + of_soak(prove.get("soak") or [])
    beside = prove.get("comparison") or {"candidate": [], "reference": [], "lagUs": []}
    for bucket in beside["candidate"] + beside["reference"]:
        numbers += of_bucket(bucket)
    for part in beside["lagUs"]:
        numbers += of_cells(part)
    for one in (prove.get("control") or []) + (beside.get("control") or []):
        numbers += of_second(one)
    for fault in prove["faults"]:
        numbers += of_fault(run, fault)
    return TOO_LARGE if max(numbers) > MAX_EXACT else None


def of_profile(profile):
    numbers = []
    for node in profile["nodes"]:
        numbers += [node["cpuMilli"], node["memoryBytes"]]
        numbers += [pods.get(field) or 0 for pods in node["pods"] for field in ("cpuMilli", "memoryBytes")]
    return numbers


def of_soak(pods):
    numbers = []
    for pod in pods:
        numbers.append(pod.get("goneMs") or 0)
        for life in pod["runs"]:
            numbers += [life["memoryLimit"], life["descriptorLimit"], *of_cells(life["samples"])]
    return numbers


def of_fault(run, fault):
    numbers = [fault.get("injectedMs") or 0, fault.get("readyAgainMs") or 0]
    numbers.append(fault.get("orderedMs") or 0 if run.rules in ADDED else 0)
    numbers += [pod["atMs"] for pod in fault["gone"]]
    if run.rules != V1:
        numbers.append(fault.get("endedMs") or 0)
        for dose in fault.get("doses", []):
            numbers += of_cells(dose["before"] + dose["during"])
    return numbers
