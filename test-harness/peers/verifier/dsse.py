"""Envelopes and who signed them: *The document* of docs/verdict.md, 1; `assurance/src/dsse.rs`.

It must not import anything of this package but signatures and why one is refused.
"""

import base64

from . import ecdsa
from .refused import DoesNotHold, expect

PAYLOAD = "application/vnd.in-toto+json"


def opened(envelope, keys):
    """The payload of an envelope, which one of the keys has signed, where there is one."""
    expect("payloadType", envelope["payloadType"], PAYLOAD)
    payload = base64.b64decode(envelope["payload"], validate=True)
    if keys:
        signed = b"DSSEv1 %d %s %d " % (len(PAYLOAD), PAYLOAD.encode(), len(payload)) + payload
        signatures = [base64.b64decode(one["sig"], validate=True) for one in envelope["signatures"]]
        if not any(ecdsa.verify(key, signed, signature) for key in keys for signature in signatures):
            raise DoesNotHold(f"signatures: none of {len(signatures)} fits a pinned key")
    return payload
