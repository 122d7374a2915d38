# shellcheck shell=bash
# What builds images beside the engine, for the tests of such builds: buildx, with which docker uses BuildKit, and ko.
# A file apart from go-tools.sh, whose digest decides whether kind is compiled again.

step_buildx() {
  if docker buildx version >/dev/null 2>&1; then
    say buildx "docker has it: nothing to do"
    return
  fi
  step_go_tool buildx "$BUILDX_VERSION" github.com/docker/buildx/cmd/buildx
  # docker looks for its plugins there; a configuration apart leaves the user's as it is.
  mkdir -p "$lab/docker-config/cli-plugins"
  ln -sfn "$lab/bin/buildx" "$lab/docker-config/cli-plugins/docker-buildx"
}

step_ko() { step_go_tool ko "$KO_VERSION" github.com/google/ko; }
