# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a service answers: one readiness probe over HTTP, as the kubelet would send it."""

from __future__ import annotations

import contextlib
import http.client
import typing as t
import urllib.error
import urllib.request


class Probe(t.NamedTuple):
    """What one probe got: whether that means ready, and in words what it was."""

    ready: bool
    seen: str


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The kubelet takes a redirect to another host for a success and follows none there; we follow none."""

    def redirect_request(self, *args: t.Any, **kwargs: t.Any) -> None:
        return None


# Never through a proxy: the service is on this machine.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)


def probe_http(url: str, timeout: float = 1.0) -> Probe:
    """GET ``url``. Ready is any status from 200 to 399, as for a kubelet, and 404: it answers, without that path."""
    try:
        with _OPENER.open(url, timeout=timeout) as response:
            return Probe(True, f"HTTP {response.status}")
    except urllib.error.HTTPError as error:
        body = ""
        # The status counts, even if the rest of the answer never comes.
        with error, contextlib.suppress(OSError, http.client.HTTPException):
            body = error.read(200).decode("utf-8", errors="replace").strip().replace("\n", " ")
        if error.code < 400 or error.code == 404:
            return Probe(True, f"HTTP {error.code}")
        return Probe(False, f"HTTP {error.code}" + (f": {body}" if body else ""))
    except urllib.error.URLError as error:
        return Probe(False, _connection_words(error.reason))
    except (OSError, http.client.HTTPException) as error:
        return Probe(False, _connection_words(error))


def _connection_words(reason: object) -> str:
    if isinstance(reason, ConnectionRefusedError):
        return "connection refused"
    if isinstance(reason, TimeoutError):
        return "no answer in time"
    if isinstance(reason, http.client.HTTPException):
        return f"an answer that is not HTTP ({type(reason).__name__})"
    return getattr(reason, "strerror", None) or str(reason)
