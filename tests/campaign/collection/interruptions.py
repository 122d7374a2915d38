# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of the campaign: the playbook gets SIGINT at each of its steps, and is run again."""

from __future__ import annotations

import os
import signal
import subprocess
import threading

from stage import Seen, Stage, expect, row, wait_for

from shared import TestCluster  # isort: skip
from test_main_job import Sample  # isort: skip

_STEPS = (
    "Make the directory for coverage data on every node",
    "Apply the manifests of the service",
    "Let the service write its coverage data",
    "Wait until the service is ready",
    "Run the end-to-end tests",
    "Shut down gracefully",
    "Collect the coverage data from every node",
    "Report",
)


def interrupted_at(stage: Stage, task: str, number: signal.Signals) -> Seen:
    """SIGINT as soon as a task has begun; then the playbook again, which has to find everything as it should be."""
    directory = stage.work / stage.name
    directory.mkdir(exist_ok=True)
    cluster = TestCluster(stage.cluster, stage.kubeconfig, stage.nodes)
    job = Sample(cluster, os.environ.get("GOCOVER_LAB_NODE_IMAGE", ""), directory, directory / "hosts.json")
    job.describe(service_namespace="sample-e2e")
    # Its banners say which task has begun.
    os.environ["ANSIBLE_STDOUT_CALLBACK"] = "ansible.builtin.default"
    process = job.start("sample")
    reached, output = threading.Event(), []

    def read(process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            output.append(line)
            if line.startswith("TASK [") and task in line:
                reached.set()

    reader = threading.Thread(target=read, args=(process,))
    reader.start()
    try:
        wait_for(f"the task {task}", lambda: reached.is_set() or process.poll() is not None, 180)
        expect(reached.is_set(), f"no task {task}: {''.join(output)[-2000:]}")
        if number == signal.SIGKILL:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        process.wait(timeout=120)
        reader.join()
        expect(process.returncode != 0, "it ended well in spite of the signal")
        expect("Traceback" not in "".join(output), "".join(output)[-2000:])
        rc, said = job.run("sample")
        expect(rc == 0, f"the second run failed: {said[-1500:]}")
        summary = job.document("sample", "summary.json")
        found = (summary["meta_files"], summary["counter_files"])
        expect(found == (1, 1), f"(meta, counter) files are {found}")
        expect(job.is_as_applied("sample"), "the workload is not as it was applied")
        left = job.node_directories()
        expect(not left, f"left on the node: {left}")
    finally:
        job.kubectl("delete", "namespace", "sample-e2e", "--ignore-not-found", "--wait=true")
    return Seen([], "the second run passes with the counters of its own pod, nothing is left", files=found[1])


def _enter(task: str, number: signal.Signals) -> None:
    @row(f"{number.name} to the playbook at '{task}', and again")
    def interrupted(stage: Stage) -> Seen:
        return interrupted_at(stage, task, number)


for _task in _STEPS:
    _enter(_task, signal.SIGINT)
for _task in ("Wait until the service is ready", "Shut down gracefully"):
    _enter(_task, signal.SIGKILL)
