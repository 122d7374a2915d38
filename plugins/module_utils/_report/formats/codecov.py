# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""codecov/: a text profile for each test level, to be uploaded with the level as Codecov's flag.

Names are paths in the repository, so that Codecov needs no path fixes, and what is excluded is not in them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ..numbers.combining import place_of
from ..numbers.exclusions import Exclusion
from ..numbers.levels import E2E, Level
from ..numbers.model import Coverage, FileCoverage, PackageCoverage
from .profile import profile_lines

DIRECTORY = "codecov"


def upload_set(
    counted: Coverage, levels: Sequence[Level], excluded: Sequence[Exclusion], path_of: Callable[[str], str]
) -> dict[str, str]:
    """The files of the upload set by their names in the results; each is a Go text profile."""
    files = {_name(E2E): _profile(counted, path_of)}
    gone = {exclusion.name for exclusion in excluded if not exclusion.lines}
    partly = {exclusion.name for exclusion in excluded if exclusion.lines}
    kept = {file.name: {place_of(block) for block in file.blocks} for file in counted.files() if file.name in partly}

    def of_level(file: FileCoverage) -> FileCoverage:
        places = kept.get(file.name)
        blocks = [block for block in file.blocks if places is None or place_of(block) in places]
        return replace(file, blocks=blocks)

    for level in levels:
        packages = [
            PackageCoverage.of_files(package.name, [of_level(f) for f in package.files if f.name not in gone])
            for package in level.coverage.packages
        ]
        files[_name(level.name)] = _profile(replace(level.coverage, packages=packages), path_of)
    return files


def _name(level: str) -> str:
    """A name that Codecov's uploader finds by itself, too."""
    return f"{DIRECTORY}/coverage-{level}.txt"


def _profile(coverage: Coverage, path_of: Callable[[str], str]) -> str:
    packages = [
        replace(package, files=[replace(file, name=path_of(file.name)) for file in package.files])
        for package in coverage.packages
    ]
    return "".join(profile_lines(replace(coverage, packages=packages)))
