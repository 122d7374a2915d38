# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Git's answers under every setting that could change them, and a cause for each of its refusals."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._report.source import git_program
from ansible_collections.gocover.e2e.plugins.module_utils._report.source.git import (
    changed_lines,
    file_at,
    fork_point,
)

CHECKOUT = Path(__file__).resolve().parents[6]
BEFORE = "package p\n\nfunc f() {\n\ta()\n\tb()\n\tc()\n\td()\n}\n"
AFTER = BEFORE.replace("a()", "x()").replace("d()", "y()")
#: What git says of AFTER, and of a file that is new, with no settings at all.
CHANGED = {"p.go": [(4, 4), (7, 7)], "new.go": [(1, 1 << 40)]}


def git(directory: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=n", "-c", "user.email=e@example.com", "-c", "protocol.file.allow=always"]
    return subprocess.run(
        [*command, *arguments], cwd=directory, check=True, capture_output=True, encoding="utf-8"
    ).stdout


def commit(directory: Path, message: str = "more") -> str:
    git(directory, "add", "--all")
    git(directory, "commit", "-q", "-m", message)
    return git(directory, "rev-parse", "HEAD").strip()


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, so that neither the user's settings count nor the test changes them."""
    place = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(place))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return place


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    place = tmp_path / "repository"
    place.mkdir()
    git(place, "init", "-q", "-b", "main")
    (place / "p.go").write_text(BEFORE, encoding="ascii")
    commit(place, "one")
    (place / "p.go").write_text(AFTER, encoding="ascii")
    (place / "new.go").write_text("package p\n", encoding="ascii")
    return place


@pytest.mark.parametrize(
    "setting, value",
    [
        ("diff.noprefix", "true"),
        ("diff.mnemonicPrefix", "true"),
        ("diff.external", "false"),
        ("diff.context", "9"),
        ("diff.interHunkContext", "9"),
        ("diff.algorithm", "patience"),
        ("diff.orderFile", "/nowhere/order"),
        ("diff.relative", "true"),
        ("diff.renames", "copies"),
        ("diff.submodule", "log"),
        ("diff.ignoreSubmodules", "all"),
        ("diff.colorMoved", "zebra"),
        ("diff.wsErrorHighlight", "all"),
        ("color.ui", "always"),
        ("core.autocrlf", "true"),
        ("core.autocrlf", "input"),
        ("core.eol", "crlf"),
        ("core.safecrlf", "true"),
        ("core.quotePath", "true"),
        ("core.pager", "false"),
        ("core.fsmonitor", "false; exit 1"),
        ("core.hooksPath", "/nowhere"),
        ("core.whitespace", "cr-at-eol"),
        ("column.ui", "always"),
        ("filter.f.clean", "tr a-z A-Z"),
        ("filter.f.required", "true"),
        ("diff.d.command", "false"),
        ("diff.d.textconv", "tr a-z A-Z"),
        ("diff.d.binary", "true"),
    ],
)
def test_settings_do_not_change_the_answer(repository: Path, setting: str, value: str) -> None:
    (repository / ".gitattributes").write_text("*.go diff=d filter=f\n", encoding="ascii")
    git(repository, "config", "--global", setting, value)
    assert changed_lines(str(repository), fork_point(str(repository), "main")) == CHANGED


@pytest.mark.parametrize("attributes", ["*.go -diff", "*.go binary", "*.go -text", "*.go eol=crlf", "*.go text=auto"])
def test_attributes_do_not_change_the_answer(repository: Path, attributes: str) -> None:
    (repository / ".gitattributes").write_text(attributes + "\n", encoding="ascii")
    assert changed_lines(str(repository), "main") == CHANGED


@pytest.mark.parametrize(
    "name, value",
    [
        ("GIT_DIR", "/nowhere"),
        ("GIT_WORK_TREE", "/"),
        ("GIT_INDEX_FILE", "/nowhere/index"),
        ("GIT_EXTERNAL_DIFF", "false"),
        ("GIT_DIFF_OPTS", "--unified=9"),
        ("GIT_LITERAL_PATHSPECS", "1"),
        ("GIT_CONFIG_PARAMETERS", "'color.ui=always'"),
        ("GIT_TRACE", "1"),
        ("GIT_CEILING_DIRECTORIES", "/"),
        ("LANGUAGE", "de"),
    ],
)
def test_the_environment_does_not_change_the_answer(
    repository: Path, name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    assert changed_lines(str(repository), fork_point(str(repository), "main")) == CHANGED


def test_ends_of_lines_are_no_change(repository: Path) -> None:
    (repository / "p.go").write_bytes(AFTER.replace("\n", "\r\n").encode())
    assert changed_lines(str(repository), "main") == CHANGED


def test_carriage_returns_within_lines_divide_none(repository: Path) -> None:
    (repository / "p.go").write_bytes(AFTER.replace("x()", "x() // one\r+++ b/q.go\r@@ -1 +90 @@").encode())
    assert changed_lines(str(repository), "main") == CHANGED


def test_excludes_of_the_user_hide_no_source(repository: Path) -> None:
    (repository / ".git" / "info" / "exclude").write_text("new.go\n", encoding="ascii")
    (repository / ".gitignore").write_text("built.go\n", encoding="ascii")
    (repository / "built.go").write_text("package p\n", encoding="ascii")
    assert changed_lines(str(repository), "main") == CHANGED


@pytest.mark.parametrize("name", ["\u00e4 b.go", 'quoted".go', "tab\tin.go", "sub/deep/x.go"])
def test_names_of_files(repository: Path, name: str) -> None:
    (repository / name).parent.mkdir(parents=True, exist_ok=True)
    (repository / name).write_text(BEFORE, encoding="ascii")
    since = commit(repository)
    (repository / name).write_text(AFTER, encoding="ascii")
    assert changed_lines(str(repository), since) == {name: CHANGED["p.go"]}


def test_a_renamed_file_is_new(repository: Path) -> None:
    git(repository, "config", "diff.renames", "copies")
    (repository / "new.go").unlink()
    git(repository, "mv", "p.go", "q.go")
    assert changed_lines(str(repository), "main") == {"q.go": [(1, 8)]}


def test_a_worktree(repository: Path, tmp_path: Path) -> None:
    git(repository, "worktree", "add", "-q", str(tmp_path / "tree"))
    (tmp_path / "tree" / "p.go").write_text(AFTER, encoding="ascii")
    tree = str(tmp_path / "tree")
    assert changed_lines(tree, fork_point(tree, "main")) == {"p.go": CHANGED["p.go"]}
    assert git_program.top_level(tree) == os.path.realpath(tree)


def test_submodules_are_compared_with_their_own_commits(repository: Path, tmp_path: Path) -> None:
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init", "-q", "-b", "main")
    git(outer, "submodule", "add", "-q", str(repository), "third/lib")
    since = commit(outer)
    inner = outer / "third" / "lib"
    (inner / "p.go").write_text(AFTER, encoding="ascii")
    commit(inner)
    (inner / "new.go").write_text("package p\n", encoding="ascii")
    assert changed_lines(str(outer), since) == {f"third/lib/{name}": lines for name, lines in CHANGED.items()}
    # A submodule that came later is new as a whole.
    empty = git(outer, "commit-tree", "-m", "empty", git(outer, "hash-object", "-t", "tree", "/dev/null").strip())
    assert changed_lines(str(outer), empty.strip())["third/lib/p.go"] == [(1, 8)]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory to another user")
def test_a_checkout_of_another_user(repository: Path) -> None:
    for place, _directories, files in os.walk(repository):
        for name in (".", *files):
            os.chown(os.path.join(place, name), 12345, 12345)
    with pytest.raises(subprocess.CalledProcessError, match="128"):
        git(repository, "status")
    assert changed_lines(str(repository), fork_point(str(repository), "main")) == CHANGED


def clone(repository: Path, tmp_path: Path, *options: str) -> Path:
    git(tmp_path, "clone", "-q", *options, repository.as_uri(), "clone")
    return tmp_path / "clone"


def test_a_partial_clone_fetches_what_it_lacks(repository: Path, tmp_path: Path) -> None:
    since = git(repository, "rev-parse", "HEAD").strip()
    commit(repository)
    git(repository, "config", "uploadpack.allowFilter", "true")
    partial = clone(repository, tmp_path, "--filter=blob:none")
    assert changed_lines(str(partial), since) == {"p.go": CHANGED["p.go"], "new.go": [(1, 1)]}


def _partial_without_remote(repository: Path, tmp_path: Path) -> Path:
    git(repository, "config", "uploadpack.allowFilter", "true")
    git(repository, "commit", "-q", "-a", "-m", "two")
    partial = clone(repository, tmp_path, "--filter=blob:none")
    shutil.rmtree(repository)
    return partial


def _shallow(repository: Path, tmp_path: Path) -> Path:
    commit(repository)
    git(repository, "checkout", "-q", "-b", "topic", "HEAD~1")
    (repository / "topic.go").write_text("package p\n", encoding="ascii")
    commit(repository)
    return clone(repository, tmp_path, "--depth=1", "--no-single-branch", "--branch=topic")


def _shallow_without_the_branch(repository: Path, tmp_path: Path) -> Path:
    commit(repository)
    git(repository, "checkout", "-q", "-b", "topic")
    return clone(repository, tmp_path, "--depth=1", "--branch=topic")


def _broken_link(repository: Path, tmp_path: Path) -> Path:
    git(repository, "worktree", "add", "-q", str(tmp_path / "tree"))
    shutil.rmtree(repository)
    return tmp_path / "tree"


def _no_repository(repository: Path, tmp_path: Path) -> Path:
    return tmp_path


def _invalid_config(repository: Path, tmp_path: Path) -> Path:
    with open(repository / ".git" / "config", "a", encoding="ascii") as config:
        config.write("[diff\n")
    return repository


def _damaged_index(repository: Path, tmp_path: Path) -> Path:
    (repository / ".git" / "index").write_bytes(b"no index" * 9)
    return repository


def _bare(repository: Path, tmp_path: Path) -> Path:
    git(repository, "config", "core.bare", "true")
    return repository


@pytest.mark.parametrize(
    "make, reference, cause, words",
    [
        (_partial_without_remote, "HEAD~1", "git-objects-missing", "git fetch --refetch origin"),
        (_shallow, "origin/main", "history-shallow", "git fetch --unshallow origin"),
        (_shallow_without_the_branch, "origin/main", "reference-unknown", "git fetch --unshallow origin"),
        (_broken_link, "HEAD", "git-link-broken", "git worktree repair"),
        (_no_repository, "HEAD", "git-repository-missing", "inside a git repository"),
        (_invalid_config, "HEAD", "git-config-invalid", "Correct the setting"),
        (_damaged_index, "HEAD", "git-index-damaged", "git reset"),
        (_bare, "HEAD", "git-repository-bare", "core.bare false"),
    ],
)
def test_each_refusal_has_a_cause_and_a_remedy(
    repository: Path, tmp_path: Path, make: Callable[[Path, Path], Path], reference: str, cause: str, words: str
) -> None:
    place = str(make(repository, tmp_path))
    with pytest.raises(Failure) as caught:
        changed_lines(place, fork_point(place, reference))
    (diagnosis,) = caught.value.diagnoses
    assert diagnosis.cause == cause
    assert words in diagnosis.remedy
    assert place in diagnosis.evidence and "\n" not in diagnosis.evidence


def test_without_git(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(Failure) as caught:
        fork_point(str(repository), "HEAD")
    assert caught.value.diagnoses[0].cause == "git-missing"


def test_a_file_of_another_commit_is_as_it_was(repository: Path, tmp_path: Path) -> None:
    content = b'{"a": 1}\r\n\xff\r'
    (repository / "summary.json").write_bytes(content)
    commit(repository)
    git(repository, "config", "core.autocrlf", "true")
    assert file_at(str(repository), "main", "summary.json") == content
    assert file_at(str(repository), "main", "nowhere.json") is None
    assert file_at(str(repository), "nowhere", "summary.json") is None
    with pytest.raises(Failure) as caught:
        file_at(str(tmp_path), "main", "summary.json")
    assert caught.value.diagnoses[0].cause == "git-repository-missing"


def test_every_refusal_is_documented() -> None:
    documented = (CHECKOUT / "docs" / "diagnoses.md").read_text(encoding="utf-8")
    causes = {refusal.cause for refusal in git_program.REFUSALS}
    assert {cause for cause in causes if f"`{cause}`" not in documented} == set()
