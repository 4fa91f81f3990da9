"""Asks OSV, the public list of known holes, about every package that the lock files and static/vendor
name with their versions. One request; where the service does not answer, one line says so.

    python -m tools.security.audit    fails when a hole is known
"""

import json
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
SERVICE = "https://api.osv.dev/v1/querybatch"
# Nobody waits for a service that is away.
TIMEOUT_SECONDS = 5
# By the beginnings of file names in static/vendor.
VENDORED = {"hls": "hls.js"}
# Holes that do not concern us: the id, and why.
ACCEPTED: dict[str, str] = {}


def packages(folder: Path) -> list[tuple[str, str, str]]:
    """Ecosystem, name and version of each."""
    return sorted({*_locked(folder), *_vendored(folder)})


def _locked(folder: Path) -> Iterator[tuple[str, str, str]]:
    for lock in folder.glob("requirements*.lock"):
        for name, version in re.findall(r"^([\w.-]+)==([^\s;]+)", lock.read_text(), re.MULTILINE):
            yield "PyPI", name, version


def _vendored(folder: Path) -> Iterator[tuple[str, str, str]]:
    for file in (folder / "static" / "vendor").glob("*"):
        match = re.match(r"(\w+)-(\d+(?:\.\d+)+)\.", file.name)
        if match and match[1] in VENDORED:
            yield "npm", VENDORED[match[1]], match[2]


def known_holes(asked: list[tuple[str, str, str]], service: str = SERVICE) -> list[str]:
    """Raises OSError or ValueError when the service has no answer."""
    queries = [
        {"package": {"ecosystem": ecosystem, "name": name}, "version": version}
        for ecosystem, name, version in asked
    ]
    request = urllib.request.Request(  # noqa: S310 - the address is ours
        service,
        json.dumps({"queries": queries}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
        results: list[dict[str, Any]] = json.load(answer)["results"]
    return [
        f"{name} {version}: {hole['id']}, https://osv.dev/{hole['id']}"
        for (_ecosystem, name, version), result in zip(asked, results, strict=True)
        for hole in result.get("vulns", [])
        if hole["id"] not in ACCEPTED
    ]


def main(folder: Path = PROJECT, service: str = SERVICE) -> int:
    asked = packages(folder)
    try:
        found = known_holes(asked, service)
    except (OSError, ValueError, KeyError) as error:
        print(f"Dependencies were not audited: {service} does not answer ({error}).")
        return 0
    print(*found, f"{len(asked)} packages, known holes: {len(found)}.", sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
