"""Why a dossier is refused: the first thing in it that does not hold. *The document* of docs/verdict.md.

It must not import anything of this package but canonical JSON.
"""

from .canonical import plain

BROKEN = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)  # what is no dossier at all


class DoesNotHold(Exception):
    """The first thing in a dossier that does not hold."""


def expect(field, found, expected):
    if found != expected:
        raise DoesNotHold(f"{field}: {plain(found)}, expected {plain(expected)}")
