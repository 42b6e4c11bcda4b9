"""What the lab signed of its evidence, which a dossier carries: `assurance/src/measurement.rs`.

It must not import any rule.
"""

import json

from . import dsse
from .canonical import canonical, sha256
from .refused import DoesNotHold, expect
from .statement import STATEMENT, descriptor

MEASUREMENT = "https://factory.gov.kg/measurement/v1"
MEDIA_TYPES = {part: f"application/vnd.gov.kg.factory.{part}.v1+json" for part in ("verify", "prove")}


def hold(result, keys):
    """Holds all evidence against what the lab signed of it."""
    run, signed = result["announcement"], result.get("measurements", {})
    predicate = {"announcement": run["id"], "nonce": run["nonce"], "plan": sha256(canonical(result["plan"]))}
    for part, media_type in MEDIA_TYPES.items():
        field, evidence, envelope = f"predicate.measurements.{part}", result["evidence"][part], signed.get(part)
        if (evidence is None) != (envelope is None):
            raise DoesNotHold(f"{field}: " + ("there is no such evidence" if evidence is None else "lacks"))
        if evidence is None:
            continue
        subject = [descriptor(media_type, sha256(canonical(evidence)))]
        try:
            found = json.loads(dsse.opened(envelope, keys))
            expect("_type", found["_type"], STATEMENT)
            expect("predicateType", found["predicateType"], MEASUREMENT)
            expect("subject", found["subject"], subject)
            expect("predicate", found["predicate"], predicate)
        except DoesNotHold as error:
            raise DoesNotHold(f"{field}: {error}") from error
