# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Coverage by the node: every instrumented container of a node writes to one directory of it, whatever made it.

The base spec that the node's containerd gives its containers is changed in place, so that no other setting of it is
touched. What it was lies beside it until it is put back, and so does the list of those who use it: the last one to go
takes it away. Both are on the node itself, and so outlive a restart of the node, of containerd and of who made it.

A base spec that lies on a mount of the node is a file of the machine: other nodes may have it too, and it may be
read-only. It is left alone; containerd's configuration names a copy of it instead, until it is put back.
"""

from __future__ import annotations

import json
import posixpath
import re
import shlex
import time
import typing as t
from dataclasses import dataclass, replace

from .._covdata.runtime import FIND_EXPRESSION
from .._diagnosis import FULL_DISK, Failure, failure
from .._engine.api import Engine
from .._process.holder import Holder, parse_holder
from . import basespec
from .nodes import Node, on_each

_KEPT = "/etc/containerd/gocover"
_USERS = f"{_KEPT}/users"
_ORIGINALS = f"{_KEPT}/original"
#: Covered copies of base specs that lie on a mount, each below it at its own path.
_COPIES = f"{_KEPT}/copy"
#: There from before a spec is written until containerd has read it: tells what an interruption has left.
_PENDING = f"{_KEPT}/pending"
#: What the directory is for; it also keeps the directory from being removed, without which no container could start.
_MARK = ".gocover-node"
_MARK_TEXT = "Every container of this node mounts this directory (gocover.e2e, node_coverage).\n"
_POLL = 0.1
#: A user is a file name.
_USER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")

#: A line for each user: its name, and who it is (process.holder), where that is known.
_HOLDERS = f"""
for user in {_USERS}/*; do
  [ -f "$user" ] || continue
  printf '%s\\t%s\\n' "$(basename "$user")" "$(head -n 1 "$user")"
done
"""
_MAKE_DIRECTORY = f"""
mkdir -p "$1" && chmod 1777 "$1" && printf '%s' "$2" > "$1/{_MARK}" && chmod 444 "$1/{_MARK}"
"""
#: $1 is the directory, $2 is not empty if counters keep it.
_REMOVE_DIRECTORY = f"""
[ -d "$1" ] || exit 0
rm -f "$1/{_MARK}"
[ -z "$2" ] || [ -z "$(find "$1" -maxdepth 1 -type f -name 'covcounters.*' -print -quit)" ] || exit 0
find "$1" {FIND_EXPRESSION} -delete
cd / && rmdir -p --ignore-fail-on-non-empty "$1"
"""
#: What of containerd's configuration is looked through for the name of a base spec.
_CONFIGS = "/etc/containerd/config.toml /etc/containerd/conf.d/*.toml"
#: $1 the file, $2 where its original is kept; the new content comes on stdin. Written over, so that its mode stays.
_WRITE = f"""
mkdir -p {_USERS} {_ORIGINALS} && touch {_PENDING} && cat > {_KEPT}/new || exit 1
[ -e "$2" ] || cp -p "$1" "$2.part" && {{ [ -e "$2" ] || mv "$2.part" "$2"; }} || exit 1
cat {_KEPT}/new > "$1" && rm {_KEPT}/new
"""
#: $1 the file, $2 its original: byte for byte, with its times; over the file, so that mode and owner stay.
_PUT_BACK = 'cat "$2" > "$1" && touch -r "$2" "$1"'


@dataclass(frozen=True)
class Injection:
    """What is to be set up: the directory of the node, how containers see it, and for whom (``user``)."""

    node_path: str
    mount_path: str
    user: str
    #: How long containerd may take to work again, in seconds.
    timeout: float = 60.0
    #: The playbook for which the user stands; None where that is unknown.
    holder: Holder | None = None
    #: Whether the directory stays, once nobody uses it, if there are counters in it.
    keep_counters: bool = False


@dataclass(frozen=True)
class NodeState:
    """What there is on a node: whether its containers write, whether containerd was restarted, and for whom it is."""

    name: str
    covered: bool
    restarted: bool
    changed: bool
    users: list[str]

    def as_dict(self) -> dict[str, t.Any]:
        """The form in which the module returns it."""
        return {"name": self.name, "covered": self.covered, "restarted": self.restarted, "users": self.users}


def check_user(user: str) -> str:
    """``user``, if it can be one. Raises Failure ``option-invalid``."""
    if _USER.fullmatch(user):
        return user
    raise failure(
        "The nodes cannot be set up for coverage",
        "option-invalid",
        f"user is {user!r}",
        "Name whoever uses it with letters, digits, dots, dashes and underscores",
    )


def would_cover(engine: Engine, nodes: t.Sequence[Node], wanted: Injection) -> list[NodeState]:
    """Each node as it is; ``changed`` says whether ``ensure_present`` would change it. Raises Failure."""

    def look(shell: _Shell) -> NodeState:
        state = _look(shell, wanted)
        return replace(state, changed=not state.covered or wanted.user not in state.users)

    return _on_all(engine, nodes, look)


def would_uncover(engine: Engine, nodes: t.Sequence[Node], wanted: Injection) -> list[NodeState]:
    """Each node as it is; ``changed`` says whether ``ensure_absent`` would change it. Raises Failure."""

    def look(shell: _Shell) -> NodeState:
        if not shell.exists(_KEPT):
            return NodeState(shell.node, False, False, False, [])
        state = _look(shell, wanted)
        left = _users_left(shell.holders(), wanted)
        return replace(state, changed=not left or left != state.users)

    return _on_all(engine, nodes, look)


def ensure_present(engine: Engine, nodes: t.Sequence[Node], wanted: Injection) -> list[NodeState]:
    """Let every container that starts from now on write to ``node_path`` of its node. Raises Failure.

    Containers that run are not touched. A node whose containerd does not work with it is put back.
    """
    return _on_all(engine, nodes, lambda shell: _cover(shell, wanted))


def ensure_absent(engine: Engine, nodes: t.Sequence[Node], wanted: Injection) -> list[NodeState]:
    """Put every node back as it was, and remove the directory, unless somebody else still uses it. Raises Failure.

    An empty ``user`` stands for all of them.
    """
    return _on_all(engine, nodes, lambda shell: _uncover(shell, wanted))


class _Shell:
    """Commands on a node; each raises Failure where it does not succeed."""

    def __init__(self, engine: Engine, node: str) -> None:
        self._engine = engine
        self.node = node

    def run(self, script: str, *arguments: str, stdin: str | None = None) -> str:
        session = self._engine.attach(self.node, ["sh", "-c", script, "sh", *arguments], stdin=stdin is not None)
        if stdin is not None:
            session.write(stdin.encode())
            session.close_stdin()
        ended = session.result()
        if ended.rc != 0:
            full = FULL_DISK.search(ended.said)
            raise failure(
                f"The containerd of the node {self.node} cannot be set up for coverage",
                "disk-full" if full else "node-injection-failed",
                f"The node said: {ended.said or f'exit code {ended.rc}'}",
                "Free some space where the engine keeps its data" if full else "Use service_inject=pod on this cluster",
            )
        return ended.stdout.decode(errors="replace")

    def read(self, path: str) -> str:
        return self.run('cat -- "$1"', path)

    def read_spec(self, path: str) -> basespec.Spec:
        try:
            spec = json.loads(self.read(path))
        except ValueError as error:
            raise self.broken(f"{path} is not JSON ({error})") from error
        if not isinstance(spec, dict):
            raise self.broken(f"{path} is not a JSON object")
        return spec

    def exists(self, path: str) -> bool:
        return self.run('[ -e "$1" ] && echo yes || true', path).strip() == "yes"

    def users(self) -> list[str]:
        return list(self.holders())

    def holders(self) -> dict[str, Holder | None]:
        """The users by name, and the playbook that each stands for, where that is known."""
        lines = [line.partition("\t") for line in self.run(_HOLDERS).splitlines()]
        return {name: parse_holder(text) for name, _tab, text in lines}

    def broken(self, evidence: str) -> Failure:
        return failure(
            f"The containerd of the node {self.node} cannot be set up for coverage",
            "node-injection-failed",
            evidence,
            "Use service_inject=pod on this cluster, or give its default runtime a base_runtime_spec as kind does",
        )


def _look(shell: _Shell, wanted: Injection) -> NodeState:
    specs = {path: shell.read_spec(path) for path in _spec_paths(shell)}
    covered = all(basespec.covers(spec, wanted.node_path, wanted.mount_path) for spec in specs.values())
    covered = covered and not shell.exists(_PENDING)
    return NodeState(shell.node, covered, False, False, shell.users())


def _users_left(holders: t.Mapping[str, Holder | None], wanted: Injection) -> list[str]:
    """The users that stay when ``wanted.user`` goes: those that are not known to be dead.

    So does a user of the same name that stands for another playbook. Without a user nobody stays.
    """
    if not wanted.user:
        return []
    left = []
    for user, holder in holders.items():
        if user == wanted.user:
            stays = holder is not None and not holder.certainly_dead() and not holder.same_as(wanted.holder)
        else:
            stays = holder is None or not holder.certainly_dead()
        if stays:
            left.append(user)
    return left


def _check_free(shell: _Shell, wanted: Injection) -> None:
    """Raise Failure ``run-in-progress`` if another playbook that may still run has node coverage for the same user."""
    holder = shell.holders().get(wanted.user)
    if holder is not None and not holder.certainly_dead() and not holder.same_as(wanted.holder):
        raise failure(
            f"Another run of {wanted.user} uses node coverage of the cluster",
            "run-in-progress",
            f"The node {shell.node} names {holder.title}",
            "Wait until it ends, or set service_inject=pod and a service_namespace of its own",
        )


def _cover(shell: _Shell, wanted: Injection) -> NodeState:
    if wanted.holder is not None:
        _check_free(shell, wanted)
    # Before the spec names it: a container whose mount has no source does not start.
    shell.run(_MAKE_DIRECTORY, wanted.node_path, _MARK_TEXT)
    before = _look(shell, wanted)
    if not before.covered:
        try:
            _write_specs(shell, wanted)
        except Failure:
            _put_back(shell, wanted)
            raise
        said = _restart(shell, wanted.timeout)
        if said is not None:
            _put_back(shell, wanted)
            raise shell.broken(f"With the mount and GOCOVERDIR in its base spec it said: {said}")
    if wanted.user not in before.users:
        shell.run(f'mkdir -p {_USERS} && touch "{_USERS}/$1"', wanted.user)
    if wanted.holder is not None:
        shell.run(f'printf "%s\\n" "$2" > "{_USERS}/$1"', wanted.user, wanted.holder.text())
    changed = not before.covered or wanted.user not in before.users
    return NodeState(shell.node, True, not before.covered, changed, shell.users())


def _write_specs(shell: _Shell, wanted: Injection) -> None:
    for path in _spec_paths(shell):
        spec = basespec.covered(shell.read_spec(path), wanted.node_path, wanted.mount_path)
        if shell.run('stat -c %m -- "$1"', path).strip() == "/":
            shell.run(_WRITE, path, _original(path), stdin=basespec.text(spec))
        else:
            _write_copy(shell, path, spec)


def _write_copy(shell: _Shell, path: str, spec: basespec.Spec) -> None:
    """Let containerd's configuration name a copy of the base spec, which is ``spec``. Raises Failure."""
    copy = f"{_COPIES}{path}"
    changed = {}
    for config in _configs(shell):
        content = shell.read(config)
        if (redirected := basespec.redirected(content, path, copy)) != content:
            changed[config] = redirected
    if not changed:
        raise shell.broken(f"{path} lies on a mount of the node, and no file of its configuration names it")
    shell.run('mkdir -p "${1%/*}" && cat > "$1"', copy, stdin=basespec.text(spec))
    for config, redirected in changed.items():
        shell.run(_WRITE, config, _original(config), stdin=redirected)


def _uncover(shell: _Shell, wanted: Injection) -> NodeState:
    if not shell.exists(_KEPT):
        return NodeState(shell.node, False, False, False, [])
    before = shell.users()
    left = _users_left(shell.holders(), wanted)
    for user in before:
        if user not in left:
            shell.run(f'rm -f "{_USERS}/$1"', user)
    if left:
        return NodeState(shell.node, True, False, left != before, left)
    _put_back(shell, wanted)
    # Only now: as long as containerd has the old spec in mind, each container needs the directory.
    shell.run(_REMOVE_DIRECTORY, wanted.node_path, "keep" if wanted.keep_counters else "")
    return NodeState(shell.node, False, True, True, [])


def _put_back(shell: _Shell, wanted: Injection) -> None:
    shell.run(f"mkdir -p {_KEPT} && touch {_PENDING}")
    paths = _spec_paths(shell)
    copies = [path for path in paths if path.startswith(f"{_COPIES}/")]
    for path in paths:
        if path not in copies and shell.exists(_original(path)):
            _put_back_spec(shell, path, wanted)
    for config in _configs(shell):
        if copies and shell.exists(_original(config)):
            _put_back_config(shell, config, copies)
    said = _restart(shell, wanted.timeout)
    if said is not None:
        raise shell.broken(f"After its base spec was put back it said: {said}")
    shell.run(f"rm -rf {_KEPT}")


def _put_back_spec(shell: _Shell, path: str, wanted: Injection) -> None:
    live = shell.read_spec(path)
    bare = basespec.uncovered(live, shell.read_spec(_original(path)), wanted.node_path, wanted.mount_path)
    if bare is None:
        shell.run(_PUT_BACK, path, _original(path))
    elif bare != live:
        # Somebody has changed it since: what they wrote stays.
        shell.run('cat > "$1"', path, stdin=basespec.text(bare))


def _put_back_config(shell: _Shell, config: str, copies: t.Sequence[str]) -> None:
    live = bare = shell.read(config)
    for copy in copies:
        bare = basespec.redirected(bare, copy, copy.removeprefix(_COPIES))
    if bare == shell.read(_original(config)):
        shell.run(_PUT_BACK, config, _original(config))
    elif bare != live:
        shell.run('cat > "$1"', config, stdin=bare)


def _configs(shell: _Shell) -> list[str]:
    """The files of containerd's configuration."""
    return shell.run(f"ls {_CONFIGS} 2>/dev/null || true").split()


def _spec_paths(shell: _Shell) -> list[str]:
    """The base specs that containerd's configuration names. Raises Failure if its default runtime has none."""
    try:
        found = basespec.runtimes(shell.run("containerd config dump 2>/dev/null"))
    except ValueError as error:
        raise shell.broken(f"containerd config dump prints no TOML: {error}") from error
    if not found.specs.get(found.default):
        raise shell.broken(f"Its default runtime {found.default} has no base_runtime_spec")
    return found.paths


def _original(path: str) -> str:
    return posixpath.join(_ORIGINALS, path.strip("/").replace("/", "--"))


def _restart(shell: _Shell, timeout: float) -> str | None:
    """Restart containerd, and wait until its CRI plugin works; what it says if it does not. Containers run on."""
    # Restarts in quick succession are not a crash loop.
    shell.run("systemctl reset-failed containerd 2>/dev/null; systemctl restart containerd || true")
    deadline = time.monotonic() + timeout
    while True:
        plugins = shell.run("ctr plugins ls 2>/dev/null || true")
        states = [line.split()[-1] for line in plugins.splitlines() if re.search(r"\bcri\b", line)]
        if states and all(state == "ok" for state in states):
            shell.run(f"rm -f {_PENDING}")
            return None
        if "error" in states or time.monotonic() > deadline:
            grep = shlex.quote("level=(error|warning|fatal).*(cri|spec)")
            said = shell.run(f"journalctl -u containerd -n 200 -o cat --no-pager | grep -E {grep} | tail -n 1")
            return " ".join(said.split())[:400] or f"nothing within {timeout:g} s"
        time.sleep(_POLL)


def _on_all(engine: Engine, nodes: t.Sequence[Node], work: t.Callable[[_Shell], NodeState]) -> list[NodeState]:
    return on_each(nodes, lambda node: work(_Shell(engine, node.name)))
