"""The form of a dossier: which fields each part has, and when one is left out. *The document* of docs/verdict.md, 4;
`assurance/src/dossier.rs`, `verdict.rs` and the manifest.

A payload is believed only if it is written as its own canonical form, so that nobody reads another document in the same
bytes. A field that is new there is new here too. It must not import any rule.
"""

from .canonical import canonical
from .form_evidence import PROVE, VERIFY
from .form_plan import PLAN
from .form_shapes import U32, U64, WORDS, Left, NotItsForm, each, flag, maybe, one_of, record, span, table, text
from .form_standard import STANDARD
AVAILABILITY = record(maxDowntimePerYear=span, recoveryTime=span, simultaneousUsers=U32)
REGISTER = record(
    owner=record(name=text, registrationNumber=text, role=one_of("owner", "processor", "supplier")), users=each(text),
    usedIn=each(text), interactsWith=each(text), methodsOfUse=each(text), resultsOfUse=each(text),
    protection=each(record(position=text, name=text, email=text, phone=text)), availability=AVAILABILITY,
    formats=record(data=each(text), interfaces=each(text)))
INSTRUCTIONS = record(
    url=text, rights=WORDS, duties=WORDS, procedures=each(record(goal=WORDS, steps=each(WORDS))), data=each(text),
    operations=each(one_of("creation", "updating", "refining", "change", "search")), changedRecords=each(text),
    proactive=flag)
RECORD = record(
    titles=WORDS, decision=text, reportedBy=text, host=text, data=REGISTER, instructions=INSTRUCTIONS,
    **{"class": text})
FIGURE = record(phase=text, name=text, value=maybe(U64), limit=maybe(U64))
VERDICT = record(
    outcome=one_of("Passed", "Inconclusive", "Failed"), findings=each(record(code=text, message=text)),
    figures=each(FIGURE))
ENVELOPE = record(payloadType=text, payload=text, signatures=each(record(keyid=text, sig=text)))
RESULT = record(
    rules=text,
    subject=record(
        participant=text, service=text, release=text, releaseUid=text, source=text, commit=text, specHash=text),
    bundle=record(images=table(text), databases=Left(table(text), {}), manifests=text, configuration=text),
    standard=STANDARD, availability=AVAILABILITY, announcement=record(id=text, nonce=text, attempt=U32), plan=PLAN,
    evidence=record(verify=maybe(VERIFY), prove=maybe(PROVE)),
    measurements=Left(record(verify=Left(ENVELOPE), prove=Left(ENVELOPE))), record=RECORD, verdict=VERDICT)
STATEMENT = record(
    _type=text, subject=each(record(name=text, digest=table(text))), predicateType=text, predicate=RESULT)


def hold(statement, payload):
    """Refuses a payload that is not the canonical form of the statement in it."""
    if canonical(statement).encode() != payload:
        raise NotItsForm("it is no canonical JSON (RFC 8785)")
    STATEMENT(statement, "")
