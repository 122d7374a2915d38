# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes over the wire to an API server: a real HTTP server stands in for it and keeps what it gets."""

from __future__ import annotations

import http.server
import json
import threading
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._kube import client
from ansible_collections.gocover.e2e.plugins.module_utils._kube.api import DEPLOYMENT, Object

#: Text of every plane that holds characters, from right to left, beside NUL, and what JSON and YAML treat on their own.
TEXTS = [
    pytest.param("a\x01\x7f\x85\u2028\ufeff \\ \" ' # :\t\r\nb", id="control characters"),
    pytest.param("gr\u00fc\u00df dich \u20ac", id="basic plane"),
    pytest.param("\U0001f680 \U0001f468\u200d\U0001f469\u200d\U0001f467", id="plane 1, emoji"),
    pytest.param("\U00020bb7\U0002f800", id="plane 2, ideographs"),
    pytest.param("\U00030000", id="plane 3, ideographs"),
    pytest.param("\U000e0041\U000e0100", id="plane 14, tags"),
    pytest.param("\U000f0000 \U0010fffd", id="planes 15 and 16, private use"),
    pytest.param("\u0634\u0644\u0648\u0645 \u202e\u05e9\u05dc\u05d5\u05dd\u202c", id="from right to left"),
    pytest.param("a\u0001\u0000\u007f\u0085b", id="beside NUL"),
    pytest.param("\ufeffmark \ud7ff \ue000 \uffff", id="around the surrogates"),
    pytest.param("\u2028 \u2029 \\ \" ' # : \t\r\n", id="what quoting is for"),
    pytest.param("\U0001f680" * 262_144, id="1 MiB"),
]


class Requests(t.NamedTuple):
    """A client, and the content type and body of each request that it has sent."""

    cluster: client.ApiCluster
    sent: list[tuple[str, bytes]]


@pytest.fixture
def requests(tmp_path: Path) -> t.Iterator[Requests]:
    sent: list[tuple[str, bytes]] = []

    class Api(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            if length:
                sent.append((self.headers["Content-Type"], self.rfile.read(length)))
            resources = [
                {"name": "configmaps", "kind": "ConfigMap", "namespaced": True},
                {"name": "deployments", "kind": "Deployment", "namespaced": True},
            ]
            document = json.dumps({"resources": resources}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(document)))
            self.end_headers()
            self.wfile.write(document)

        do_GET = do_PATCH = do_DELETE = answer  # noqa: N815 - the names are the library's

        def log_message(self, format: str, *args: t.Any) -> None:
            """Keep quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(
        json.dumps(
            {
                "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
                "users": [{"name": "u", "user": {}}],
                "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
                "current-context": "x",
            }
        )
    )
    yield Requests(client.connect(str(kubeconfig), None), sent)
    server.shutdown()
    server.server_close()


def config_map(text: str) -> Object:
    metadata = {"name": "texts", "namespace": "default", "annotations": {"text": text}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}


@pytest.mark.parametrize("text", TEXTS)
def test_each_request_carries_text_as_it_is(requests: Requests, text: str) -> None:
    metadata = {"annotations": {"text": text}}
    requests.cluster.apply(config_map(text))
    requests.cluster.patch(DEPLOYMENT, "web", "default", {"metadata": metadata})
    assert len(requests.sent) == 2
    for _content_type, body in requests.sent:
        assert json.loads(body.decode("utf-8"))["metadata"]["annotations"]["text"] == text


@pytest.mark.parametrize("text", [case for case in TEXTS if case.id not in ("beside NUL", "1 MiB")])
def test_what_is_applied_is_the_same_text_for_a_parser_of_yaml(requests: Requests, text: str) -> None:
    requests.cluster.apply(config_map(text))
    ((content_type, body),) = requests.sent
    assert content_type == "application/apply-patch+yaml"
    assert yaml.safe_load(body.decode("utf-8"))["metadata"]["annotations"]["text"] == text
    assert b"\\ud8" not in body.lower()


def test_the_halves_of_a_pair_become_its_character(requests: Requests) -> None:
    # As PyYAML's own parser reads the escape of JSON.
    requests.cluster.apply(config_map("\ud83d\ude80"))
    ((_content_type, body),) = requests.sent
    assert json.loads(body)["metadata"]["annotations"]["text"] == "\U0001f680"
    assert "\U0001f680".encode() in body


def test_half_a_pair_is_refused_by_name_before_it_is_sent(requests: Requests) -> None:
    with pytest.raises(Failure) as caught:
        requests.cluster.apply(config_map("half \ud83d"))
    assert [entry.cause for entry in caught.value.diagnoses] == ["manifest-invalid"]
    assert requests.sent == []
