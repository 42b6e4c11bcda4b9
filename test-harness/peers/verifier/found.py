"""One thing that a rule found: outcome, code, message. *The result* of docs/verdict.md, `verdict/found.rs`.

It must not import anything of this package.
"""


def failed(code, message):
    return ("Failed", code, message)


def inconclusive(code, message):
    return ("Inconclusive", code, message)
