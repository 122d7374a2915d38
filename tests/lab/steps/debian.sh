# shellcheck shell=bash
# Root file systems from Debian packages.

debian_mirror() {
  local mirror=
  mirror=$(sed -n 's/^URIs: //p' /etc/apt/sources.list.d/debian.sources 2>/dev/null | head -n 1)
  [ -n "$mirror" ] || mirror=$(awk '$1 == "deb" && $2 ~ /debian/ {print $2; exit}' /etc/apt/sources.list 2>/dev/null) || true
  echo "${mirror:-http://deb.debian.org/debian}"
}

# Called before a step that makes a tree: what a step itself finds missing would only show in its log.
need_debootstrap() {
  [ "$(id -u)" -eq 0 ] || give_up "only root can make an image from Debian packages: run the lab as root, or provide $1" 3
  has_all debootstrap || install_packages "debootstrap" debootstrap
}

# debian_tree DIRECTORY PACKAGE...: a minimal Debian with these packages, without what only people read.
debian_tree() {
  local tree=$1 packages
  shift
  packages=$(IFS=,; echo "$*")
  mkdir -p "$lab/packages"
  debootstrap --variant=minbase --cache-dir="$lab/packages" --include="$packages" \
    "$DEBIAN_RELEASE" "$tree" "$(debian_mirror)"
  rm -rf "$tree"/var/cache/apt/* "$tree"/var/cache/debconf/*-old "$tree"/var/lib/apt/lists/* "$tree"/var/log/*.log \
    "$tree"/usr/share/{doc,man,info,locale,lintian,bash-completion,zoneinfo-icu}
  # debootstrap takes over the builder's names; an engine sets both anew.
  : >"$tree/etc/resolv.conf"
  echo localhost >"$tree/etc/hostname"
}
