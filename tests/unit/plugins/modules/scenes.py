# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of several modules set up: a Deployment, and the programs of a kind node."""

from __future__ import annotations

import sys
import typing as t
from pathlib import Path

from ansible_collections.gocover.e2e.plugins.module_utils._kind import kubeconfig

if t.TYPE_CHECKING:
    from fake_engine import FakeEngine
    from module_runner import Modules

COVDATA = Path(__file__).resolve().parents[3] / "fixtures" / "covdata" / "go1.26.6-set" / "covdata"
KIND_NODE = "e2e-control-plane"

_CTR = """
import hashlib, json, os, sys
store = os.path.join(os.environ["FAKE_NODE"], "images.json")
images = json.load(open(store)) if os.path.exists(store) else {}
words = [word for word in sys.argv[1:] if not word.startswith("--")]
if words[:2] == ["plugins", "ls"]:
    print("io.containerd.cri.v1 images - ok")
elif words[:2] == ["images", "ls"]:
    print("REF TYPE DIGEST SIZE PLATFORMS LABELS")
    for name, (digest, label) in images.items():
        print(name, "application/vnd.docker.distribution.manifest.v2+json", digest, "1.0 KiB linux/amd64", label)
elif words[:2] == ["images", "import"]:
    name = sys.stdin.readline().strip()
    images[name] = ["sha256:" + hashlib.sha256(sys.stdin.read().encode()).hexdigest(), "-"]
elif words[:2] == ["images", "label"]:
    images[words[2]][1] = words[3]
if words[:2] in (["images", "import"], ["images", "label"]):
    json.dump(images, open(store, "w"))
"""

_KUBECONFIG = """apiVersion: v1
kind: Config
current-context: kind-e2e
clusters:
- name: kind-e2e
  cluster: {server: "https://127.0.0.1:6443", certificate-authority-data: Y2E=}
contexts:
- name: kind-e2e
  context: {cluster: kind-e2e, user: kind-e2e}
users:
- name: kind-e2e
  user: {client-certificate-data: Y2E=, client-key-data: Y2E=}
"""
_SPEC = '{"ociVersion": "1.1.0", "process": {"env": ["PATH=/usr/bin"]}, "mounts": []}'
_CONFIG = """
[plugins."io.containerd.cri.v1.runtime".containerd]
  default_runtime_name = "runc"
  [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
    base_runtime_spec = "/etc/containerd/cri-base.json"
"""


def deployment(replicas: int = 1) -> dict[str, t.Any]:
    """A Deployment ``shop`` in the namespace ``e2e``."""
    labels = {"app": "shop"}
    pod = {"containers": [{"name": "shop", "image": "shop:dev"}], "terminationGracePeriodSeconds": 30}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "shop", "namespace": "e2e"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


def node_programs(engine: FakeEngine) -> None:
    """Give the nodes a containerd with one base spec, and its command line tools."""
    root = engine.directory / "node" / "etc" / "containerd"
    root.mkdir(parents=True, exist_ok=True)
    (root / "cri-base.json").write_text(_SPEC)
    (root / "config.toml").write_text(_CONFIG)
    engine.roots["/etc/containerd"] = str(root)
    engine.add_program("ctr", f"#!{sys.executable}\n{_CTR}")
    engine.add_program("containerd", f"#!/bin/sh\ncat {root}/config.toml\n")
    engine.add_program("systemctl", "#!/bin/sh\n")


def kind_programs(modules: Modules) -> None:
    """Put a ``kind`` on PATH that knows the cluster e2e, whose API answers."""
    directory = modules.engine.directory
    (directory / "kubeconfig").write_text(_KUBECONFIG)
    modules.engine.add_program(
        "kind",
        "#!/bin/sh\n"
        'case "$1 $2" in\n'
        f'"get kubeconfig") cat {directory}/kubeconfig ;;\n'
        f'"delete cluster") touch {directory}/deleted ;;\n'
        "esac\n",
    )
    modules.patching.setenv("PATH", f"{directory / 'bin'}:/usr/local/bin:/usr/bin:/bin")
    # The API seam of kind_cluster: the one request that it sends.
    modules.patching.setattr(kubeconfig, "api_silence", lambda _content: None)
