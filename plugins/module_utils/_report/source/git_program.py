# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program git, asked so that a user's settings cannot change its answer, and why it refuses to answer.

Settings come from files, from the environment and from attributes. Options override those that have an option; the
others are overridden by ``-c``. Programs that a repository may name (filters, hooks, monitors) are never started.
"""

from __future__ import annotations

import os
import re
import subprocess
import typing as t

from ..._diagnosis import Failure, failure

_TIMEOUT = 120  # seconds; the largest of histories are read in a few
_SETTINGS = (
    "core.quotePath=false",
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.safecrlf=false",
    "diff.noprefix=false",
    "diff.mnemonicPrefix=false",
    "diff.relative=false",
)
#: What git may need to fetch objects that a partial clone lacks. Any other GIT_* may redirect or reword an answer.
_OF_TRANSPORT = ("GIT_SSH", "GIT_SSL", "GIT_ASKPASS", "GIT_PROXY", "GIT_HTTP_")
_FILTERS = r"^filter\..*\.(clean|process|required)$"


class Refused(Exception):
    """git ended with another status than 0; ``status`` is that, ``message`` what it wrote to stderr."""

    def __init__(self, arguments: t.Sequence[str], status: int, message: str) -> None:
        super().__init__(f"git {arguments[0]} ended with {status}")
        self.status = status
        self.message = message

    @property
    def evidence(self) -> str:
        """What git says, without the lines that explain or advise."""
        lines = [line.strip() for line in self.message.splitlines() if line.strip()]
        telling = [line for line in lines if line.startswith(("fatal: ", "error: "))] or lines
        return f"{self}: {telling[-1]}" if telling else str(self)


class _Refusal(t.NamedTuple):
    pattern: str
    cause: str
    remedy: str


#: The first pattern that is found in git's message decides; ``{top}`` is the top of the repository.
REFUSALS = (
    _Refusal(
        "dubious ownership|unsafe repository",
        "git-ownership",
        "Let the checkout belong to this user, or run git config --global --add safe.directory {top}",
    ),
    _Refusal(
        r"not a git repository: ",
        "git-link-broken",
        "Make the main repository available at that path, or run git worktree repair or git submodule update --init",
    ),
    _Refusal(
        "not a git repository",
        "git-repository-missing",
        "Give service_repo a directory inside a git repository, or leave service_changed_since empty",
    ),
    _Refusal(
        "must be run in a work tree",
        "git-repository-bare",
        "Run git config core.bare false in {top}, or check the repository out",
    ),
    _Refusal(
        "promisor|could not fetch|lazy fetch|unable to read|missing (?:blob|tree|object)|bad object|is corrupt"
        "|not a valid object|could not read from remote|unable to access",
        "git-objects-missing",
        "Run git fetch --refetch origin in {top} while its remote can be reached; a partial clone lacks old content",
    ),
    _Refusal(
        "bad (?:numeric |boolean )?config|unknown repository extension|expected git repo version",
        "git-config-invalid",
        "Correct the setting that git names, or update git",
    ),
    _Refusal(
        "index file|bad index|bad signature",
        "git-index-damaged",
        "Remove the file index of the repository and run git reset in {top}",
    ),
    _Refusal("permission denied", "git-unreadable", "Let this user read {top} and its directory .git"),
    _Refusal(
        "unknown option|unrecognized argument|invalid option|usage: git",
        "git-outdated",
        "Update git on the machine of the service to 2.24 or later",
    ),
)


def top_level(directory: str) -> str | None:
    """The directory of the repository that ``directory`` is in, found without git; None where it is in none."""
    place = os.path.realpath(directory)
    while True:
        link = os.path.join(place, ".git")
        if os.path.isfile(link) or os.path.lexists(os.path.join(link, "HEAD")):
            return place
        above = os.path.dirname(place)
        if above == place:
            return None
        place = above


def ask(directory: str, *arguments: str, settings: t.Sequence[str] = ()) -> bytes:
    """What git prints. Raises Refused where it refuses, Failure where it cannot be asked at all."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name.startswith(_OF_TRANSPORT)
    }
    environment |= {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_PAGER": "cat"}
    # Whoever names the directory as the source trusts it: its code is built and run. Nothing else in it is started.
    trusted = f"safe.directory={top_level(directory) or directory}"
    options = [word for setting in (*_SETTINGS, trusted, *settings) for word in ("-c", setting)]
    try:
        answer = subprocess.run(
            ["git", *options, *arguments],
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_TIMEOUT,
        )
    except FileNotFoundError as error:
        if not os.path.isdir(directory):
            raise _unanswered(directory, arguments, error) from error
        raise failure(
            f"git cannot read {directory}",
            "git-missing",
            f"The program git is not on PATH ({environment.get('PATH', '')})",
            "Install git on the machine of the service, or leave out what needs it",
        ) from error
    except subprocess.TimeoutExpired as error:
        raise failure(
            f"git did not answer about {directory}",
            "git-timeout",
            f"git {arguments[0]} took longer than {_TIMEOUT} seconds",
            "Run git gc in the repository, or fetch what a partial clone lacks with git fetch --refetch origin",
        ) from error
    except OSError as error:
        raise _unanswered(directory, arguments, error) from error
    if answer.returncode:
        raise Refused(arguments, answer.returncode, answer.stderr.decode("utf-8", "replace"))
    return answer.stdout


def without_filters(directory: str) -> list[str]:
    """Settings that switch off the filters of the user and the repository: content is then compared as it is."""
    try:
        listed = ask(directory, "config", "-z", "--name-only", "--get-regexp", _FILTERS)
    except Refused as refused:
        if refused.status == 1:  # no such setting
            return []
        raise
    names = {name.rpartition(".")[0] for name in os.fsdecode(listed).split("\0") if name and "=" not in name}
    return [
        f"{name}.{setting}" for name in sorted(names) for setting in ("clean=", "smudge=", "process=", "required=false")
    ]


def explained(directory: str, refused: Refused, summary: str) -> Failure:
    """The failure for a question that git refused to answer."""
    top = top_level(directory) or directory
    message = refused.message.lower()
    for pattern, cause, remedy in REFUSALS:
        if re.search(pattern, message):
            return failure(summary, cause, f"In {directory}, {refused.evidence}", remedy.format(top=top))
    return failure(
        summary,
        "git-failed",
        f"In {directory}, {refused.evidence}",
        "Run git status and git fsck there, and correct what they report",
    )


def _unanswered(directory: str, arguments: t.Sequence[str], error: OSError) -> Failure:
    return failure(
        f"git cannot read {directory}",
        "git-failed",
        f"git {arguments[0]}: {error}",
        "Let this user read that directory and run git there",
    )
