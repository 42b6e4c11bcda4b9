#!/usr/bin/env python3
"""A second verifier of dossiers, written from docs/verdict.md: it shares no code with the factory.

It stands beside the road: it reads what the factory reported and computes the verdict again. It must
not import anything but Python's standard library and the package `verifier` beside it, and must not be
used by any product. This file is the command; the rules are there, a chapter of that page a module.

    verify.py ENVELOPE [--key PUBLIC.pem]... [--lab-key PUBLIC.pem]...
                                                opens a dossier, prints its verdict as canonical JSON
    verify.py --judge-lines FILE                one test result a line; prints one verdict a line
    verify.py --open-lines FILE                 one payload a line in base64; prints its verdict, or `refused: WHY`
    verify.py --form-lines FILE                 the same, but of its form alone; prints `holds`, or `refused: WHY`

Exit codes: 0 Passed, 2 Failed, 3 Inconclusive; 1 when the dossier does not hold, with the first
thing that does not on stderr. Without a key the signature is not checked, and stderr says so; with a
key of the lab, all evidence must be what the lab measured in the run that the dossier names.
With a file of lines it exits with 0 when every line was looked at.
"""

import argparse
import base64
import json
import sys

sys.dont_write_bytecode = True  # nothing is left beside it

from verifier.canonical import plain
from verifier.dossier import held, in_form, opened
from verifier.ecdsa import read_key_of
from verifier.refused import BROKEN, DoesNotHold
from verifier.verdict import judge


class Parser(argparse.ArgumentParser):
    def error(self, message):
        # argparse would exit with 2, which means Failed here.
        self.exit(1, f"{self.format_usage()}{message}\n")


def main():
    parser = Parser(description="A second verifier of dossiers; see docs/verdict.md.")
    parser.add_argument("envelope", nargs="?", help="file of a signed dossier")
    parser.add_argument("--key", action="append", default=[], metavar="PEM", help="pinned public key; may be repeated")
    parser.add_argument("--lab-key", action="append", default=[], metavar="PEM",
                        help="pinned public key of the lab; may be repeated")
    parser.add_argument("--judge-lines", metavar="FILE", help="file with one test result a line")
    parser.add_argument("--open-lines", metavar="FILE", help="file with one payload a line, in base64")
    parser.add_argument("--form-lines", metavar="FILE", help="the same, but only the form is looked at")
    arguments = parser.parse_args()
    given = (arguments.envelope, arguments.judge_lines, arguments.open_lines, arguments.form_lines)
    if sum(one is not None for one in given) != 1:
        parser.error("give an envelope, --judge-lines FILE, --open-lines FILE or --form-lines FILE")
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    if arguments.judge_lines:
        with open(arguments.judge_lines, encoding="utf-8", newline="\n") as lines:
            for line in lines:
                print(plain(judge(json.loads(line))))
        return 0
    if arguments.open_lines or arguments.form_lines:
        with open(arguments.open_lines or arguments.form_lines, encoding="ascii") as lines:
            for line in lines:
                payload = base64.b64decode(line.strip(), validate=True)
                try:
                    if arguments.form_lines:
                        in_form(payload)
                    print("holds" if arguments.form_lines else plain(held(payload)))
                except (DoesNotHold, *BROKEN) as error:
                    print(f"refused: {error}".replace("\n", " "))
        return 0
    if not arguments.key:
        print("no --key: the signature is not checked", file=sys.stderr)
    try:
        keys, lab = ([read_key_of(path) for path in paths] for paths in (arguments.key, arguments.lab_key))
        with open(arguments.envelope, encoding="utf-8") as file:
            computed = opened(json.load(file), keys, lab)
    except DoesNotHold as error:
        print(error, file=sys.stderr)
        return 1
    except (OSError, *BROKEN) as error:
        print(f"this is no dossier: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    print(plain(computed))
    return {"Passed": 0, "Failed": 2, "Inconclusive": 3}[computed["outcome"]]


if __name__ == "__main__":
    sys.exit(main())
