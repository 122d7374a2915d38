# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node that was restarted, and whose API server does not answer: what is wrong inside, and what can be mended.

An engine may give a container another address as it starts again, if another one has taken its former address
meanwhile. kubeadm has written the address into manifests, flags, kubeconfigs and certificates. The entrypoint of kind's
own node images corrects them; node images of others may not.
"""

from __future__ import annotations

from dataclasses import dataclass

from .._diagnosis import Diagnosis
from .._engine.api import Engine
from .nodes import Node

#: What a node tells of itself, a word and a value a line. Files that are missing tell nothing.
_LOOK = r"""
sed -n 's/.*--node-ip=\([0-9.]*\).*/written \1/p' /var/lib/kubelet/kubeadm-flags.env
ip -4 -o addr show eth0 | sed -n 's/.* inet \([0-9.]*\).*/address \1/p'
for unit in containerd kubelet; do echo "$unit $(systemctl is-active $unit)"; done
echo "line $(journalctl --no-pager -o cat -n 1 -u kubelet)"
"""
#: Arguments: the address that is written, and the present one.
_MEND = r"""
set -e
pattern="\b$(printf %s "$1" | sed 's/[.]/[.]/g')\b"
cd /etc/kubernetes
sed -i "s#$pattern#$2#g" /var/lib/kubelet/kubeadm-flags.env
for file in manifests/*.yaml *.conf /kind/kubeadm.conf; do
  if [ -f "$file" ]; then sed -i "s#$pattern#$2#g" "$file"; fi
done
if [ -f manifests/kube-apiserver.yaml ]; then
  rm -f pki/apiserver.crt pki/apiserver.key pki/etcd/server.* pki/etcd/peer.*
  for part in apiserver etcd-server etcd-peer; do
    kubeadm init phase certs "$part" --config /kind/kubeadm.conf >/dev/null
  done
fi
systemctl restart kubelet
"""


@dataclass(frozen=True)
class Inside:
    """What a node tells of itself: the address in its files and its own, the state of its services, a line of log."""

    written: str = ""
    address: str = ""
    containerd: str = ""
    kubelet: str = ""
    line: str = ""

    @property
    def moved(self) -> bool:
        """Whether the node has another address than its files say."""
        return bool(self.written and self.address and self.written != self.address)


def parse(text: str) -> Inside:
    """The output of the node, a word and a value a line; unknown words are left out."""
    known = {name: "" for name in ("written", "address", "containerd", "kubelet", "line")}
    for entry in text.splitlines():
        word, _space, value = entry.partition(" ")
        if word in known:
            known[word] = value.strip()
    return Inside(**known)


def look(engine: Engine, node: Node) -> Inside:
    """Ask a running node. Raises EngineError."""
    return parse(engine.execute(node.name, ["bash", "-c", _LOOK]).stdout.decode(errors="replace"))


def mend(engine: Engine, node: Node, inside: Inside) -> str:
    """Write the node's present address into its files and certificates; what went wrong, empty if nothing did."""
    ended = engine.execute(node.name, ["bash", "-c", _MEND, "bash", inside.written, inside.address])
    return "" if ended.rc == 0 else ended.said


def diagnose(node: Node, inside: Inside) -> Diagnosis | None:
    """Why the API server of a node stays silent for certain; None if it may still come up."""
    for unit, state in (("containerd", inside.containerd), ("kubelet", inside.kubelet)):
        if state in ("failed", "inactive"):
            line = f"; its last line: {inside.line}" if inside.line and unit == "kubelet" else ""
            return Diagnosis(
                "node-broken",
                f"{unit} in {node.name} is {state}{line}",
                "Look into the node, or delete the cluster (state: absent), so that the next run creates it anew",
            )
    return None
