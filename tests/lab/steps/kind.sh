# shellcheck shell=bash
# kind itself, from its Go module.

go_environment() {
  command -v go >/dev/null || give_up "Go is not on PATH; the lab compiles kind and the node's programs: install Go 1.25 or later" 3
  # A cache of the lab's own: `lab clean` can remove it whole, and the user's is left alone.
  export GOTOOLCHAIN=local CGO_ENABLED=0 GOMODCACHE=$lab/go/mod GOCACHE=$lab/go/build
  export GOFLAGS="-mod=mod -modcacherw -buildvcs=false"
}

build_kind() { # DIRECTORY
  go_environment
  GOBIN=$1 GOFLAGS="-modcacherw -buildvcs=false" go install -trimpath "sigs.k8s.io/kind@$KIND_VERSION"
}

step_kind() {
  local found
  if found=$(command -v kind) && [ "$found" != "$lab/bin/kind" ]; then
    say kind "kind is on PATH ($found): nothing to do"
    return
  fi
  make_artefact kind "kind $KIND_VERSION from its Go module" "$lab/kind" "$(digest "$KIND_VERSION" -- steps/kind.sh)" build_kind
  mkdir -p "$lab/bin"
  ln -sfn "$lab/kind/kind" "$lab/bin/kind"
}
