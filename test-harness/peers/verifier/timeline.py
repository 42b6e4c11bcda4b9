"""Phases of the plan with the seconds that they own: *Arithmetic* of docs/verdict.md, `Timeline` in `verdict/load.rs`.

It must not import anything of this package but asked.py.
"""

from .asked import Asked


class Span:
    def __init__(self, rules, phase, start):
        self.name = phase["name"]
        self.start, self.end = start, start + phase["seconds"]
        (self.role, detail), = phase["role"].items()
        self.percent = detail.get("percent") if self.role == "capacity" else None
        self.every, self.soaked = (detail["everySeconds"], detail["components"]) if self.role == "soak" else (None, [])
        self.component, self.asked = detail.get("component"), None
        if self.role == "fault":
            self.asked = Asked(rules, detail["kind"], detail.get("strike"))

    def owns(self, second):
        return self.start <= second < self.end


def spans_of(rules, phases):
    spans, start = [], 0
    for phase in phases:
        spans.append(Span(rules, phase, start))
        start = spans[-1].end
    return spans
