# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way from this machine to a service in a cluster: a local TCP port, forwarded through the API.

Each connection becomes a WebSocket to the API server's ``portforward`` of a ready pod (protocol v4.channel.k8s.io:
binary messages whose first byte is a channel, 0 for data and 1 for errors; the first message of each channel is the
port). Where the API server closes a connection, the next one goes to whichever pod is ready then. A new connection
costs 20 ms, a request on one that is kept less than 1 ms. A node port of kind's nodes is used as it is.

kubernetes.stream.portforward was tried for the WebSocket. It swaps a method of the client that all threads share for
the time of a call, so that two connections cannot be opened at once, and reads the certificates for each of them anew.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import threading
import time
import typing as t

from .._diagnosis import Failure, failure, library_missing
from . import pods
from .api import NODE, POD, SERVICE, Cluster, Object
from .client import ApiCluster
from .workload import Workload, label_selector

try:
    from websocket import WebSocket, WebSocketException
except ImportError as error:
    _WEBSOCKET_ERROR: ImportError | None = error
else:
    _WEBSOCKET_ERROR = None

_CHUNK = 65536
_PROTOCOL = "v4.channel.k8s.io"
#: How long the list of ready pods is believed, in seconds.
_FRESH = 1.0
_PROXY_LAG = 3.0
#: How kind begins the providerID of its nodes: ``kind://docker/CLUSTER/NODE``.
_KIND_NODE = "kind://"


class Target(t.NamedTuple):
    """Pods by label selector, and the port that they listen on: a number, or the name of a container port."""

    namespace: str
    selector: str
    port: int | str


def find_target(cluster: Cluster, target: Workload, port: int | None = None) -> Target:
    """The way to a workload: through the Service that selects its pods, else a container port. Raises Failure.

    ``port`` is that of the Service, or of the container where no Service has it.
    """
    labels = (target.object["spec"]["template"].get("metadata") or {}).get("labels") or {}
    for service in cluster.list_all(SERVICE, target.namespace):
        selector = service["spec"].get("selector") or {}
        if not selector or not selector.items() <= labels.items():
            continue
        for entry in service["spec"].get("ports") or []:
            if entry.get("protocol", "TCP") == "TCP" and port in (None, entry["port"]):
                return Target(
                    target.namespace, label_selector({"matchLabels": selector}), entry.get("targetPort", entry["port"])
                )
    if port:
        return Target(target.namespace, target.selector, port)
    for container in target.pod_spec["containers"]:
        for entry in container.get("ports") or []:
            if entry.get("protocol", "TCP") == "TCP":
                return Target(target.namespace, target.selector, int(entry["containerPort"]))
    raise failure(
        f"There is no way to {target.title}",
        "service-port-unknown",
        f"No Service selects its pods, and no container of {target.title} names a port",
        "Let service_manifests contain a Service, or give its port as service_ports",
    )


@contextlib.contextmanager
def way_to(
    cluster: ApiCluster, target: Workload, port: int | None = None, *, node_ports: bool = False
) -> t.Iterator[str]:
    """The URL at which this machine reaches the workload while the context lasts. Raises Failure.

    ``node_ports`` allows a node port of kind's nodes. In any other cluster the address of a node may be that of a
    stranger in this machine's own network.
    """
    if _WEBSOCKET_ERROR is not None:
        raise library_missing("websocket-client", _WEBSOCKET_ERROR, f"There is no way to {target.title}")
    found = find_target(cluster, target, port)
    direct = _node_port_url(cluster, target, port) if node_ports else None
    if direct is not None:
        yield direct
        return
    with Forward(cluster, found) as forward:
        yield forward.url


def _node_port_url(cluster: Cluster, target: Workload, port: int | None) -> str | None:
    """The URL of a node port that answers, as those of kind's nodes do under Linux."""
    labels = (target.object["spec"]["template"].get("metadata") or {}).get("labels") or {}
    numbers = [
        entry["nodePort"]
        for service in cluster.list_all(SERVICE, target.namespace)
        if (service["spec"].get("selector") or {"": ""}).items() <= labels.items()
        for entry in service["spec"].get("ports") or []
        if entry.get("nodePort") and entry.get("protocol", "TCP") == "TCP" and port in (None, entry["port"])
    ]
    if not numbers:
        return None
    for node in cluster.list_all(NODE):
        if not str((node.get("spec") or {}).get("providerID", "")).startswith(_KIND_NODE):
            continue
        for entry in (node.get("status") or {}).get("addresses") or []:
            if entry["type"] == "InternalIP" and _answers(entry["address"], numbers[0]):
                host = f"[{entry['address']}]" if ":" in entry["address"] else entry["address"]
                return f"http://{host}:{numbers[0]}"
    return None


def _answers(address: str, port: int) -> bool:
    """Whether a port can be connected to; kube-proxy may need a second after a pod has become ready."""
    deadline = time.monotonic() + _PROXY_LAG
    while True:
        try:
            socket.create_connection((address, port), 0.5).close()
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        except OSError:
            return False
        else:
            return True


class Forward:
    """A local port (``url``) for as long as the context lasts."""

    def __init__(self, cluster: ApiCluster, target: Target) -> None:
        self._cluster = cluster
        self._target = target
        self._tls = _tls_context(cluster.configuration)
        self._listener: socket.socket | None = None
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._ready: list[Object] = []
        self._asked = 0.0
        self._turn = 0
        self.errors: list[str] = []

    @property
    def port(self) -> int:
        """The local port."""
        if self._listener is None:
            raise RuntimeError("the port is open only within the context")
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        """Where the service answers on this machine."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Forward:
        if not self._pods():
            raise self._no_pod()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()
        return self

    def __exit__(self, *_exception: object) -> None:
        if self._listener is not None:
            # shutdown wakes the thread that accepts, close alone does not.
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, local: socket.socket) -> None:
        with self._lock:
            self._open.add(local)
        try:
            local.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with contextlib.closing(self._connect()) as remote:
                _pump(local, remote)
        except (OSError, Failure) as error:
            self.errors = [*self.errors[-9:], " ".join(str(error).split())]
        finally:
            with self._lock:
                self._open.discard(local)
            local.close()

    def _pods(self) -> list[Object]:
        with self._lock:
            if time.monotonic() - self._asked > _FRESH:
                found = self._cluster.list_all(POD, self._target.namespace, labels=self._target.selector)
                self._ready = sorted((pod for pod in found if pods.ready(pod)), key=pods.name_of)
                self._asked = time.monotonic()
            return self._ready

    def _no_pod(self) -> Failure:
        return failure(
            "There is no way to the service",
            "not-ready",
            f"No pod with the labels {self._target.selector} in the namespace {self._target.namespace} is ready",
            "Wait until the workload is ready (workload_ready) before testing it",
        )

    def _connect(self) -> _Channel:
        """A connection to the next ready pod, each in its turn."""
        ready = self._pods()
        if not ready:
            raise self._no_pod()
        with self._lock:
            self._turn += 1
            pod = ready[self._turn % len(ready)]
        try:
            return self._dial(pod)
        except (OSError, WebSocketRefused):
            # The pod may have gone since it was listed.
            self._asked = 0.0
            others = [other for other in self._pods() if other["metadata"]["uid"] != pod["metadata"]["uid"]]
            return self._dial((others or [pod])[0])

    def _dial(self, pod: Object) -> _Channel:
        port = _number(pod, self._target.port)
        path = f"/api/v1/namespaces/{self._target.namespace}/pods/{pods.name_of(pod)}/portforward?ports={port}"
        return _Channel(_web_socket(self._cluster, path, self._tls))


class WebSocketRefused(OSError):
    """The API server did not open a WebSocket."""


class _Channel:
    """The data channel of one forwarded port."""

    def __init__(self, web_socket: t.Any) -> None:
        self._web_socket = web_socket
        self._announced: set[int] = set()

    @property
    def socket(self) -> socket.socket:
        return t.cast("socket.socket", self._web_socket.sock)

    def pending(self) -> bool:
        """Whether data has been decrypted that select does not see."""
        connection = self.socket
        return isinstance(connection, ssl.SSLSocket) and connection.pending() > 0

    def send(self, data: bytes) -> None:
        self._web_socket.send_binary(b"\0" + data)

    def receive(self) -> bytes | None:
        """Data of one message (perhaps none); None at the end. Raises OSError with what the kubelet says."""
        opcode, message = self._web_socket.recv_data()
        if opcode == 8 or not message:
            return None
        channel, data = message[0], message[1:]
        if channel not in self._announced:
            self._announced.add(channel)
            return b""
        if channel == 1:
            raise OSError(data.decode(errors="replace"))
        return bytes(data)

    def close(self) -> None:
        # No handshake: what is to be sent has been sent.
        self._web_socket.shutdown()


def _pump(local: socket.socket, remote: _Channel) -> None:
    """Carry bytes both ways until either side ends."""
    poll = select.poll()
    poll.register(local, select.POLLIN)
    poll.register(remote.socket, select.POLLIN)
    local_number = local.fileno()
    while True:
        ready = {number for number, _event in poll.poll()}
        if local_number in ready:
            data = local.recv(_CHUNK)
            if not data:
                return
            remote.send(data)
        if ready - {local_number}:
            while True:
                try:
                    received = remote.receive()
                except WebSocketException:
                    return
                if received is None:
                    return
                local.sendall(received)
                if not remote.pending():
                    break


def _number(pod: Object, port: int | str) -> int:
    """A port by its number, or by the name that a container of the pod gives it. Raises Failure."""
    if isinstance(port, int) or port.isdigit():
        return int(port)
    for container in pod["spec"]["containers"]:
        for entry in container.get("ports") or []:
            if entry.get("name") == port:
                return int(entry["containerPort"])
    raise failure(
        "There is no way to the service",
        "service-port-unknown",
        f"The Service names the port {port}, and no container of {pods.name_of(pod)} has a port of that name",
        "Let the container name its port, or the Service use a number as targetPort",
    )


def _tls_context(configuration: t.Any) -> ssl.SSLContext:
    """One context for all connections: reading the certificates anew for each would cost milliseconds."""
    context = ssl.create_default_context(cafile=configuration.ssl_ca_cert or None)
    if not configuration.verify_ssl:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif configuration.assert_hostname is False:
        context.check_hostname = False
    if configuration.cert_file:
        context.load_cert_chain(configuration.cert_file, configuration.key_file)
    return context


def _web_socket(cluster: ApiCluster, path: str, tls: ssl.SSLContext) -> t.Any:
    configuration = cluster.configuration
    options: dict[str, t.Any] = {"context": tls}
    if configuration.tls_server_name:
        options["server_hostname"] = configuration.tls_server_name
    web_socket = WebSocket(
        sslopt=options, skip_utf8_validation=True, sockopt=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
    )
    header = [f"{key}: {value}" for key, value in cluster.headers().items()]
    url = cluster.server.replace("http", "ws", 1) + path
    try:
        web_socket.connect(url, header=header, subprotocols=[_PROTOCOL], suppress_origin=True, timeout=10)
    except WebSocketException as error:
        raise WebSocketRefused(" ".join(str(error).split())) from error
    web_socket.settimeout(None)
    return web_socket
