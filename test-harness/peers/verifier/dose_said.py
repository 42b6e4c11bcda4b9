"""What one pair of histograms says about a fault: felt and how strongly, not felt, or unknown. *What a pod felt (v2)* of
docs/verdict.md, `Dose` in `verdict/dose.rs`.

It must not import anything of this package.
"""


def felt(strength=None):
    return ("Felt", strength)


def not_felt(why):
    return ("NotFelt", why)


def unknown(why):
    return ("Unknown", why)


def too_few_samples(what, before, during, least):
    return unknown(f"{before} {what} before it and {during} while it lasted; fewer than {least} say nothing")


def worst(said):
    """The first of pairs of an answer and words that was not felt, else the first that is unknown, else None."""
    return next((one for wanted in ("NotFelt", "Unknown") for one in said if one[0] == wanted), None)
