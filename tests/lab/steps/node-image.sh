# shellcheck shell=bash
# kindest/node without a registry: Debian, the compiled programs, and kubeadm's images preloaded into containerd.

node_image=kindest/node:$KUBERNETES_VERSION

node_packages=(
  systemd systemd-sysv dbus runc iptables conntrack ebtables ethtool iproute2 socat kmod procps ca-certificates
  containernetworking-plugins jq
)

# Units that make no sense in a container, or that would reach for the host's devices.
masked_units=(
  getty@tty1.service console-getty.service getty.target remote-fs.target
  systemd-udevd.service systemd-udev-trigger.service systemd-modules-load.service
  systemd-logind.service systemd-networkd.service systemd-resolved.service
  apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer
  sys-kernel-debug.mount sys-kernel-tracing.mount proc-sys-fs-binfmt_misc.automount dev-hugepages.mount dev-mqueue.mount
)

program() { echo "$lab/node/$1/${2:-$1}"; } # GROUP [PROGRAM]

# kubeadm_image NAME: the full reference under which kubeadm of this version asks for it.
kubeadm_image() {
  "$(program kubernetes kubeadm)" config images list --kubernetes-version "$KUBERNETES_VERSION" 2>/dev/null | grep "/$1:"
}

build_node_rootfs() { # TREE
  local tree=$1 files=$here/node/files kubernetes=$lab/node/kubernetes
  cp -a "$lab/debian/node" "$tree"
  mkdir -p "$tree"/kind/{bin,manifests} "$tree"/etc/{containerd,cni/net.d,kubernetes/manifests,systemd/system.conf.d}
  install "$kubernetes"/{kubeadm,kubelet,kubectl,crictl} "$tree/usr/bin/"
  install "$lab"/node/containerd/* "$files/entrypoint" "$tree/usr/local/bin/"
  install "$files/node-cni" "$tree/kind/bin/"
  sed "s#@PAUSE@#$(kubeadm_image pause)#" "$files/containerd.toml" >"$tree/etc/containerd/config.toml"
  install -m 644 "$files"/*.{service,slice} "$tree/etc/systemd/system/"
  install -m 644 "$files/log.conf" "$tree/etc/systemd/system.conf.d/"
  install -m 644 "$files"/default-*.yaml "$tree/kind/manifests/"
  printf %s "$KUBERNETES_VERSION" >"$tree/kind/version"
  chroot "$tree" systemctl -q enable kubelet containerd node-cni
  chroot "$tree" systemctl -q mask "${masked_units[@]}" 2>/dev/null || true
  # Every container starts from this spec, as in kind's own nodes.
  chroot "$tree" ctr oci spec >"$tree/etc/containerd/cri-base.json"
}

# scratch_image TAG PROGRAM PATH: one static program and nothing else.
scratch_image() {
  local context=$lab/tmp/scratch
  rm -rf "$context"
  mkdir -p "$context"
  cp "$2" "$context/program"
  printf 'FROM scratch\nENV PATH=/usr/local/bin\nCOPY program %s\nENTRYPOINT ["%s"]\n' "$3" "$3" >"$context/Dockerfile"
  DOCKER_BUILDKIT=0 docker build -q -t "$1" "$context"
  rm -rf "$context"
}

# kube-proxy drives iptables, which it finds in its own image.
kube_proxy_image() {
  local context=$lab/tmp/kube-proxy debian=$lab/debian/node root link object library extensions
  root=$context/root
  rm -rf "$context"
  mkdir -p "$root"/{usr/sbin,usr/local/bin,tmp,run}
  extensions=$(cd "$debian" && echo usr/lib/*-linux-gnu/xtables)
  mkdir -p "$root/$(dirname "$extensions")"
  cp -a "$debian/$extensions" "$root/$extensions"
  cp -a "$debian"/usr/sbin/{xtables-nft-multi,conntrack} "$root/usr/sbin/"
  for link in {iptables,ip6tables}{,-save,-restore}; do ln -s xtables-nft-multi "$root/usr/sbin/$link"; done
  # The extensions are loaded at run time and need libraries of their own: without libm, which libxt_statistic needs as
  # soon as a Service has two endpoints, new Services silently get no rules.
  for object in usr/sbin/{xtables-nft-multi,conntrack} $(cd "$debian" && echo "$extensions"/*.so); do
    chroot "$debian" ldd "/$object" 2>/dev/null | grep -o '/[^ ]*' || true
  done | sort -u | while read -r library; do
    mkdir -p "$root$(dirname "$library")"
    cp -L "$debian$library" "$root$library"
  done
  cp "$(program kubernetes kube-proxy)" "$root/usr/local/bin/"
  printf 'FROM scratch\nENV PATH=/usr/local/bin:/usr/sbin\nCOPY root /\n' >"$context/Dockerfile"
  DOCKER_BUILDKIT=0 docker build -q -t "$1" "$context"
  rm -rf "$context"
}

# preload TREE IMAGE...: into the node's image store, by a containerd of our own that is rooted there. Nothing is
# unpacked until a node boots.
preload() {
  local tree=$1 state=$lab/tmp/preload pid _
  shift
  rm -rf "$state"
  mkdir -p "$state"
  cat >"$state/config.toml" <<CONFIG
version = 2
root = "$tree/var/lib/containerd"
state = "$state/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "$state/socket"
CONFIG
  "$(program containerd)" -c "$state/config.toml" &
  pid=$!
  for _ in $(seq 100); do
    [ ! -S "$state/socket" ] || break
    sleep 0.1
  done
  docker save "$@" | "$(program containerd ctr)" -a "$state/socket" -n k8s.io images import --no-unpack -
  kill $pid
  wait $pid || true
  rm -rf "$state"
}

build_node_image() { # DIGEST
  local tree=$lab/tmp/node-rootfs name images=()
  discard "$tree"
  build_node_rootfs "$tree"
  for name in kube-apiserver kube-controller-manager kube-scheduler; do
    scratch_image "$(kubeadm_image $name)" "$(program kubernetes $name)" "/usr/local/bin/$name"
  done
  scratch_image "$(kubeadm_image coredns)" "$(program coredns)" /coredns
  scratch_image "$(kubeadm_image etcd)" "$(program etcd)" /usr/local/bin/etcd
  scratch_image "$(kubeadm_image pause)" "$(program pause)" /pause
  kube_proxy_image "$(kubeadm_image kube-proxy)"
  for name in kube-{apiserver,controller-manager,scheduler,proxy} coredns etcd pause; do
    images+=("$(kubeadm_image "$name")")
  done
  preload "$tree" "${images[@]}"
  docker rmi "${images[@]}"
  build_image "$node_image" "$tree" "$here/node" "$1"
  discard "$tree"
}

step_node_image() {
  local inputs source
  inputs=$(digest "$KUBERNETES_VERSION" "$CONTAINERD_VERSION" "$ETCD_VERSION" "$COREDNS_VERSION" "$DEBIAN_RELEASE" \
    -- steps/{node-programs,node-image,debian}.sh node)
  source=$(image_source "$node_image" "$inputs")
  # Its parts are wanted only where it has to be built.
  if [ "$source" = build ]; then
    need_debootstrap "$node_image"
    step_node_programs
    make_artefact debian-node "Debian $DEBIAN_RELEASE for the node" "$lab/debian/node" \
      "$(digest "$DEBIAN_RELEASE" "${node_packages[@]}" -- steps/debian.sh)" debian_tree "${node_packages[@]}"
  fi
  bring_image "$source" node-image "$node_image from these parts" "$node_image" "$inputs" build_node_image "$inputs"
}
