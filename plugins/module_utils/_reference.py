# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""References of images: valid by construction, and the same for docker, podman, the node and manifests.

The grammar is that of github.com/distribution/reference: ``[registry/]path[:tag][@digest]``. A name without a registry
is completed with ``localhost/``: docker and podman keep that as it is, containerd does too, and no kubelet goes to
docker.io for an image that happens to have the name of ours. (Bare names mean docker.io/library/NAME to Kubernetes, and
localhost/NAME to podman.)
"""

from __future__ import annotations

import re

from ._diagnosis import Failure, failure

_COMPONENT = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*")
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*(?::[0-9]+)?")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_REFERENCE = re.compile(
    rf"(?:{_DOMAIN.pattern}/)?{_COMPONENT.pattern}(?:/{_COMPONENT.pattern})*"
    rf"(?::{_TAG.pattern})?(?:@[a-z0-9]+:[0-9a-f]{{32,}})?"
)
_TAG_AT_END = re.compile(rf":{_TAG.pattern}$")
_LONGEST_NAME = 255
#: What the same repository of Docker Hub, or of this machine, may be written with.
_SAME = ("docker.io/library/", "docker.io/", "index.docker.io/library/", "localhost/")
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
        raise _invalid(name, f"'{bad}' is not a valid part of an image's name{lower}", _rule(name))
    if domain and not _DOMAIN.fullmatch(domain):
        raise _invalid(name, f"'{domain}' is not a valid registry", _rule(name))
    full = f"{domain or LOCAL}/{path}"
    if len(full) > _LONGEST_NAME:
        raise _invalid(name, f"It is longer than {_LONGEST_NAME} characters", "Choose a shorter one")
    return full


def corrected(name: str) -> str:
    """The valid name that is nearest to ``name``; empty if nothing of it is valid."""
    domain, path = _split(name)
    parts = list(filter(None, (re.sub(r"[^a-z0-9]+", "-", part).strip("-") for part in path.lower().split("/"))))
    return "/".join([domain, *parts] if parts and _DOMAIN.fullmatch(domain) else parts)


def _rule(name: str) -> str:
    nearest = corrected(name)
    example = f", such as {nearest}" if nearest else ""
    return f"Use lower-case letters and digits, separated by '.', '_', '-' or '/'{example}"


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


def check(reference: str, summary: str) -> None:
    """Raise Failure ``image-tag-invalid`` with this summary if no container runtime would take the reference."""
    if not _REFERENCE.fullmatch(reference):
        raise failure(
            summary,
            "image-tag-invalid",
            f"{reference} is not a reference that a container runtime takes",
            "A reference is name:tag; only the name may contain slashes, and it is in lower case",
        )


def repository(reference: str) -> str:
    """A reference without tag and digest."""
    return _TAG_AT_END.sub("", reference.split("@", 1)[0])


def same_repository(one: str, other: str) -> bool:
    """Whether two references (or names) mean the same repository, whatever their tags.

    ``name``, ``docker.io/library/name`` and podman's ``localhost/name`` are the same.
    """
    return _short(one) == _short(other)


def _short(reference: str) -> str:
    name = repository(reference)
    return next((name.removeprefix(prefix) for prefix in _SAME if name.startswith(prefix)), name)


def has_registry(reference: str) -> bool:
    """Whether a reference names a registry of its own: its first part has a dot or a port."""
    first, separator, _rest = repository(reference).partition("/")
    return (
        bool(separator)
        and ("." in first or ":" in first)
        and not reference.startswith(("docker.io/", "index.docker.io/"))
    )


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
