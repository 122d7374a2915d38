# shellcheck shell=bash
# podman beside Docker: Debian's package, storage and configuration under the cache, its API on a socket of its own.
# Nothing under /etc changes: the settings reach podman by environment, which `lab env podman` prints.

podman_packages=(podman runc conmon netavark aardvark-dns iptables uidmap)
podman_pid=$lab/run/podman.pid
podman_socket=$lab/run/podman.sock

write_podman_configuration() {
  local runtime=runc
  if ! has_capability_sys_resource; then
    write_runtime
    runtime=relaxed
  fi
  mkdir -p "$lab/podman/networks"
  # crun refuses the hybrid layout of cgroup v1; no systemd means neither its cgroups nor its journal.
  cat >"$lab/podman/containers.conf" <<CONFIG
[containers]
log_driver = "k8s-file"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "$runtime"
[engine.runtimes]
runc = ["$(command -v runc)"]
relaxed = ["$lab/engine/runc-relaxed"]
# Not CNI: its networks have no names, by which a second node has to find the first.
[network]
network_backend = "netavark"
network_config_dir = "$lab/podman/networks"
CONFIG
  cat >"$lab/podman/storage.conf" <<CONFIG
[storage]
driver = "overlay"
graphroot = "$lab/podman/storage"
runroot = "$lab/run/podman"
CONFIG
}

# lab_podman ARGUMENT...: podman with the lab's storage and configuration.
lab_podman() {
  CONTAINERS_CONF=$lab/podman/containers.conf CONTAINERS_STORAGE_CONF=$lab/podman/storage.conf podman "$@"
}

podman_environment() {
  printf 'export CONTAINERS_CONF=%q CONTAINERS_STORAGE_CONF=%q\n' "$lab/podman/containers.conf" "$lab/podman/storage.conf"
  # Not CONTAINER_HOST: it would turn every podman command into a remote one.
  printf 'export KIND_EXPERIMENTAL_PROVIDER=podman GOCOVER_LAB_PODMAN_SOCKET=%q\n' "$podman_socket"
}

# dockerd drops what it does not know of forwarded packets, bridged ones too. netavark lets a network's own addresses
# pass, and the pods behind a kind node have others: two nodes in podman would not reach each other's pods.
between_podman_nodes=(FORWARD -i podman+ -o podman+ -j ACCEPT)

start_podman() {
  local _
  write_podman_configuration
  remember_machine
  iptables -C "${between_podman_nodes[@]}" 2>/dev/null || iptables -I "${between_podman_nodes[@]}"
  rm -f "$podman_socket"
  CONTAINERS_CONF=$lab/podman/containers.conf CONTAINERS_STORAGE_CONF=$lab/podman/storage.conf \
    setsid podman system service --time 0 "unix://$podman_socket" >"$lab/log/podman-service.log" 2>&1 </dev/null 9>&- &
  echo $! >"$podman_pid"
  for _ in $(seq 100); do
    [ ! -S "$podman_socket" ] || return 0
    sleep 0.1
  done
  tail -n 15 "$lab/log/podman-service.log"
  return 1
}

# load_into_podman TAG: under the name that `podman pull TAG` would give; an archive without a registry's name becomes
# localhost/TAG, which kind does not look for.
load_into_podman() {
  lab_podman load -q -i "$(archive_of "$1")"
  lab_podman tag "localhost/$1" "$(podman_name "$1")"
  lab_podman untag "localhost/$1" "localhost/$1"
}

podman_name() {
  case $1 in
    */*) echo "docker.io/$1" ;;
    *) echo "docker.io/library/$1" ;;
  esac
}

step_podman() {
  local tag label
  [ "$(id -u)" -eq 0 ] || give_up "only root may start the lab's podman service: use your own, or run the lab as root" 3
  if ! has_all podman runc iptables || [ ! -x /usr/lib/podman/aardvark-dns ]; then
    install_packages "podman" "${podman_packages[@]}"
  fi
  if runs "$podman_pid" podman; then
    say podman "the lab's podman service (pid $(cat "$podman_pid")) runs: there already"
  else
    run_step podman "podman service on $podman_socket" start_podman
  fi
  for tag in "$node_image" "postgres:$POSTGRES_MAJOR" "redis:$REDIS_MAJOR"; do
    [ -e "$(archive_of "$tag")" ] || continue
    label=$(lab_podman image inspect -f "{{index .Labels \"$image_label\"}}" "$(podman_name "$tag")" 2>/dev/null) || label=
    if [ "$label" = "$(cat "$(archive_of "$tag").stamp")" ]; then
      say podman-image "$tag: there already"
    else
      run_step podman-image "$tag from the cache" load_into_podman "$tag"
    fi
  done
}

stop_podman() {
  local containers
  runs "$podman_pid" podman || return 0
  containers=$(lab_podman ps -q | wc -l)
  if [ "$containers" -gt 0 ]; then run_step podman "stop $containers containers" lab_podman stop -a -t 10; fi
  run_step podman "stop the podman service (pid $(cat "$podman_pid"))" stop "$podman_pid" podman
  rm -f "$podman_socket"
  iptables -D "${between_podman_nodes[@]}" 2>/dev/null || true
}
