#!/usr/bin/python

# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build a Go service with coverage instrumentation, and prove it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: coverage_image
short_description: Build a Go service with coverage instrumentation and prove it
version_added: 0.1.0
description:
  - Builds an image, or only an executable, with C(go build -cover).
  - Proves from the result that the program is instrumented, before anything is deployed.
  - The image gets a reference that follows from its content, C(localhost/NAME:cov-HEX).
    It is the same for docker, podman and a cluster's nodes, and no other content has it.
author:
  - The gocover.e2e authors (@gocover)
extends_documentation_fragment:
  - gocover.e2e.attributes
  - gocover.e2e.engine
attributes:
  check_mode:
    support: partial
    details:
      - An image that is built already is proven in check mode too.
      - Only a build shows whether the source gives another result. Check mode predicts a change for an image, and for O(binary) if the file is missing.
  diff_mode:
    support: none
  idempotent:
    support: full
    details: The same source gives the same executable and the same image.
options:
  name:
    description:
      - Name of the service and of the image, without a tag, such as C(notification) or C(quay.io/team/notification).
      - A name without a registry gets C(localhost/).
    type: str
    required: true
  source:
    description: Directory with the service's C(go.mod), or one below it.
    type: path
  package:
    description:
      - The main package, as C(go build) takes it, relative to O(source). It is a directory, an import path or files.
      - The default is C(./cmd/NAME).
      - Files that are the whole program of their directory (C(./cmd/x/main.go)) are built as that directory, so that packages keep their names.
      - In a directory with several programs, only the files are built.
    type: str
  binary:
    description: Build only an executable, at this path. This needs no container engine.
    type: path
  build_dir:
    description:
      - Directory for the executable of an image without O(dockerfile). It is kept, so that an unchanged program is not linked again.
      - The default is a directory below E(XDG_CACHE_HOME).
    type: path
  dockerfile:
    description:
      - Build the image from this Dockerfile, with the build argument C(GOFLAGS=-cover).
      - A stage that compiles Go and has no C(ARG GOFLAGS) gets C(GOFLAGS) by an C(ENV) line in a copy of the Dockerfile; the checkout stays
        as it is, and ignore files keep their meaning.
      - Without it, the image holds the static executable and the certificate authorities of this machine. It runs as user 65532.
    type: path
  context:
    description: The build context for O(dockerfile). The default is O(source).
    type: path
  build_args:
    description: Further build arguments for O(dockerfile).
    type: dict
    default: {}
  target:
    description: The stage of O(dockerfile) to build.
    type: str
  platform:
    description: Platform to build for, such as V(linux/arm64). The default is the platform of the engine.
    type: str
  image:
    description: An image that is built already. It is proven, and gets the reference of its content.
    type: str
  tag:
    description: Tag to use instead of the one that follows from the content. V(latest) is refused, because Kubernetes always pulls it.
    type: str
  aliases:
    description: Further names of the image in manifests. C(run.json) lists them, so that the steps that follow can replace them.
    type: list
    elements: str
    default: []
  executable:
    description: Path of the service's executable in the image, if the entrypoint does not start it.
    type: str
  coverpkg:
    description:
      - Patterns of the packages to instrument, separated by commas. Go's default is the packages of the main module.
      - The main package is always added, because Go writes no coverage without it.
    type: str
  covermode:
    description:
      - V(set) records whether a block ran, V(count) how often, and V(atomic) how often with exact numbers under concurrency.
      - V(set) is Go's default. C(-covermode) in O(build_flags) or E(GOFLAGS) overrides it, and so does C(-race) with V(atomic).
      - With O(dockerfile), V(count) and V(atomic) add a flag to C(GOFLAGS). Some Dockerfiles expect the word C(-cover) alone.
    type: str
    choices: [set, count, atomic]
    default: set
  env:
    description: Environment variables for the build of the executable, added to those of the playbook.
    type: dict
    default: {}
  instrument:
    description: Build with coverage. V(false) builds the same image without it, for M(gocover.e2e.startup_baseline), and proves nothing.
    type: bool
    default: true
  build_flags:
    description: Further flags for C(go build), such as C(-tags=e2e), as a list or as a string like on a command line.
    type: raw
    default: []
"""

EXAMPLES = r"""
- name: Build an image of the notification service with coverage
  gocover.e2e.coverage_image:
    name: notification
    source: /src/notification
    covermode: atomic

- name: Build the image from its Dockerfile
  gocover.e2e.coverage_image:
    name: notification
    source: /src/notification
    dockerfile: /src/notification/Dockerfile

- name: Prove an image that was built elsewhere
  gocover.e2e.coverage_image:
    name: notification
    image: quay.io/team/notification:v1.2.3-cover

- name: Build only the executable
  gocover.e2e.coverage_image:
    name: notification
    source: /src/notification
    binary: /tmp/notification
"""

RETURN = r"""
binary:
  description: Path of the executable. It is null if only the image has it.
  returned: success
  type: str
  sample: /tmp/notification
image:
  description: Reference of the image, for a pod to use unchanged. It is null if only an executable was built.
  returned: success
  type: str
  sample: localhost/notification:cov-5f70bf18a086
image_id:
  description: Digest of the image or of the executable.
  returned: success
  type: str
  sample: sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef
executable:
  description: Path of the proven executable in the image.
  returned: when there is an image
  type: str
  sample: /notification
go_version:
  description: The version of Go that built the executable, from its build information.
  returned: success
  type: str
  sample: go1.26.8
covermode:
  description: How coverage is counted.
  returned: success
  type: str
  sample: set
diagnosis:
  description: The causes of a failure, each with C(cause), C(evidence) and C(remedy).
  returned: always
  type: list
  elements: dict
"""

from ansible_collections.gocover.e2e.plugins.module_utils._engine.connect import connect
from ansible_collections.gocover.e2e.plugins.module_utils._engine.places import ENGINE_OPTIONS
from ansible_collections.gocover.e2e.plugins.module_utils._images.building import (
    BuildOptions,
    build_binary,
    build_image,
)
from ansible_collections.gocover.e2e.plugins.module_utils._outcome import Outcome, options
from ansible_collections.gocover.e2e.plugins.module_utils._process.identity import owner_alive
from ansible_collections.gocover.e2e.plugins.module_utils._run import step


def run(this: step.Step) -> Outcome:
    """Build an image, or only an executable, which needs no engine."""
    wanted = options(BuildOptions, this.params)
    alive = owner_alive(this.playbook_pid)
    if wanted.binary:
        return build_binary(wanted, this.progress, alive, this.check_mode)
    return build_image(wanted, connect(this.params["provider"]), this.progress, alive, this.check_mode)


MODULE = step.Module(
    "image",
    {
        "name": {"type": "str", "required": True},
        "source": {"type": "path"},
        "package": {"type": "str"},
        "binary": {"type": "path"},
        "build_dir": {"type": "path"},
        "dockerfile": {"type": "path"},
        "context": {"type": "path"},
        "build_args": {"type": "dict", "default": {}, "no_log": True},
        "target": {"type": "str"},
        "platform": {"type": "str"},
        **ENGINE_OPTIONS,
        "image": {"type": "str"},
        "tag": {"type": "str"},
        "aliases": {"type": "list", "elements": "str", "default": []},
        "executable": {"type": "str"},
        "coverpkg": {"type": "str"},
        "covermode": {"type": "str", "choices": ["set", "count", "atomic"], "default": "set"},
        "env": {"type": "dict", "default": {}, "no_log": True},
        "build_flags": {"type": "raw", "default": []},
        "instrument": {"type": "bool", "default": True},
    },
    run,
    mutually_exclusive=[("binary", "dockerfile", "image")],
)

main = MODULE.main

if __name__ == "__main__":
    main()
