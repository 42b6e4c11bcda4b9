"""*The document* of docs/verdict.md, `assurance/src/dossier.rs`: what must hold of a dossier, in its order.

It must not be imported by anything but the command.
"""

import json

from . import dsse, form, measurement
from .arithmetic import in_order
from .canonical import canonical, plain, sha256
from .form_shapes import NotItsForm
from .refused import DoesNotHold, expect
from .rules import KNOWN, KNOWN_WORDS
from .statement import STATEMENT, descriptor
from .verdict import judge

PREDICATE = "https://factory.gov.kg/attestation/test-result/v1"


def opened(envelope, keys, lab):
    """Opens an envelope, holds the statement in it against itself and against keys of the lab; gives its verdict."""
    payload = dsse.opened(envelope, keys)
    verdict = held(payload)
    if lab:
        measurement.hold(json.loads(payload)["predicate"], lab)
    return verdict


def in_form(payload):
    """The statement in a payload that is its canonical form."""
    statement = json.loads(payload)
    try:
        form.hold(statement, payload)
    except NotItsForm as error:
        raise DoesNotHold(f"payload: it is not its own canonical form: {error}") from error
    return statement


def held(payload):
    """Holds the statement in a payload against itself; gives its verdict."""
    statement = in_form(payload)
    expect("_type", statement["_type"], STATEMENT)
    expect("predicateType", statement["predicateType"], PREDICATE)
    result = statement["predicate"]
    if result["rules"] not in KNOWN:
        raise DoesNotHold(f"predicate.rules: {plain(result['rules'])}, known are {KNOWN_WORDS}")
    expect("subject", statement["subject"], subject(result["bundle"]))
    computed = judge(result)
    expect("predicate.verdict", result["verdict"], computed)
    return computed


def subject(bundle):
    images = [(name, bundle[part][name]) for part in ("images", "databases") for name in in_order(bundle.get(part, {}))]
    return [descriptor("bundle", sha256(canonical(bundle)))] + [
        descriptor(name, image.rpartition("@")[2]) for name, image in images]
