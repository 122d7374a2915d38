#!/usr/bin/python

# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring the coverage data of a service together."""

from __future__ import annotations

DOCUMENTATION = r"""
module: covdata_collect
short_description: Bring the coverage data of a service together
version_added: 0.1.0
description:
  - Brings the files that instrumented programs wrote into one directory, checks each of them, and only then puts them in place of those of the run before.
  - Says why, if there is not a single counter among them.
  - The programs ran on this machine, or in pods on the nodes of a kind cluster; there it also makes the directory before they start, and takes it away again.
author:
  - The gocover.e2e authors (@gocover)
extends_documentation_fragment:
  - gocover.e2e.attributes
  - gocover.e2e.engine
attributes:
  check_mode:
    support: full
    details: In check mode nothing is brought.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  state:
    description:
      - With V(collected) the files are brought.
      - With V(prepared) the directory is made, empty and writable for the user of any pod (mode 1777), so that no pod needs another user for it.
      - With V(prepared) and O(main), only the counters of these programs go from it, since other programs write there too.
      - With V(removed) it is taken away, as far as nothing else lies in it.
    type: str
    choices: [collected, prepared, removed]
    default: collected
  node_path:
    description: The directory to which the programs write, on each node or on this machine.
    type: path
    required: true
  former:
    description: Directories of earlier runs, which were killed and could not take them away; they go as O(node_path) is prepared.
    type: list
    elements: path
    default: []
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
    description: The directory for the files; what was there before is replaced as a whole. Needed to collect.
    type: path
  cluster:
    description: Name of the kind cluster on whose nodes the data is. Without it, the data is on this machine.
    type: str
  pods:
    description: How the programs ended, as M(gocover.e2e.graceful_shutdown) and M(gocover.e2e.service_process) return it. It tells why counters are missing.
    type: list
    elements: dict
    default: []
  main:
    description:
      - Take only the files of programs with these main packages, as import paths, from a directory that several programs share.
      - Programs that were built by file names (C(command-line-arguments)) or without their main package in C(-coverpkg) are known by
        O(executable) instead. Where that does not tell them apart, it fails with C(mixed-binaries).
    type: list
    elements: str
    default: []
  executable:
    description: Names of the executables that wrote the files. If empty, the last part of each import path in O(main).
    type: list
    elements: str
    default: []
  image:
    description:
      - The image that the pods ran, as the container engine has it. It is asked where something is missing.
      - It tells whether its program is instrumented at all and whether a wrapper starts it. From counters that have lost their meta-data
        the program is started for a moment, without network or rights, since it writes its meta-data before anything else.
    type: str
    default: ""
  mount_path:
    description:
      - Where every container sees O(node_path), if the nodes give it to them (M(gocover.e2e.node_coverage)).
      - It tells which of O(pods) had a E(GOCOVERDIR) of their own.
    type: path
  remove:
    description:
      - Whether to remove there what is here, and the directory if nothing else is left in it.
      - From a directory that programs share only the counters of those that are meant are removed, since a program that still runs needs its
        meta-data.
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
      - Go writes the command line of a program into its counter files, secrets on it included. By default all of it but the name of the program is blanked.
      - With V(true) it is kept.
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
  description: How many covmeta files there are, which is how many different builds ran.
  returned: when collected
  type: int
counter_files:
  description: How many covcounters files there are, which is how many processes ended well.
  returned: success
  type: int
bytes:
  description: The size of all of them.
  returned: success
  type: int
nodes:
  description: From where how many files came.
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
  description: The builds whose files were left where they are, since O(main) and O(executable) mean another.
  returned: success
  type: list
  elements: dict
processes:
  description: How many of O(pods) ran their program (C(ended)), and how many of these left their counters (C(counted)).
  returned: success
  type: dict
  sample: {ended: 3, counted: 2}
verdicts:
  description: For each of O(pods) whether its counters came, and if not, the causes.
  returned: success
  type: list
  elements: dict
  sample: [{name: datastorage-7d4b-x, node: gocover-worker, exit_code: 137, counters: false, causes: [killed-before-exit]}]
diagnosis:
  description: Why it failed, or why counters of some pods are missing, each with C(cause), C(evidence) and C(remedy).
  returned: always
  type: list
  elements: dict
"""

import os

from ansible_collections.gocover.e2e.plugins.module_utils._collect.collecting import CollectOptions, manage_covdata
from ansible_collections.gocover.e2e.plugins.module_utils._collect.directories import LocalDirectory, NodeDirectories
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._engine.connect import connect
from ansible_collections.gocover.e2e.plugins.module_utils._engine.options import ENGINE_OPTIONS
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
        "former": {"type": "list", "elements": "path", "default": []},
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
