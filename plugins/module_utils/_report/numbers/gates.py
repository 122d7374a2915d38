# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gates: JMESPath expressions over summary.json that must be true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ..._diagnosis import Failure, failure
from .schema import GateRecord, Summary

try:
    import jmespath
    from jmespath.exceptions import JMESPathError
except ImportError:
    jmespath = None


class Gate(NamedTuple):
    """An expression, and what users call it: its name, or itself."""

    name: str
    expression: str


def parse_gates(described: Any) -> list[Gate]:
    """Gates from a list of expressions, or from expressions by name. Raises Failure for what is neither.

    ``gate-invalid`` says which expression cannot be parsed, and where; ``library-missing`` that there is no jmespath.
    """
    if isinstance(described, str):
        described = [described] if described.strip() else []
    if isinstance(described, Mapping):
        gates = [Gate(str(name), expression) for name, expression in described.items()]
    elif isinstance(described, Sequence):
        gates = [Gate(str(expression), expression) for expression in described]
    else:
        raise _invalid("The gates", f"they are {described!r:.80}")
    if gates and jmespath is None:
        raise failure(
            "Gates cannot be checked",
            "library-missing",
            "Ansible's Python has no jmespath",
            "Install it with: pip install jmespath",
        )
    for gate in gates:
        if not isinstance(gate.expression, str):
            raise _invalid(f"The gate {gate.name:.80}", f"it is {gate.expression!r:.80}, not an expression")
        try:
            jmespath.compile(gate.expression)
        except (JMESPathError, RecursionError) as error:
            raise _invalid(f"The gate {gate.name:.80}", " ".join(str(error).split())) from error
    return gates


def check_gates(gates: Sequence[Gate], summary: Summary) -> list[GateRecord]:
    """The part ``gates`` of summary.json: ``name``, ``expression``, ``value`` and whether it ``passed``.

    Only ``true`` passes. A list or an object is no verdict, however much there is in it, and null says that the
    expression names something that the summary does not have. Those that did not pass come first.
    """
    results: list[GateRecord] = []
    for gate in gates:
        error = None
        try:
            value = jmespath.search(gate.expression, summary)
        except JMESPathError as caught:
            value, error = None, " ".join(str(caught).split())
        result: GateRecord = {
            "name": gate.name,
            "expression": gate.expression,
            "value": value,
            "passed": value is True,
        }
        if error:
            result["error"] = error
        results.append(result)
    return sorted(results, key=lambda result: result["passed"])


def said_of(result: GateRecord) -> str:
    """Why a gate did not pass, as half a sentence."""
    name = result["name"]
    if name != result["expression"]:
        name = f"{name} ({result['expression']})"
    if result.get("error"):
        return f"{name} cannot be evaluated: {result['error']}"
    value = result["value"]
    if value is None:
        return f"{name} is null: the summary lacks something that it names"
    if value is False:
        return f"{name} is false"
    return f"{name} gives {value!r:.80}, which is neither true nor false"


def _invalid(what: str, evidence: str) -> Failure:
    return failure(
        f"{what} cannot be used",
        "gate-invalid",
        evidence,
        "Write JMESPath that gives true or false, such as `scope.percent >= `60`` or `baseline.change >= `-0.5``",
    )
