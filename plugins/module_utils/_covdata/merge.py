# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From directories of coverage data to the count of every unit, as ``go tool covdata textfmt`` merges them.

Counters of one pod are added up; then the pods, which are different builds, are laid over each other: a unit of the
same package, file, function and position is the same unit (GOROOT/src/internal/coverage/cformat). In mode set a count
is 0 or 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from .accumulator import Contradiction, CounterAccumulator, FunctionKey
from .counters import decode_counters
from .errors import CovdataError, damaged
from .meta import COUNTING_MODES, MODES, FunctionMeta, MetaFile, Unit, decode_meta
from .pods import Pod, PodSet, collect_pods, read_file

_MAX_UINT32 = 0xFFFFFFFF
_MODE_RANK = {mode: rank for rank, mode in MODES.items()}

FunctionId = tuple[str, str, bool]
"""File, name, whether it is a literal: what makes functions of two builds the same."""


@dataclass
class MergedFunction:
    """The count of each unit, and where functions begin: more than once in a file that has several ``init``.

    ``build`` is the latest that has it, by when it last ran. ``rival`` is set where builds have it from different
    source: then it holds what that build alone has.
    """

    counts: dict[Unit, int]
    starts: set[tuple[int, int]]
    build: int = 0
    rival: dict[Unit, int] | None = None


@dataclass
class MergedPackage:
    """A package with its functions in the order of the meta-data; ``programs`` are the main packages of the builds that
    have it."""

    path: str
    name: str
    module: str
    functions: dict[FunctionId, MergedFunction] = field(default_factory=dict)
    programs: set[str] = field(default_factory=set)


@dataclass
class MergedCovdata:
    """All pods merged: ``packages`` by import path, and how many files were read."""

    mode: str
    packages: dict[str, MergedPackage]
    meta_files: int
    counter_files: int
    orphans: list[str]
    leftovers: list[str]
    unverified_meta_files: list[str]
    rivals: list[tuple[str, str]] = field(default_factory=list)
    """File and name of each function that several builds have from different source."""


def merge_directories(
    directories: Iterable[str], relaxed: bool = False, on_meta: Callable[[MetaFile], None] | None = None
) -> MergedCovdata:
    """Read and merge the coverage data that lies in ``directories``.

    Raises CovdataError (see `collect_pods`, `merge_pods`).
    """
    return merge_pods(collect_pods(directories), relaxed, on_meta)


def merge_pods(
    found: PodSet, relaxed: bool = False, on_meta: Callable[[MetaFile], None] | None = None
) -> MergedCovdata:
    """Read and merge pods. ``on_meta`` gets the meta-data of each before its counters are read.

    Raises CovdataError: ``truncated-data``; ``mode-clash`` where two builds count in different modes, unless
    ``relaxed``, which takes the higher of set, count, atomic as ``go tool covdata merge -pcombine`` does;
    ``mixed-binaries`` where a file belongs to another build than its name says.
    """
    merged = MergedCovdata("", {}, 0, 0, found.orphans, found.leftovers, [])
    granularity = ""
    for pod in found.pods:
        meta = decode_meta(read_file(pod.meta_file), pod.meta_file)
        _check_hash(pod.meta_file, pod.meta_hash, meta.hash)
        if meta.mode not in COUNTING_MODES:
            raise damaged(pod.meta_file, f"its mode is {meta.mode}, in which no program counts")
        merged.mode = _agree_on_mode(merged.mode, meta.mode, pod.meta_file, relaxed)
        if granularity not in ("", meta.granularity):
            raise _clash(pod.meta_file, "granularity", meta.granularity, granularity)
        granularity = meta.granularity
        if on_meta is not None:
            on_meta(meta)
        if not meta.hash_verified:
            merged.unverified_meta_files.append(pod.meta_file)
        sums = _sum_counters(pod, 1 if merged.mode == "set" else _MAX_UINT32)
        _add_pod(merged.packages, meta, sums, pod)
        merged.meta_files += 1
        merged.counter_files += len(pod.counter_files)
    for package in merged.packages.values():
        for function in package.functions.values():
            _limit(function.counts, 1 if merged.mode == "set" else _MAX_UINT32)
            if function.rival is not None:
                _limit(function.rival, 1 if merged.mode == "set" else _MAX_UINT32)
    merged.rivals = [
        (file, name)
        for package in merged.packages.values()
        for (file, name, _literal), function in package.functions.items()
        if function.rival is not None
    ]
    return merged


def _sum_counters(pod: Pod, limit: int) -> dict[FunctionKey, list[int]]:
    """The counters of all runs of one build, by package and function index; each at most ``limit``."""
    accumulator = CounterAccumulator()
    try:
        for path in pod.counter_files:
            counter_file = decode_counters(read_file(path), path)
            _check_hash(path, pod.meta_hash, counter_file.meta_hash)
            for segment in counter_file.segments:
                try:
                    accumulator.add(segment)
                except Contradiction:
                    raise
                except ValueError as error:
                    raise damaged(path, str(error)) from None
        return accumulator.sums(limit)
    except Contradiction as error:  # of which of the files, is not known
        raise _does_not_fit(pod.meta_file, str(error)) from None


def _add_pod(packages: dict[str, MergedPackage], meta: MetaFile, sums: dict[FunctionKey, list[int]], pod: Pod) -> None:
    """Lay the units of one build over those that are known. Takes what it uses out of ``sums``."""
    meta_file, build = pod.meta_file, pod.last_run
    programs = {package.path for package in meta.packages if package.name == "main"}
    for package_index, package in enumerate(meta.packages):
        merged = packages.setdefault(package.path, MergedPackage(package.path, package.name, package.module))
        merged.programs |= programs
        for function_index, function in enumerate(package.functions):
            counters = sums.pop((package_index, function_index), None)
            if counters is None:
                counters = [0] * len(function.units)
            elif len(counters) != len(function.units):
                what = f"{function.name} has {len(function.units)} units and {len(counters)} counters"
                raise _does_not_fit(meta_file, what)
            if function.units:
                _add_function(merged.functions, function, counters, build)
    for package_index, function_index in sums:
        raise _does_not_fit(meta_file, f"function {function_index} of package {package_index} has counters only")


def _add_function(
    functions: dict[FunctionId, MergedFunction], function: FunctionMeta, counters: list[int], build: int
) -> None:
    key = (function.file, function.name, function.literal)
    start = function.units[0][:2]
    merged = functions.get(key)
    if merged is None:
        counts = dict(zip(function.units, counters, strict=True))
        if len(counts) == len(counters):
            functions[key] = MergedFunction(counts, {start}, build)
            return
        merged = functions[key] = MergedFunction({}, set(), build)
    else:
        _note_rival(merged, function, counters, build)
    merged.starts.add(start)
    for unit, count in zip(function.units, counters, strict=True):
        merged.counts[unit] = merged.counts.get(unit, 0) + count


def _note_rival(merged: MergedFunction, function: FunctionMeta, counters: list[int], build: int) -> None:
    """Keep apart what the latest build has of a function, once it is seen that builds differ in it."""
    latest = merged.counts if merged.rival is None else merged.rival
    if merged.build != build and all(unit in latest for unit in function.units):
        merged.build = max(merged.build, build)
        if merged.rival is not None:
            for unit, count in zip(function.units, counters, strict=True):
                merged.rival[unit] += count
        return
    if merged.build == build:
        # Another function of the same name, such as init, or a second part of the same.
        if merged.rival is not None:
            merged.rival.update(zip(function.units, counters, strict=True))
        return
    if build > merged.build:
        merged.rival, merged.build = dict(zip(function.units, counters, strict=True)), build
    elif merged.rival is None:
        merged.rival = dict(merged.counts)


def _limit(counts: dict[Unit, int], limit: int) -> None:
    if max(counts.values()) > limit:
        for unit, count in counts.items():
            counts[unit] = min(count, limit)


def _agree_on_mode(mode: str, other: str, meta_file: str, relaxed: bool) -> str:
    if mode in ("", other):
        return other
    if not relaxed:
        raise _clash(meta_file, "mode", other, mode)
    return max(mode, other, key=_MODE_RANK.__getitem__)


def _clash(meta_file: str, what: str, ours: str, before: str) -> CovdataError:
    return CovdataError(
        "mode-clash",
        f"{meta_file} has counter {what} {ours}, the files before it {before}",
        "report the builds apart, or build them with the same -covermode",
    )


def _check_hash(path: str, expected: str, found: str) -> None:
    if found != expected:
        raise CovdataError(
            "mixed-binaries",
            f"{path} belongs to the build {found}, not to {expected} as its name says",
            "restore its name or remove it",
        )


def _does_not_fit(meta_file: str, what: str) -> CovdataError:
    return CovdataError(
        "block-mismatch",
        f"the counters beside {meta_file} do not fit it ({what})",
        "they come from another build or are damaged: collect the data again",
    )
