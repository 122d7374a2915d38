# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report held against an earlier one: its summary.json, wherever that is kept."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from ..._diagnosis import Failure, failure
from ..source.git import file_at
from ..source.splitting import BEFORE_1_27, FROM_1_27, splitting_of_version, words
from .model import percent
from .schema import BaselineRecord, DifferenceRecord, Share, Summary

_GIT = "git:"
_LARGEST = 512 * 1024 * 1024

Numbers = Mapping[str, Any]
"""At least ``covered`` and ``total``."""


@dataclass(frozen=True)
class Baseline:
    """An earlier summary, or why there is none; ``where`` says where it was looked for."""

    where: str
    summary: Summary | None = None
    missing: str = ""


def read_baseline(where: str, service: str, source: str | None) -> Baseline:
    """The summary of ``service`` that ``where`` names: a file, a directory of results, or ``git:REF:PATH``.

    A directory holds ``summary.json``, or ``SERVICE/summary.json``, as coverage_dir and an artifact of it do; ``PATH``
    counts from the top of the repository that ``source`` is in. What does not exist is no error: there is a first
    time. Raises Failure (``baseline-invalid``) for what is no summary, and where git cannot be asked.
    """
    if where.startswith(_GIT):
        reference, colon, path = where[len(_GIT) :].partition(":")
        if not (reference and colon and path) or reference.startswith("-"):
            raise _invalid(where, "it is not of the form git:REF:PATH")
        if not source:
            raise _invalid(where, "there is no source, and so no repository to look into")
        content = file_at(source, reference, path)
        if content is None:
            return Baseline(where, missing=f"there is no {path} in {reference}")
    else:
        candidates = [where]
        if os.path.isdir(where):
            candidates = [os.path.join(where, service, "summary.json"), os.path.join(where, "summary.json")]
        found = next((path for path in candidates if os.path.isfile(path)), None)
        if found is None:
            return Baseline(where, missing=f"there is no {candidates[-1]}")
        try:
            with open(found, "rb") as stream:
                content = stream.read(_LARGEST)
        except OSError as error:
            raise _invalid(where, f"{found} cannot be read: {error.strerror}") from error
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _invalid(where, f"it is not JSON ({error})") from error
    return _of_service(where, service, document)


def _of_service(where: str, service: str, document: Any) -> Baseline:
    if isinstance(document, dict) and isinstance(document.get("services"), list):
        rows = [row for row in document["services"] if isinstance(row, dict) and row.get("service") == service]
        if not rows or "statements" not in rows[0]:
            return Baseline(where, missing=f"it has no numbers of {service}")
        document = rows[0]
    try:
        if document["schema"] != 1 and "schema" in document:
            raise _invalid(where, f"it has schema {document['schema']!r:.20}, not 1")
        _check(_headline(document))
        for package in _packages(document).values():
            _check(package)
        for _key, function in _functions(document):
            _check(function)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise _invalid(where, "it is not a summary.json of this collection") from error
    return Baseline(where, cast("Summary", document))


def compare(baseline: Baseline, summary: Summary) -> BaselineRecord:
    """The part ``baseline`` of summary.json.

    ``change`` is that of the headline in percentage points, ``packages`` and ``functions`` are those that differ, the
    worst first. Where another Go version split the source differently, ``change`` is None everywhere and ``drift``
    says what the difference would be; then only functions are listed that ran before and do not now, or the
    other way round, which does not depend on how they are split.
    """
    before = baseline.summary
    if before is None:
        return {"where": baseline.where, "missing": baseline.missing, "change": None, "packages": [], "functions": []}
    ours, theirs = _splitting(summary), _splitting(before)
    same_version = summary.get("go_version") is not None and summary["go_version"] == before.get("go_version")
    drifts = bool(ours and theirs and ours != theirs and not same_version)
    change = _percent(_headline(summary)) - _percent(_headline(before))
    compared: BaselineRecord = {
        "where": baseline.where,
        "go_version": before.get("go_version"),
        "before": _numbers(_headline(before)),
        "after": _numbers(_headline(summary)),
        "change": None if drifts else change,
        "drift": None,
        "packages": list(_compare(_packages(before), _packages(summary), drifts)),
        "functions": list(_compare(dict(_functions(before)), dict(_functions(summary)), drifts)),
    }
    if drifts:
        compared["drift"] = {
            "cause": "go-version",
            "evidence": f"the baseline was split into blocks by {_version(before, theirs)}, this report by"
            f" {_version(summary, ours)}: the percentages differ for that alone",
            "change": change,
        }
    if "files" not in before:
        compared["functions"] = []
    return compared


def _compare(before: Mapping[Any, Numbers], after: Mapping[Any, Numbers], drifts: bool) -> Iterator[DifferenceRecord]:
    rows: list[tuple[float, str, str, int, DifferenceRecord]] = []
    for key in before.keys() | after.keys():
        old, new = before.get(key), after.get(key)
        if old is not None and new is not None:
            if (old["covered"], old["total"]) == (new["covered"], new["total"]):
                continue
            if drifts and bool(old["covered"]) == bool(new["covered"]):
                continue
        row: DifferenceRecord = {
            **_name(key),
            "before": _numbers(old) if old is not None else None,
            "after": _numbers(new) if new is not None else None,
        }
        change = _change(old, new)
        row["change"] = None if drifts or old is None or new is None else change
        rows.append((change, row.get("file", ""), row["name"], len(rows), row))
    yield from (row for *_order, row in sorted(rows))


def _change(old: Numbers | None, new: Numbers | None) -> float:
    """By how much it is better. What is new is worse by what it lacks, what is gone is neither."""
    if new is None:
        return 0.0
    if old is None:
        return _percent(new) - 100.0 if new["total"] else 0.0
    return _percent(new) - _percent(old)


def _name(key: Any) -> DifferenceRecord:
    return {"file": key[0], "name": key[1]} if isinstance(key, tuple) else {"name": key}


def _headline(summary: Summary) -> Numbers:
    return summary.get("scope") or summary["statements"]


def _packages(summary: Summary) -> dict[str, Numbers]:
    return {package["name"]: package for package in (summary.get("scope") or summary)["packages"] if package["total"]}


def _functions(summary: Summary) -> Iterator[tuple[tuple[str, str, int], Numbers]]:
    """The functions by file, name and, for several of one name such as init, which of them."""
    for file in summary.get("files") or ():
        seen: dict[str, int] = {}
        for function in file["functions"]:
            index = seen[function["name"]] = seen.get(function["name"], -1) + 1
            yield (str(file["name"]), str(function["name"]), index), function


def _numbers(numbers: Numbers) -> Share:
    return {"covered": numbers["covered"], "total": numbers["total"], "percent": _percent(numbers)}


def _percent(numbers: Numbers) -> float:
    return percent(int(numbers["covered"]), int(numbers["total"]))


def _check(numbers: Numbers) -> None:
    for key in ("covered", "total"):
        if isinstance(numbers[key], bool) or not isinstance(numbers[key], int) or numbers[key] < 0:
            raise ValueError(key)


def _splitting(summary: Summary) -> str:
    known = summary.get("splitting")
    return known if known in (BEFORE_1_27, FROM_1_27) else splitting_of_version(summary.get("go_version"))


def _version(summary: Summary, splitting: str) -> str:
    return str(summary.get("go_version") or words(splitting))


def _invalid(where: str, evidence: str) -> Failure:
    return failure(
        "The baseline cannot be used",
        "baseline-invalid",
        f"{where}: {evidence}",
        "Name the summary.json of an earlier report, a directory that holds one, or git:REF:PATH",
    )
