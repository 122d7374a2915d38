#!/usr/bin/python

# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Collect the coverage data of a service."""

from __future__ import annotations

DOCUMENTATION = r"""
module: covdata_collect
short_description: Collect the coverage data of a service
version_added: 0.1.0
description:
  - Copies the files that instrumented programs wrote into one directory, and checks each file.
  - The new files replace those of the previous run only when all of them are complete.
  - Fails with the cause if no program has left counters.
  - The programs ran on this machine, or in pods on the nodes of a kind cluster.
  - Also creates the directory before the programs start, and removes it afterwards.
author:
  - The gocover.e2e authors (@gocover)
extends_documentation_fragment:
  - gocover.e2e.attributes
  - gocover.e2e.engine
attributes:
  check_mode:
    support: partial
    details: Without coverage data, check mode predicts a change, since a run in check mode starts no program. The real run fails then.
  diff_mode:
    support: none
  idempotent:
    support: partial
    details: With O(remove=true) a second call finds no data and fails.
options:
  state:
    description:
      - V(collected) copies the files to O(dest).
      - V(prepared) creates O(node_path) without coverage files, with mode 1777, so that pods of any user can write there.
      - V(prepared) with O(main) removes only the counters of these programs, since other programs write there too.
      - V(removed) removes the coverage files, and the directory if it is empty then.
    type: str
    choices: [collected, prepared, removed]
    default: collected
  node_path:
    description: The directory to which the programs write, on each node or on this machine.
    type: path
    required: true
  uncollected:
    description:
      - Directory of this machine for counters that nobody has collected. They are brought there before O(node_path) is removed or made anew.
      - Where that fails, on a full disk say, they stay on the nodes, with a warning.
      - Without it, what is there is discarded.
    type: path
  previous_runs:
    description:
      - With O(uncollected), whether the directories of previous runs beside O(node_path) go too.
      - A run is known by its name. One whose playbook still runs keeps its directory.
    type: bool
    default: false
  dest:
    description: The directory for the files. Its previous content is replaced as a whole. Required for O(state=collected).
    type: path
  cluster:
    description: Name of the kind cluster whose nodes hold the data. Without it, this machine holds the data.
    type: str
  pods:
    description:
      - How the programs ended, as M(gocover.e2e.graceful_shutdown) and M(gocover.e2e.service_process) return it.
      - The causes of missing counters follow from it.
    type: list
    elements: dict
    default: []
  main:
    description:
      - Collect only the files of programs with these main packages, given as import paths.
      - Set it where several programs write to one directory.
      - A program without a main package of its own (built from file names, or excluded by C(-coverpkg)) is identified by O(executable).
      - Fails with C(mixed-binaries) if the programs cannot be told apart.
    type: list
    elements: str
    default: []
  executable:
    description: Names of the executables that wrote the files. The default is the last part of each import path in O(main).
    type: list
    elements: str
    default: []
  image:
    description:
      - The image that the pods ran, as the container engine has it. It is read if counters are missing.
      - It shows whether the program is instrumented and whether a wrapper starts it.
      - If counters have no meta-data file, the program runs briefly in an isolated container to recreate it.
    type: str
    default: ""
  mount_path:
    description:
      - The path of O(node_path) in every container, if M(gocover.e2e.node_coverage) set up the nodes.
      - With it, O(pods) with a E(GOCOVERDIR) of their own are found.
    type: path
  remove:
    description:
      - Delete the collected files from O(node_path), and the directory if it is empty then.
      - With O(main), only counters are deleted, since a program that still runs needs its meta-data file.
    type: bool
    default: false
  lost_counters:
    description:
      - What happens if some of O(pods) have certainly left no counters. With V(fail) it fails with C(counters-lost), after all files are in O(dest).
      - Without a single counter it fails in any case.
    type: str
    choices: [fail, warn]
    default: warn
  keep_arguments:
    description:
      - Keep the command lines in the counter files.
      - Go writes the command line of a program there, with any secret in it. By default only the program's name is kept.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Collect from every node of a cluster
  gocover.e2e.covdata_collect:
    cluster: e2e
    node_path: /var/lib/gocover/notification
    dest: /tmp/coverage/notification/covdata

- name: Collect what gateway wrote into a directory that all services share
  gocover.e2e.covdata_collect:
    cluster: e2e
    node_path: /coverdata
    main: [example.com/shop/cmd/gateway]
    dest: /tmp/coverage/gateway/covdata

- name: Collect from this machine
  gocover.e2e.covdata_collect:
    node_path: /tmp/covdata
    dest: /tmp/coverage/notification/covdata
"""

RETURN = r"""
meta_files:
  description: Number of covmeta files, one for each build that ran.
  returned: when collected
  type: int
counter_files:
  description: Number of covcounters files, one for each process that wrote its counters.
  returned: success
  type: int
bytes:
  description: Size of all files.
  returned: success
  type: int
nodes:
  description: Number of files from each node.
  returned: success
  type: dict
  sample: {ci-1: 2}
binaries:
  description:
    - The builds that wrote the data, each with C(hash), C(main) (import path of its main package), C(counter_files) and C(programs) (the names
      under which it ran).
  returned: success
  type: list
  elements: dict
others:
  description: The builds whose files were left in O(node_path), because neither O(main) nor O(executable) names them.
  returned: success
  type: list
  elements: dict
processes:
  description: How many of O(pods) ran their program (C(ended)), and how many of these left their counters (C(counted)).
  returned: success
  type: dict
  sample: {ended: 3, counted: 2}
verdicts:
  description: For each of O(pods) whether its counters were collected, and the causes if they were not.
  returned: success
  type: list
  elements: dict
  sample: [{name: datastorage-7d4b-x, node: gocover-worker, exit_code: 137, counters: false, causes: [killed-before-exit]}]
diagnosis:
  description: The causes of a failure or of missing counters, each with C(cause), C(evidence) and C(remedy).
  returned: always
  type: list
  elements: dict
"""

import os

from ansible_collections.gocover.e2e.plugins.module_utils._collect.collecting import CollectOptions, manage_covdata
from ansible_collections.gocover.e2e.plugins.module_utils._collect.directories import LocalDirectory, NodeDirectories
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._engine.connect import connect
from ansible_collections.gocover.e2e.plugins.module_utils._engine.places import ENGINE_OPTIONS
from ansible_collections.gocover.e2e.plugins.module_utils._outcome import Outcome, options
from ansible_collections.gocover.e2e.plugins.module_utils._process.holder import this_holder
from ansible_collections.gocover.e2e.plugins.module_utils._run import step


def run(this: step.Step) -> Outcome:
    """Prepare the directory, collect its files, or remove it."""
    wanted, cluster = options(CollectOptions, this.params), this.params["cluster"]
    try:
        if cluster:
            directory = NodeDirectories(connect(this.params["provider"]), cluster, wanted.node_path)
            holder = this_holder(this.playbook_pid, os.getcwd())
            mark = holder.text() if holder is not None else ""
            return manage_covdata(wanted, directory, this.progress, this.check_mode, mark)
        return manage_covdata(wanted, LocalDirectory(wanted.node_path), this.progress, this.check_mode)
    except Failure as error:
        # A run collects the data of a service and of its dependencies: the message names the dependency.
        if this.dependency:
            error.summary = f"Dependency {this.dependency}: {error.summary}"
        raise


#: The name of the step in run.json, by O(state).
_STEPS = {"collected": "collect", "prepared": "prepare", "removed": "restore nodes"}

MODULE = step.Module(
    "collect",
    {
        "state": {"type": "str", "choices": ["collected", "prepared", "removed"], "default": "collected"},
        "node_path": {"type": "path", "required": True},
        "uncollected": {"type": "path"},
        "previous_runs": {"type": "bool", "default": False},
        "dest": {"type": "path"},
        "cluster": {"type": "str"},
        **ENGINE_OPTIONS,
        "pods": {"type": "list", "elements": "dict", "default": []},
        "main": {"type": "list", "elements": "str", "default": []},
        "executable": {"type": "list", "elements": "str", "default": []},
        "image": {"type": "str", "default": ""},
        "mount_path": {"type": "path"},
        "remove": {"type": "bool", "default": False},
        "lost_counters": {"type": "str", "choices": ["fail", "warn"], "default": "warn"},
        "keep_arguments": {"type": "bool", "default": False},
    },
    run,
    step_name=lambda params: _STEPS[params["state"]],
    required_if=[("state", "collected", ("dest",))],
)

main = MODULE.main

if __name__ == "__main__":
    main()
