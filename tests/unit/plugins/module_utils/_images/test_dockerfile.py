# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dockerfiles by the rules of their reference, and what is added to those that compile Go."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._images import derived, dockerfile

ENV = 'ENV GOFLAGS="${GOFLAGS:+$GOFLAGS }-cover"'


def of(text: str) -> str:
    return textwrap.dedent(text).lstrip("\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM a\nRUN b", [("RUN", "b", 2, 2)]),
        ("from a\nrun  b  c ", [("RUN", "b  c", 2, 2)]),
        ("FROM a\nRUN b \\\n  c\nUSER d", [("RUN", "b c", 2, 3), ("USER", "d", 4, 4)]),
        ("FROM a\nRUN b \\  \n # no\n\n  c", [("RUN", "b c", 2, 5)]),
        ("FROM a\nRUN b \\\\\nUSER d", [("RUN", "b \\\\", 2, 2), ("USER", "d", 3, 3)]),
        ("# escape=`\nFROM a\nRUN b\\\nRUN c `\n d", [("RUN", "b\\", 3, 3), ("RUN", "c d", 4, 5)]),
        ("\n# escape=`\nFROM a\nRUN c `\nUSER d", [("RUN", "c `", 4, 4), ("USER", "d", 5, 5)]),
        ("FROM a\r\nRUN b \\\r\n c\r\n", [("RUN", "b c", 2, 3)]),
        ("FROM a\nRUN b # not a comment\n  # a comment", [("RUN", "b # not a comment", 2, 2)]),
        ("FROM a\nRUN <<EOF\nb\nRUN c\nEOF\nUSER d", [("RUN", "<<EOF", 2, 5), ("USER", "d", 6, 6)]),
        (
            "FROM a\nRUN <<-'E1' cat <<E2\nb\n\tE1\nc\nE2\nUSER d",
            [("RUN", "<<-'E1' cat <<E2", 2, 6), ("USER", "d", 7, 7)],
        ),
        ("FROM a\nRUN b <<<EOF\nUSER d", [("RUN", "b <<<EOF", 2, 2), ("USER", "d", 3, 3)]),
        ("FROM a\nLABEL x=<<EOF\nUSER d", [("LABEL", "x=<<EOF", 2, 2), ("USER", "d", 3, 3)]),
        ("FROM a\nCOPY <<EOF /x\nRUN c\nEOF\nUSER d", [("COPY", "<<EOF /x", 2, 4), ("USER", "d", 5, 5)]),
        ("FROM a\nRUN x\x0cy\u2028z\nUSER d", [("RUN", "x\x0cy\u2028z", 2, 2), ("USER", "d", 3, 3)]),
        ("\ufeffFROM a\nRUN b", [("RUN", "b", 2, 2)]),
    ],
)
def test_instructions(text: str, expected: list[tuple[str, str, int, int]]) -> None:
    (stage,) = dockerfile.parse(text).stages
    assert [(step.keyword, step.text, step.line, step.last) for step in stage.instructions] == expected


def test_flags_forms_and_heredocs() -> None:
    text = of("""
        # syntax=docker/dockerfile:1
        # escape=\\
        ARG VERSION=1
        FROM --platform=$BUILDPLATFORM golang:${VERSION} AS Build
        RUN --mount=type=cache,target=/root/.cache --network="none" go build
        CMD ["a", "b c"]
        CMD [a]
        ONBUILD COPY --from=build /x /y
        RUN <<EOF
        go build
        EOF
        """)
    parsed = dockerfile.parse(text)
    (stage,) = parsed.stages
    run, words, shell, onbuild, heredoc = stage.instructions
    assert parsed.directives == {"syntax": "docker/dockerfile:1", "escape": "\\"}
    assert [argument.text for argument in parsed.arguments] == ["VERSION=1"]
    assert (stage.name, stage.base, stage.line) == ("build", "golang:${VERSION}", 4)
    assert run.flags == ("--mount=type=cache,target=/root/.cache", '--network="none"')
    assert (run.text, run.flag("network")) == ("go build", ["none"])
    assert (words.words, shell.words) == (["a", "b c"], None)
    trigger = onbuild.trigger
    assert trigger is not None
    assert (trigger.keyword, trigger.text, trigger.flag("from")) == ("COPY", "/x /y", ["build"])
    assert heredoc.script == "<<EOF\ngo build"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A=1", {"A": "1"}),
        ("A=1 B='2 3' C=\"4 5\"", {"A": "1", "B": "2 3", "C": "4 5"}),
        ("A b c", {"A": "b c"}),
        ("A", {"A": ""}),
        ("A='", {"A": "'"}),
    ],
)
def test_assignments(text: str, expected: dict[str, str]) -> None:
    assert dockerfile.assignments(text) == expected


STAGES = of("""
    FROM a AS one
    FROM one AS two
    FROM b AS three
    FROM c AS unused
    FROM two
    COPY --from=three /x /x
    RUN --mount=type=bind,from=0,target=/y true
    """)


@pytest.mark.parametrize(
    ("target", "expected"), [("", [0, 1, 2, 4]), ("two", [0, 1]), ("UNUSED", [3]), ("2", [2]), ("missing", [])]
)
def test_stages_that_a_target_needs(target: str, expected: list[int]) -> None:
    assert [stage.number for stage in dockerfile.parse(STAGES).needed(target)] == expected


def test_a_stage_of_the_name_of_its_image_ends() -> None:
    assert len(dockerfile.parse("FROM golang AS golang\nRUN go build\n").needed()) == 1


GOLANG = "FROM golang:1.26 AS build\n"
SCAFFOLD = of("""
    # Build the manager binary
    FROM golang:1.24 AS builder
    ARG TARGETOS
    ARG TARGETARCH

    WORKDIR /workspace
    COPY go.mod go.mod
    COPY go.sum go.sum
    RUN go mod download
    COPY cmd/main.go cmd/main.go
    RUN CGO_ENABLED=0 GOOS=${TARGETOS:-linux} GOARCH=${TARGETARCH} go build -a -o manager cmd/main.go

    FROM gcr.io/distroless/static:nonroot
    WORKDIR /
    COPY --from=builder /workspace/manager .
    USER 65532:65532
    ENTRYPOINT ["/manager"]
    """)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        pytest.param(SCAFFOLD, [11], id="operator scaffold"),
        pytest.param(GOLANG + "RUN go build .\n", [2], id="go build"),
        pytest.param(GOLANG + 'RUN ["go", "install", "./..."]\n', [2], id="exec form"),
        pytest.param(GOLANG + "RUN /usr/local/go/bin/go build .\n", [2], id="go by its path"),
        pytest.param(GOLANG + "RUN cd x && go -C y build .\n", [2], id="go -C"),
        pytest.param(GOLANG + "RUN make build\n", [2], id="make"),
        pytest.param(GOLANG + "RUN mage build\n", [2], id="mage"),
        pytest.param(GOLANG + "RUN goreleaser build --snapshot\n", [2], id="goreleaser"),
        pytest.param(GOLANG + "RUN ./hack/build.sh\n", [2], id="script"),
        pytest.param(GOLANG + "RUN bash hack/build.sh\n", [2], id="script by its shell"),
        pytest.param(GOLANG + "RUN <<EOF\nset -e\ngo build .\nEOF\n", [2], id="heredoc"),
        pytest.param(GOLANG + "RUN --mount=type=cache,target=/go/pkg \\\n  # x\n  go build .\n", [2], id="cache mount"),
        pytest.param(GOLANG + "ONBUILD RUN go build .\nFROM build\n", [2], id="ONBUILD"),
        pytest.param(
            "FROM tonistiigi/xx AS xx\nFROM alpine AS b\nRUN apk add go\nRUN xx-go build .\n", [4], id="xx-go"
        ),
        pytest.param("FROM ubuntu\nRUN curl -L https://go.dev/dl/go1.26.tgz | tar x\nRUN make\n", [3], id="own Go"),
        pytest.param("FROM golang AS base\nRUN true\nFROM base AS b\nRUN make\n", [4], id="a stage FROM a stage"),
        pytest.param(
            "FROM golang AS a\nRUN go build .\nFROM golang\nRUN go build .\nCOPY --from=a /x /\n", [2, 4], id="two"
        ),
        pytest.param(GOLANG + "RUN go build a\nRUN go build b\n", [2], id="once for a stage"),
        pytest.param(GOLANG + "ENV GOFLAGS=-mod=vendor\nRUN go build a\n", [3], id="after ENV GOFLAGS"),
        pytest.param(GOLANG + "RUN go build a\nENV GOFLAGS=-v\nRUN go build b\n", [2, 4], id="again after ENV GOFLAGS"),
        pytest.param(GOLANG + "ARG GOFLAGS\nENV GOFLAGS=-mod=mod\nRUN go build a\n", [4], id="an ENV hides the ARG"),
        pytest.param(GOLANG + "ARG GOFLAGS\nRUN go build .\n", [], id="ARG GOFLAGS"),
        pytest.param(GOLANG + "ARG GOFLAGS\nENV GOFLAGS=$GOFLAGS\nRUN go build .\n", [], id="ENV from ARG GOFLAGS"),
        pytest.param("ARG GOFLAGS\n" + GOLANG + "RUN go build .\n", [3], id="an ARG before FROM is for FROM"),
        pytest.param("FROM alpine\nRUN make && ./configure.sh\n", [], id="no Go"),
        pytest.param("FROM node AS web\nRUN npm run build\nFROM alpine\nCOPY app /app\n", [], id="a finished binary"),
        pytest.param("FROM golang AS unused\nRUN go build .\nFROM alpine\n", [], id="a stage that nothing needs"),
        pytest.param(GOLANG + "RUN go mod download\nRUN go vet ./...\n", [], id="nothing compiled"),
        pytest.param("# escape=`\n" + GOLANG + "RUN set x `\n && go build .\n", [3], id="escape directive"),
    ],
)
def test_stages_that_compile_get_the_flags(text: str, lines: list[int]) -> None:
    made = derived.derive(text, "-cover")
    assert [added.line for added in made.added] == lines
    original, changed = text.split("\n"), made.text.split("\n")
    assert [line for line in changed if line != ENV] == original
    for line in lines:
        before = changed.index(original[line - 1])
        assert ENV in changed[:before] or changed[before - 1] == ENV
    # The derived file is read as the original is, but for the lines that were added.
    kept = [[step.text for step in stage.instructions] for stage in dockerfile.parse(text).stages]
    added = [[step.text for step in stage.instructions] for stage in dockerfile.parse(made.text).stages]
    assert [[step for step in stage if step != ENV.removeprefix("ENV ")] for stage in added] == kept


@pytest.mark.parametrize(
    ("text", "argument"),
    [
        (GOLANG + "ARG GOFLAGS\nRUN go build .\n", ""),
        (GOLANG + "ARG GOFLAGS=\nRUN go build .\n", ""),
        (GOLANG + "ARG GOFLAGS=-mod=vendor\nRUN go build .\n", "-mod=vendor"),
        (GOLANG + "ARG A=1 GOFLAGS='-v -x' B\nRUN go build .\n", "-v -x"),
        (GOLANG + "ARG GOFLAGS B=1\nRUN go build .\n", ""),
        ("ARG GOFLAGS=-mod=vendor\n" + GOLANG + "ARG GOFLAGS\nRUN go build .\n", "-mod=vendor"),
        ("ARG GOFLAGS=-v\n" + GOLANG + "ARG GOFLAGS=-x\nRUN go build .\n", "-x"),
        (GOLANG + "ARG GOFLAGS=-x\nENV GOFLAGS=$GOFLAGS\nRUN go build .\n", "-x"),
        (GOLANG + "ARG M=mod\nARG GOFLAGS=-mod=$M\nRUN go build .\n", None),
        (GOLANG + "ENV GOFLAGS=-v\nARG GOFLAGS\nRUN go build .\n", None),
        (GOLANG + "RUN go build .\n", None),
        ("ARG GOFLAGS=-v\n" + GOLANG + "RUN go build .\n", None),
        (GOLANG + "ARG GOFLAGS=-v\nRUN true\n", None),
    ],
)
def test_the_default_of_the_build_argument_is_kept(text: str, argument: str | None) -> None:
    made = derived.derive(text, "-cover")
    assert made.argument == argument
    assert bool(made.added) == (argument is None and "go build" in text)


@pytest.mark.parametrize(
    ("run", "obstacles"),
    [
        ("RUN GOFLAGS=-mod=mod go build .", ["line 2 replaces GOFLAGS by GOFLAGS=-mod=mod"]),
        ('RUN export GOFLAGS="-mod=mod -v" && make', ['line 2 replaces GOFLAGS by GOFLAGS="-mod=mod -v"']),
        ("RUN go build -cover=false .", ["line 2 builds with -cover=false"]),
        ('RUN GOFLAGS="$GOFLAGS -v" go build .', []),
        ("RUN GOFLAGS=${GOFLAGS} go build .", []),
        ("RUN GOFLAGS=-cover go build .", []),
        ("RUN go build .", []),
    ],
)
def test_what_takes_the_flags_away_is_named(run: str, obstacles: list[str]) -> None:
    assert list(derived.derive(GOLANG + run + "\n", "-cover").obstacles) == obstacles


def test_what_takes_the_flags_away_in_a_later_step_is_named() -> None:
    text = GOLANG + "RUN go install example.com/tool@latest\nRUN GOFLAGS= go build .\n"
    assert derived.derive(text, "-cover").obstacles == ("line 3 replaces GOFLAGS by GOFLAGS=",)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("COPY app /app", "line 2 copies it finished from the build context"),
        ("COPY bin/app /usr/bin/", "line 2 copies it finished from the build context"),
        ("COPY --from=quay.io/x/app:1 /app /app", "line 2 copies it from the image quay.io/x/app:1"),
        ("ADD https://example.com/app /app", "line 2 downloads it from https://example.com/app"),
        ('COPY ["app", "/app"]', "line 2 copies it finished from the build context"),
        ("COPY etc /etc", ""),
        ("COPY --from=0 /app /app", ""),
    ],
)
def test_where_a_finished_executable_comes_from(lines: str, expected: str) -> None:
    path = "/usr/bin/app" if "usr" in lines else "/app"
    assert derived.origin(f"FROM alpine\n{lines}\n", path) == expected


def test_the_derived_file_lies_outside_of_the_checkout_with_its_ignore_rules(tmp_path: Path) -> None:
    original = tmp_path / "Dockerfile.e2e"
    original.write_bytes(b"FROM golang\r\nRUN go build \xff .\r\n")
    ignored = ["Dockerfile.e2e.containerignore", "Dockerfile.e2e.dockerignore"]
    for name in ignored:
        (tmp_path / name).write_text("*\n!cmd\n")
    text = original.read_text(encoding="utf-8", errors="surrogateescape")
    with derived.written(derived.derive(text, "-cover"), original) as place:
        path = Path(place)
        assert (path.name, path.parent == tmp_path) == ("Dockerfile.e2e", False)
        assert b"go build \xff ." in path.read_bytes()
        assert [path.with_name(name).read_text() for name in ignored] == ["*\n!cmd\n"] * 2
    assert not path.exists()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["Dockerfile.e2e", *ignored]


def test_a_dockerfile_without_need_is_used_itself(tmp_path: Path) -> None:
    original = tmp_path / "Dockerfile"
    with derived.written(derived.derive("FROM scratch\n", "-cover"), original) as name:
        assert name == str(original)
