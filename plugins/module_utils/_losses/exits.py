# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the way a process ended says about its counters.

A Go program writes its counters when main returns or os.Exit is called, and in no other case. Exit codes are those of a
container runtime: 128 + N after signal N.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .._diagnosis import Diagnosis

_SIGKILL, _SIGTERM = 137, 143
#: What the Go runtime exits with after a panic, and after a signal that nobody handles as PID 1.
_GO_FATAL = 2


@dataclass(frozen=True)
class Ending:
    """How one container or process ended.

    ``seconds`` is the time from SIGTERM to the end, ``ignored_sigterm`` whether the kernel says that it ignores the
    signal, ``log`` its last lines.
    """

    name: str
    exit_code: int | None
    reason: str
    seconds: float
    grace_period: float
    ignored_sigterm: bool = False
    log: t.Sequence[str] = field(default_factory=tuple)


def diagnose(ending: Ending) -> list[Diagnosis]:
    """Why this ending lost the counters, the most certain cause first; empty if it was a graceful one."""
    if ending.exit_code is None:
        return [
            Diagnosis(
                "killed-before-exit",
                f"Nobody saw how {ending.name} ended: its supervisor or its pod was gone",
                "Run it again; nothing but the shutdown may end the service",
            )
        ]
    if ending.reason == "OOMKilled":
        return [
            Diagnosis(
                "oom-killed",
                f"{ending.name} was killed for using more memory than its limit (exit code {ending.exit_code})",
                "Raise the memory limit of the container",
            )
        ]
    # The first lines of a long dump may be out of sight; its goroutines are not.
    panic = _first_with(ending.log, ("panic: ", "fatal error: ")) or _first_with(ending.log, ("goroutine ",))
    if ending.exit_code == _GO_FATAL and panic:
        return [
            Diagnosis(
                "crash-loop",
                f"{ending.name} ended by a panic: {panic}",
                "Correct the cause of the panic; a program that panics writes no counters",
            )
        ]
    if ending.exit_code == _SIGKILL:
        return _killed(ending)
    if ending.exit_code in (_SIGTERM, _GO_FATAL):
        return [
            Diagnosis(
                "sigterm-unhandled",
                f"{ending.name} ended on SIGTERM with exit code {ending.exit_code}, "
                "so it has no handler for SIGTERM, and Go wrote no counters",
                "Handle SIGTERM (signal.NotifyContext) and return from main: counters are only written then",
            )
        ]
    return []


def _killed(ending: Ending) -> list[Diagnosis]:
    within = ending.seconds < ending.grace_period
    killed = Diagnosis(
        "killed-before-exit",
        f"{ending.name} got SIGKILL (exit code 137) after {ending.seconds:.1f} s"
        + (", before its" if within else ": it had not ended within its")
        + f" grace period of {ending.grace_period:g} s"
        + (" was over" if within else ""),
        "Let it end on SIGTERM, or raise service_grace_period; a program that is killed writes no counters",
    )
    if ending.ignored_sigterm:
        unhandled = Diagnosis(
            "sigterm-unhandled",
            f"{ending.name} ignores SIGTERM (the kernel says so)",
            "Handle SIGTERM (signal.NotifyContext) and return from main: counters are only written then",
        )
        return [unhandled, killed]
    return [killed]


def _first_with(lines: t.Sequence[str], beginnings: tuple[str, ...]) -> str | None:
    return next((line for line in lines if line.startswith(beginnings)), None)
