# shellcheck shell=bash
# What this machine has, and what it was like before the lab changed it.

has_capability_sys_resource() { # bit 24 of the effective set
  local effective
  effective=$(sed -n 's/^CapEff:\s*//p' /proc/self/status)
  [ $((0x$effective >> 24 & 1)) -eq 1 ]
}

is_debian() { grep -qsE '^ID(_LIKE)?=.*(debian|ubuntu)' /etc/os-release; }

# has_all PROGRAM...: every one of them is on PATH (`command -v` is content with one).
has_all() {
  local name
  for name in "$@"; do command -v "$name" >/dev/null || return 1; done
}

# install_packages WHY PACKAGE...: only as root on Debian or Ubuntu; elsewhere one sentence and exit status 3.
install_packages() {
  local why=$1
  shift
  if [ "$(id -u)" -ne 0 ] || ! is_debian; then
    give_up "$why is missing and the lab installs packages only as root on Debian or Ubuntu: install it, or run the lab there" 3
  fi
  run_step packages "Debian packages: $*" apt_install "$@"
}

apt_install() {
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@"
}

# runs PIDFILE NAME: the process that the file names is alive and is still that program: pids are used again, and where
# process 1 reaps nobody, an ended one stays as a zombie.
runs() {
  local pid
  [ -f "$1" ] || return 1
  pid=$(cat "$1")
  [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$2" ] && ! grep -qs '^State:\s*Z' "/proc/$pid/status"
}

# stop PIDFILE NAME: SIGTERM, then wait up to 60 s.
stop() {
  local pid _
  runs "$1" "$2" || return 0
  pid=$(cat "$1")
  kill "$pid"
  for _ in $(seq 300); do
    runs "$1" "$2" || break
    sleep 0.2
  done
  ! runs "$1" "$2" || give_up "$2 (pid $pid) did not end within 60 s of SIGTERM: see $lab/log/$2.log"
  rm -f "$1"
}

settings=(net.ipv4.ip_forward fs.inotify.max_user_instances fs.inotify.max_user_watches)
engine_places=(/etc/docker /opt/containerd /run/docker /run/containerd)

# remember_machine: once per boot, before an engine of the lab starts.
remember_machine() {
  local before=$lab/run/before name
  if [ -f "$before/boot_id" ] && cmp -s "$before/boot_id" /proc/sys/kernel/random/boot_id; then return; fi
  rm -rf "$before"
  mkdir -p "$before"
  for name in "${settings[@]}"; do sysctl -n "$name" >"$before/$name"; done
  for name in iptables ip6tables; do $name-save >"$before/$name" 2>/dev/null || true; done
  iptables -S FORWARD | sed -n 's/^-P FORWARD //p' >"$before/forward-policy"
  ls -d "${engine_places[@]}" 2>/dev/null >"$before/places" || true
  cp /proc/sys/kernel/random/boot_id "$before/boot_id"
}

# own_rules RULES-BEFORE: a pattern for the rules of the engines: each names one of their chains or bridges. An engine
# whose chains were there before the lab keeps them.
own_rules() {
  local pattern='podman\+'
  grep -qs DOCKER "$1" || pattern+='|DOCKER|docker0|br-[0-9a-f]{12}'
  grep -qs NETAVARK "$1" || pattern+='|NETAVARK'
  echo "$pattern"
}

# restore_machine BRIDGE...: what the engines leave behind when they end: bridges, rules, settings, directories.
restore_machine() {
  local before=$lab/run/before name value rules
  [ -f "$before/boot_id" ] || return 0
  for name in "$@"; do ip link delete "$name" 2>/dev/null || true; done
  for name in iptables ip6tables; do
    rules=$($name-save 2>/dev/null) || continue
    printf '%s\n' "$rules" | grep -vE "$(own_rules "$before/$name")" | $name-restore || true
  done
  value=$(cat "$before/forward-policy")
  [ -z "$value" ] || iptables -P FORWARD "$value"
  for name in "${settings[@]}"; do sysctl -qw "$name=$(cat "$before/$name")" || true; done
  for name in "${engine_places[@]}"; do
    grep -qxF "$name" "$before/places" || discard "$name"
  done
  rm -rf "$before"
}
