# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An operator, as a process of its own: it makes a Deployment of each custom resource, and keeps it as that says.

usage: python stubborn_operator.py KUBECONFIG NAMESPACE

A custom resource is a ConfigMap with the label ``kind=shop`` and a Deployment in ``data.deployment`` (JSON). Like
operators do, it puts the whole pod template back with an update whenever it is not what it wrote; what else there is
in the Deployment, replicas and annotations, is none of its business.
"""

from __future__ import annotations

import json
import sys
import time
import typing as t

from kubernetes import client, config
from kubernetes.client.exceptions import ApiException

NAME = "shop-operator"
_RESYNC = 0.1
_CONFLICT = (404, 409)
#: By uid of the Deployment: its template as the API server returned it when it was last written.
_written: dict[str, t.Any] = {}


def main() -> None:
    kubeconfig, namespace = sys.argv[1:]
    config.load_kube_config(kubeconfig)
    core, apps = client.CoreV1Api(), client.AppsV1Api()
    plain = core.api_client.sanitize_for_serialization
    while True:
        for custom in core.list_namespaced_config_map(namespace, label_selector="kind=shop").items:
            try:
                reconcile(apps, plain, custom)
            except ApiException as error:
                if error.status not in _CONFLICT:
                    raise
        time.sleep(_RESYNC)


def reconcile(apps: t.Any, plain: t.Callable[[t.Any], t.Any], custom: t.Any) -> None:
    wanted = json.loads(custom.data["deployment"])
    name, namespace = wanted["metadata"]["name"], custom.metadata.namespace
    try:
        live = plain(apps.read_namespaced_deployment(name, namespace))
    except ApiException as error:
        if error.status != 404:
            raise
        owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": custom.metadata.name, "uid": custom.metadata.uid}
        wanted["metadata"]["ownerReferences"] = [{**owner, "controller": True}]
        live = plain(apps.create_namespaced_deployment(namespace, wanted, field_manager=NAME))
        _written[live["metadata"]["uid"]] = live["spec"]["template"]
        print(f"made {name}", flush=True)
        return
    if live["spec"]["template"] != _written.get(live["metadata"]["uid"]):
        live["spec"]["template"] = wanted["spec"]["template"]
        live = plain(apps.replace_namespaced_deployment(name, namespace, live, field_manager=NAME))
        _written[live["metadata"]["uid"]] = live["spec"]["template"]
        print(f"put {name} back", flush=True)


if __name__ == "__main__":
    main()
