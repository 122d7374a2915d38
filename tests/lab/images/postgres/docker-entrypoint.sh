#!/bin/bash
# Make a database cluster out of the official image's environment the first time, then become the server.
set -euo pipefail

# from_file NAME: NAME from the file that NAME_FILE names, as secrets are mounted.
from_file() {
  local file=$1_FILE
  if [ -n "${!file:-}" ]; then export "$1=$(<"${!file}")"; fi
}

prepare_as_root() {
  mkdir -p "$PGDATA" /var/run/postgresql
  chown -R postgres "$PGDATA" /var/run/postgresql
  chmod 700 "$PGDATA"
}

run_initdb_files() {
  local file
  for file in /docker-entrypoint-initdb.d/*; do
    # shellcheck source=/dev/null
    case $file in
      *.sh) if [ -x "$file" ]; then "$file"; else . "$file"; fi ;;
      *.sql) "${sql[@]}" -d "$POSTGRES_DB" -f "$file" ;;
      *.sql.gz) gunzip -c "$file" | "${sql[@]}" -d "$POSTGRES_DB" ;;
    esac
  done
}

initialise() {
  local method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256} arguments=()
  if [ -z "${POSTGRES_PASSWORD:-}" ] && [ "$method" != trust ]; then
    echo "POSTGRES_PASSWORD is empty: set it, or POSTGRES_HOST_AUTH_METHOD=trust to let everybody in" >&2
    exit 1
  fi
  read -ra arguments <<<"${POSTGRES_INITDB_ARGS:-}"
  # No sync: a database for tests that a power cut spoils is made anew.
  initdb --no-sync --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "${POSTGRES_PASSWORD:-}") \
    ${arguments[@]+"${arguments[@]}"}
  printf '\nhost all all all %s\n' "$method" >>"$PGDATA/pg_hba.conf"
  # Until it is ready the server listens on its socket alone, so that no probe takes it for ready too early.
  export PGPASSWORD=${POSTGRES_PASSWORD:-}
  pg_ctl -w start -o "-c listen_addresses=''"
  sql=(psql -v ON_ERROR_STOP=1 --no-psqlrc -U "$POSTGRES_USER")
  if [ "$POSTGRES_DB" != postgres ]; then
    "${sql[@]}" -d postgres -v db="$POSTGRES_DB" <<<'CREATE DATABASE :"db";'
  fi
  run_initdb_files
  pg_ctl -w stop -m fast
  unset PGPASSWORD
}

if [ "${1:0:1}" = - ]; then set -- postgres "$@"; fi
if [ "$1" = postgres ]; then
  if [ "$(id -u)" -eq 0 ]; then
    prepare_as_root
    exec setpriv --reuid postgres --regid postgres --init-groups "$0" "$@"
  fi
  if [ ! -s "$PGDATA/PG_VERSION" ]; then
    for name in POSTGRES_USER POSTGRES_PASSWORD POSTGRES_DB POSTGRES_INITDB_ARGS; do from_file $name; done
    export POSTGRES_USER=${POSTGRES_USER:-postgres}
    export POSTGRES_DB=${POSTGRES_DB:-$POSTGRES_USER}
    initialise
  fi
fi
exec "$@"
