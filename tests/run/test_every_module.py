# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every module, inside the Ansible worker and shipped: the same result, and nothing is left behind."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml
from project import BIN, CHECKOUT, SERVICES, Project, environment

#: Keywords of a task by which its module is shipped; nothing else about it changes.
SHIPPED = {"environment": {"LC_ALL": "C.UTF-8"}}
#: Parts of a result that differ from call to call.
_PASSING = ("seconds", "started", "ended", "run", "pid", "port", "ansible_facts", "invocation", "former", "id")


def arguments(place: Path, covdata: Path) -> dict[str, dict[str, Any]]:
    """Arguments for each module; where an engine or a cluster would be needed, they lead to one that is not there."""
    engine = {"provider": "podman"}
    cluster = {"kubeconfig": str(place / "no-kubeconfig"), "namespace": "shop"}
    workload = {**cluster, "workload": "deployment/shop"}
    run = {"service": "shop", "work": str(place / "work"), "results": str(place / "results")}
    return {
        "cluster_restore": {**cluster, "service": "shop"},
        "covdata_collect": {"node_path": str(covdata), "dest": str(place / "covdata")},
        "covdata_report": {"covdata": [str(covdata)], "dest": str(place / "report"), "service": "sample"},
        "coverage_image": {
            **{"name": "sample", "source": str(SERVICES), "package": "./cmd/sample", "binary": str(place / "sample")},
            **{"build_args": {"TOKEN": "hunter2"}, "env": {"SOME_TOKEN": "hunter2"}},
        },
        "coverage_lint": {"paths": [str(place)], "root": str(place)},
        "coverage_overview": {"coverage_dir": str(place / "report"), "services": ["sample"]},
        "coverage_patch": {**workload, "node_path": "/var/lib/gocover/shop"},
        "coverage_run": {**run, "runtime": "process"},
        "coverage_wrap": {
            **{"command": "echo testing; exit 3", "chdir": str(place), "coverage_dir": str(place / "wrapped")},
            **{"timeout": 20},
        },
        "graceful_shutdown": workload,
        "image_archive_load": {**engine, "cluster": "shop", "image": ["shop:1"]},
        "kind_cluster": {**engine, "name": "shop", "kubeconfig": str(place / "kubeconfig")},
        "kind_cluster_info": engine,
        "kind_cluster_logs": {**engine, "name": "shop", "dest": str(place / "logs")},
        "machine_check": {"runtime": "process", "dest": str(place)},
        "manifest_apply": {**cluster, "definition": [{"apiVersion": "v1", "kind": "ConfigMap"}]},
        "node_coverage": {**engine, "cluster": "shop", "user": "shop"},
        "repository_init": {"directory": str(place / "repository")},
        "service_preflight": {"service": "shop", "source": str(SERVICES), "package": "./cmd/sample"},
        "service_process": {"name": "shop", "state": "stopped", "directory": str(place / "process")},
        "startup_baseline": {
            **{**engine, **workload, "service": "shop", "cluster": "shop", "image": "shop:1", "plain_image": "shop:0"},
            **{"executable": "/shop", "node_path": "/var/lib/gocover/shop", "dest": str(place / "baseline")},
        },
        "test_run": {"command": "echo $SOME_TOKEN; exit 3", "env": {"SOME_TOKEN": "hunter2"}, "timeout": 20},
        "workload_ready": {**workload, "timeout": 1},
    }


def results(place: Path, covdata: Path, keywords: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The result of each module, in one playbook, and what was printed."""
    place.mkdir()
    (place / "tmp").mkdir()
    tasks: list[dict[str, Any]] = []
    for name, given in arguments(place, covdata).items():
        tasks.append({f"gocover.e2e.{name}": given, "register": f"of_{name}", "ignore_errors": True, **keywords})
        content = {"content": f"{{{{ of_{name} | to_json }}}}", "dest": str(place / f"{name}.json")}
        tasks.append({"ansible.builtin.copy": content})
    playbook = place / "all.json"
    playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
    variables = {"TMPDIR": str(place / "tmp"), "CONTAINER_HOST": f"unix://{place}/none.sock"}
    ran = subprocess.run(
        [str(BIN / "ansible-playbook"), str(playbook), "-v"],
        cwd=place,
        env={**environment(), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    output = ran.stdout + ran.stderr
    assert ran.returncode == 0, output
    assert "Traceback" not in output, output
    read = {
        name: json.loads((place / f"{name}.json").read_text(encoding="utf-8")) for name in arguments(place, covdata)
    }
    return {name: lasting(result, place) for name, result in read.items()}, output


def lasting(value: Any, place: Path) -> Any:
    """A result without what differs from call to call."""
    if isinstance(value, dict):
        return {key: lasting(entry, place) for key, entry in value.items() if key not in _PASSING}
    if isinstance(value, list):
        return [lasting(entry, place) for entry in value]
    return (
        re.sub(r"\b\d+(\.\d+ s|(?= MB) MB)\b", "N", value.replace(str(place), "PLACE"))
        if isinstance(value, str)
        else value
    )


def test_every_module_is_compared() -> None:
    runtime = yaml.safe_load((CHECKOUT / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    assert sorted(arguments(Path(), Path())) == sorted(runtime["plugin_routing"]["modules"])
    modules = {path.stem for path in (CHECKOUT / "plugins" / "modules").glob("*.py")}
    assert modules - set(arguments(Path(), Path())) == {"service_plan"}, "an action plugin of its own, and no step"


def test_both_ways_give_the_same_and_leave_nothing_behind(project: Project) -> None:
    covdata = project.directory / "covdata"
    shutil.copytree(project.good_run / "sample" / "covdata", covdata)
    worker, worker_output = results(project.directory / "worker", covdata, {})
    shipped, shipped_output = results(project.directory / "shipped", covdata, SHIPPED)
    for name, result in worker.items():
        assert result == shipped[name], name
        if result.get("failed"):
            assert [entry["cause"] for entry in result["diagnosis"]], name
            assert "internal-error" not in str(result["diagnosis"]), name
    for output in (worker_output, shipped_output):
        assert "hunter2" not in output
    for way in ("worker", "shipped"):
        assert list((project.directory / way / "tmp").iterdir()) == []
    # That no process is left is checked as the fixture ends.
