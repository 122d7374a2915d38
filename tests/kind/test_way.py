# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way to a service on a real cluster, and what is saved of a namespace."""

from __future__ import annotations

import http.client
import statistics
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._kube import evidence, forward
from ansible_collections.gocover.e2e.plugins.module_utils._kube.api import POD
from rig import Rig, deployment, service


def fetch(url: str, connection: http.client.HTTPConnection | None = None) -> str:
    used = connection or http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    used.request("GET", "/")
    answer = used.getresponse().read().decode().strip()
    if connection is None:
        used.close()
    return answer


def test_every_pod_answers_many_connections_at_once_and_one_that_is_kept(rig: Rig) -> None:
    rig.apply(deployment(replicas=2), service())
    names = {pod["name"] for pod in rig.wait().pods}
    target = forward.find_target(rig.cluster, rig.workload())
    assert target.port == "http"
    with forward.Forward(rig.cluster, target) as way:
        answers: list[str] = []

        def ask() -> None:
            answers.extend(fetch(way.url) for _turn in range(10))

        askers = [threading.Thread(target=ask) for _turn in range(8)]
        for asker in askers:
            asker.start()
        for asker in askers:
            asker.join()
        assert way.errors == []
        assert len(answers) == 80
        assert set(answers) == names
        kept = http.client.HTTPConnection("127.0.0.1", way.port, timeout=10)
        seconds = []
        for _turn in range(100):
            begun = time.perf_counter()
            fetch(way.url, kept)
            seconds.append(time.perf_counter() - begun)
        kept.close()
        print(f"\na request on a kept connection: {statistics.median(seconds) * 1000:.1f} ms")
        # A pod that has gone is not asked any longer.
        gone = names.pop()
        rig.cluster.delete(POD, gone, rig.namespace)
        rig.wait()
        assert gone not in {fetch(way.url) for _turn in range(6)}
        port = way.port
    with pytest.raises(OSError):
        http.client.HTTPConnection("127.0.0.1", port, timeout=1).connect()


def test_a_node_port_that_answers_is_used_as_it_is(rig: Rig) -> None:
    exposed = service()
    exposed["spec"]["type"] = "NodePort"
    rig.apply(deployment(), exposed)
    (pod,) = rig.wait().pods
    limit = time.monotonic() + 30
    while True:
        with forward.way_to(rig.cluster, rig.workload(), node_ports=True) as url:
            assert fetch(url) == pod["name"]
            # A node takes its time to open the port; until then the way is a forwarded one.
            if not url.startswith("http://127.0.0.1:"):
                return
        assert time.monotonic() < limit


def test_no_pod_and_no_port_are_named(rig: Rig) -> None:
    rig.apply(deployment(replicas=0, ports=[]))
    with pytest.raises(Failure) as caught:
        forward.find_target(rig.cluster, rig.workload())
    assert caught.value.diagnoses[0].cause == "service-port-unknown"
    with pytest.raises(Failure) as caught, forward.way_to(rig.cluster, rig.workload(), 8080):
        pass
    assert caught.value.diagnoses[0].cause == "not-ready"


def test_logs_events_and_objects_are_saved_without_secrets(rig: Rig, tmp_path: Path) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"key": "do-not-tell"}}
    rig.apply(secret, deployment(), service())
    (pod,) = rig.wait().pods
    written = evidence.save(rig.cluster, rig.namespace, tmp_path / "evidence")
    assert written == ["events.txt", "objects.yaml", f"{pod['name']}.probe.log"]
    assert "listening" in (tmp_path / "evidence" / written[2]).read_text()
    assert "Started" in (tmp_path / "evidence" / "events.txt").read_text()
    objects = (tmp_path / "evidence" / "objects.yaml").read_text()
    assert "kind: Deployment" in objects
    assert "do-not-tell" not in objects
