"""Modules of the second verifier import one way: run as `python3 -m unittest` here.

The order stands in the first lines of the package. It must not look at what the rules say: the vectors do.
"""

import ast
import pathlib
import re
import sys
import unittest

PACKAGE = pathlib.Path(__file__).parent / "verifier"


def order():
    """Names of all modules, in the order that the package says."""
    said = ast.get_docstring(ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8")))
    lines = [line.strip().partition(": ") for line in said.splitlines() if line.startswith("    ")]
    return [name for before, _, after in lines for name in re.findall(r"[a-z_]+", after or before)]


def imported(source):
    """What a module imports: names of the package's modules, and those of others."""
    own, others = set(), set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            others |= {one.name.partition(".")[0] for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            others.add(node.module.partition(".")[0])
        elif isinstance(node, ast.ImportFrom):
            own |= {node.module} if node.module else {one.name for one in node.names}
    return own, others


def wrong(source, before):
    """What a module imports and must not, that may import these of the package."""
    own, others = imported(source)
    return sorted(own - set(before)) + sorted(others - sys.stdlib_module_names)


class Order(unittest.TestCase):
    def test_every_module_has_one_place(self):
        modules = sorted(file.stem for file in PACKAGE.glob("*.py") if file.stem != "__init__")
        self.assertEqual(sorted(order()), modules)

    def test_a_module_imports_only_what_stands_before_it(self):
        for place, name in enumerate(order()):
            source = (PACKAGE / f"{name}.py").read_text(encoding="utf-8")
            self.assertEqual(wrong(source, order()[:place]), [], name)

    def test_what_stands_after_it_and_what_is_not_pythons_own_is_found(self):
        source = "import json\nimport requests\nfrom . import plan, say\nfrom .verdict import judge\n"
        self.assertEqual(wrong(source, ["say"]), ["plan", "verdict", "requests"])


if __name__ == "__main__":
    unittest.main()
