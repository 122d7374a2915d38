# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of the processes that ran left its counters, and why the others did not.

From how each of them ended, what it said, which files lie on its node and when they were written, and what its image
starts. Pure.
"""

from __future__ import annotations

import posixpath
import typing as t
from dataclasses import dataclass, field

from .._collect.gather import Gathered
from .._covdata import runtime
from .._diagnosis import Diagnosis, Failure
from .._images.proof import SHELLS
from . import elsewhere
from .assignment import assign, time_of
from .records import PodRecord, VerdictRecord

#: How a PID 1 ends that does not pass SIGTERM on: killed in the end, by the signal, or as Go programs do.
_UNGRACEFUL = (137, 143, 2)


@dataclass(frozen=True)
class Program:
    """What is known of the program in an image: what the image starts, and where in it the instrumented one lies.

    ``refused`` is why it was not proven to be instrumented, ``variable`` the GOCOVERDIR that the image sets.
    """

    starts: tuple[str, ...] = ()
    executable: str = ""
    refused: Diagnosis | None = None
    variable: str = ""


@dataclass(frozen=True)
class Verdict:
    """One process: whether its counters came, and if not, why.

    ``certain`` is False for one that is only as likely as others to be the one whose counters are missing.
    """

    pod: PodRecord
    counted: bool
    reasons: list[Diagnosis] = field(default_factory=list)
    certain: bool = True

    def as_dict(self) -> VerdictRecord:
        """The form in which the module returns it."""
        return {
            "name": self.pod.get("name"),
            "node": self.pod.get("node"),
            "exit_code": self.pod.get("exit_code"),
            "counters": self.counted,
            "causes": [reason.cause for reason in self.reasons],
        }


def of_pods(
    gathered: Gathered, where: str, pods: t.Sequence[PodRecord], program: Program | None = None
) -> list[Verdict]:
    """A verdict for each process; ``pods`` are as graceful_shutdown and service_process return them.

    A counter file may be of any process that ran on its node when it was written. Where each can have a file of its
    own, all of them count, whatever their exit codes: a program may choose to exit with 143. Where files are too few,
    those that have a reason to lack theirs are meant first.
    """
    ran = [pod for pod in pods if pod.get("reason") != "NeverStarted"]
    by_node = _by_node(gathered, ran)
    found: dict[int, Verdict] = {}
    for node, everyone in by_node.items():
        group = []
        for pod in everyone:
            if certain := _certain(where, node, pod):
                # None of the counters there can be of this one.
                found[id(pod)] = Verdict(pod, False, certain)
            else:
                group.append(pod)
        reasons = [_reasons(gathered, where, node, pod, program) for pod in group]
        assignment = assign(_times(gathered, node), group, {place for place, known in enumerate(reasons) if known})
        doubtful = {place for others in assignment.doubtful.values() for place in others}
        for place, pod in enumerate(group):
            if place in assignment.doubtful and reasons[place]:
                found[id(pod)] = Verdict(pod, False, reasons[place])
            elif place in doubtful and not reasons[place]:
                others = next(others for others in assignment.doubtful.values() if place in others)
                lost = len(others & assignment.doubtful.keys())
                reason = _of_the_files(gathered, where, node, pod, program, lost, len(others))
                found[id(pod)] = Verdict(pod, False, [reason], certain=place in assignment.doubtful)
            else:
                found[id(pod)] = Verdict(pod, True)
    return [found[id(pod)] for pod in ran]


def missing(verdicts: t.Sequence[Verdict]) -> int:
    """How many processes have certainly left no counters."""
    return sum(not verdict.counted and verdict.certain for verdict in verdicts)


def lost_counters(verdicts: t.Sequence[Verdict]) -> Diagnosis:
    """How many of how many are missing."""
    lost = missing(verdicts)
    return Diagnosis(
        "counters-lost",
        f"{len(verdicts) - lost} of {len(verdicts)} processes left their counters",
        "Correct the cause, or set service_lost_counters: warn to let the run pass without them",
    )


def losses(verdicts: t.Sequence[Verdict]) -> list[Diagnosis]:
    """Why counters are missing, each cause once with the names of all that it is true of, the first cause first."""
    by_cause: dict[str, list[tuple[Diagnosis, str]]] = {}
    for verdict in verdicts:
        for reason in verdict.reasons:
            by_cause.setdefault(reason.cause, []).append((reason, str(verdict.pod.get("name"))))
    return [_grouped(entries) for entries in by_cause.values()]


def no_counters(gathered: Gathered, where: str, pods: t.Sequence[PodRecord], program: Program | None = None) -> Failure:
    """The failure for data without a single counter that can be read; never without the reason for it."""
    if gathered.orphans:
        return Failure("No counters came back that can be read", [orphaned(gathered, where)])
    reasons = losses(of_pods(gathered, where, pods, program)) or [_without_pods(gathered, where, pods, program)]
    found = f"{gathered.meta_files} covmeta and no covcounters files were in {where}"
    if gathered.others:
        found += f", beside those of {', '.join(binary.title for binary in gathered.others)}"
    nothing = Diagnosis("no-counters", found, "Counters are written when main returns or os.Exit is called")
    return Failure("No counters came back", [*reasons, nothing])


def orphaned(gathered: Gathered, where: str) -> Diagnosis:
    """Counters without their meta-data, which could not be had from the image either."""
    programs = sorted({name for binary in gathered.binaries for name in binary.programs if binary.main is None})
    return Diagnosis(
        "orphan-counters",
        f"{len(gathered.orphans)} counter files in {where}, such as {gathered.orphans[0]}, have no covmeta file"
        + (f"; {', '.join(programs)} wrote them" if programs else ""),
        "Something removed it after the program had started, which is when Go writes it: keep the directory as it is "
        "while programs run, and collect with the image that they ran from",
    )


def earlier_generations(gathered: Gathered, pods: t.Sequence[PodRecord]) -> list[str]:
    """Warnings for counters of processes that were gone before the shutdown: tests that kill pods, or restarts."""
    ran = [pod for pod in pods if pod.get("reason") != "NeverStarted"]
    if not ran:
        return []
    warnings = []
    by_node = _by_node(gathered, ran)
    counters = {node: _counters(gathered, node) for node in by_node}
    if "" not in by_node:
        counters |= {node: count for node, count in gathered.counters_by_source.items() if node not in by_node}
    for node, count in counters.items():
        group = by_node.get(node, [])
        more = count - len(group)
        if more <= 0:
            continue
        names = [name for source, taken in gathered.taken.items() if node in ("", source) for name in taken]
        shown = sorted(name for name in names if name.startswith("covcounters."))[:more]
        restarts = sum(int(pod.get("restarts") or 0) for pod in group)
        warnings.append(
            f"{count} counter files are from {node or 'there'}, where {len(group)} pods were ended: "
            f"{more} of them are of earlier pods or runs and count too, such as {shown[0] if shown else 'the first'}"
            + (f" ({restarts} restarts were seen)" if restarts else "")
        )
    return warnings


def _certain(where: str, node: str, pod: PodRecord) -> list[Diagnosis]:
    """Why this process cannot have written there at all, from what is known of its pod; empty if it can."""
    away = elsewhere.mismatch(pod, where, _place(where, node))
    told = [Diagnosis(**entry) for entry in pod.get("diagnosis") or []]
    reverted = [entry for entry in told if entry.cause == "patch-reverted"]
    return [*reverted, *([away] if away is not None else [])]


def _reasons(gathered: Gathered, where: str, node: str, pod: PodRecord, program: Program | None) -> list[Diagnosis]:
    """Why this process would lack its counters, the most certain reason first; empty if nothing speaks for it."""
    said, ending = _said(pod), _of_the_ending(pod, program)
    if not said and ending and not _metas(gathered, node) and not _leftovers(gathered, node):
        # It wrote nothing even as it started: its end is not the first reason.
        return [_of_the_files(gathered, where, node, pod, program, 1, 1), *ending]
    return said + ending


def _by_node(gathered: Gathered, pods: t.Sequence[PodRecord]) -> dict[str, list[PodRecord]]:
    """The processes by node; all of them together (under "") if a node is not one that was collected from."""
    if any(pod.get("node") not in gathered.by_source for pod in pods):
        return {"": list(pods)}
    grouped: dict[str, list[PodRecord]] = {}
    for pod in pods:
        grouped.setdefault(str(pod["node"]), []).append(pod)
    return grouped


def _counters(gathered: Gathered, node: str) -> int:
    return gathered.counters_by_source.get(node, 0) if node else gathered.counter_files


def _times(gathered: Gathered, node: str) -> list[float | None]:
    """When each of the counter files of a node was written; None where that is unknown."""
    taken = gathered.taken if not node else {node: gathered.taken.get(node, [])}
    names = [name for found in taken.values() for name in found if name.startswith("covcounters.")]
    count = _counters(gathered, node)
    return [time_of(name) for name in names] if len(names) == count else [None] * count


def _metas(gathered: Gathered, node: str) -> int:
    return gathered.metas_by_source.get(node, 0) if node else gathered.meta_files


def _leftovers(gathered: Gathered, node: str) -> list[str]:
    return gathered.leftovers_by_source.get(node, []) if node else gathered.leftovers


def _grouped(entries: t.Sequence[tuple[Diagnosis, str]]) -> Diagnosis:
    first, _name = entries[0]
    others = list(dict.fromkeys(name for _reason, name in entries[1:]))
    if not others:
        return first
    shown = ", ".join(others[:3]) + (f" and {len(others) - 3} more" if len(others) > 3 else "")
    return Diagnosis(first.cause, f"{first.evidence.rstrip('.')}; so did {shown}", first.remedy)


def _said(pod: PodRecord) -> list[Diagnosis]:
    """What the Go runtime says on stderr when it cannot write (GOROOT/src/internal/coverage/cfile)."""
    found = runtime.warning((*(pod.get("said") or ()), *(pod.get("log") or ())))
    if found is None:
        return []
    cause, line = found
    return [Diagnosis(cause, f"{pod['name']} said: {line}", _WRITE_REMEDIES[cause])]


_WRITE_REMEDIES = {
    "disk-full": "Free some space where the data is written",
    "coverage-dir-unwritable": "Make the directory writable for the user that the service runs as",
    "coverage-dir-unset": "Set GOCOVERDIR in the environment of the very process that is instrumented",
}


def _of_the_ending(pod: PodRecord, program: Program | None) -> list[Diagnosis]:
    found = [Diagnosis(**entry) for entry in pod.get("diagnosis") or []]
    wrapper = _wrapper(pod, program)
    other = pod.get("reason") == "OOMKilled" or any(entry.cause == "crash-loop" for entry in found)
    if wrapper and pod.get("exit_code") in _UNGRACEFUL and not other:
        return [_wrapped(pod, wrapper), *(entry for entry in found if entry.cause != "sigterm-unhandled")]
    return found


def _wrapper(pod: PodRecord, program: Program | None) -> str:
    """What runs as PID 1 in place of the program, as far as the pod's spec and its image tell; empty if it does."""
    starts = list(program.starts) if program is not None else []
    command = [str(word) for word in pod.get("command") or starts]
    if not command:
        return ""
    first = posixpath.basename(command[0])
    executable = program.executable if program is not None else ""
    # The program alone: there may be secrets among its arguments.
    return command[0] if first in SHELLS or (executable and first != posixpath.basename(executable)) else ""


def _wrapped(pod: PodRecord, wrapper: str) -> Diagnosis:
    return Diagnosis(
        "sigterm-unhandled",
        f"PID 1 of {pod['name']} is {wrapper}, which did not pass SIGTERM on to the program that it starts",
        "Start the program by exec in the wrapper, or as the entrypoint itself: Kubernetes signals only PID 1",
    )


def _of_the_files(
    gathered: Gathered, where: str, node: str, pod: PodRecord, program: Program | None, lost: int, of: int
) -> Diagnosis:
    """Why a process that ended as it should left no counters, from what lies on its node."""
    name = pod["name"] if lost >= of else f"{pod['name']}, or another of {of} there,"
    place = _place(where, node)
    left = _leftovers(gathered, node)
    if left:
        return _truncated(place, left[0])
    if _metas(gathered, node):
        wrapper = _wrapper(pod, program)
        if wrapper:
            return _wrapped(pod, wrapper)
        return Diagnosis(
            "killed-before-exit",
            f"{name} wrote its meta-data as it started, but no counters as it ended with exit code "
            f"{pod.get('exit_code')}",
            "Let it end by a return from main or os.Exit once it gets SIGTERM: syscall.Exit, a crash and the end of "
            "PID 1 write none",
        )
    if program is not None and program.refused is not None:
        return program.refused
    return _unknown(name, place, pod, program)


def _place(where: str, node: str) -> str:
    return f"{where} on {node}" if node and node != where else where


def _unknown(name: str, place: str, pod: PodRecord, program: Program | None) -> Diagnosis:
    """Nothing is there, nobody complained, and nothing tells of another place: the files went elsewhere."""
    proven = "" if program is None else "its image is instrumented, and "
    seen = f"{proven}it ended with exit code {pod.get('exit_code')}"
    writes = pod.get("writes") or {}
    if writes.get("taken_from"):
        seen += f", and its GOCOVERDIR comes from {writes['taken_from']}"
    elif writes.get("may_come_from"):
        seen += f", and a GOCOVERDIR may come from {' or '.join(writes['may_come_from'])}"
    return Diagnosis(
        "path-mismatch",
        f"{place} is empty although {name} ran: {seen}",
        "Let GOCOVERDIR, the mount and the directory that is collected be one and the same"
        + ("" if program is not None else ", and see that the program was built with -cover"),
    )


def _truncated(place: str, leftover: str) -> Diagnosis:
    return Diagnosis(
        "truncated-data",
        f"{place} has {leftover}, which Go renames once it is complete",
        "The program died while it wrote: give it a longer grace period and enough disk space",
    )


def _without_pods(gathered: Gathered, where: str, pods: t.Sequence[PodRecord], program: Program | None) -> Diagnosis:
    """The reason where nobody saw a process end."""
    if gathered.leftovers:
        return _truncated(where, gathered.leftovers[0])
    if gathered.meta_files:
        return Diagnosis(
            "killed-before-exit",
            "The program wrote its meta-data as it started, but no counters as it ended (nobody saw it end)",
            "End it with SIGTERM and wait until it is gone before collecting",
        )
    if program is not None and program.refused is not None:
        return program.refused
    if pods:
        return Diagnosis(
            "never-started",
            f"{where} is empty, and {pods[0]['name']} was ended before its container had started",
            "Wait until the workload is ready before it is tested; its events say what it waited for",
        )
    return Diagnosis(
        "not-instrumented",
        f"{where} is empty, and no instrumented program is known to have run",
        "Run a program that was built with go build -cover and has GOCOVERDIR set to this directory",
    )
