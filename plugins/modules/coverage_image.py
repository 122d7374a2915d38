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
  - Builds an image, or only an executable, with C(go build -cover), and reads from the result that it is instrumented, before anything is
    deployed.
  - The image gets a reference that follows from its content, C(localhost/NAME:cov-HEX). It means the same to docker, podman and a
    cluster's nodes, and no other content ever has it.
author:
  - The gocover.e2e authors (@gocover)
extends_documentation_fragment:
  - gocover.e2e.attributes
  - gocover.e2e.engine
attributes:
  check_mode:
    support: full
    details: Whether a build would change the result is only known by building; in check mode a change is predicted if there is none yet.
  diff_mode:
    support: none
  idempotent:
    support: full
    details: Go's own build cache and that of the engine decide; the same source gives the same executable and the same image.
options:
  name:
    description:
      - Name of the service and of the image, without a tag, such as C(notification) or C(quay.io/team/notification).
      - A name without a registry is completed with C(localhost/).
    type: str
    required: true
  source:
    description: Directory of the service's Go module, the one with C(go.mod) or one below it.
    type: path
  package:
    description:
      - The main package, as C(go build) takes it, relative to O(source), which is a directory, an import path or files.
      - The default is C(./cmd/NAME).
      - Files that are all of the program in their directory (C(./cmd/x/main.go)) are built as that directory, so that the
        packages keep their names. Of a directory with several programs only the files are built.
    type: str
  binary:
    description: Build only an executable, to this path, and no image. No container engine is needed then.
    type: path
  build_dir:
    description:
      - Where the executable of an image without O(dockerfile) is built and kept, so that Go need not link what has not changed.
      - The default is a directory below E(XDG_CACHE_HOME).
    type: path
  dockerfile:
    description:
      - Build the image from this Dockerfile, with the build argument C(GOFLAGS=-cover).
      - Without it the image is made of the static executable, the certificate authorities of this machine, and nothing else. It runs as
        user 65532.
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
    description: What to build for, such as V(linux/arm64). The default is what the engine runs on.
    type: str
  image:
    description: An image that has been built already, which is only proven, and gets its reference.
    type: str
  tag:
    description: A tag in place of the one that follows from the content. Never V(latest), which Kubernetes always pulls.
    type: str
  aliases:
    description: Further names by which manifests call the image; recorded in the journal for those who put it in their place.
    type: list
    elements: str
    default: []
  executable:
    description: Path of the service's executable in the image, where it is not what the entrypoint starts.
    type: str
  coverpkg:
    description:
      - Patterns of the packages to instrument, separated by commas. The default is what Go takes, the packages of the main module.
      - The main package is added where the patterns leave it out, because Go writes no coverage without it.
    type: str
  covermode:
    description:
      - Whether a block was run (V(set)), how often (V(count)), or how often, exactly under concurrency too (V(atomic)).
      - V(set) is Go's default and gives way to C(-covermode) in O(build_flags) or E(GOFLAGS), and to V(atomic) with C(-race).
      - With O(dockerfile) anything but V(set) makes C(GOFLAGS) more than the word C(-cover).
    type: str
    choices: [set, count, atomic]
    default: set
  env:
    description: Environment variables for the build of the executable, on top of those of the playbook.
    type: dict
    default: {}
  instrument:
    description: Whether to build with coverage. V(false) builds the same image without, to compare it with; nothing is proven then.
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

- name: Build it as its Dockerfile says
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
  description: Path of the executable; null where it is only in the image.
  returned: success
  type: str
  sample: /tmp/notification
image:
  description: Reference of the image, for a pod just as it is; null where only an executable was built.
  returned: success
  type: str
  sample: localhost/notification:cov-5f70bf18a086
image_id:
  description: Digest of what was built.
  returned: success
  type: str
  sample: sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef
executable:
  description: Path in the image of the executable that was proven.
  returned: when there is an image
  type: str
  sample: /notification
go_version:
  description: The version of Go that built it, as the executable itself says.
  returned: success
  type: str
  sample: go1.26.8
covermode:
  description: How coverage is counted.
  returned: success
  type: str
  sample: set
diagnosis:
  description: Why it failed, each with C(cause), C(evidence) and C(remedy).
  returned: always
  type: list
  elements: dict
"""

from ansible_collections.gocover.e2e.plugins.module_utils._engine.connect import connect
from ansible_collections.gocover.e2e.plugins.module_utils._engine.options import ENGINE_OPTIONS
from ansible_collections.gocover.e2e.plugins.module_utils._images.building import (
    BuildOptions,
    build_binary,
    build_image,
)
from ansible_collections.gocover.e2e.plugins.module_utils._outcome import Outcome, options
from ansible_collections.gocover.e2e.plugins.module_utils._process.owner import owner_alive
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
