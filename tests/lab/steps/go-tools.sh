# shellcheck shell=bash
# kind itself, and helm for the charts among the tests, each from its Go module.

go_environment() {
  command -v go >/dev/null || give_up "Go is not on PATH; the lab compiles kind and the node's programs: install Go 1.25 or later" 3
  # A cache of the lab's own: `lab clean` can remove it whole, and the user's is left alone.
  export GOTOOLCHAIN=local CGO_ENABLED=0 GOMODCACHE=$lab/go/mod GOCACHE=$lab/go/build
  export GOFLAGS="-mod=mod -modcacherw -buildvcs=false"
}

install_go_tool() { # DIRECTORY PACKAGE@VERSION
  go_environment
  GOBIN=$1 GOFLAGS="-modcacherw -buildvcs=false" go install -trimpath "$2"
}

step_go_tool() { # NAME VERSION PACKAGE
  local name=$1 version=$2 package=$3 found
  if found=$(command -v "$name") && [ "$found" != "$lab/bin/$name" ]; then
    say "$name" "$name is on PATH ($found): nothing to do"
    return
  fi
  make_artefact "$name" "$name $version from its Go module" "$lab/$name" \
    "$(digest "$version" -- steps/go-tools.sh)" install_go_tool "$package@$version"
  mkdir -p "$lab/bin"
  ln -sfn "$lab/$name/$name" "$lab/bin/$name"
}

step_kind() { step_go_tool kind "$KIND_VERSION" sigs.k8s.io/kind; }
step_helm() { step_go_tool helm "$HELM_VERSION" helm.sh/helm/v3/cmd/helm; }
