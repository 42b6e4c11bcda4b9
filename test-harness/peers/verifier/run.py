"""A test result with its timeline and its load summed up, and what became of it while it is judged.

The load is summed as *Arithmetic* of docs/verdict.md says, `verdict/load.rs`. It must not import any rule but closed.py,
which says what users left out.
"""

from . import closed
from .arithmetic import span_ms
from .load import Measured, asked_of
from .rules import V1
from .timeline import spans_of


class Run:
    def __init__(self, result):
        self.rules = result["rules"]
        self.result, self.plan, self.standard = result, result["plan"], result["standard"]
        self.verify, self.prove = result["evidence"].get("verify"), result["evidence"].get("prove")
        self.recovery_ms = span_ms(result["availability"]["recoveryTime"])
        self.downtime_ms = span_ms(result["availability"]["maxDowntimePerYear"])
        self.control = self.plan["prove"].get("control") if self.rules != V1 else None
        self.twin = self.plan["prove"].get("twin") if self.rules != V1 else None
        self.spans = spans_of(self.rules, self.plan["prove"]["phases"])
        self.seconds = self.spans[-1].end if self.spans else 0
        self.ladder = next((span.start for span in self.spans if span.role == "capacity"), None)
        self.soak = next((span for span in self.spans if span.role == "soak"), None)
        self.operations = self.plan["prove"]["load"]["operations"]
        self.load, self.whole, self.begun = [Measured() for _ in self.spans], Measured(), 0
        for bucket in self.prove["buckets"] if self.prove else []:
            self.sum_up(bucket)
        # What became of it, as far as it was judged:
        self.costs = []  # of each fault that was done as planned: what was asked, index of its phase, lost, recovery
        self.pooled = None  # repetitions of earlier runs
        self.downtime = None  # of a year
        self.own_downtime = None  # by this run alone, where there are earlier ones
        self.steps = []  # of the ladder: percent and state
        self.trends = None  # of the soak
        self.compared = None  # blocks that say something, and the change

    def sum_up(self, bucket):
        if not self.in_ladder(bucket["second"]):
            self.whole.add(bucket)
            if self.begins(bucket["operation"]):
                self.begun += asked_of(bucket)
        for span, measured in zip(self.spans, self.load):
            if span.owns(bucket["second"]):
                measured.add(bucket)
        for second, *what in closed.left_out(bucket, self.plan["prove"]["load"], self.spans):
            if not self.in_ladder(second):
                self.whole.leave_out(*what)
            for span, measured in zip(self.spans, self.load):
                if span.owns(second):
                    measured.leave_out(*what)

    def nonce(self):
        """As it was announced."""
        return self.result["announcement"]["nonce"]

    def in_ladder(self, second):
        return self.ladder is not None and second >= self.ladder

    def before_ladder(self):
        """Seconds before the ladder."""
        return self.seconds if self.ladder is None else self.ladder

    def starts(self):
        """Stretches of the load's arrivals, each with its first second."""
        start, placed = 0, []
        for stretch in (self.plan["prove"]["load"].get("arrivals") or {"stretches": []})["stretches"]:
            placed.append((start, stretch))
            start += stretch["seconds"]
        return placed

    def begins(self, index):
        """Whether an operation begins a visit."""
        if self.plan["prove"]["load"].get("closed") is not None:
            return True  # each request follows from a time to think
        return index >= len(self.operations) or self.operations[index].get("after") is None

    def least(self):
        """Requests of a phase that are evidence."""
        return max(self.standard["minRequests"], 1)
