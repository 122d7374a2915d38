# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults against shutdown and collection on a real cluster of three nodes; writes results.md beside this file.

usage: python tests/campaign/collection [WORD ...]; with words, only the rows whose titles hold one, and no page.
GOCOVER_CAMPAIGN_CLUSTER names a cluster of three nodes that is there already and stays.
"""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
import time
import traceback
import typing as t
from pathlib import Path

from stage import ROWS, Seen, Stage, Unexpected, build_images, remove_images  # isort: skip  # first: tests/kind

from ansible_collections.gocover.e2e.plugins.module_utils._engine.connect import connect as connect_engine
from ansible_collections.gocover.e2e.plugins.module_utils._kind import cluster as clusters
from ansible_collections.gocover.e2e.plugins.module_utils._kind.nodes import nodes_of
from ansible_collections.gocover.e2e.plugins.module_utils._kube.client import connect
from ansible_collections.gocover.e2e.plugins.module_utils._run.progress import Progress

#: Each of them enters its rows into the table.
for _name in ("files", "endings", "shutdowns", "interruptions"):
    importlib.import_module(_name)

PAGE = Path(__file__).resolve().parent / "results.md"
_CONFIG: dict[str, t.Any] = {"nodes": [{"role": "control-plane"}, {"role": "worker"}, {"role": "worker"}]}
_INTRODUCTION = """# Campaign: shutdown and collection

Written by `python tests/campaign/collection`, on a kind cluster of three nodes. Each row deploys a small service, lets
its pods count requests, does its fault, and then shuts down and collects by the same code as the modules; rows with
SIGINT run the playbook. Wherever counters were written, the sum of all of them has to be the number of requests that
were sent to pods that ended well: fewer would be lost, more counted twice. Each time the profile made from them has
to equal that of `go tool covdata textfmt`. A row that does not come out so says it in bold.

| fault | causes named | requests counted / sent | counter files | what was seen | seconds |
|---|---|---|---|---|---|
"""


def main() -> int:
    """Run the rows; 0 if all came out as they should."""
    words = sys.argv[1:]
    # What takes a node down comes last: it takes a while until all is well again.
    ordered = sorted(ROWS, key=lambda entry: "node container" in entry[0])
    rows = [entry for entry in ordered if not words or any(word in entry[0] for word in words)]
    engine = connect_engine("auto")
    given = os.environ.get("GOCOVER_CAMPAIGN_CLUSTER")
    lines, failed = [], 0
    with tempfile.TemporaryDirectory(prefix="gocover-campaign-") as temporary:
        work = Path(temporary)
        spec = clusters.ClusterSpec(
            name=given or "gocover-campaign",
            kubeconfig=work / "kubeconfig",
            state=clusters.state_directory(),
            image=os.environ.get("GOCOVER_LAB_NODE_IMAGE", ""),
            config={} if given else _CONFIG,
        )
        clusters.ensure_present(engine, spec, Progress(None))
        stage = Stage(
            engine, spec.name, connect(str(spec.kubeconfig), None), spec.kubeconfig, nodes_of(engine, spec.name), work
        )
        images: list[str] = []
        try:
            images = build_images(stage)
            for number, (title, function) in enumerate(rows, 1):
                stage.name = f"campaign-{os.getpid()}-{number}"
                line, good = play(stage, title, function)
                print(line, flush=True)
                lines.append(line)
                failed += not good
        finally:
            remove_images(engine, images)
            if not given:
                clusters.ensure_absent(engine, spec, Progress(None))
    print(f"{len(rows) - failed} of {len(rows)} rows as they should be")
    if not words:
        PAGE.write_text(_INTRODUCTION + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return 1 if failed else 0


def play(stage: Stage, title: str, function: object) -> tuple[str, bool]:
    """One row: its line of the table, and whether it came out as it should."""
    begun = time.monotonic()
    try:
        stage.open()
        seen, good = function(stage), True  # type: ignore[operator]
    except Unexpected as error:
        seen, good = Seen([], f"**not as it should be**: {error}"), False
    except Exception as error:
        traceback.print_exc()
        seen, good = Seen([], f"**broken**: {type(error).__name__}: {error}"), False
    finally:
        stage.close()
    causes = ", ".join(f"`{cause}`" for cause in seen.causes) or "-"
    numbers = "-" if seen.sent is None else f"{seen.counted:,} / {seen.sent:,}"
    found = "-" if seen.files is None else f"{seen.files:,}"
    note = " ".join(seen.note.split()).replace("|", "/")
    return f"| {title} | {causes} | {numbers} | {found} | {note} | {time.monotonic() - begun:.0f} |", good


if __name__ == "__main__":
    sys.exit(main())
