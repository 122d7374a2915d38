# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Directories that a program turns into manifests: kustomizations, and charts of Helm."""

from __future__ import annotations

import shutil
import subprocess
import typing as t
from pathlib import Path

from .._diagnosis import failure

_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_CHART = "Chart.yaml"
_TIMEOUT = 120.0


def rendered(path: Path, namespace: str) -> str | None:
    """What the directory renders to, as YAML; None if it is neither a kustomization nor a chart. Raises Failure."""
    if any((path / name).is_file() for name in _KUSTOMIZATIONS):
        return _run(path, "kustomization", [["kubectl", "kustomize", str(path)], ["kustomize", "build", str(path)]])
    if (path / _CHART).is_file():
        # The release is named as the directory; the tests of a chart are not part of what it deploys.
        command = ["helm", "template", path.name, str(path), "--include-crds", "--skip-tests"]
        return _run(path, "chart", [command + (["--namespace", namespace] if namespace else [])])
    return None


def _run(path: Path, what: str, commands: t.Sequence[t.Sequence[str]]) -> str:
    """The output of the first command whose program is on PATH."""
    command = next((entry for entry in commands if shutil.which(entry[0])), None)
    programs = [entry[0] for entry in commands]
    if command is None:
        needed = " or ".join(programs)
        raise failure(
            f"The {what} {path} cannot be applied",
            f"{programs[0]}-missing",
            f"{path} is a {what}, and {needed}, which renders it, is not on PATH",
            f"Install {needed}, or give the rendered manifests",
        )
    said = f"{' '.join(command[:2])}"
    try:
        ended = subprocess.run(
            command, capture_output=True, text=True, timeout=_TIMEOUT, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise failure(
            f"The {what} {path} cannot be applied", "manifest-invalid", f"{said} failed: {error}", f"Correct the {what}"
        ) from error
    if ended.returncode != 0:
        raise failure(
            f"The {what} {path} cannot be applied",
            "manifest-invalid",
            f"{said} ended with exit code {ended.returncode}: {' '.join(ended.stderr.split())}",
            f"Correct the {what}",
        )
    return ended.stdout
