"""Places in a window: drawn, not counted. Replicas need not agree on a counter, nothing is kept, and nobody can
infer from a number how many people come. The example `queue-number-counted` has another file here.
"""

import secrets


class Away(Exception):
    """Whoever keeps the places does not answer."""


def take(parts, places):
    """A place, of so many, in the window that `parts` of a ticket name."""
    return secrets.randbelow(places)


def given(parts):
    """Whether the place of a ticket with these `parts` was given."""
    return True
