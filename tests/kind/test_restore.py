# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a dead run has left in a real cluster is found by looking, and another run is refused by name."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._kube import lease
from ansible_collections.gocover.e2e.plugins.module_utils._kube.ending import scaling
from ansible_collections.gocover.e2e.plugins.module_utils._kube.patch.pod_template import Settings
from ansible_collections.gocover.e2e.plugins.module_utils._process.holder import Holder, this_holder
from ansible_collections.gocover.e2e.plugins.modules import cluster_restore
from rig import Rig, deployment
from shared import step_of


def playbook(pid: int, directory: str) -> Holder:
    found = this_holder(pid, directory)
    assert found is not None
    return found


def test_a_dead_run_is_undone_by_looking(rig: Rig) -> None:
    rig.apply(deployment(), hold=False)
    spec = rig.workload().object["spec"]
    dead = replace(playbook(os.getpid(), "/dead"), pid=2**22 + 1)
    lease.take(rig.cluster, rig.namespace, "probe", dead, ["Deployment/probe"])
    rig.cover(Settings(node_path="/var/lib/gocover/probe/run", mount_path="/gocover"))
    patch = scaling.stopping_patch(rig.workload())
    assert patch is not None
    rig.cluster.patch(rig.workload().kind, "probe", rig.namespace, patch)
    options = {"service": "probe", "namespace": rig.namespace, "kubeconfig": str(rig.kubeconfig)}
    outcome = cluster_restore.run(step_of(cluster_restore.MODULE, **options))
    assert outcome.result["objects"] == [{"object": "deployment/probe", "namespace": rig.namespace, "restored": True}]
    assert rig.workload().object["spec"] == spec
    assert not [name for name in rig.workload().annotations if "gocover" in name]
    assert lease.find(rig.cluster, rig.namespace) == []
    assert not cluster_restore.run(step_of(cluster_restore.MODULE, **options)).changed


def test_the_api_refuses_a_second_run(rig: Rig) -> None:
    living, other = playbook(os.getpid(), "/first"), playbook(os.getppid(), "/second")
    lease.take(rig.cluster, rig.namespace, "probe", living, ["Deployment/probe"])
    with pytest.raises(Failure) as caught:
        lease.take(rig.cluster, rig.namespace, "probe", other, ["Deployment/probe"])
    assert caught.value.diagnoses[0].cause == "run-in-progress" and "/first" in str(caught.value)
    (own,) = lease.find(rig.cluster, rig.namespace)
    lease.release(rig.cluster, own)
    assert lease.take(rig.cluster, rig.namespace, "probe", other, ["Deployment/probe"]).of(other)
