#!/usr/bin/python

# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Apply a service's manifests, with the built image in place of the named one."""

from __future__ import annotations

DOCUMENTATION = r"""
module: manifest_apply
short_description: Apply manifests with the built image in place of the named one
version_added: 0.1.0
description:
  - Applies manifests to a cluster by server-side apply, as the field manager C(gocover-e2e).
  - Definitions of kinds and namespaces come first, then configuration, then workloads, webhooks last.
  - A Job that has failed, or whose template has become another, is deleted and runs anew; one that has completed stays as it is.
  - Every image reference that names a service is replaced by the image that was built; nothing else of a manifest is touched.
author:
  - The gocover.e2e authors (@gocover)
extends_documentation_fragment:
  - gocover.e2e.attributes
  - gocover.e2e.kube
attributes:
  check_mode:
    support: full
    details: The API server tries each object (a dry run); what lies in a namespace that is not there yet counts as new.
  diff_mode:
    support: full
    details: Values of Secrets are not shown.
  idempotent:
    support: full
options:
  src:
    description:
      - Files and directories of manifests in YAML or JSON. Of a directory, the files in it are read, none below it.
      - An entry that is a mapping is a manifest itself, and a text of several lines is YAML.
      - A directory with a C(kustomization.yaml) is rendered by C(kubectl kustomize), or by C(kustomize build) where there is no kubectl.
      - A directory with a C(Chart.yaml) is rendered by C(helm template) with the values of the chart itself, as a release of the directory's name.
    type: list
    elements: raw
    default: []
  stages:
    description:
      - Lists of sources as in O(src), applied before them. Those of one list are applied together, and what they brought is waited for
        (O(wait_ready), O(wait_jobs)) before the next list.
    type: list
    elements: list
    default: []
  definition:
    description: Manifests as they are, beside those of O(src).
    type: list
    elements: dict
    default: []
  namespace:
    description: The namespace of all objects that live in one and name none. It is created when it is missing.
    type: str
    required: true
  images:
    description:
      - Names of images as manifests write them, without tag, and the references that take their place.
      - An image that was put in place is never pulled, for it has been loaded; its pull policy becomes C(IfNotPresent).
    type: dict
    default: {}
  hold:
    description:
      - Create the Deployment that runs O(image) paused, if it is missing so far. M(gocover.e2e.coverage_patch) lets it go,
        so that its first pods are covered and are not replaced at once by others.
      - Several workloads that run O(image) all start at once, unless O(workload) names one of them.
    type: bool
    default: false
  image:
    description: The image that is to be covered; by default the first of O(images). Only used with O(hold=true).
    type: str
    default: ""
  workload:
    description: The workload that is to be covered, such as C(deployment/NAME). Only used with O(hold=true).
    type: str
    default: ""
  run:
    description:
      - Identifier of a run, which becomes the annotation C(gocover.e2e/run) of the pods of each workload that uses one of O(images), so that its pods
        are this run's own. For coverage by the node, where nothing else would replace those of an earlier one.
    type: str
    default: ""
  service:
    description:
      - Name of the service whose run this is. With it, a Lease in O(namespace) keeps other runs from the workloads, and what dead runs
        of the service have left changed in other namespaces is undone.
      - Another run that goes on, and has one of them, makes it fail with C(run-in-progress). M(gocover.e2e.cluster_restore) gives the Lease back.
    type: str
    default: ""
  wait_crds:
    description: Whether to wait until the kinds that are defined are served, before what uses them is applied.
    type: bool
    default: true
  wait_jobs:
    description: For how many seconds to wait for the Jobs among the manifests to complete (migrations). V(0) does not wait.
    type: float
    default: 0
  wait_ready:
    description:
      - For how many seconds to wait for every workload among the manifests to be ready. V(0) does not wait.
      - The entries of O(src) are then applied one after the other, each when what the one before brought is ready.
    type: float
    default: 0
"""

EXAMPLES = r"""
- name: Deploy datastorage
  gocover.e2e.manifest_apply:
    src: [/src/datastorage/deploy]
    namespace: datastorage-e2e
    images:
      datastorage: localhost/datastorage:cov-5f70bf18a086
"""

RETURN = r"""
objects:
  description: What became of each object, in the order in which they were applied; C(action) is created, changed or unchanged.
  returned: success
  type: list
  elements: dict
  sample: [{object: Deployment/datastorage, namespace: datastorage-e2e, action: created}]
images:
  description: The images that were put in place.
  returned: success
  type: list
  elements: dict
  sample: [{object: Deployment/datastorage, image: "localhost/datastorage:cov-5f70bf18a086"}]
diagnosis:
  description: Why it failed, each with C(cause), C(evidence) and C(remedy).
  returned: always
  type: list
  elements: dict
"""

import os

from ansible_collections.gocover.e2e.plugins.module_utils._kube.applying import ApplyOptions, apply_manifests
from ansible_collections.gocover.e2e.plugins.module_utils._kube.options import KUBE_OPTIONS, cluster_of
from ansible_collections.gocover.e2e.plugins.module_utils._outcome import Outcome, options
from ansible_collections.gocover.e2e.plugins.module_utils._process.holder import this_holder
from ansible_collections.gocover.e2e.plugins.module_utils._process.owner import owner_alive
from ansible_collections.gocover.e2e.plugins.module_utils._run import step


def run(this: step.Step) -> Outcome:
    """Apply the manifests."""
    wanted, alive = options(ApplyOptions, this.params), owner_alive(this.playbook_pid)
    holder = this_holder(this.playbook_pid, os.getcwd())
    return apply_manifests(wanted, cluster_of(this.params), this.progress, alive, this.check_mode, holder)


def _step_name(params: step.Params) -> str:
    """The name of the step in run.json: what Jobs are waited for in prepares what comes after it."""
    if params["stages"]:
        return "deploy dependencies"
    return "deploy preparation" if params["wait_jobs"] else "deploy"


MODULE = step.Module(
    "deploy",
    {
        "src": {"type": "list", "elements": "raw", "default": []},
        "stages": {"type": "list", "elements": "list", "default": []},
        "definition": {"type": "list", "elements": "dict", "default": []},
        "namespace": {"type": "str", "required": True},
        "images": {"type": "dict", "default": {}},
        "hold": {"type": "bool", "default": False},
        "image": {"type": "str", "default": ""},
        "workload": {"type": "str", "default": ""},
        "run": {"type": "str", "default": ""},
        "service": {"type": "str", "default": ""},
        "wait_crds": {"type": "bool", "default": True},
        "wait_ready": {"type": "float", "default": 0},
        "wait_jobs": {"type": "float", "default": 0},
        **KUBE_OPTIONS,
    },
    run,
    step_name=_step_name,
)

main = MODULE.main

if __name__ == "__main__":
    main()
