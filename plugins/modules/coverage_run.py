#!/usr/bin/python

# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Begin and end the run of a service."""

from __future__ import annotations

DOCUMENTATION = r"""
module: coverage_run
short_description: Begin and end the run of a service
version_added: 0.1.0
description:
  - Begins a run. Makes its directories, ends what an interrupted run left behind, makes sure that it is the only one of its service there, and decides
    where the service will run.
  - Ends a run. Ends whatever of it still runs, and completes C(run.json).
  - Records a step that ran on another machine than the playbook. The action plugin of the steps does so by itself.
author:
  - The gocover.e2e authors (@gocover)
extends_documentation_fragment:
  - gocover.e2e.attributes
  - gocover.e2e.engine
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: none
    details: Each run is a new one.
options:
  service:
    description: Name of the service.
    type: str
    required: true
  state:
    description:
      - Whether a run begins (V(begun)), the last one goes on with its later steps (V(resumed)), or a run ends (V(ended)).
      - V(recorded) adds O(step) to C(run.json).
    type: str
    choices: [begun, resumed, recorded, ended]
    default: begun
  work:
    description: Directory in which the run works.
    type: path
    required: true
  results:
    description: Directory for its results. Required, except with O(state=recorded).
    type: path
  runtime:
    description:
      - Where the service is to run, a kind cluster (V(kind)), the cluster of a kubeconfig (V(cluster)), or this machine itself (V(process)).
      - V(auto) takes V(kind) if a container engine answers, the kind command exists and O(manifests) names manifests. Otherwise it takes V(process).
      - podman counts as an engine if its command is on PATH, since V(auto) can start C(podman system service).
    type: str
    choices: [auto, kind, cluster, process]
    default: auto
  manifests:
    description: The manifests of the service; without any it cannot run in a cluster.
    type: list
    elements: raw
    default: []
  mode:
    description: Who owns the cluster and the deployments.
    type: str
    default: managed
  covered_dependencies:
    description: Names of the dependencies whose coverage is collected too. A run that is resumed keeps those with which it began.
    type: list
    elements: str
    default: []
  error:
    description: With O(state=ended), why the run failed, if no step recorded it.
    type: str
  step:
    description:
      - With O(state=recorded), a step that has ended.
      - Its C(name), C(seconds) and C(changed), the C(sections) that it adds to C(run.json), and the C(error), if it failed.
    type: dict
  dependency:
    description: With O(state=recorded), the name of the dependency that the step is about, if it is not the service itself.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Begin
  gocover.e2e.coverage_run:
    service: notification
    work: /tmp/coverage/.work/notification
    results: /tmp/coverage/notification
"""

RETURN = r"""
run:
  description: The content of C(run.json).
  returned: success
  type: dict
diagnosis:
  description: Why it failed, each with C(cause), C(evidence) and C(remedy).
  returned: always
  type: list
  elements: dict
"""

import typing as t
from pathlib import Path

from ansible_collections.gocover.e2e.plugins.module_utils import _files
from ansible_collections.gocover.e2e.plugins.module_utils._engine.places import ENGINE_OPTIONS
from ansible_collections.gocover.e2e.plugins.module_utils._outcome import Outcome
from ansible_collections.gocover.e2e.plugins.module_utils._run import journal, lifecycle, runtime, step


def run(this: step.Step) -> Outcome:
    """Begin, resume or end the run, or record one of its steps."""
    state = this.params["state"]
    if state == "recorded":
        document = {} if this.check_mode else _record(this.params)
    elif state == "ended":
        document = _end(this)
    else:
        document = _begin(this, state)
    return Outcome(changed=False, result={"run": document, "ansible_facts": {"coverage_run": document}})


def _places(params: step.Params) -> lifecycle.Places:
    return lifecycle.Places(params["service"], Path(params["work"]), Path(params["results"]))


def _begin(this: step.Step, state: str) -> journal.Document:
    """Begin a run, or resume the last one; in check mode only what it would begin with."""
    params = this.params
    chosen = runtime.choose(params["runtime"], params["provider"], params["manifests"])
    if chosen.sentence:
        this.progress.note(chosen.sentence)
    head: journal.Head = {
        "mode": params["mode"],
        "covered_dependencies": params["covered_dependencies"],
        "runtime": chosen.name,
    }
    if this.check_mode:
        this.progress.note("check mode: nothing changes, and the results stay those of the last run")
        return t.cast("journal.Document", {"service": params["service"], **head, "failures": []})
    enter = lifecycle.begin if state == "begun" else lifecycle.resume
    return enter(_places(params), this.playbook_pid, head)


def _end(this: step.Step) -> journal.Document:
    if this.check_mode:
        return {"service": this.params["service"], "failures": []}
    return lifecycle.end(_places(this.params), this.params["error"], this.playbook_pid)


def _record(params: step.Params) -> journal.Document:
    path = Path(params["work"]) / lifecycle.JOURNAL
    try:
        return journal.record_step(path, t.cast(journal.StepRecord, params["step"]), params["dependency"])
    except OSError as error:
        raise _files.unwritable(path, error) from error


MODULE = step.Module(
    "run",
    {
        "service": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["begun", "resumed", "recorded", "ended"], "default": "begun"},
        "work": {"type": "path", "required": True},
        "results": {"type": "path"},
        "runtime": {"type": "str", "choices": ["auto", "kind", "cluster", "process"], "default": "auto"},
        **ENGINE_OPTIONS,
        "manifests": {"type": "list", "elements": "raw", "default": []},
        "mode": {"type": "str", "default": "managed"},
        "covered_dependencies": {"type": "list", "elements": "str", "default": []},
        "error": {"type": "str"},
        "step": {"type": "dict"},
        "dependency": {"type": "str", "default": ""},
    },
    run,
    recorded=False,
    required_if=[
        *(("state", state, ("results",)) for state in ("begun", "resumed", "ended")),
        ("state", "recorded", ("step",)),
    ],
)

main = MODULE.main

if __name__ == "__main__":
    main()
