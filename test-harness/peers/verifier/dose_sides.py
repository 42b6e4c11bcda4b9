"""Faults of which each sample says yes or no: *What a pod felt (v2)* of docs/verdict.md, `verdict/dose.rs`.

Each function is given what was asked for, and the `[value, count]` pairs before the fault and while it lasted. It must not
import any rule.
"""

from .arithmetic import share_ppm
from .dose_said import felt, not_felt, too_few_samples, unknown
from .histogram import sides
from .say import percent

MILLION = 1_000_000


def killed(_, before, during):
    (alive_before, gone_before), (alive, gone) = sides(before), sides(during)
    if gone_before:
        return not_felt("its process was seen gone before it")
    if not alive_before:
        return unknown("its process was not seen alive before it")
    if gone:
        return felt()
    if not alive:
        return unknown("nobody looked at its process after it")
    return not_felt(f"its process was seen alive {alive} times after it, and never gone")


def frozen(_, before, during):
    (ran_before, still_before), (ran, still) = sides(before), sides(during)
    seen_before, seen = ran_before + still_before, ran + still
    if seen_before < 5 or seen < 5:
        return too_few_samples("moments", seen_before, seen, 5)
    if still_before * 10 > seen_before:
        return not_felt(f"it stood still in {still_before} of {seen_before} moments before it already")
    if still * 10 < seen * 9:
        return not_felt(f"it stood still in {still} of {seen} moments while it lasted; 9 of 10 must")
    return felt()


def packets_before(before):
    passed, dropped = sides(before)
    if dropped:
        return not_felt(f"{dropped} of {passed + dropped} packets were dropped before it already")
    return None if passed else unknown("no packet was seen to pass before it")


def cut_off(_, before, during):
    passed, dropped = sides(during)
    not_whole = packets_before(before)
    if not_whole:
        return not_whole
    if not passed + dropped:
        return unknown("no packet was seen while it lasted")
    if passed:
        return not_felt(f"{passed} of {passed + dropped} packets passed while it lasted; none may")
    return felt()


def is_half_to_twice(asked, struck, spared):
    """Whether half to twice as many were struck as asked for, and at least half as many spared as follow from it."""
    seen = struck + spared
    return seen * asked <= 2 * struck * MILLION <= 4 * seen * asked and 2 * spared * MILLION >= seen * (MILLION - asked)


def lost(asked, before, during, gone="lost"):
    passed, dropped = sides(during)
    seen = passed + dropped
    lose, to_pass = seen * asked, seen * (MILLION - asked)
    not_whole = packets_before(before)
    if not_whole:
        return not_whole
    if seen < 50:
        return unknown(f"{seen} packets while it lasted; fewer than 50 say nothing")
    if lose < 5 * MILLION:
        return unknown(f"of {seen} packets fewer than 5 should be {gone}; that says nothing")
    if asked < MILLION and to_pass < 5 * MILLION:
        return unknown(f"of {seen} packets fewer than 5 should pass; that says nothing")
    if not is_half_to_twice(asked, dropped, passed):
        return not_felt(f"{dropped} of {seen} packets were {gone}; asked was {percent(asked)}, "
                        f"and half to twice of that is felt")
    return felt(share_ppm(dropped, seen))


def misled(_, before, during):
    (right_before, wrong_before), (right, wrong) = sides(before), sides(during)
    seen_before, seen = right_before + wrong_before, right + wrong
    if wrong_before:
        return not_felt(f"{wrong_before} of {seen_before} questions were answered wrongly before it already")
    if seen_before < 5 or seen < 5:
        return too_few_samples("answers", seen_before, seen, 5)
    if right:
        return not_felt(f"{right} of {seen} questions were answered rightly while it lasted; none may be")
    return felt()


def out_of_reach(_, before, during):
    (reached_before, failed_before), (reached, failed) = sides(before), sides(during)
    seen_before, seen = reached_before + failed_before, reached + failed
    if failed_before:
        return not_felt(f"{failed_before} of {seen_before} attempts to connect failed before it already")
    if seen_before < 5 or seen < 5:
        return too_few_samples("attempts to connect", seen_before, seen, 5)
    if reached:
        return not_felt(f"{reached} of {seen} attempts to connect succeeded while it lasted; none may")
    return felt()


def in_part(asked, before, during, what):
    (right_before, wrong_before), (right, wrong) = sides(before), sides(during)
    seen_before, seen = right_before + wrong_before, right + wrong
    strike, to_pass = seen * asked, seen * (MILLION - asked)
    if seen_before < 5 or seen < 50:
        return unknown(f"{seen_before} {what} before it and {seen} while it lasted; fewer than 5 and 50 say nothing")
    if wrong_before * 10 * MILLION > seen_before * asked:
        return not_felt(f"{wrong_before} of {seen_before} {what} looked struck before it already")
    if strike < 5 * MILLION:
        return unknown(f"of {seen} {what} fewer than 5 should be struck; that says nothing")
    if asked < MILLION and to_pass < 5 * MILLION:
        return unknown(f"of {seen} {what} fewer than 5 should be right; that says nothing")
    if not is_half_to_twice(asked, wrong, right):
        return not_felt(f"{wrong} of {seen} {what} were struck; asked was {percent(asked)}, "
                        f"and half to twice of that is felt")
    return felt(share_ppm(wrong, seen))
