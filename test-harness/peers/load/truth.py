"""What a server with scripted stalls makes its users wait, computed from the script and the schedule.

The schedule is that of the load engine, written again from the comments of operator/lab/src/random.rs
and load/schedule.rs: no code is shared, so a mistake would have to be made twice. It must not read what
was measured.
"""

import hashlib
import math

MASK = 2**64 - 1


def bits(state):
    """xoshiro256** (Blackman and Vigna): the next 64 bits of `state`, a list of four words."""
    turned = state[1] * 5 & MASK
    result = ((turned << 7 | turned >> 57) & MASK) * 9 & MASK
    shifted = state[1] << 17 & MASK
    state[2] ^= state[0]
    state[3] ^= state[1]
    state[1] ^= state[2]
    state[0] ^= state[3]
    state[2] ^= shifted
    state[3] = (state[3] << 45 | state[3] >> 19) & MASK
    return result


def schedule(nonce, per_second, seconds):
    """When requests are due, in microseconds from the start, for one operation."""
    digest = hashlib.sha256(b"load\0" + nonce.encode()).digest()
    state = [int.from_bytes(digest[i : i + 8], "big") for i in range(0, 32, 8)]
    mean, now, due = 1_000_000 / per_second, 0.0, []
    while True:
        now -= mean * math.log(((bits(state) >> 11) + 1) / 2**53)
        if int(now) >= seconds * 1_000_000:
            return due
        due.append(int(now))
        bits(state)  # which operation: there is one


def waits(due, started_us, period_us, stall_us):
    """How long each waits at least: what comes in the first `stall_us` of a period waits for its rest."""
    return sorted(max(0, stall_us - (started_us + at) % period_us) for at in due)


def quantile(values, permille):
    """The smallest of the sorted `values` that at least `permille` of them do not exceed."""
    return values[max(1, -(-len(values) * permille // 1000)) - 1]
