# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real API: requests through the Python client's configuration and connection pool.

kubernetes.dynamic was tried for the requests. Before the first one it asks for each API group: to apply a ConfigMap it
took 23 requests and 1.15 s where this file takes 2 requests and 0.08 s (an API of 19 groups that answers after 2 ms,
both on the same busy machine). And it writes bodies in ASCII, so that the API refuses to apply a manifest with a
character beyond U+FFFF. kubernetes.watch follows one source and passes
over what it missed; here several are followed at once, and a source whose version is too old is listed anew.
"""

from __future__ import annotations

import collections
import contextlib
import json
import os
import queue
import re
import threading
import time
import typing as t
from pathlib import Path
from urllib.parse import quote, urlencode

from .._diagnosis import failure, library_missing
from .api import FIELD_MANAGER, ApiError, Change, Kind, Object, Source
from .refusal import not_text, refused, unknown_kind, unreachable

try:
    import urllib3
except ImportError as error:
    _URLLIB3_ERROR: ImportError | None = error
else:
    _URLLIB3_ERROR = None

_CONNECT_TIMEOUT = 5.0
_READ_TIMEOUT = 60.0
#: Beginning of a container's log that is read where no tail is asked for.
_LOG_BYTES = 65536


def connect(kubeconfig: str | None, context: str | None) -> ApiCluster:
    """The cluster of a kubeconfig (default: E(KUBECONFIG), then ~/.kube/config). Raises Failure."""
    summary = "The cluster's API cannot be asked"
    if _URLLIB3_ERROR is not None:
        raise library_missing("urllib3>=1.26", _URLLIB3_ERROR, summary)
    try:
        # Only here: it takes 0.3 s to import, and a step without a cluster has the module's options too.
        from kubernetes import config as kube_config
        from kubernetes.client import Configuration
    except ImportError as error:
        raise library_missing("kubernetes>=29.0", error, summary) from error
    path = os.path.expanduser(kubeconfig or os.environ.get("KUBECONFIG") or "~/.kube/config")
    configuration = Configuration()
    try:
        if kubeconfig or not _inside_a_cluster(path):
            kube_config.load_kube_config(path, context=context, client_configuration=configuration)
        else:
            kube_config.load_incluster_config(client_configuration=configuration)
    except Exception as error:
        # A file that is no kubeconfig fails in as many ways as the client has parsers.
        raise failure(
            f"The kubeconfig {path} cannot be used",
            "kubeconfig-invalid",
            " ".join(str(error).split()) or type(error).__name__,
            "Give the file that reaches the cluster as kubeconfig, and one of its contexts as context",
        ) from error
    return ApiCluster(configuration)


def cluster_of(params: t.Mapping[str, t.Any]) -> ApiCluster:
    """The cluster that the options ``KUBE_OPTIONS`` of a module name. Raises Failure."""
    return connect(params["kubeconfig"], params["context"])


def _inside_a_cluster(kubeconfig: str) -> bool:
    token = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
    return "KUBERNETES_SERVICE_HOST" in os.environ and token.exists() and not Path(kubeconfig).exists()


class ApiCluster:
    """A cluster behind an API server; see ``api.Cluster``."""

    def __init__(self, configuration: t.Any) -> None:
        from kubernetes.client import ApiClient

        configuration.retries = False
        # Watches and log followers hold a connection each.
        configuration.connection_pool_maxsize = 32
        self.configuration = configuration
        self._pool = ApiClient(configuration).rest_client.pool_manager
        self._resources: dict[str, dict[str, tuple[str, bool]]] = {}

    @property
    def server(self) -> str:
        """Where the API answers."""
        return str(self.configuration.host)

    def get(self, kind: Kind, name: str, namespace: str = "") -> Object | None:
        """The object; None if there is none."""
        try:
            return self._json("GET", self._path(kind, namespace, name))
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def list_all(self, kind: Kind, namespace: str = "", *, labels: str = "", fields: str = "") -> list[Object]:
        """All objects of a kind."""
        return self._list(Source(kind, namespace, labels, fields))[0]

    def watch(self, sources: t.Sequence[Source], timeout: float, tick: float = 1.0) -> t.Iterator[Change | None]:
        """What is there, then what changes."""
        deadline = time.monotonic() + timeout
        changes: queue.SimpleQueue[Change | ApiError] = queue.SimpleQueue()
        listed = [self._list(source) for source in sources]
        for source, (objects, _version) in zip(sources, listed, strict=True):
            yield from (Change(source, entry) for entry in objects)
        yield None
        ended = threading.Event()
        for source, (objects, version) in zip(sources, listed, strict=True):
            arguments = (source, objects, version, changes, deadline, ended)
            threading.Thread(target=self._follow_source, args=arguments, daemon=True).start()
        try:
            while (left := deadline - time.monotonic()) > 0:
                try:
                    change = changes.get(timeout=min(tick, left))
                except queue.Empty:
                    yield None
                    continue
                if isinstance(change, ApiError):
                    raise change
                yield change
        finally:
            ended.set()

    def apply(self, manifest: Object, *, force: bool = True, dry_run: bool = False) -> Object:
        """Server-side apply."""
        metadata = manifest["metadata"]
        path = self._path(
            Kind(manifest["apiVersion"], manifest["kind"]), metadata.get("namespace", ""), metadata["name"]
        )
        query = {"fieldManager": FIELD_MANAGER, "force": str(force).lower(), **_dry(dry_run)}
        return self._json("PATCH", path, query, manifest, "application/apply-patch+yaml")

    def create(self, manifest: Object) -> Object:
        """Create an object."""
        path = self._path(Kind(manifest["apiVersion"], manifest["kind"]), manifest["metadata"].get("namespace", ""))
        return self._json("POST", path, {"fieldManager": FIELD_MANAGER}, manifest)

    def patch(self, kind: Kind, name: str, namespace: str, patch: Object, *, dry_run: bool = False) -> Object:
        """A strategic merge patch, or a plain one for a kind that a CRD defines: the API takes no other for those."""
        query = {"fieldManager": FIELD_MANAGER, **_dry(dry_run)}
        group = kind.api_version.rpartition("/")[0]
        own = "." not in group or group.endswith(".k8s.io")
        content_type = f"application/{'strategic-' if own else ''}merge-patch+json"
        return self._json("PATCH", self._path(kind, namespace, name), query, patch, content_type)

    def scale(self, kind: Kind, name: str, namespace: str, replicas: int) -> None:
        """Set the number of replicas."""
        path = self._path(kind, namespace, name) + "/scale"
        body = {"spec": {"replicas": replicas}}
        self._json("PATCH", path, {"fieldManager": FIELD_MANAGER}, body, "application/merge-patch+json")

    def delete(self, kind: Kind, name: str, namespace: str = "", *, grace_period: int | None = None) -> bool:
        """Delete an object."""
        options: Object = {"propagationPolicy": "Background"}
        if grace_period is not None:
            options["gracePeriodSeconds"] = grace_period
        try:
            self._json("DELETE", self._path(kind, namespace, name), {}, options)
        except ApiError as error:
            if error.status == 404:
                return False
            raise
        return True

    def logs(
        self, pod: str, namespace: str, container: str, *, tail: int | None = None, previous: bool = False
    ) -> list[str]:
        """The log of a container."""
        query = {"container": container, "previous": str(previous).lower()}
        query.update({"limitBytes": str(_LOG_BYTES)} if tail is None else {"tailLines": str(tail)})
        try:
            response = self._request("GET", self._path(Kind("v1", "Pod"), namespace, pod) + "/log", query)
        except ApiError as error:
            # 400: the container has not run yet; 404: the pod is gone. Neither has a log.
            if error.status in (400, 404):
                return []
            raise
        return t.cast("list[str]", response.data.decode(errors="replace").splitlines())

    def follow(self, pod: str, namespace: str, container: str, tail: int) -> _Followed:
        """Follow a container's log."""
        path = self._path(Kind("v1", "Pod"), namespace, pod) + "/log"
        query = {"container": container, "follow": "true", "tailLines": str(tail)}
        return _Followed(lambda: self._request("GET", path, query, stream=True), tail)

    def _list(self, source: Source) -> tuple[list[Object], str]:
        query = {"labelSelector": source.labels, "fieldSelector": source.fields}
        path = self._path(source.kind, source.namespace)
        document = self._json("GET", path, {key: value for key, value in query.items() if value})
        # Items of a list do not name their kind.
        head = {"apiVersion": source.kind.api_version, "kind": source.kind.name}
        objects = [{**head, **entry} for entry in document.get("items") or []]
        return objects, document["metadata"].get("resourceVersion", "")

    def _follow_source(
        self,
        source: Source,
        objects: t.Sequence[Object],
        version: str,
        changes: queue.SimpleQueue[Change | ApiError],
        deadline: float,
        ended: threading.Event,
    ) -> None:
        """Watch one source; connections that break are taken up again, and so is a version that has become too old."""
        known = {entry["metadata"]["uid"]: entry for entry in objects}
        while not ended.is_set() and (left := deadline - time.monotonic()) > 0:
            try:
                if not version:
                    present, version = self._list(source)
                    fresh = {entry["metadata"]["uid"]: entry for entry in present}
                    for uid in known.keys() - fresh.keys():
                        changes.put(Change(source, known[uid], gone=True))
                    for entry in present:
                        changes.put(Change(source, entry))
                    known = fresh
                for kind, entry in self._stream(source, version, left):
                    if kind == "ERROR":
                        version = ""
                        break
                    version = entry["metadata"]["resourceVersion"]
                    if kind == "BOOKMARK":
                        continue
                    gone = kind == "DELETED"
                    known.pop(entry["metadata"]["uid"], None)
                    if not gone:
                        known[entry["metadata"]["uid"]] = entry
                    changes.put(Change(source, entry, gone))
            except ApiError as error:
                if error.status in (401, 403):
                    changes.put(error)
                    return
                version = "" if error.status == 410 else version
                ended.wait(0.5)
            except (urllib3.exceptions.HTTPError, OSError, ValueError):
                ended.wait(0.2)

    def _stream(self, source: Source, version: str, seconds: float) -> t.Iterator[tuple[str, Object]]:
        query = {
            "watch": "true",
            "resourceVersion": version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(max(1, int(seconds) + 1)),
            "labelSelector": source.labels,
            "fieldSelector": source.fields,
        }
        path = self._path(source.kind, source.namespace)
        query = {key: value for key, value in query.items() if value}
        response = self._request("GET", path, query, stream=True, read_timeout=seconds + 5)
        with contextlib.closing(response):
            for line in _lines(response):
                document = json.loads(line)
                yield document["type"], document["object"]

    def _path(self, kind: Kind, namespace: str = "", name: str = "") -> str:
        """The REST path of a kind's collection, or of one object in it."""
        plural, namespaced = self.resource(kind)
        path = _group_path(kind.api_version)
        if namespaced and namespace:
            path += f"/namespaces/{quote(namespace)}"
        return f"{path}/{plural}" + (f"/{quote(name)}" if name else "")

    def resource(self, kind: Kind) -> tuple[str, bool]:
        """The plural name of a kind, and whether its objects live in a namespace. Raises ApiError if unknown."""
        version = kind.api_version
        if kind.name not in self._resources.get(version, {}):
            try:
                document = self._json("GET", _group_path(version))
            except ApiError as error:
                if error.status != 404:
                    raise
                document = {}
            self._resources[version] = {
                entry["kind"]: (entry["name"], entry["namespaced"])
                for entry in document.get("resources", [])
                if "/" not in entry["name"]
            }
        try:
            return self._resources[version][kind.name]
        except KeyError:
            raise unknown_kind(self.server, kind) from None

    def _json(
        self,
        method: str,
        path: str,
        query: t.Mapping[str, str] | None = None,
        body: Object | None = None,
        content_type: str = "application/json",
    ) -> Object:
        response = self._request(method, path, query, body, content_type)
        return t.cast("Object", json.loads(response.data))

    def headers(self) -> dict[str, str]:
        """The headers that authenticate a request."""
        found = {}
        for setting in self.configuration.auth_settings().values():
            if setting["in"] == "header" and setting["value"]:
                found[setting["key"]] = setting["value"]
        return found

    def _request(
        self,
        method: str,
        path: str,
        query: t.Mapping[str, str] | None = None,
        body: Object | None = None,
        content_type: str = "application/json",
        *,
        stream: bool = False,
        read_timeout: float | None = None,
    ) -> t.Any:
        """One request; the response has been read unless it is a ``stream``. Raises ApiError."""
        url = self.server + path + (f"?{urlencode(query)}" if query else "")
        headers = {**self.headers(), "Accept": "application/json, */*"}
        if body is not None:
            headers["Content-Type"] = content_type
        read = read_timeout or (None if stream else _READ_TIMEOUT)
        try:
            response = self._pool.request(
                method,
                url,
                body=None if body is None else _encoded(method, path, body),
                headers=headers,
                timeout=urllib3.Timeout(connect=_CONNECT_TIMEOUT, read=read),
                preload_content=not stream,
                retries=False,
            )
        except urllib3.exceptions.HTTPError as error:
            raise unreachable(self.server, error) from error
        if response.status >= 400:
            raise refused(method, path, response.status, response.data)
        return response


class _Followed:
    """A log that a thread reads; see ``api.Logs``."""

    def __init__(self, start: t.Callable[[], t.Any], tail: int) -> None:
        self._lines: collections.deque[str] = collections.deque(maxlen=tail)
        self._thread = threading.Thread(target=self._read, args=(start,), daemon=True)
        self._thread.start()

    def _read(self, start: t.Callable[[], t.Any]) -> None:
        # A log that cannot be read is an empty one: it is evidence, not what the step is about.
        with (
            contextlib.suppress(ApiError, urllib3.exceptions.HTTPError, OSError),
            contextlib.closing(start()) as response,
        ):
            for line in _lines(response):
                self._lines.append(line.decode(errors="replace").rstrip("\r"))

    def lines(self) -> list[str]:
        """The last lines so far."""
        self._thread.join(timeout=0.5)
        return list(self._lines)


def _lines(response: t.Any) -> t.Iterator[bytes]:
    """Lines of a response as they come; read1 hands out what has arrived and does not wait for more."""
    rest = b""
    for chunk in response.stream(amt=None, decode_content=True):
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (line for line in lines if line)
    if rest:
        yield rest


#: Characters that JSON may have as they are, and YAML may not (YAML 1.2, 5.1 and 5.4).
_NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def _encoded(method: str, path: str, body: Object) -> bytes:
    """``body`` as JSON in UTF-8.

    The API reads what is applied as YAML, and YAML has no surrogate pairs: the ASCII that json.dumps writes by default
    (and with it the client's own requests) is refused for each character beyond U+FFFF. What YAML takes for a line
    break, for a byte order mark or for no text at all is escaped. Raises ApiError.
    """
    text = _NOT_IN_YAML.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(body, ensure_ascii=False))
    try:
        # A JSON escape that YAML's parser has read leaves the halves of a pair, which belong together.
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le").encode()
    except UnicodeDecodeError as error:
        raise not_text(method, path, error) from error


def _group_path(api_version: str) -> str:
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"


def _dry(dry_run: bool) -> dict[str, str]:
    return {"dryRun": "All"} if dry_run else {}
