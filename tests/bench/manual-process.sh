#!/usr/bin/env bash
# The same job by hand, without a cluster: build both services, start them, test, SIGTERM, report.
# usage: manual-process.sh OUTPUT
set -euo pipefail

output=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
processes=()
trap '[ "${#processes[@]}" -eq 0 ] || kill "${processes[@]}" 2>/dev/null || true; rm -rf "$work"' EXIT

for service in datastorage notification; do
  (cd "$root/examples/$service" && go build -cover -coverpkg=./... -o "$work/$service" "./cmd/$service")
done

# start SERVICE PORT [NAME=VALUE...]
start() {
  local service=$1 port=$2
  shift 2
  mkdir -p "$work/written/$service"
  (cd "$root/examples/$service" && exec env "$@" PORT="$port" GOCOVERDIR="$work/written/$service" "$work/$service") > "$work/$service.log" 2>&1 &
  processes+=($!)
  for _ in $(seq 300); do
    if curl -fsS --max-time 2 -o /dev/null "http://127.0.0.1:$port/readyz" 2> /dev/null; then return; fi
    sleep 0.02
  done
  cat "$work/$service.log"
  exit 1
}
start datastorage 18085
start notification 18086 DATASTORAGE_URL=http://127.0.0.1:18085

(cd "$root/examples/notification" && SERVICE_URL=http://127.0.0.1:18086 go test -count=1 ./test/e2e/... > "$work/tests.log") \
  || { cat "$work/tests.log"; exit 1; }

for ((index = ${#processes[@]} - 1; index >= 0; index--)); do
  kill "${processes[index]}"
  wait "${processes[index]}"
done
processes=()

rm -rf "$output"
mkdir -p "$output"
cp -r "$work/written/notification" "$output/covdata"
cd "$root/examples/notification"
go tool covdata percent -i "$output/covdata" > "$output/percent.txt"
go tool covdata textfmt -i "$output/covdata" -o "$output/profile.out"
go tool cover -func "$output/profile.out" > "$output/functions.txt"
go tool cover -html "$output/profile.out" -o "$output/index.html"
