#!/usr/bin/env bash
# The manual procedure, as teams write it into a Makefile: build, save, load, apply, patch, wait, test, scale, copy, report.
# usage: manual.sh CLUSTER KUBECONFIG OUTPUT
set -euo pipefail

cluster=$1 output=$3
export KUBECONFIG=$2
root=$(cd "$(dirname "$0")/../.." && pwd)
namespace=notification-manual
node_path=/var/lib/manual-coverage
work=$(mktemp -d)
trap 'rm -rf "$work"; [ -z "${forward:-}" ] || kill "$forward" 2>/dev/null || true' EXIT
export CGO_ENABLED=0
kubectl() { command kubectl --namespace "$namespace" "$@"; }

step() {
  local now=${EPOCHREALTIME/,/.}
  if [ -n "${doing:-}" ]; then
    printf '%-10s %5.1f s\n' "$doing" "$(echo "$now $begun" | awk '{print $1 - $2}')"
  fi
  doing=$1 begun=$now
}

step build
for service in datastorage notification; do
  (cd "$root/examples/$service" && go build -cover -o "$work/$service" "./cmd/$service")
  printf 'FROM scratch\nCOPY %s /%s\nUSER 65532:65532\nENTRYPOINT ["/%s"]\n' "$service" "$service" "$service" > "$work/Dockerfile"
  docker build -q -t "localhost/$service:manual" "$work" > "$work/$service.id"
done

step load
for service in datastorage notification; do
  docker save -o "$work/$service.tar" "localhost/$service:manual"
  kind load image-archive --name "$cluster" "$work/$service.tar" 2> /dev/null
done

step deploy
command kubectl create namespace "$namespace" --dry-run=client -o yaml | command kubectl apply -f - > /dev/null
kubectl apply -f "$root/examples/datastorage/deploy/dependencies" > /dev/null
for name in postgresql redis; do kubectl rollout status --timeout 120s "deployment/$name" > /dev/null; done
for service in datastorage notification; do
  sed "s#image: $service:dev#image: localhost/$service:manual#" "$root/examples/$service"/deploy/*.yaml | kubectl apply -f - > /dev/null
  # The tag is the same for every build: only a new pod runs the new one.
  kubectl rollout restart "deployment/$service" > /dev/null
  kubectl rollout status --timeout 120s "deployment/$service" > /dev/null
done

step patch
for node in $(kind get nodes --name "$cluster" 2> /dev/null); do
  docker exec "$node" sh -c "rm -rf $node_path && mkdir -p -m 1777 $node_path"
done
kubectl patch deployment notification --type strategic --patch "
spec:
  template:
    spec:
      containers:
        - name: notification
          env: [{name: GOCOVERDIR, value: /coverdata}]
          volumeMounts: [{name: coverdata, mountPath: /coverdata}]
      volumes:
        - name: coverdata
          hostPath: {path: $node_path, type: Directory}
" > /dev/null
kubectl rollout status --timeout 120s deployment/notification > /dev/null
# The old pod may still be there, and answer.
for _ in $(seq 120); do
  [ "$(kubectl get pods -l app=notification -o name | wc -l)" -gt 1 ] || break
  sleep 0.5
done

step exercise
# Not through the function: the process to be ended is that of kubectl, not a shell around it.
command kubectl --namespace "$namespace" port-forward service/notification 18080:8080 > /dev/null &
forward=$!
for _ in $(seq 300); do
  if curl -fsS --max-time 2 -o /dev/null http://127.0.0.1:18080/readyz 2> /dev/null; then break; fi
  sleep 0.1
done
(cd "$root/examples/notification" && SERVICE_URL=http://127.0.0.1:18080 E2E_CALLBACK_HOST=$E2E_CALLBACK_HOST \
  go test -count=1 ./test/e2e/... > "$work/tests.log") || { cat "$work/tests.log"; exit 1; }
kill "$forward"
forward=

step shutdown
kubectl scale deployment notification --replicas 0 > /dev/null
kubectl wait --for=delete pod -l app=notification --timeout 60s > /dev/null

step collect
rm -rf "$output"
mkdir -p "$output/covdata"
for node in $(kind get nodes --name "$cluster" 2> /dev/null); do docker cp -q "$node:$node_path/." "$output/covdata"; done

step report
cd "$root/examples/notification"
go tool covdata percent -i "$output/covdata" > "$output/percent.txt"
go tool covdata textfmt -i "$output/covdata" -o "$output/profile.out"
go tool cover -func "$output/profile.out" > "$output/functions.txt"
go tool cover -html "$output/profile.out" -o "$output/index.html"

step restore
kubectl rollout undo deployment/notification > /dev/null
kubectl scale deployment notification --replicas 1 > /dev/null
step ""
tail -n 1 "$output/functions.txt"
