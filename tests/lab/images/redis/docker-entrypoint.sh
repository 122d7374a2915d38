#!/bin/bash
# As the official image does: options alone are redis-server's, and the server never runs as root.
set -euo pipefail
case ${1:-} in
  -* | *.conf) set -- redis-server "$@" ;;
esac
if [ "$1" = redis-server ]; then
  if [ "$(id -u)" -eq 0 ]; then
    find . \! -user redis -exec chown redis '{}' +
    exec setpriv --reuid redis --regid redis --init-groups "$0" "$@"
  fi
  umask 0077
  # The official build has no protected mode; here it is an option, which a configuration file may set itself.
  case ${2:-} in
    *.conf) ;;
    *)
      shift
      set -- redis-server --protected-mode no "$@"
      ;;
  esac
fi
exec "$@"
