# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The step of the module repository_init: look, say what was found, and write the files that are missing."""

from __future__ import annotations

import textwrap
import typing as t
from dataclasses import asdict
from pathlib import Path

from .. import _files
from .._diagnosis import failure
from .._outcome import Outcome
from .files import Change, changes
from .proposal import CI_FILES, Proposal, propose
from .repository import Repository

if t.TYPE_CHECKING:
    from .._run.progress import Progress
    from .._run.step import Step


#: Columns of a sentence, so that it fits into a terminal of 80 with its indentation.
_WIDTH = 68


def init(this: Step) -> Outcome:
    """Write what the repository lacks. Raises Failure for a directory without a Go program."""
    root = Path(this.params["directory"])
    if not root.is_dir():
        raise failure(
            f"There is no repository {root}",
            "source-missing",
            f"{root} is not a directory",
            "Stand in your repository, or name it with -e directory=PATH",
        )
    repository = Repository(root)
    proposal = propose(repository)
    planned = changes(repository, proposal, this.params["ci"] or "")
    _say_what_was_found(proposal, this.progress)
    for change in planned:
        if change.changed and not this.check_mode:
            _write(root, change)
        _say_what_was_done(change, this.check_mode, this.progress)
    _say_what_is_next(repository, proposal, planned, this)
    return Outcome(
        changed=any(change.changed for change in planned),
        result={
            "services": [asdict(service) for service in proposal.services],
            "files": [{"name": change.name, "changed": change.changed, "lacks": change.lacks} for change in planned],
            "wrap": proposal.wrap,
        },
        diff=[
            {
                "before_header": change.name,
                "after_header": change.name,
                "before": change.before or "",
                "after": change.after,
            }
            for change in planned
            if change.changed
        ],
    )


def _write(root: Path, change: Change) -> None:
    path = root / change.name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _files.write_file(path, change.after.encode("utf-8", errors="surrogateescape"))
    except OSError as error:
        raise failure(
            f"{path} cannot be written",
            "results-unwritable",
            f"Writing there failed with: {error.strerror}",
            "Make the repository writable for this user, or free some space",
        ) from error


def _say_what_was_found(proposal: Proposal, progress: Progress) -> None:
    for note in proposal.notes:
        progress.text(f"found    {note}")
    for service in proposal.services:
        progress.text(f"service  {service.name}: {service.reason}")
        for setting in service.settings:
            progress.text(f"           service_{setting.name}: {_shown(setting.value)}  ({setting.reason})")
        for note in service.notes:
            # What is indented is code.
            for line in [note] if note.startswith(" ") else textwrap.wrap(note, _WIDTH, break_on_hyphens=False):
                progress.text(f"           {line}")


def _say_what_was_done(change: Change, check_mode: bool, progress: Progress) -> None:
    if change.changed:
        done = "added to" if change.before is not None else "created"
        progress.text(f"would be {done} {change.name}" if check_mode else f"{done:8} {change.name}")
    elif change.lacks:
        first, *rest = change.lacks.split("\n")
        progress.text(f"kept     {change.name}: {first}")
        for line in rest:
            progress.text(f"         {line}")
    else:
        progress.text(f"kept     {change.name}")


def _say_what_is_next(repository: Repository, proposal: Proposal, planned: t.Sequence[Change], this: Step) -> None:
    if proposal.wrap:
        this.progress.text(f"next     ansible-playbook gocover.e2e.wrap -e run='{proposal.wrap}'")
    elif not this.check_mode:
        playbook = next(change for change in planned if change.name == "coverage.yml")
        name = "gocover.e2e.coverage" if playbook.lacks else playbook.name
        lacks = any(change.lacks for change in planned if change.name == "ansible.cfg")
        inventory = f" -i {planned[0].name}" if lacks else ""
        this.progress.text(f"next     ansible-playbook {name}{inventory}")
    if proposal.ci and not this.params["ci"]:
        this.progress.text(
            f"ask for  a CI job with -e ci={proposal.ci}, since the repository has {CI_FILES[proposal.ci]}"
        )


def _shown(value: t.Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
