# shellcheck shell=bash
# Artefacts of the cache: built under a temporary name, moved into place when complete, stamped with a digest of their
# inputs. An interrupted build leaves nothing that a later run would take as finished.

# digest VERSION... -- FILE...: one digest for versions and the contents of files (folders are walked).
digest() {
  {
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
      printf '%s\n' "$1"
      shift
    done
    shift || true
    # By name inside the checkout, so that two checkouts agree.
    [ $# -eq 0 ] || (cd "$here" && find "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum)
  } | sha256sum | cut -c1-16
}

# discard PATH: remove a tree, but never what is still mounted inside of it (a killed debootstrap leaves /proc and /sys).
discard() {
  local target
  [ -e "$1" ] || return 0
  findmnt -rno TARGET | { grep "^$1/" || true; } | sort -r | while read -r target; do umount "$target"; done
  rm -rf --one-file-system "$1"
}

is_fresh() { # PATH DIGEST
  [ -e "$1" ] && [ -f "$1.stamp" ] && [ "$(cat "$1.stamp")" = "$2" ]
}

# make_artefact NAME SENTENCE PATH DIGEST BUILDER ARGUMENT...: call BUILDER with a temporary path to fill.
make_artefact() {
  local name=$1 sentence=$2 path=$3 inputs=$4 builder=$5 part=$lab/tmp/$1
  shift 5
  if is_fresh "$path" "$inputs"; then
    say "$name" "$sentence: there already"
    return
  fi
  discard "$part"
  mkdir -p "$lab/tmp" "$(dirname "$path")"
  run_step "$name" "$sentence" "$builder" "$part" "$@"
  rm -f "$path.stamp"
  discard "$path"
  mv "$part" "$path"
  printf '%s\n' "$inputs" >"$path.stamp"
}
