# shellcheck shell=bash
# The programs of a Kubernetes node, compiled from their Go modules. Each group is an artefact of its own, so that an
# interrupted build resumes with the next one.

kubernetes_programs=(kubeadm kubelet kubectl kube-apiserver kube-controller-manager kube-scheduler kube-proxy)

# k8s.io/kubernetes names its staging modules by a local path; outside of its tree each must be replaced by the released one.
write_kubernetes_module() { # DIRECTORY
  local directory=$1 mod staging=v0.${KUBERNETES_VERSION#v1.} program
  mod=$(go mod download -json "k8s.io/kubernetes@$KUBERNETES_VERSION" | sed -n 's/.*"GoMod": "\(.*\)",/\1/p')
  {
    printf 'module nodeimage\n\ngo 1.24.0\n\nrequire k8s.io/kubernetes %s\n\nreplace (\n' "$KUBERNETES_VERSION"
    sed -n -e 's#^\s*\(k8s\.io/[a-z-]*\) => \./staging.*#\1#p' -e 's#^\s*\(k8s\.io/[a-z-]*\) v0\.0\.0$#\1#p' "$mod" |
      sort -u | sed "s#.*#\t& => & $staging#"
    echo ')'
  } >"$directory/go.mod"
  {
    printf '//go:build tools\n\npackage tools\n\nimport (\n'
    for program in "${kubernetes_programs[@]}"; do printf '\t_ "k8s.io/kubernetes/cmd/%s"\n' "$program"; done
    echo ')'
  } >"$directory/tools.go"
}

build_kubernetes() { # DIRECTORY
  local source=$lab/tmp/source-kubernetes version=$KUBERNETES_VERSION
  go_environment
  discard "$source"
  mkdir -p "$source/crictl" "$1"
  cp "$here/node/programs/crictl/main.go" "$source/crictl/main.go"
  cd "$source"
  write_kubernetes_module "$source"
  go mod tidy
  go build -trimpath -o "$1/" \
    -ldflags "-s -w -X k8s.io/component-base/version.gitVersion=$version -X k8s.io/client-go/pkg/version.gitVersion=$version" \
    "${kubernetes_programs[@]/#/k8s.io/kubernetes/cmd/}"
  go build -trimpath -ldflags "-s -w" -o "$1/crictl" ./crictl
  discard "$source"
}

build_containerd() { # DIRECTORY
  local program
  go_environment
  for program in containerd ctr containerd-shim-runc-v2; do
    GOBIN=$1 GOFLAGS="-modcacherw -buildvcs=false" go install -trimpath -ldflags "-s -w" \
      "github.com/containerd/containerd/v2/cmd/$program@$CONTAINERD_VERSION"
  done
}

# build_module DIRECTORY PROGRAM [MODULE@VERSION]: node/programs/PROGRAM in a module of its own.
build_module() {
  local source=$lab/tmp/source-$2
  go_environment
  discard "$source"
  mkdir -p "$source" "$1"
  cp "$here/node/programs/$2/main.go" "$source/main.go"
  cd "$source"
  go mod init "$2"
  [ -z "${3:-}" ] || go get "$3"
  go mod tidy
  go build -trimpath -ldflags "-s -w" -o "$1/$2" .
  discard "$source"
}

step_node_programs() {
  local step=steps/node-programs.sh
  make_artefact kubernetes "Kubernetes $KUBERNETES_VERSION from its Go modules (the longest step: some 5 min on 2 cores)" \
    "$lab/node/kubernetes" "$(digest "$KUBERNETES_VERSION" -- $step node/programs/crictl/main.go)" build_kubernetes
  make_artefact containerd "containerd $CONTAINERD_VERSION from its Go module" \
    "$lab/node/containerd" "$(digest "$CONTAINERD_VERSION" -- $step)" build_containerd
  make_artefact etcd "etcd $ETCD_VERSION from its Go module" \
    "$lab/node/etcd" "$(digest "$ETCD_VERSION" -- $step node/programs/etcd/main.go)" \
    build_module etcd "go.etcd.io/etcd/server/v3@$ETCD_VERSION"
  make_artefact coredns "CoreDNS $COREDNS_VERSION from its Go module" \
    "$lab/node/coredns" "$(digest "$COREDNS_VERSION" -- $step node/programs/coredns/main.go)" \
    build_module coredns "github.com/coredns/coredns@$COREDNS_VERSION"
  make_artefact pause "the pause program of a pod's sandbox" \
    "$lab/node/pause" "$(digest -- $step node/programs/pause/main.go)" build_module pause
}
