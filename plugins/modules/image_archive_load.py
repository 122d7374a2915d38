#!/usr/bin/python

# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load images into every node of a kind cluster."""

from __future__ import annotations

DOCUMENTATION = r"""
module: image_archive_load
short_description: Load images into every node of a kind cluster
version_added: 0.1.0
description:
  - Ensures that every node of a kind cluster has the images, so that pods start without a registry.
  - Compares name and digest first, and sends only images that a node lacks.
  - Streams them from the engine or from an archive into the containerd of all nodes at once, without a temporary file.
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
    support: full
options:
  cluster:
    description: Name of the cluster.
    type: str
    required: true
  image:
    description: References of images that the engine has.
    type: list
    elements: str
  optional:
    description: References of images that are loaded if the engine has them. Otherwise the nodes pull them.
    type: list
    elements: str
    default: []
  archive:
    description: Path of an image archive, such as C(docker save) and C(podman save) write it.
    type: path
"""

EXAMPLES = r"""
- name: Load the built image
  gocover.e2e.image_archive_load:
    cluster: e2e
    image: "{{ built.image }}"

- name: Load an archive
  gocover.e2e.image_archive_load:
    cluster: e2e
    archive: /images/postgres-15.tar
"""

RETURN = r"""
images:
  description: The references of the images, for a pod to use unchanged.
  returned: success
  type: list
  elements: str
  sample: ["localhost/notification:cov-5f70bf18a086"]
nodes:
  description:
    - For each node its name, the action, and the number of bytes that were sent (0 in check mode).
    - The action is C(present) if the node had all images, C(loaded) if an image was sent, and C(partial) if only missing layers were sent.
  returned: success
  type: list
  elements: dict
  sample: [{name: e2e-control-plane, action: loaded, bytes: 11000000}]
diagnosis:
  description: The causes of a failure, each with C(cause), C(evidence) and C(remedy).
  returned: always
  type: list
  elements: dict
"""

from ansible_collections.gocover.e2e.plugins.module_utils._engine.connect import connect
from ansible_collections.gocover.e2e.plugins.module_utils._engine.places import ENGINE_OPTIONS
from ansible_collections.gocover.e2e.plugins.module_utils._images.loading import LoadOptions, load_images
from ansible_collections.gocover.e2e.plugins.module_utils._outcome import Outcome, options
from ansible_collections.gocover.e2e.plugins.module_utils._run import step


def run(this: step.Step) -> Outcome:
    """Load the images that the nodes lack."""
    wanted = options(LoadOptions, this.params)
    return load_images(wanted, connect(this.params["provider"]), this.progress, this.check_mode)


MODULE = step.Module(
    "load",
    {
        "cluster": {"type": "str", "required": True},
        **ENGINE_OPTIONS,
        "image": {"type": "list", "elements": "str"},
        "optional": {"type": "list", "elements": "str", "default": []},
        "archive": {"type": "path"},
    },
    run,
    mutually_exclusive=[("image", "archive")],
    required_one_of=[("image", "archive")],
)

main = MODULE.main

if __name__ == "__main__":
    main()
