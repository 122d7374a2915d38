# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job, warm, side by side with the manual procedure (manual-*.sh): same numbers, what it adds, and the ratio.

usage: python tests/bench/main_job.py kind|process [ROUNDS]
GOCOVER_BENCH_CLUSTER names a cluster that is there already and stays.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
PLAYBOOK = Path(sys.executable).parent / "ansible-playbook"
SERVICE = "notification"


def timed(command: Sequence[str | Path], env: Mapping[str, str]) -> float:
    """Run a command that has to succeed; returns the seconds that it took."""
    begun = time.monotonic()
    ran = subprocess.run(command, cwd=CHECKOUT, env={**os.environ, **env}, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - begun
    if ran.returncode != 0:
        sys.exit(f"{ran.stdout}{ran.stderr}")
    return seconds


class Comparison:
    """Runs of both in turn, in one place and, with ``cluster``, in one cluster."""

    def __init__(self, place: Path, cluster: str | None) -> None:
        self._ours, self._theirs = place / "ours", place / "theirs"
        self._cluster = cluster

    def playbook(self, name: str = "coverage", **variables: str) -> float:
        """Seconds of a playbook of the collection."""
        settings = {"service": SERVICE, "coverage_dir": str(self._ours), "coverage_runtime": "process", **variables}
        if self._cluster:
            settings |= {"coverage_runtime": "kind", "service_cluster": self._cluster}
            if image := os.environ.get("GOCOVER_LAB_NODE_IMAGE"):
                settings["coverage_node_image"] = image
        return timed([PLAYBOOK, f"gocover.e2e.{name}", "-e", json.dumps(settings)], {})

    def manual(self) -> float:
        """Seconds of the manual procedure."""
        scripts = CHECKOUT / "tests" / "bench"
        if not self._cluster:
            return timed([scripts / "manual-process.sh", self._theirs], {})
        run = json.loads((self._ours / SERVICE / "run.json").read_text(encoding="utf-8"))["cluster"]
        env = {"E2E_CALLBACK_HOST": run["host_address"]}
        return timed([scripts / "manual-kind.sh", self._cluster, run["kubeconfig"], self._theirs], env)

    def percents(self) -> tuple[str, str]:
        """The total, as each of them says it."""
        summary = json.loads((self._ours / SERVICE / "summary.json").read_text(encoding="utf-8"))
        total = (self._theirs / "functions.txt").read_text(encoding="utf-8").splitlines()[-1]
        return f"{summary['statements']['percent']:.1f}%", total.split()[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description="The main job, side by side with the manual procedure.")
    parser.add_argument("runtime", choices=["kind", "process"])
    parser.add_argument("rounds", type=int, nargs="?", default=3)
    arguments = parser.parse_args()
    given = os.environ.get("GOCOVER_BENCH_CLUSTER")
    cluster = (given or "gocover-bench") if arguments.runtime == "kind" else None
    with tempfile.TemporaryDirectory(prefix="gocover-bench-") as temporary:
        both = Comparison(Path(temporary), cluster)
        print(f"gocover.e2e, before anything is warm: {both.playbook():.1f} s")
        both.manual()
        print(f"{'ROUND':10} {'GOCOVER.E2E':>12} {'BY HAND':>10} {'ADDED':>8} {'RATIO':>7}")
        pairs = []
        for number in range(arguments.rounds):
            ours, theirs = both.playbook(), both.manual()
            pairs.append((ours, theirs))
            print(f"{number + 1:<10} {ours:10.1f} s {theirs:8.1f} s {ours - theirs:6.1f} s {ours / theirs:7.2f}")
        added = statistics.median(ours - theirs for ours, theirs in pairs)
        ratio = statistics.median(ours / theirs for ours, theirs in pairs)
        print(f"{'median':10} {'':12} {'':10} {added:6.1f} s {ratio:7.2f}")
        ours_say, theirs_say = both.percents()
        print(f"total: {ours_say} and {theirs_say}")
        if cluster and not given:
            both.playbook("cluster", cluster="down")
        if ours_say != theirs_say and not cluster:
            sys.exit("the numbers differ")


if __name__ == "__main__":
    main()
