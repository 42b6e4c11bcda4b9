"""What statements of the factory and of the lab name: *The document* of docs/verdict.md, `assurance/src/statement.rs`.

It must not import anything of this package.
"""

STATEMENT = "https://in-toto.io/Statement/v1"


def descriptor(name, digest):
    return {"name": name, "digest": {"sha256": digest.removeprefix("sha256:")}}
