"""Examples become repositories as their manifests name them: run as `python3 -m unittest` here."""

import subprocess
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
NAMES = sorted(manifest.parent.name for manifest in HERE.glob("*/service.yaml"))
VARIANTS = sorted(base.parent.name for base in HERE.glob("*/base"))


def git(repository, *arguments):
    command = ["git", f"--git-dir={repository}", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def push(name, url):
    return subprocess.run([HERE / "push", name, url], capture_output=True, text=True)


class Push(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def repository(self, name):
        path = self.folder / f"{name}.git"
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", path], check=True)
        return path

    def test_the_same_content_is_the_same_commit(self):
        for name in NAMES:
            first, second = self.repository(f"{name}-1"), self.repository(f"{name}-2")
            commits = {push(name, str(to)).stdout.strip() for to in (first, first, second)}
            self.assertEqual(commits, {git(first, "rev-parse", "main").strip()})
            self.assertEqual(git(first, "rev-list", "--count", "main").strip(), "1")

    def test_other_content_comes_on_top_and_nothing_is_lost(self):
        repository = self.repository("shared")
        before = push("queue-number", str(repository)).stdout.strip()
        after = push("registered-address", str(repository)).stdout.strip()
        self.assertEqual(git(repository, "rev-list", "main").split(), [after, before])

    def test_a_variant_is_its_base_but_for_its_own_files(self):
        self.assertEqual(len(VARIANTS), 4)
        trees = {}
        for name in VARIANTS:
            base = (HERE / name / "base").read_text().strip()
            if base not in trees:
                repository = self.repository(base)
                push(base, str(repository))
                trees[base] = set(git(repository, "ls-tree", "-r", "main").splitlines())
            same = trees[base]
            repository = self.repository(name)
            push(name, str(repository))
            differ = {line.split("\t")[1] for line in set(git(repository, "ls-tree", "-r", "main").splitlines()) ^ same}
            own = {str(p.relative_to(HERE / name)) for p in (HERE / name).rglob("*") if p.is_file()}
            self.assertEqual(differ, own - {"base", "manifest.sed"})

    def test_an_unknown_example_and_an_absent_server_are_said(self):
        for name in ("nothing", "../docs", "", "tests"):
            self.assertEqual(push(name, "http://127.0.0.1:1").returncode, 2, name)
        absent = push("queue-number", "http://127.0.0.1:1")
        self.assertNotEqual(absent.returncode, 0)
        self.assertIn("127.0.0.1", absent.stderr)


class Variants(unittest.TestCase):
    def test_manifests_are_made_from_their_base(self):
        made = subprocess.run([HERE / "variants", "--check"], capture_output=True, text=True)
        self.assertEqual(made.returncode, 0, made.stdout + made.stderr)


if __name__ == "__main__":
    unittest.main()
