"""*Descriptions* of docs/verdict.md, `verdict/contract.rs`: each could be read, every operation in it was exercised, and no
answer contradicted it.

It must not import any other rule.
"""

from .found import failed, inconclusive
from .say import cut, more

NAMED = 5  # operations that are named before the rest is counted


def check(run):
    return [finding for contract in run.verify["contracts"] for finding in one_contract(contract)]


def one_contract(contract):
    place = cut(contract["component"]) + cut(contract["path"])
    if contract.get("unreadable") is not None:
        why = cut(contract["unreadable"])
        return [failed("DescriptionUnreadable", f"{place}: the description cannot be read: {why}")]
    operations = contract["operations"]
    if not operations:
        return [inconclusive("NothingDescribed", f"{place}: the description has no operation")]
    found = []
    for operation in operations:
        lies = [(answer["status"], lie) for answer in operation["answers"] for lie in answer["contradictions"]]
        if lies:
            status, first = lies[0]
            message = f"{place}: {operation_name(operation)} answered {status}: {cut(first)}{more(len(lies) - 1)}"
            found.append(failed("DescriptionLies", message))
    silent = [operation_name(operation) for operation in operations if not operation["answers"]]
    if silent:
        named = ", ".join(silent[:NAMED]) + more(len(silent) - NAMED)
        found.append(inconclusive("OperationNotExercised", f"{place}: no answer was seen of {named}"))
    return found


def operation_name(operation):
    return f"{cut(operation['method'])} {cut(operation['path'])}"
