"""What the comparison with the advisories says of versions."""

import unittest

from advisories import affected, satisfies


class Ranges(unittest.TestCase):
    def test_versions_are_read_as_cargo_reads_them(self):
        for version, wanted, expected in [
            ("1.2.3", ">= 1.2.3", True),
            ("1.2.3", "> 1.2.3", False),
            ("1.10.0", "< 1.9.9", False),
            ("0.9.0", ">= 0.4.8, < 1.0.0-0", True),
            ("1.0.0-rc.1", ">= 1.0.0", False),
            ("1.0.0-rc.2", "> 1.0.0-rc.1", True),
            ("1.0.0+7", "= 1.0.0", True),
            ("0.54.9", "0.54.2", True),
            ("0.55.0", "0.54.2", False),
            ("1.9.0", "^1.2", True),
            ("2.0.0", "^1.2", False),
            ("1.2.9", "~1.2.3", True),
            ("1.3.0", "~1.2.3", False),
            ("0.0.4", "^0.0.3", False),
        ]:
            with self.subTest(version=version, wanted=wanted):
                self.assertEqual(satisfies(version, wanted), expected)


class Findings(unittest.TestCase):
    PACKAGES = [{"name": "ring", "version": "0.17.5"}, {"name": "serde", "version": "1.0.0"}]
    ADVISORY = ["RUSTSEC-1", "ring", "vulnerability", ">= 0.17.12 || < 0.16.0", "It breaks"]

    def test_a_version_that_is_neither_patched_nor_unaffected_is_found(self):
        self.assertEqual(
            [*affected(self.PACKAGES, [self.ADVISORY], set())], ["ring 0.17.5: RUSTSEC-1 (vulnerability) It breaks"]
        )

    def test_what_is_patched_ignored_or_of_another_crate_is_not(self):
        patched = [{"name": "ring", "version": "0.17.12"}, {"name": "ring", "version": "0.15.0"}]
        self.assertEqual([*affected(patched, [self.ADVISORY], set())], [])
        self.assertEqual([*affected(self.PACKAGES, [self.ADVISORY], {"RUSTSEC-1"})], [])
        self.assertEqual([*affected(self.PACKAGES[1:], [self.ADVISORY], set())], [])

    def test_what_was_never_patched_is_found_in_every_version(self):
        never = [*self.ADVISORY[:3], "", "It is left alone"]
        self.assertEqual(len([*affected(self.PACKAGES, [never], set())]), 1)


if __name__ == "__main__":
    unittest.main()
