# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kubeconfig of a kind cluster: a file of its own, or entries in a file that holds more.

Only a file that holds this cluster and nothing else is replaced or removed. In any other kubeconfig the cluster's
entries are set and taken out node by node of its YAML, so that the rest keeps value and style (comments go, as with
``kubectl config``), and the current context stays. A file that cannot be understood is left alone.
The format is that of client-go (tools/clientcmd/api/v1).
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import http.client
import os
import ssl
import tempfile
import time
import typing as t
import urllib.parse
from pathlib import Path

from .._diagnosis import failure, library_missing

try:
    import yaml
except ImportError as error:
    _YAML_ERROR: ImportError | None = error
else:
    _YAML_ERROR = None
    # Those in C, where there are any: they need a tenth of the time, for which the file is locked.
    _LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    _DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

_SECTIONS = ("clusters", "contexts", "users")
#: What a kubeconfig of one cluster may hold beside the sections.
_HEAD = {"apiVersion", "kind", "current-context", "preferences"}
#: How long another program, such as kubectl, may hold the lock of the file, in seconds: each needs milliseconds.
_LOCK_TIMEOUT = 30.0
#: No line is folded before it has this many characters.
_NO_FOLDING = 1 << 30


class NotUnderstood(ValueError):
    """A file that is no kubeconfig, or one with something unexpected in it; the text says what."""


def context_of(cluster: str) -> str:
    """The name that kind gives to a cluster's context, cluster and user."""
    return f"kind-{cluster}"


class Kubeconfig:
    """A kubeconfig as it was read. Raises NotUnderstood for a text that is none."""

    def __init__(self, text: str) -> None:
        if _YAML_ERROR is not None:
            raise library_missing("PyYAML", _YAML_ERROR, "The kubeconfig cannot be read")
        self._text = text
        try:
            data, root = _load(text), yaml.compose(text, Loader=_LOADER)
        except yaml.YAMLError as error:
            problem = getattr(error, "problem", None) or " ".join(str(error).split())
            raise NotUnderstood(f"it is not YAML of one document ({problem})") from error
        except (RecursionError, ValueError) as error:
            raise NotUnderstood(f"its YAML cannot be read ({error})") from error
        self._data = {} if data is None else data
        self._root = root or yaml.MappingNode("tag:yaml.org,2002:map", [], flow_style=False)
        _check_nodes(self._root)
        _check_sections(self._data)

    @property
    def endpoint(self) -> tuple[str, str]:
        """The address of the first cluster's API server, and its authority in base64; empty where it names none."""
        clusters = self._data.get("clusters") or [{}]
        entry = clusters[0].get("cluster") or {}
        return str(entry.get("server") or ""), str(entry.get("certificate-authority-data") or "")

    def holds_only(self, cluster: str) -> bool:
        """Whether this cluster, as kind writes it, is all that there is: no other entry, setting or comment."""
        name = context_of(cluster)
        data = self._data
        entries = [list(data.get(section) or []) for section in _SECTIONS]
        return (
            set(data) <= {*_SECTIONS, *_HEAD}
            and not data.get("preferences")
            and data.get("current-context") in (None, "", name)
            and all([entry["name"] for entry in section] == [name] for section in entries)
            and entries[1][0].get("context") == {"cluster": name, "user": name}
            and not any(line.lstrip().startswith("#") for line in self._text.splitlines())
        )

    def with_cluster(self, other: Kubeconfig, cluster: str) -> str | None:
        """The text with the cluster's entries of ``other``; None if it has just these. The current context stays.

        What was set for the cluster's context beside cluster and user, such as a namespace, stays too.
        """
        name = context_of(cluster)
        _set_if_empty(self._root, "apiVersion", "v1")
        _set_if_empty(self._root, "kind", "Config")
        for section in _SECTIONS:
            (entry,) = (node for node in _entries(other._root, section) if _name(node) == name)
            present = [node for node in _entries(self._root, section) if _name(node) == name]
            if not present:
                _append(self._root, section, entry)
            elif section == "contexts":
                _update(present[0], entry)
            else:
                present[0].value = entry.value
        _set_if_empty(self._root, "current-context", name)
        return self._changed_text()

    def without_cluster(self, cluster: str) -> str | None:
        """The text without the cluster's entries; None if it has none. Its context is no longer the current one."""
        name = context_of(cluster)
        for section in _SECTIONS:
            kept = [node for node in _entries(self._root, section) if _name(node) != name]
            value = _get(self._root, section)
            if isinstance(value, yaml.SequenceNode):
                value.value = kept
        current = _get(self._root, "current-context")
        if isinstance(current, yaml.ScalarNode) and current.value == name:
            current.value, current.style = "", '"'
        return self._changed_text()

    def _changed_text(self) -> str | None:
        text: str = yaml.serialize(self._root, Dumper=_DUMPER, allow_unicode=True, width=_NO_FOLDING)
        return None if _load(text) == self._data else text


def _load(text: str) -> t.Any:
    return yaml.load(text, Loader=_LOADER)  # noqa: S506 - a safe loader


def _check_nodes(root: t.Any) -> None:
    """Neither aliases, whose change would change other places too, nor a key that is there twice."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            raise NotUnderstood("it holds an alias")
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            keys = [key.value for key, _value in node.value if isinstance(key, yaml.ScalarNode)]
            if len(keys) != len(node.value) or len(set(keys)) != len(keys):
                raise NotUnderstood("a key in it is there twice, or is no word")
            waiting += [part for pair in node.value for part in pair]
        elif isinstance(node, yaml.SequenceNode):
            waiting += node.value


def _check_sections(data: t.Any) -> None:
    if not isinstance(data, dict) or data.get("kind") not in (None, "Config"):
        raise NotUnderstood("it is no object of the kind Config")
    for section in _SECTIONS:
        entries = data.get(section)
        if entries is not None and not isinstance(entries, list):
            raise NotUnderstood(f"its {section} are no list")
        names = [entry.get("name") if isinstance(entry, dict) else None for entry in entries or []]
        if not all(isinstance(name, str) for name in names) or len(set(names)) != len(names):
            raise NotUnderstood(f"its {section} have no name, or one name twice")
        if not all(isinstance(entry.get(section[:-1]) or {}, dict) for entry in entries or []):
            raise NotUnderstood(f"its {section} are no objects")


def _get(node: t.Any, key: str) -> t.Any:
    return next((value for name, value in node.value if name.value == key), None)


def _name(node: t.Any) -> str:
    return str(_get(node, "name").value)


def _entries(root: t.Any, section: str) -> list[t.Any]:
    value = _get(root, section)
    return list(value.value) if isinstance(value, yaml.SequenceNode) else []


def _set(root: t.Any, key: str, value: t.Any) -> None:
    root.value = [(name, former) for name, former in root.value if name.value != key]
    root.value.append((yaml.ScalarNode("tag:yaml.org,2002:str", key), value))


def _set_if_empty(root: t.Any, key: str, text: str) -> None:
    present = _get(root, key)
    if present is None or present.value in ("", "null", "~"):
        _set(root, key, yaml.ScalarNode("tag:yaml.org,2002:str", text))


def _append(root: t.Any, section: str, entry: t.Any) -> None:
    entries = _entries(root, section)
    if entries:
        _get(root, section).value.append(entry)
    else:
        _set(root, section, yaml.SequenceNode("tag:yaml.org,2002:seq", [entry], flow_style=False))


def _update(present: t.Any, entry: t.Any) -> None:
    """Set the cluster and the user of a context."""
    settings = _get(present, "context")
    if not isinstance(settings, yaml.MappingNode):
        present.value = entry.value
        return
    for key in ("cluster", "user"):
        value = _get(settings, key)
        if value is None or value.value != _name(entry):
            _set(settings, key, _get(_get(entry, "context"), key))


def describes(content: str, cluster: str) -> bool:
    """Whether ``content`` is a kubeconfig of this cluster alone, with the address of its API server."""
    try:
        present = Kubeconfig(content)
    except NotUnderstood:
        return False
    return present.holds_only(cluster) and present.endpoint[0] != ""


def write(path: Path, content: str, cluster: str) -> bool:
    """Let ``path`` hold the cluster as kind describes it in ``content``; returns whether anything changed.

    Raises OSError, and Failure (``kubeconfig-invalid``) where the file holds something that is no kubeconfig.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(path):
        try:
            before = _read(path)
            if before is None or not before.strip():
                return _replace(path, content, 0o600)
            present = Kubeconfig(before)
            if present.holds_only(cluster) and not path.is_symlink():
                return _replace(path, content, 0o600)
            merged = present.with_cluster(Kubeconfig(content), cluster)
        except NotUnderstood as reason:
            raise failure(
                f"The kubeconfig {path} stays as it is",
                "kubeconfig-invalid",
                f"The cluster {cluster} cannot be added to it: {reason}",
                "Correct the file, or name another one with the option kubeconfig",
            ) from reason
        return merged is not None and _replace(path, merged, path.stat().st_mode & 0o777)


def remove(path: Path, cluster: str) -> bool:
    """Take the cluster out of ``path``, and remove a file that holds nothing else; returns whether anything changed.

    Raises OSError, and NotUnderstood for a file that stays because it is no kubeconfig.
    """
    if not path.exists():
        return False
    with _locked(path):
        before = _read(path)
        if before is None:
            return False
        present = Kubeconfig(before)
        if present.holds_only(cluster) and not path.is_symlink():
            path.unlink()
            return True
        rest = present.without_cluster(cluster)
        return rest is not None and _replace(path, rest, path.stat().st_mode & 0o777)


def holds_only(path: Path, cluster: str) -> bool:
    """Whether the file at ``path`` holds this cluster and nothing else. Raises OSError, NotUnderstood."""
    before = _read(path)
    return before is not None and Kubeconfig(before).holds_only(cluster)


def _read(path: Path) -> str | None:
    """The text of the file; None where there is none. Raises OSError, NotUnderstood."""
    if not path.exists():
        return None
    if not path.is_file():
        raise NotUnderstood("it is no regular file")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise NotUnderstood("it is no text") from error


def _replace(path: Path, content: str, mode: int) -> bool:
    """Make ``content`` that of ``path`` by a rename; returns whether anything changed. A link stays a link."""
    target = path.resolve()
    if target.exists() and target.read_text(encoding="utf-8") == content and target.stat().st_mode & 0o777 == mode:
        return False
    descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(content)
        os.chmod(temporary, mode)
        os.replace(temporary, target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return True


@contextlib.contextmanager
def _locked(path: Path) -> t.Iterator[None]:
    """Hold the lock that kubectl and kind take too: a file beside the kubeconfig that must not be there before."""
    lock = path.with_name(f"{path.name}.lock")
    deadline = time.monotonic() + _LOCK_TIMEOUT
    while True:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            break
        except FileExistsError as error:
            if time.monotonic() > deadline:
                raise failure(
                    f"The kubeconfig {path} is locked",
                    "kubeconfig-locked",
                    f"{lock} has been there for {_LOCK_TIMEOUT:.0f} s, and whoever changes the file needs milliseconds",
                    f"End the program that holds it, or remove what it left: rm {lock}",
                ) from error
            time.sleep(0.02)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def api_silence(content: str, timeout: float = 3.0) -> str | None:
    """None if the API server of this kubeconfig is ready; otherwise in words what it answers.

    /readyz may be read without credentials (the role system:public-info-viewer); the certificate is checked.
    """
    address, authority = Kubeconfig(content).endpoint
    if not address:
        return "the kubeconfig names no server"
    parts = urllib.parse.urlsplit(address)
    try:
        tls = ssl.create_default_context(cadata=_decoded(authority))
        connection = http.client.HTTPSConnection(parts.hostname or "", parts.port or 443, timeout=timeout, context=tls)
        try:
            connection.request("GET", "/readyz")
            response = connection.getresponse()
            response.read()
        finally:
            connection.close()
    except ssl.SSLCertVerificationError as error:
        return f"{address} has a certificate of another cluster ({error.verify_message})"
    except (OSError, http.client.HTTPException) as error:
        return f"{address}: {getattr(error, 'strerror', None) or error or type(error).__name__}"
    return None if response.status == 200 else f"{address} says it is not ready (HTTP {response.status})"


def _decoded(authority: str) -> str | None:
    try:
        return base64.b64decode(authority).decode("ascii") or None
    except (binascii.Error, UnicodeDecodeError):
        return None
