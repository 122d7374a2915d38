# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report side by side with the Go toolchain, in one run: time, memory, and that both say the same.

usage: python tests/bench/report.py [ROUNDS]

A program of more than 30,000 functions and 190,000 blocks: all formats of the report against what a team's script
runs (`covdata percent`, `covdata textfmt`, `cover -func`, `cover -html`), and both pages opened in headless Chromium.
Then 1,000 and 10,000 counter files of a smaller program, against `covdata textfmt` alone. Programs and data are made
the first time, and kept in the cache of the tests.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from big_program import BigProgram

CHECKOUT = Path(__file__).resolve().parents[2]
BIG = BigProgram("big", packages=132, files=10, functions=25)
SMALL = BigProgram("small", packages=5, files=10, functions=25)
BIG_RUNS = 60
SMALL_RUNS = (1_000, 10_000)

# As the module does it: its process is a fork of the playbook's, which has imported everything before. So the clock
# starts when that is done.
OURS = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from ansible_collections.gocover.e2e.plugins.module_utils._report import bundle
print(flush=True)
sys.stdin.readline()
spec = bundle.ReportSpec((Path(sys.argv[2]),), sys.argv[3], Path(sys.argv[4]), "go1.26", run={"started": sys.argv[6]})
report = bundle.make_report(spec)
bundle.write_report(report, spec, Path(sys.argv[5]), False)
"""


@dataclass(frozen=True)
class Command:
    """What to run; one that ``waits`` prints a line when it is ready, and works once it gets one."""

    argv: Sequence[str | Path]
    waits: bool = False


@dataclass
class Cost:
    """What commands took, one after another: seconds of wall clock and of the processors, and the most memory (MB)."""

    wall: float = 0.0
    cpu: float = 0.0
    memory: float = 0.0


def run(commands: Sequence[Command], cwd: Path, memory: bool = False) -> Cost:
    """Run ``commands`` in turn; with ``memory``, look how much they hold, which costs a little time."""
    cost = Cost()
    for command in commands:
        output = subprocess.PIPE if command.waits else subprocess.DEVNULL
        before = os.times()
        begun = time.monotonic()
        with subprocess.Popen(command.argv, cwd=cwd, stdin=subprocess.PIPE, stdout=output) as process:
            preparing = 0.0
            if command.waits and process.stdin and process.stdout:
                process.stdout.readline()
                preparing = _processor_seconds(process.pid)
                begun = time.monotonic()
                process.stdin.write(b"\n")
                process.stdin.flush()
            while memory and process.poll() is None:
                cost.memory = max(cost.memory, _held_by(process.pid) / 1e6)
                time.sleep(0.01)
            if process.wait() != 0:
                sys.exit(f"{command.argv[0]} failed")
            cost.wall += time.monotonic() - begun
        after = os.times()
        took = after.children_user + after.children_system - before.children_user - before.children_system
        cost.cpu += took - preparing
    return cost


def _processor_seconds(pid: int) -> float:
    # proc(5): fields 14 and 15 are the time in user and kernel mode, in ticks.
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _held_by(pid: int) -> int:
    """Bytes that a process and those below it hold; what they share counts once."""
    process = Path("/proc") / str(pid)
    try:
        lines = (process / "smaps_rollup").read_text(encoding="ascii").splitlines()
        held = sum(1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        children = [child for task in (process / "task").iterdir() for child in (task / "children").read_text().split()]
    except (OSError, ValueError):  # it has just ended
        return 0
    return held + sum(_held_by(int(child)) for child in children)


def go_commands(covdata: Path, output: Path) -> list[Command]:
    """What a team's script runs."""
    profile = output / "profile.out"
    return [
        Command(["go", "tool", "covdata", "percent", f"-i={covdata}"]),
        Command(["go", "tool", "covdata", "textfmt", f"-i={covdata}", f"-o={profile}"]),
        Command(["go", "tool", "cover", f"-func={profile}", f"-o={output / 'functions.txt'}"]),
        Command(["go", "tool", "cover", f"-html={profile}", f"-o={output / 'index.html'}"]),
    ]


def our_command(covdata: Path, source: Path, output: Path) -> Command:
    """All formats of the report."""
    collections = CHECKOUT / ".ansible" / "collections"
    arguments: list[str | Path] = [collections, covdata, output.name, source, output, "2026-01-02T03:04:05Z"]
    return Command([sys.executable, "-c", OURS, *arguments], waits=True)


def compare(what: str, rounds: int, cwd: Path, ours: Sequence[Command], theirs: Sequence[Command]) -> None:
    """Run both in turn, and print the medians, the ratio of each pair's and the memory of one more."""
    run(theirs, cwd)  # the first use of covdata compiles it
    run(ours, cwd)
    pairs = [(run(ours, cwd), run(theirs, cwd)) for _round in range(rounds)]
    held = run(ours, cwd, memory=True).memory, run(theirs, cwd, memory=True).memory
    wall = [statistics.median(pair[side].wall for pair in pairs) for side in (0, 1)]
    cpu = [statistics.median(pair[side].cpu for pair in pairs) for side in (0, 1)]
    ratio = statistics.median(mine.wall / other.wall for mine, other in pairs)
    print(
        f"| {what} | {wall[0]:.2f} s | {wall[1]:.2f} s | {ratio:.2f} | {cpu[0]:.2f} s | {cpu[1]:.2f} s"
        f" | {held[0]:.0f} MB | {held[1]:.0f} MB |",
        flush=True,
    )


def check_same(ours: Path, theirs: Path) -> str:
    """That profile and functions are the same, the profile after sorting; exits where they are not. Says how many."""
    profiles = [sorted((side / "profile.out").read_bytes().splitlines()) for side in (ours, theirs)]
    functions = [(side / "functions.txt").read_bytes() for side in (ours, theirs)]
    if profiles[0] != profiles[1] or functions[0] != functions[1]:
        sys.exit("profile.out or functions.txt differ from Go's")
    return f"{functions[0].count(10) - 1:,} functions and {len(profiles[0]) - 1:,} blocks, the same on both sides"


def opened(pages: Sequence[Path], rounds: int) -> list[float]:
    """Seconds until each page is loaded in Chromium, the median; in turn, each time in a fresh tab."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    for switch in ("headless=new", "no-sandbox", "disable-gpu", "disable-background-networking", "no-first-run"):
        options.add_argument(f"--{switch}")
    seconds: list[list[float]] = [[] for _page in pages]
    script = "const n = performance.getEntriesByType('navigation')[0]; return n.loadEventEnd"
    with webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver"))) as driver:
        for _round in range(rounds + 1):
            for taken, page in zip(seconds, pages, strict=True):
                driver.get("about:blank")
                driver.get(page.as_uri())
                taken.append(driver.execute_script(script) / 1000)
    return [statistics.median(taken[1:]) for taken in seconds]


def data_of(program: BigProgram, runs: int, leave: Callable[[Path, int, Path], None]) -> tuple[Path, Path]:
    """The source of the program and the coverage data of so many runs, made where they are not in the cache."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    cache = Path(os.environ.get("GOCOVER_CACHE_DIR") or base / "gocover-e2e") / "bench"
    binary = program.build(cache)
    covdata = cache / f"{program.name}-covdata-{runs}"
    if not covdata.is_dir():
        with tempfile.TemporaryDirectory(dir=cache) as temporary:
            leave(binary, runs, Path(temporary) / "covdata")
            os.rename(Path(temporary) / "covdata", covdata)
    return binary.parent, covdata


def main() -> None:
    """Print one table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory(prefix="gocover-bench-") as temporary:
        ours, theirs = Path(temporary) / "ours", Path(temporary) / "theirs"
        theirs.mkdir()
        print("| what | gocover.e2e | Go | ratio | CPU | CPU of Go | memory | memory of Go |")
        print("|---|---|---|---|---|---|---|---|")
        source, covdata = data_of(BIG, BIG_RUNS, BIG.run)
        commands = go_commands(covdata, theirs)
        what = "all formats, against Go's four commands"
        compare(what, rounds, source, [our_command(covdata, source, ours)], commands)
        said = check_same(ours, theirs)
        pages = [side / "index.html" for side in (ours, theirs)]
        seconds = opened(pages, rounds)
        sizes = [page.stat().st_size / 1e6 for page in pages]
        for runs in SMALL_RUNS:
            small, files = data_of(SMALL, runs, SMALL.leave_counters)
            size = statistics.mean(file.stat().st_size for file in files.glob("covcounters.*")) / 1000
            what = f"{runs:,} counter files of {size:.1f} kB: all formats, against covdata textfmt"
            compare(what, rounds, small, [our_command(files, small, ours)], go_commands(files, theirs)[1:2])
    print(f"\n{said}")
    print(f"page: {sizes[0]:.1f} MB, {seconds[0]:.2f} s; Go's {sizes[1]:.1f} MB, {seconds[1]:.2f} s")


if __name__ == "__main__":
    main()
