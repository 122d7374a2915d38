# shellcheck shell=bash
# What the lab says: one line for each step, its details in a log.

say() { printf '%-16s %s\n' "$1" "$2"; }

# give_up SENTENCE [STATUS]: one sentence with cause and remedy, nothing else.
give_up() {
  printf 'lab: %s\n' "$1" >&2
  exit "${2:-1}"
}

# run_step NAME SENTENCE COMMAND...: run the command, say how long it took; on failure show the end of its log.
run_step() {
  local name=$1 sentence=$2 log=$lab/log/$1.log began=$SECONDS status
  shift 2
  mkdir -p "$lab/log"
  printf '%-16s %s ... ' "$name" "$sentence"
  # Not `if (...)`: bash ignores `set -e` inside whatever is being tested.
  set +e
  (set -e; "$@") >"$log" 2>&1 </dev/null
  status=$?
  set -e
  if [ "$status" -ne 0 ]; then
    printf 'failed after %d s\n' $((SECONDS - began))
    tail -n 15 "$log" | sed 's/^/    /' >&2
    give_up "step $name failed (exit status $status): its whole output is in $log; mend the cause and run the lab again, it resumes here"
  fi
  printf 'done in %d s\n' $((SECONDS - began))
}
