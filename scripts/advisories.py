"""Compares Cargo.lock with a snapshot of the RustSec advisory database, because not every machine can fetch it.

    advisories.py              fails where a locked version is affected; what is ignored, and why, stands in deny.toml
    advisories.py update [DB]  makes a new snapshot, from a clone of the database or else from GitHub
"""

import datetime
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SNAPSHOT = ROOT / "scripts" / "advisories.tsv"
DATABASE = "https://github.com/RustSec/advisory-db"


def parsed(version):
    """What versions are ordered by: a pre-release is before its release."""
    numbers, _, pre = version.split("+")[0].partition("-")
    numbers = [int(number) for number in numbers.split(".")]
    numbers += [0] * (3 - len(numbers))
    words = [(0, int(word), "") if word.isdigit() else (1, 0, word) for word in pre.split(".")] if pre else []
    return (*numbers, not pre, words)


def following(version, place):
    """The first version that differs in that place, or before it."""
    numbers = [int(number) for number in version.split("-")[0].split(".")[: place + 1]]
    numbers[-1] += 1
    return parsed(".".join(map(str, numbers)))


def satisfies(version, wanted):
    """As Cargo reads requirements: a version without an operator means all that are compatible with it."""
    for part in wanted.split(","):
        operator, bound = re.fullmatch(r"\s*(>=|<=|>|<|=|\^|~|)\s*([\w.+-]+)\s*", part).groups()
        numbers = bound.split("-")[0].split(".")
        significant = next((at for at, number in enumerate(numbers) if number != "0"), len(numbers) - 1)
        own, low = parsed(version), parsed(bound)
        holds = {
            ">=": lambda: own >= low,
            "<=": lambda: own <= low,
            ">": lambda: own > low,
            "<": lambda: own < low,
            "=": lambda: own == low,
            "~": lambda: low <= own < following(bound, min(1, len(numbers) - 1)),
            "^": lambda: low <= own < following(bound, significant),
        }[operator or "^"]
        if not holds():
            return False
    return True


def affected(packages, advisories, ignored):
    """Each locked package that an advisory is about, unless its version is one that is not affected."""
    for id, name, kind, fine, title in advisories:
        for package in packages:
            ranges = [one for one in fine.split(" || ") if one]
            if package["name"] == name and id not in ignored and not any(satisfies(package["version"], one) for one in ranges):
                yield f"{name} {package['version']}: {id} ({kind}) {title}"


def snapshot(text):
    first, *lines = text.splitlines()
    return datetime.date.fromisoformat(first.split()[-1]), [line.split("\t") for line in lines]


def update(database):
    if database is None:
        with tempfile.TemporaryDirectory() as fresh:
            subprocess.run(["git", "clone", "--quiet", "--depth=1", DATABASE, fresh], check=True)
            return update(fresh)
    git = ["git", "-C", database]
    date = subprocess.run([*git, "log", "-1", "--format=%cs"], check=True, capture_output=True, text=True).stdout.strip()
    listed = subprocess.run([*git, "ls-tree", "-r", "--name-only", "HEAD", "crates/"], check=True, capture_output=True, text=True)
    rows = []
    for path in listed.stdout.splitlines():
        if path.endswith(".md"):
            shown = subprocess.run([*git, "show", f"HEAD:{path}"], check=True, capture_output=True, text=True).stdout
            front, _, prose = shown.removeprefix("```toml").partition("\n```")
            read = tomllib.loads(front)
            advisory, versions = read["advisory"], read.get("versions", {})
            if "withdrawn" not in advisory:
                fine = " || ".join(versions.get("patched", []) + versions.get("unaffected", []))
                title = next(line[2:] for line in prose.splitlines() if line.startswith("# "))
                kind = advisory.get("informational", "vulnerability")
                rows.append("\t".join([advisory["id"], advisory["package"], kind, fine, title.replace("\t", " ")]))
    SNAPSHOT.write_text("\n".join([f"# RustSec advisories as of {date}", *sorted(rows)]) + "\n")


def main():
    if sys.argv[1:2] == ["update"]:
        update(sys.argv[2] if len(sys.argv) > 2 else None)
    date, advisories = snapshot(SNAPSHOT.read_text())
    packages = tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
    config = tomllib.loads((ROOT / "deny.toml").read_text())
    ignored = {entry["id"] for entry in config.get("advisories", {}).get("ignore", [])}
    unknown = ignored - {advisory[0] for advisory in advisories}
    findings = [*affected(packages, advisories, ignored), *(f"{id}: ignored, and there is none" for id in sorted(unknown))]
    print(*findings, sep="\n", end="\n" if findings else "")
    age = (datetime.date.today() - date).days
    print(f"advisories: {len(advisories)} as of {date}, {age} days ago; {len(packages)} packages, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
