# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A kind cluster's kubeconfig: a file of its own, written whole, for its owner alone."""

from __future__ import annotations

import base64
import binascii
import http.client
import os
import re
import ssl
import tempfile
import typing as t
import urllib.parse
from pathlib import Path

_SERVER = re.compile(r"^\s*server:\s*(\S+)\s*$", re.MULTILINE)
_AUTHORITY = re.compile(r"^\s*certificate-authority-data:\s*(\S+)\s*$", re.MULTILINE)
_CONTEXT = re.compile(r"^(?:-\s+|\s+)?name:\s*(\S+)\s*$", re.MULTILINE)


def context_of(cluster: str) -> str:
    """The name that kind gives to a cluster's context, cluster and user."""
    return f"kind-{cluster}"


def server(content: str) -> str | None:
    """The address of the API server; None if ``content`` names none."""
    match = _SERVER.search(content)
    return match[1] if match else None


def is_of_cluster_alone(content: str, cluster: str) -> bool:
    """Whether a kubeconfig holds nothing but this cluster, so that it may be replaced as a whole."""
    names = set(_CONTEXT.findall(content))
    return names <= {context_of(cluster)}


def write_private(path: Path, content: str) -> bool:
    """Make ``content`` that of ``path``, mode 0600, by a rename; returns whether anything changed. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        if path.read_text(encoding="utf-8") == content and path.stat().st_mode & 0o777 == 0o600:
            return False
    except OSError:
        pass  # there is none yet, or it is not ours to read: the rename will tell
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(content)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return True


def api_silence(content: str, timeout: float = 3.0) -> str | None:
    """None if the API server of this kubeconfig is ready; otherwise in words what it answers.

    /readyz may be read without credentials (the role system:public-info-viewer); the certificate is checked.
    """
    address = server(content)
    if address is None:
        return "the kubeconfig names no server"
    parts = urllib.parse.urlsplit(address)
    try:
        tls = ssl.create_default_context(cadata=_authority(content))
        connection = http.client.HTTPSConnection(parts.hostname or "", parts.port or 443, timeout=timeout, context=tls)
        try:
            connection.request("GET", "/readyz")
            response = connection.getresponse()
            response.read()
        finally:
            connection.close()
    except ssl.SSLCertVerificationError as error:
        return f"{address} has a certificate of another cluster ({error.verify_message})"
    except (OSError, http.client.HTTPException) as error:
        return f"{address}: {getattr(error, 'strerror', None) or error or type(error).__name__}"
    return None if response.status == 200 else f"{address} says it is not ready (HTTP {response.status})"


def _authority(content: str) -> str | None:
    match = _AUTHORITY.search(content)
    if match is None:
        return None
    try:
        return base64.b64decode(t.cast(str, match[1])).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return None
