"""*Functional checks* of docs/verdict.md, `verdict/functional.rs`: every expectation held, and none of them would have held
for a wrong answer.

It must not import any other rule.
"""

from .found import failed, inconclusive
from .say import cut, first_of, quote

MOST_MUTANTS = 3
MUTATION = {"WrongStatus": "a wrong status", "EmptyBody": "an empty body", "WrongValues": "wrong values"}


def check(run):
    each = zip(run.plan["verify"]["checks"], run.verify["checks"])
    return [finding for planned, seen in each for finding in of_check(planned, seen)]


def of_check(planned, seen):
    found = []
    for number, (step, result) in enumerate(zip(planned["steps"], seen["steps"]), 1):
        request = step["request"]
        place = f"check {quote(planned['name'])}, step {number} ({cut(request['method'])} {cut(request['path'])})"
        wrong = deviation(step, result)
        if wrong:
            return found + [failed("CheckFailed", f"{place}: {wrong}")]
        found += vacuous(place, step, result)
    done, wanted = len(seen["steps"]), len(planned["steps"])
    if done < wanted:
        message = f"check {quote(planned['name'])}: {done} of {wanted} steps were carried out, and none of them failed"
        found.append(inconclusive("CheckIncomplete", message))
    return found


def deviation(step, result):
    deviations, status, expected = result["deviations"], result.get("status"), step["expect"]["status"]
    if status is None:
        return f"no answer: {cut(deviations[0])}" if deviations else "no answer"
    if deviations:
        return first_of(deviations)
    return None if status == expected else f"status {status}, expected {expected}"


def vacuous(place, step, result):
    mutants, expect = result["mutants"], step["expect"]
    accepted = [mutant["mutation"] for mutant in mutants if not mutant["rejected"]][:MOST_MUTANTS]
    says_something = expect.get("body") is not None or expect.get("schema") is not None
    required = ["WrongStatus", "EmptyBody", "WrongValues"] if says_something else ["WrongStatus"]
    tried = {mutant["mutation"] for mutant in mutants}
    return [
        inconclusive("VacuousCheck", f"{place}: it also accepts an answer with {MUTATION[one]}, so it proves nothing")
        for one in accepted
    ] + [
        inconclusive("CheckNotTried", f"{place}: it was not tried on an answer with {MUTATION[one]}")
        for one in required if one not in tried
    ]
