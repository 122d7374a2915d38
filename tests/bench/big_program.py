# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Go programs as large as one likes, built with coverage and run: what the report is measured with.

A program has packages of files of functions, and a function has one to four conditions, so that it has three, five,
seven or nine blocks. Run with a number, it runs a part of its functions that the number decides.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

_FIELDS = ("Name", "Region", "Owner", "Quota", "Deadline", "Channel", "Priority", "Retries")

_GO_MOD = "module example.com/{name}\n\ngo 1.21\n"

_MAIN = """\
package main

import (
\t"os"
\t"runtime/coverage"
\t"strconv"

{imports}
)

func run(seed int) int {{
\ttotal := 0
{calls}
\treturn total
}}

// main runs once, or, given a directory, leaves the counters of that many runs there.
func main() {{
\truns, _ := strconv.Atoi(os.Args[1])
\tif len(os.Args) == 2 {{
\t\tos.Exit(run(runs) & 0)
\t}}
\tfor seed := 0; seed < runs; seed++ {{
\t\tif err := coverage.ClearCounters(); err != nil {{
\t\t\tpanic(err)
\t\t}}
\t\trun(seed)
\t\tif err := coverage.WriteCountersDir(os.Args[2]); err != nil {{
\t\t\tpanic(err)
\t\t}}
\t}}
}}
"""


@dataclass(frozen=True)
class BigProgram:
    """The size of a program; ``name`` is also that of its module and its directory."""

    name: str
    packages: int
    files: int
    functions: int
    """Files of a package, and functions of a file."""

    def build(self, directory: Path) -> Path:
        """Write the module to ``directory`` and build it there, unless that was done before; returns the program."""
        module = directory / self.name
        program = module / "program"
        if not program.exists():
            self._write(module)
            command = ["go", "build", "-cover", "-covermode=atomic", "-coverpkg=./...", "-o", "program.part", "."]
            subprocess.run(command, cwd=module, check=True)
            os.replace(module / "program.part", program)
        return program

    def run(self, program: Path, runs: int, covdata: Path) -> None:
        """Run the program ``runs`` times, each a process of its own, with its files in ``covdata``."""
        covdata.mkdir(parents=True, exist_ok=True)
        for seed in range(runs):
            subprocess.run([program, str(seed)], env={**os.environ, "GOCOVERDIR": str(covdata)}, check=True)

    def leave_counters(self, program: Path, runs: int, covdata: Path) -> None:
        """Leave the counter files of ``runs`` runs in ``covdata``, from one process, beside the meta-data file."""
        self.run(program, 1, covdata)
        with tempfile.TemporaryDirectory() as own:
            environment = {**os.environ, "GOCOVERDIR": own}
            subprocess.run([program, str(runs - 1), str(covdata)], env=environment, check=True)

    def _write(self, module: Path) -> None:
        names = [f"part{number:03d}" for number in range(self.packages)]
        for number, name in enumerate(names):
            folder = module / "internal" / name
            folder.mkdir(parents=True, exist_ok=True)
            for file in range(self.files):
                text = self._file(name, number * self.files + file, file)
                (folder / f"file{file:02d}.go").write_text(text, encoding="ascii")
            (folder / "run.go").write_text(self._run(name), encoding="ascii")
        imports = "\n".join(f'\t"example.com/{self.name}/internal/{name}"' for name in names)
        calls = "\n".join(f"\ttotal += {name}.Run(seed + {number})" for number, name in enumerate(names))
        (module / "main.go").write_text(_MAIN.format(imports=imports, calls=calls), encoding="ascii")
        (module / "go.mod").write_text(_GO_MOD.format(name=self.name), encoding="ascii")

    def _run(self, package: str) -> str:
        calls = "\n".join(f"\ttotal += run{file:02d}(seed)" for file in range(self.files))
        return (
            f"package {package}\n\n// Run runs what the seed decides.\nfunc Run(seed int) int {{\n"
            f"\ttotal := 0\n{calls}\n\treturn total\n}}\n"
        )

    def _file(self, package: str, number: int, file: int) -> str:
        service = f"service{file:02d}"
        out = [f"package {package}\n", f"// {service} keeps what its handlers have seen.", f"type {service} struct {{"]
        out += [f"\t{field.lower()} int" for field in _FIELDS]
        out += ["}\n"]
        for index in range(self.functions):
            out.append(f"// handle{index} adds up what request {number}.{index} asks for.")
            out.append(f"func (s *{service}) handle{index}(request int) int {{")
            out.append(f"\ttotal := request + {index}")
            for condition in range(1 + index % 4):
                field = _FIELDS[(number + index + condition) % len(_FIELDS)].lower()
                out.append(f"\tif request%{2 + (index * 7 + condition * 3 + number) % 11} == {condition} {{")
                out.append(f'\t\ts.{field} += total + len("request {number}.{index}")')
                out.append(f"\t\ttotal -= s.{field}")
                out.append("\t}")
            out += ["\treturn total", "}\n"]
        out += [f"func run{file:02d}(seed int) int {{", f"\ts, total := &{service}{{}}, 0"]
        for index in range(self.functions):
            if (number + index) % 5:
                out.append(f"\tif (seed+{number * 3 + index})%{2 + index % 3} == 0 {{")
                out.append(f"\t\ttotal += s.handle{index}(seed)\n\t}}")
        return "\n".join([*out, "\treturn total", "}\n"])
