# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The directory of one wrapped command: shims, requests, and the coverage files as they come.

It lies outside of the user's checkout: the command may send the checkout to an engine as a build context, and a context
must not change while it is sent.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .. import _files

_SHARED = 0o1777


@dataclass(frozen=True)
class Session:
    """The places of a session below its ``directory``."""

    directory: Path

    @property
    def bin(self) -> Path:
        """The shims; first on PATH."""
        return self.directory / "bin"

    @property
    def requests(self) -> Path:
        """What shims ask for: a directory for each request, and a file for each answer."""
        return self.directory / "requests"

    @property
    def covdata(self) -> Path:
        """Where programs on this machine write; every user may."""
        return self.directory / "covdata"

    @property
    def nodes(self) -> Path:
        """An entry for each node that is set up for coverage."""
        return self.directory / "nodes"

    @property
    def fetched(self) -> Path:
        """A directory of coverage files for each time that a node was collected from."""
        return self.directory / "fetched"

    @property
    def dockerfiles(self) -> Path:
        """Derived Dockerfiles."""
        return self.directory / "dockerfiles"

    @property
    def calls(self) -> Path:
        """A line for each call that a shim has changed."""
        return self.directory / "calls"

    @property
    def log(self) -> Path:
        """The whole output of the command."""
        return self.directory / "tests.log"

    @property
    def with_path(self) -> Path:
        """The executable that go test and go run start programs with."""
        return self.directory / "with-path"

    @property
    def collect(self) -> Path:
        """The executable of GOCOVER_COLLECT."""
        return self.directory / "collect"


def make() -> Session:
    """Make the directory of a new session. Raises Failure."""
    parent = Path(tempfile.gettempdir())
    try:
        # Blanks and quotes come out right in the shims, but a colon would end the entry of PATH.
        if ":" in str(parent):
            parent = Path("/tmp")
        session = Session(Path(tempfile.mkdtemp(prefix="gocover-wrap-", dir=parent)))
        # Others may pass, for what they are to write, and see neither command lines nor output.
        session.directory.chmod(0o711)
        for directory in (session.bin, session.nodes, session.fetched, session.dockerfiles, session.covdata):
            directory.mkdir()
        session.covdata.chmod(_SHARED)
        # Shims do what an answer says: nobody else may put one there.
        session.requests.mkdir(mode=0o700)
        for private in (session.calls, session.log):
            private.touch(mode=0o600)
    except OSError as error:
        raise _files.unwritable(parent, error) from error
    return session


def remove(session: Session) -> None:
    """Remove what is left of it."""
    shutil.rmtree(session.directory, ignore_errors=True)
