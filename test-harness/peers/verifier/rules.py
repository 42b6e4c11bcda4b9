"""Versions of the rules: the head of docs/verdict.md, `verdict/rules.rs`. Those of an old one are kept for ever.

It must not import anything of this package.
"""

V1, V2, V3 = (f"factory.gov.kg/verdict/v{number}" for number in (1, 2, 3))
KNOWN = (V1, V2, V3)
ADDED = {V3}  # rules with what v3 added
KNOWN_WORDS = " and ".join(KNOWN)
