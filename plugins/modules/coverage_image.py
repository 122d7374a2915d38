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
      - The main package, as C(go build) takes it, relative to O(source). The default is C(./cmd/NAME).
      - A main that is given as a file (C(./cmd/x/main.go)) stands for its directory.
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
    description: Patterns of the packages to instrument. The default is what Go takes, the packages of the main module.
    type: str
  covermode:
    description:
      - Whether a block was run (V(set)), how often (V(count)), or how often, exactly under concurrency too (V(atomic)).
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
    description: Further flags for C(go build), such as C(-tags=e2e).
    type: list
    elements: str
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

import dataclasses
import os
from pathlib import Path

from ansible_collections.gocover.e2e.plugins.module_utils._engine.api import Build, Engine
from ansible_collections.gocover.e2e.plugins.module_utils._engine.connect import connect
from ansible_collections.gocover.e2e.plugins.module_utils._engine.options import ENGINE_OPTIONS
from ansible_collections.gocover.e2e.plugins.module_utils._golang import build
from ansible_collections.gocover.e2e.plugins.module_utils._golang.buildinfo import BuildInfo
from ansible_collections.gocover.e2e.plugins.module_utils._images import instrumented, plain, reference
from ansible_collections.gocover.e2e.plugins.module_utils._lock import locked
from ansible_collections.gocover.e2e.plugins.module_utils._outcome import Outcome
from ansible_collections.gocover.e2e.plugins.module_utils._process.owner import owner_alive
from ansible_collections.gocover.e2e.plugins.module_utils._run import step


def build_image(this: step.Step) -> Outcome:
    """Build what is asked for, unless that changes nothing, and prove that it is instrumented."""
    params = this.params
    if params["binary"]:
        return build_binary(this, Path(params["binary"]))
    full = reference.qualified(params["name"])
    if params["tag"]:
        reference.check_tag(full, params["tag"])
    engine = connect(params["provider"])
    if not params["instrument"]:
        return build_plain(this, engine, full)
    if this.check_mode:
        return Outcome(changed=not params["image"], result={"binary": None, "image": None})
    if params["image"]:
        made = instrumented.prebuilt(engine, full, params["image"], params["tag"] or "", params["executable"] or "")
    elif params["dockerfile"]:
        made = from_dockerfile(this, engine, full)
    else:
        made = from_source(this, engine, full)
    info = made.proven.info
    state = "new" if made.changed else "unchanged"
    this.progress.note(f"{made.reference} is {state}: {info.path}, {info.go_version}, instrumented")
    result = {
        "binary": None,
        "image": made.reference,
        "image_id": made.image.id,
        "executable": made.proven.path,
        "go_version": info.go_version,
        "covermode": params["covermode"],
    }
    sections = {
        "image": {
            "reference": made.reference,
            "names": [params["name"], *params["aliases"]],
            "digest": made.image.id,
            "binary": None,
            "main": info.path,
            "executable": made.proven.path,
            "provider": engine.provider,
        },
        "go_version": info.go_version,
        "covermode": params["covermode"],
    }
    return Outcome(changed=made.changed, result=result, sections=sections)


def build_plain(this: step.Step, engine: Engine, full: str) -> Outcome:
    """Build the same without coverage, to compare it with."""
    params = this.params
    if this.check_mode or params["image"]:
        return Outcome(changed=False, result={"binary": None, "image": params["image"]})
    if params["dockerfile"]:
        arguments = {key: str(value) for key, value in params["build_args"].items()}
        reference_made, image = plain.from_dockerfile(engine, full, _described(this, arguments), this.progress.output)
    else:
        spec = _source_spec(this, engine, full, instrument=False)
        with locked(_lock_of(spec.binary)):
            build.compile_program(spec, this.progress.output, owner_alive(this.playbook_pid))
            reference_made, image = plain.from_binary(engine, full, spec.binary, spec.env["GOARCH"])
    this.progress.note(f"{reference_made} is built without coverage")
    return Outcome(changed=True, result={"binary": None, "image": reference_made, "image_id": image.id})


def build_binary(this: step.Step, binary: Path) -> Outcome:
    """Build only the executable."""
    params = this.params
    spec = _build_spec(this, binary, {})
    if this.check_mode:
        build.check_source(spec.source, spec.package)
        return Outcome(changed=not spec.binary.exists(), result={"binary": str(spec.binary), "image": None})
    info, changed = _built(this, spec)
    digest = build.digest(binary)
    this.progress.note(f"{'built' if changed else 'unchanged'}: {info.path}, {info.go_version}, instrumented")
    result = {
        "binary": str(binary),
        "image": None,
        "image_id": digest,
        "go_version": info.go_version,
        "covermode": params["covermode"],
    }
    sections = {
        "image": {"reference": None, "digest": digest, "binary": str(binary), "main": info.path},
        "go_version": info.go_version,
        "covermode": params["covermode"],
    }
    return Outcome(changed=changed, result=result, sections=sections)


def from_source(this: step.Step, engine: Engine, full: str) -> instrumented.Made:
    """Build a static executable and make an image of it alone."""
    params = this.params
    spec = _source_spec(this, engine, full)
    _built(this, spec)
    with locked(_lock_of(spec.binary)):
        return instrumented.from_binary(engine, full, spec.binary, spec.env["GOARCH"], params["tag"] or "")


def _source_spec(this: step.Step, engine: Engine, full: str, instrument: bool = True) -> build.BuildSpec:
    params = this.params
    system, _slash, platform = (params["platform"] or f"linux/{engine.architecture}").partition("/")
    architecture = platform.partition("/")[0]
    directory = Path(params["build_dir"] or _cache_directory())
    name = f"{full.replace('/', '_').replace(':', '_')}-{system}-{platform.replace('/', '_')}"
    # Without cgo the executable is static: there is no libc in an image of its own.
    spec = _build_spec(
        this,
        directory / (name if instrument else f"{name}-plain"),
        {"CGO_ENABLED": "0", "GOOS": system, "GOARCH": architecture},
    )
    return dataclasses.replace(spec, instrument=instrument)


def from_dockerfile(this: step.Step, engine: Engine, full: str) -> instrumented.Made:
    """Build as the Dockerfile says."""
    params = this.params
    arguments = {key: str(value) for key, value in params["build_args"].items()}
    described = _described(this, instrumented.build_arguments(arguments, params["covermode"], params["coverpkg"]))
    this.progress.note(f"building {full} from {described.dockerfile} with GOFLAGS='{described.args['GOFLAGS']}'")
    return instrumented.from_dockerfile(
        engine, full, described, this.progress.output, params["tag"] or "", params["executable"] or ""
    )


def _described(this: step.Step, arguments: dict[str, str]) -> Build:
    params = this.params
    return Build(
        context=params["context"] or params["source"] or os.path.dirname(params["dockerfile"]),
        dockerfile=params["dockerfile"],
        args=arguments,
        target=params["target"] or "",
        platform=params["platform"] or "",
    )


def _build_spec(this: step.Step, binary: Path, env: dict[str, str]) -> build.BuildSpec:
    params = this.params
    package = params["package"] or f"./cmd/{params['name'].rpartition('/')[2]}"
    directory = build.package_directory(package)
    if directory != package:
        this.progress.warn(
            f"{package} is a file: building its directory {directory} instead, so that the packages keep their names"
        )
    return build.BuildSpec(
        source=Path(params["source"] or os.getcwd()),
        package=directory,
        binary=binary,
        covermode=params["covermode"],
        coverpkg=params["coverpkg"],
        env={**env, **{key: str(value) for key, value in params["env"].items()}},
        flags=tuple(params["build_flags"]),
    )


def _built(this: step.Step, spec: build.BuildSpec) -> tuple[BuildInfo, bool]:
    """Build the executable, one process at a time; its build information, and whether it has changed."""
    name = this.params["name"]
    with locked(_lock_of(spec.binary), lambda: this.progress.note(f"waiting: {name} is being built by another run")):
        this.progress.note(f"building {name}: {spec.package} in {spec.source}")
        before = build.digest(spec.binary)
        info = build.build(spec, this.progress.output, owner_alive(this.playbook_pid))
        return info, before != build.digest(spec.binary)


def _lock_of(binary: Path) -> Path:
    return binary.with_name(f".{binary.name}.lock")


def _cache_directory() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gocover.e2e" / "build"


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
        "build_flags": {"type": "list", "elements": "str", "default": []},
        "instrument": {"type": "bool", "default": True},
    },
    build_image,
    mutually_exclusive=[("binary", "dockerfile", "image")],
)


def main() -> None:
    """Run as a module."""
    MODULE.main()


if __name__ == "__main__":
    main()
