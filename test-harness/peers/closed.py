"""A load of users who wait for their answers, for the second verifier: what they left out while they waited.

It stands beside verify.py and is written from docs/verdict.md. It must not import anything but Python's standard library.
"""

AWAY_US = 100_000  # who found nobody may stay away for so long
STEPS = 64  # in which the requests of one wait stand at most
MOST = 2**128 - 1


def think_us(closed):
    return max(closed["thinkMs"], 1) * 1000


def asked(bucket):
    return bucket["good"] + sum(bucket["failed"].values())


def left_out(waited, think):
    """Of one wait: pairs of how long a request that was left out would have waited, and how many such there are."""
    count = max(waited // think - 1, 0)
    steps = min(count, STEPS)
    up_to = [step * count // max(steps, 1) for step in range(steps + 1)]
    return [(waited - last * think, last - before) for before, last in zip(up_to, up_to[1:])]


def omitted(bucket, load):
    """What users left out who waited for the requests of a bucket: latencies, how many were good, and how many failed."""
    think, timeout = think_us(load["closed"]), load["timeoutMs"] * 1000
    cells, answered, all_of_them = [], 0, 0
    for value, count in bucket["latencyUs"]:
        answered += count
        for latency, times in left_out(min(value, timeout), think):
            cells.append((latency, times * count))
            all_of_them += times * count
    bad = max(answered - bucket["good"], 0)
    bad = min(all_of_them * bad, MOST) // answered if answered else 0
    lost = sum(times for _, times in left_out(timeout, think)) * bucket["failed"].get("Timeout", 0)
    return cells, all_of_them - bad, lost + bad


def planned(load, buckets, seconds):
    """Requests that the users made in so many seconds by the time that they did not wait."""
    unanswered = load["timeoutMs"] * 1000 + AWAY_US
    waited = 0
    for bucket in buckets:
        answered = sum(count for _, count in bucket["latencyUs"])
        waited += sum(value * count for value, count in bucket["latencyUs"])
        waited += max(asked(bucket) - answered, 0) * unanswered
    return max(load["closed"]["users"] * seconds * 1_000_000 - waited, 0) // think_us(load["closed"])


def lack(rules_know_it, load, has_ladder, quote):
    """What a plan with a closed model lacks."""
    closed = load["closed"]
    if not rules_know_it:
        return "the plan has a closed model, which these rules do not know"
    if closed["users"] == 0 or closed["thinkMs"] == 0:
        return "the closed model has no user, or none who thinks"
    if load.get("arrivals") is not None:
        return "the closed model has arrivals: its users come when they were answered"
    if has_ladder:
        return "the closed model has a ladder: a step would ask less, the slower the service is"
    if load.get("pauseMs", 0) > 0:
        return "the closed model has a pause beside the time that users think"
    if load["maxInFlight"] < closed["users"]:
        return f"the closed model has {load['maxInFlight']} places in flight for {closed['users']} users"
    for index, operation in enumerate(load["operations"]):
        if sum(other.get("after") == index for other in load["operations"]) > 1:
            return (f"operation {quote(operation['name'])} of the closed model is followed by more than one: "
                    "a user does one thing at a time")
    return None
