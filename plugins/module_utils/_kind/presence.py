# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A kind cluster, from the options to the outcome: present, absent, or only listed."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from pathlib import Path

from .._diagnosis import failure
from .._engine.api import Engine
from .._outcome import Outcome
from .._run.progress import Progress
from . import cluster, kubeconfig, nodes


@dataclass(frozen=True)
class ClusterOptions:
    """The options of kind_cluster; see its documentation. Times are in seconds."""

    name: str
    state: str
    image: str | None
    config: t.Mapping[str, t.Any]
    wait_timeout: float
    retries: int
    kubeconfig: str | None
    platforms: t.Sequence[str] = ()

    @property
    def spec(self) -> cluster.ClusterSpec:
        """The cluster that is described."""
        state = cluster.state_directory()
        return cluster.ClusterSpec(
            name=self.name,
            kubeconfig=Path(self.kubeconfig or state / f"{self.name}.kubeconfig"),
            state=state,
            image=self.image or "",
            config=self.config,
            wait_timeout=self.wait_timeout,
            retries=self.retries,
        )


def manage_cluster(
    wanted: ClusterOptions,
    engine: Engine,
    progress: Progress,
    alive: t.Callable[[], bool] = lambda: True,
    check_mode: bool = False,
) -> Outcome:
    """Bring the cluster into the wanted state. Raises Failure."""
    if wanted.state == "present":
        check_platforms(wanted, engine)
    spec = wanted.spec
    identity = {
        "cluster": spec.name,
        "provider": engine.provider,
        "kubeconfig": str(spec.kubeconfig),
        "context": kubeconfig.context_of(spec.name),
    }
    if check_mode:
        present = nodes.containers_of(engine, spec.name)
        changed = cluster.would_change(spec, present, wanted.state == "present")
        return Outcome(changed=changed, result={**identity, **_untouched(present)})
    if wanted.state == "absent":
        changed = cluster.ensure_absent(engine, spec, progress)
        return Outcome(changed=changed, result={**identity, **_untouched([])})
    made = cluster.ensure_present(engine, spec, progress, alive)
    for difference in made.differences:
        progress.warn(f"The cluster {spec.name} stays as it is, though {difference}; delete it to have it recreated")
    state = "created" if made.created else "present"
    progress.note(f"cluster {spec.name} {state}: {len(made.nodes)} nodes, {engine.provider} {engine.version}")
    result = {
        **identity,
        "kubeconfig": str(made.kubeconfig),
        "nodes": [node.as_dict() for node in made.nodes],
        "host_address": nodes.gateway_of(engine, made.nodes[0]),
        "created": made.created,
        "attempts": made.attempts,
    }
    section = {key: value for key, value in result.items() if key != "cluster"}
    sections = {"cluster": {"name": spec.name, **section, "engine": engine.version}}
    return Outcome(changed=made.changed, result=result, sections=sections)


def check_platforms(wanted: ClusterOptions, engine: Engine) -> None:
    """Refuse images of a platform that no node has, before any of them is built. Raises Failure."""
    for platform in wanted.platforms:
        system, _slash, rest = platform.partition("/")
        architecture = rest.partition("/")[0]
        if (system, architecture) != ("linux", engine.architecture):
            raise failure(
                f"An image for {platform} cannot run on the cluster {wanted.name}",
                "platform-mismatch",
                f"The nodes of {wanted.name} are containers of {engine.provider}, whose platform is "
                f"linux/{engine.architecture}",
                f"Set service_platform to linux/{engine.architecture}, or leave it empty",
            )


def list_clusters(name: str | None, engine: Engine, progress: Progress) -> Outcome:
    """The clusters of the engine, or only the one called ``name``. Raises Failure."""
    clusters: list[dict[str, t.Any]] = [
        {"name": entry, "nodes": [node.as_dict() for node in nodes.containers_of(engine, entry)]}
        for entry in nodes.clusters(engine)
        if name in (None, entry)
    ]
    for entry in clusters:
        shown = ", ".join(f"{node['name']} ({node['role']}, {node['state']})" for node in entry["nodes"])
        progress.note(f"cluster {entry['name']}: {shown}")
    if name and not clusters:
        progress.note(f"no cluster {name} exists")
    return Outcome(changed=False, result={"provider": engine.provider, "clusters": clusters})


def _untouched(present: t.Sequence[nodes.Node]) -> dict[str, t.Any]:
    """What is returned of a cluster that is absent, or that check mode left as it is."""
    return {"nodes": [node.as_dict() for node in present], "host_address": None, "created": False, "attempts": 0}
