# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""References of images: valid by construction, and the same for docker, podman and the node.

The grammar is that of github.com/distribution/reference. A name without a registry is completed with ``localhost/``:
docker and podman keep that as it is, containerd does too, and no kubelet goes to docker.io for an image that happens to
have the name of ours. (Bare names mean docker.io/library/NAME to Kubernetes, and localhost/NAME to podman.)
"""

from __future__ import annotations

import re

from .._diagnosis import Failure, failure

_COMPONENT = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*")
_DOMAIN = re.compile(
    r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*(?::[0-9]+)?"
)
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_LONGEST_NAME = 255
#: The registry of images that were built here and are to be had nowhere else.
LOCAL = "localhost"


def qualified(name: str) -> str:
    """A full name (without tag) for an image that is built here. Raises Failure ``image-tag-invalid``."""
    domain, path = _split(name)
    if ":" in path or "@" in path:
        raise _invalid(
            name, "It is a name that is asked for, without a tag", "Leave out the tag; it follows from the content"
        )
    bad = next((part for part in path.split("/") if not _COMPONENT.fullmatch(part)), None)
    if bad is not None:
        lower = " (capital letters are not allowed)" if bad != bad.lower() else ""
        raise _invalid(name, f"'{bad}' is not a valid part of an image's name{lower}", _RULE)
    if domain and not _DOMAIN.fullmatch(domain):
        raise _invalid(name, f"'{domain}' is not a valid registry", _RULE)
    full = f"{domain or LOCAL}/{path}"
    if len(full) > _LONGEST_NAME:
        raise _invalid(name, f"It is longer than {_LONGEST_NAME} characters", "Choose a shorter one")
    return full


_RULE = "Use lower-case letters and digits, separated by '.', '_', '-' or '/'"


def check_tag(name: str, tag: str) -> str:
    """``tag``, if it can be one. Raises Failure ``image-tag-invalid``."""
    if not _TAG.fullmatch(tag):
        slash = "; a '/' belongs into the name" if "/" in tag else ""
        raise _invalid(
            f"{name}:{tag}",
            f"'{tag}' is no valid tag: at most 128 letters, digits, '_', '.' and '-', the first no '.' or '-'{slash}",
            "Leave the tag out: one that follows from the content is made",
        )
    if tag == "latest":
        raise _invalid(
            f"{name}:{tag}",
            "With the tag latest Kubernetes pulls always, and never uses the image that was loaded into the nodes",
            "Leave the tag out: one that follows from the content is made",
        )
    return tag


def content_tag(digest: str) -> str:
    """The tag for content with this digest (``sha256:HEX``): ``cov-`` and 12 hexadecimal digits."""
    return f"cov-{digest.removeprefix('sha256:')[:12]}"


def normalized(reference: str) -> str:
    """A reference as containerd knows it: ``postgres`` is ``docker.io/library/postgres:latest``."""
    domain, path = _split(reference)
    if not domain:
        domain = "docker.io"
    if domain in ("docker.io", "index.docker.io"):
        domain = "docker.io"
        path = path if "/" in path else f"library/{path}"
    return f"{domain}/{path}" if ":" in path or "@" in path else f"{domain}/{path}:latest"


def _split(reference: str) -> tuple[str, str]:
    """Registry (empty if there is none) and the rest: a first part that could be no user of docker.io is a registry."""
    first, slash, rest = reference.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost" or first != first.lower()):
        return first, rest
    return "", reference


def _invalid(shown: str, evidence: str, remedy: str) -> Failure:
    return failure(f"{shown} cannot be the reference of an image", "image-tag-invalid", evidence, remedy)
