# shellcheck shell=bash
# The container engine: Debian's dockerd on Docker's ordinary socket, with its data under the lab's cache.

docker_packages=(docker.io containerd runc iptables iproute2 procps)
docker_pid=$lab/run/dockerd.pid

engine_answers() { docker info >/dev/null 2>&1; }
lab_engine_runs() { runs "$docker_pid" dockerd; }

# write_runtime: a copy under the cache, so that running containers do not depend on the checkout.
write_runtime() {
  mkdir -p "$lab/engine"
  install -m 755 "$here/engine/runc-relaxed" "$lab/engine/runc-relaxed"
}

# An own configuration file: an /etc/docker/daemon.json of the user's stays as it is, and is not obeyed either.
write_docker_configuration() {
  local runtime=
  if ! has_capability_sys_resource; then
    write_runtime
    runtime=$(printf ', "runtimes": {"relaxed": {"path": "%s"}}, "default-runtime": "relaxed"' "$lab/engine/runc-relaxed")
  fi
  mkdir -p "$lab/engine"
  printf '{"hosts": ["unix:///var/run/docker.sock"], "data-root": "%s", "pidfile": "%s"%s}\n' \
    "$lab/docker" "$docker_pid" "$runtime" >"$lab/engine/daemon.json"
}

start_docker() {
  local log=$lab/log/dockerd.log _
  write_docker_configuration
  remember_machine
  # kind's known limit: "too many open files" from the second cluster on.
  sysctl -qw fs.inotify.max_user_instances=512 fs.inotify.max_user_watches=524288 || true
  # setsid: it outlives the calling shell. 9 is the lab's lock, which must not.
  setsid dockerd --config-file "$lab/engine/daemon.json" >"$log" 2>&1 </dev/null 9>&- &
  for _ in $(seq 150); do
    ! engine_answers || return 0
    sleep 0.2
  done
  tail -n 15 "$log"
  return 1
}

step_engine() {
  if engine_answers; then
    if lab_engine_runs; then
      say engine "the lab's dockerd (pid $(cat "$docker_pid")) answers: there already"
    else
      say engine "a Docker engine answers that the lab did not start: nothing to do"
    fi
    return
  fi
  [ -z "${DOCKER_HOST:-}" ] ||
    give_up "no engine answers at DOCKER_HOST=$DOCKER_HOST: start it, or unset DOCKER_HOST to let the lab start one" 3
  [ "$(id -u)" -eq 0 ] ||
    give_up "no Docker engine answers and only root may start one: start Docker, or run the lab as root on Debian or Ubuntu" 3
  if ! has_all dockerd docker iptables; then
    install_packages "Docker" "${docker_packages[@]}"
    if engine_answers; then
      say engine "the package started Docker as a service of this machine: left to it"
      return
    fi
  fi
  run_step engine "dockerd on /var/run/docker.sock" start_docker
}

bridges_of_docker() {
  local network
  for network in $(docker network ls --filter driver=bridge --format '{{.ID}}:{{.Name}}'); do
    case $network in
      *:bridge) echo docker0 ;;
      *) echo "br-$(printf %.12s "${network%%:*}")" ;;
    esac
  done
}

stop_engine() {
  local bridges=()
  if lab_engine_runs; then
    mapfile -t bridges < <(bridges_of_docker)
    run_step engine "stop dockerd (pid $(cat "$docker_pid")) and its containers ($(docker ps -q | wc -l) running)" \
      stop "$docker_pid" dockerd
  else
    say engine "no dockerd of the lab's runs: nothing to stop"
  fi
  # Also after an engine that ended by itself, or a podman alone: what was noted is put back.
  [ ! -d "$lab/run/before" ] ||
    run_step machine "network and kernel settings as they were" restore_machine ${bridges[@]+"${bridges[@]}"}
}
