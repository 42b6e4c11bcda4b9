"""The second verifier's canonical JSON: run as `python3 -m unittest` here.

It must not look at dossiers: the vectors do. Numbers are those of RFC 8785, appendix B.
"""

import struct
import unittest

from verifier.canonical import canonical, slow


class Canonical(unittest.TestCase):
    def test_numbers_are_written_as_ecmascript_does(self):
        for bits, written in {
            0x0000000000000000: "0",
            0x8000000000000000: "0",
            0x0000000000000001: "5e-324",
            0x7FEFFFFFFFFFFFFF: "1.7976931348623157e+308",
            0x4340000000000000: "9007199254740992",
            0x4430000000000000: "295147905179352830000",
            0x44B52D02C7E14AF5: "9.999999999999997e+22",
            0x44B52D02C7E14AF6: "1e+23",
            0x444B1AE4D6E2EF50: "1e+21",
            0x3EB0C6F7A0B5ED8D: "0.000001",
            0x3EB0C6F7A0B5ED8C: "9.999999999999997e-7",
            0x41B3DE4355555553: "333333333.3333332",
        }.items():
            self.assertEqual(canonical([struct.unpack(">d", struct.pack(">Q", bits))[0]]), f"[{written}]")

    def test_the_short_way_is_taken_only_where_it_leads_to_the_same(self):
        for document in (
            {"b": [1, -2, True, None, "\u20ac\n\\"], "a": {"\u00f6": "\U0001f600", "": 0}},
            {"\U0001f600": 1, "\ufb33": 2},
            {"least": 1e-7, "most": 1e16, "even": 2.0},
            [9007199254740993, -9007199254740993],
            [9007199254740991, 999999999999999],
        ):
            self.assertEqual(canonical(document), slow(document))
        self.assertEqual(canonical({"\U0001f600": 1, "\ufb33": 2}), '{"\U0001f600":1,"\ufb33":2}')
        for none in (float("nan"), float("inf")):
            self.assertRaises(ValueError, canonical, [none])
        self.assertEqual(canonical([1e-7, 2.0, 9007199254740993]), "[1e-7,2,9007199254740992]")


if __name__ == "__main__":
    unittest.main()
