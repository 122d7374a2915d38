# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Executables that come first on PATH while a command runs: each changes a call as coverage needs it, and passes it on.

They are POSIX shell, because a shell starts in a millisecond and Python does not. What needs more than a shell they ask
the step that runs the command (requests.py). A shim looks for the program behind it at each call, since the command may
change PATH itself. It prints nothing of its own.
"""

from __future__ import annotations

import os
import shlex
import shutil
import typing as t
from pathlib import Path

from .session import Session

#: The engines whose calls are looked at.
ENGINES = ("docker", "podman", "nerdctl")
#: Programs that build images and do nothing else that matters here.
BUILDERS = ("buildah", "ko", "docker-compose", "podman-compose", "docker-buildx")
_MODE = 0o755

_HEAD = """\
#!/bin/sh
# gocover.e2e: passes the call on to the next {program} on PATH; docs/wrap.md says what it changes.
session={session}
here="$session/bin/{program}"
real=
set -f
IFS=:
for place in $PATH; do
  candidate="${{place:-.}}/{program}"
  if [ -f "$candidate" ] && [ -x "$candidate" ] && ! [ "$candidate" -ef "$here" ]; then
    real=$candidate
    break
  fi
done
unset IFS
set +f
if [ -z "$real" ]; then
  real={real}
  if ! [ -x "$real" ]; then
    echo "{program}: not found" >&2
    exit 127
  fi
fi
note() {{
  decision=$1
  shift
  {{ printf '%s\\t%s\\t%s\\t%s\\n' {program} "$decision" "$PWD" "$*" >> "$session/calls"; }} 2> /dev/null || :
}}
"""

#: Words come in front of the user's own, so that the user's win; -C must stay the first flag.
_GO = """
insert() {
  flag=$1
  command=$2
  shift 2
  case ${1-} in
    -C | --C)
      if [ $# -ge 2 ]; then
        change=$1
        directory=$2
        shift 2
        note "$flag" "$command" "$@"
        exec "$real" "$command" "$change" "$directory" "$flag" "$@"
      fi ;;
    -C=* | --C=*)
      change=$1
      shift
      note "$flag" "$command" "$@"
      exec "$real" "$command" "$change" "$flag" "$@" ;;
  esac
  note "$flag" "$command" "$@"
  exec "$real" "$command" "$flag" "$@"
}
case ${1-} in
  build | install)
    case " ${GOFLAGS-}" in *' -cover'* | *' --cover'*) exec "$real" "$@" ;; esac
    for word in "$@"; do
      case $word in
        -cover* | --cover* | -overlay* | --overlay*) exec "$real" "$@" ;;
        -buildmode=exe | -buildmode=pie | -buildmode=default) ;;
        -buildmode* | --buildmode*) exec "$real" "$@" ;;
      esac
      last=$word
    done
    # A program at a version is a tool from elsewhere.
    case $1:$last in install:-*) ;; install:*@*) exec "$real" "$@" ;; esac
    insert -cover "$@" ;;
  test | run)
    # go puts its own directory first on PATH, in front of this one, for what it starts.
    case " ${GOFLAGS-}" in *' -exec'* | *' --exec'*) exec "$real" "$@" ;; esac
    [ -z "${GOOS-}${GOARCH-}" ] || exec "$real" "$@"
    for word in "$@"; do
      case $word in -exec | -exec=* | --exec | --exec=*) exec "$real" "$@" ;; esac
    done
    insert "-exec='$session/with-path'" "$@" ;;
esac
exec "$real" "$@"
"""

#: ``ask`` hands the call over and takes shell commands back: they may change the arguments, or say what is wrong.
_ASK = """
server={server}
runs() {{
  if [ -d /proc/self ]; then [ -d "/proc/$server" ]; else kill -0 "$server" 2> /dev/null; fi
}}
request="$session/requests/{program}.$$"
ask() {{
  runs && mkdir "$request.new" 2> /dev/null || return 0
  printf '%s\\0' "$@" > "$request.new/arguments"
  printf '%s' "$PWD" > "$request.new/directory"
  [ "$1" = build ] && env -0 > "$request.new/environment" 2> /dev/null ||
    printf '%s\\0' "DOCKER_HOST=${{DOCKER_HOST-}}" "DOCKER_CONTEXT=${{DOCKER_CONTEXT-}}" \\
      "DOCKER_CONFIG=${{DOCKER_CONFIG-}}" "CONTAINER_HOST=${{CONTAINER_HOST-}}" > "$request.new/environment"
  mv "$request.new" "$request"
  until [ -e "$request.answer" ]; do
    runs || return 0
    sleep 0.05
  done
}}
"""

_ENGINE = """
# The first two words of the call that are no flags.
first=
second=
skip=
for word in "$@"; do
  if [ -n "$skip" ]; then
    skip=
    continue
  fi
  case $word in
    -c | -H | -l | --config | --context | --host | --log-level | --tlscacert | --tlscert | --tlskey) skip=yes ;;
    --connection | --url | --identity | --root | --runroot | --storage-driver | --namespace) skip=yes ;;
    -*) ;;
    *) if [ -z "$first" ]; then first=$word; else second=$word; break; fi ;;
  esac
done
case $first:$second in
  image:build | builder:build | build:*) kind=build ;;
  buildx:build | buildx:b | buildx:bake | buildx:f | compose:*) kind=build ;;
  image:* | builder:* | buildx:*) kind= ;;
  container:exec | exec:*)
    kind=
    case " $* " in *' kubeadm init '* | *' kubeadm join '*) kind=node ;; esac ;;
  container:rm | rm:*)
    kind=
    for node in "$session"/nodes/*; do
      [ ! -e "$node" ] || kind=remove
      break
    done ;;
  *) kind= ;;
esac
[ -n "$kind" ] || exec "$real" "$@"
"""

#: The step decides whether it is a build: these are rare calls.
_BUILDER = """
kind=build
"""

_PASS_ON = """
ask "$kind" "$@"
if [ -e "$request.answer" ]; then
  . "$request.answer"
  rm -rf "$request" "$request.answer"
fi
exec "$real" "$@"
"""

_WITH_PATH = """\
#!/bin/sh
# gocover.e2e: for go test and go run, which put the directory of go in front of ours.
PATH={bin}:$PATH
export PATH
exec "$@"
"""

_COLLECT = """\
#!/bin/sh
# gocover.e2e: collects what the programs in the named kind clusters (none: all) have written, before they are deleted.
session={session}
{ask}
ask collect "$@"
if [ -e "$request.answer" ]; then
  . "$request.answer"
  rm -rf "$request" "$request.answer"
fi
exit 0
"""


def install(session: Session, path: str, server: int) -> list[str]:
    """Write a shim for each of the programs that ``path`` has; returns their names. ``server`` answers requests."""
    quoted = shlex.quote(str(session.directory))
    written = []
    for program in ("go", *ENGINES, *BUILDERS):
        found = shutil.which(program, path=path)
        if found is None:
            continue
        head = _HEAD.format(program=program, session=quoted, real=shlex.quote(found))
        asking = _ASK.format(program=program, server=server)
        asked = _ENGINE if program in ENGINES else _BUILDER
        _write(session.bin / program, head + (_GO if program == "go" else asking + asked + _PASS_ON))
        written.append(program)
    _write(session.with_path, _WITH_PATH.format(bin=shlex.quote(str(session.bin))))
    _write(session.collect, _COLLECT.format(session=quoted, ask=_ASK.format(program="collect", server=server)))
    return written


def environment(session: Session, path: str) -> dict[str, str]:
    """What the command gets beside its own environment."""
    return {
        "PATH": os.pathsep.join([str(session.bin), path]),
        "GOCOVERDIR": str(session.covdata),
        "GOCOVER_COLLECT": str(session.collect),
    }


def calls(session: Session) -> t.Iterator[tuple[str, str, str]]:
    """Each call that a shim has changed: the program, what was added, and the directory."""
    try:
        text = session.calls.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    for line in text.splitlines():
        fields = line.split("\t", 3)
        if len(fields) == 4:
            yield fields[0], fields[1], fields[2]


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(_MODE)
