# shellcheck shell=bash
# Messages, one progress line, and commands that a signal stops whole. Sourced by deploy.sh.

readonly EXIT_FAILED=1 EXIT_USAGE=2 EXIT_PREREQUISITE=3 EXIT_LLAMA=4 EXIT_COMPILE=5
# shellcheck disable=SC2034  # of hosts.sh
readonly EXIT_PLANNED=6

bold='' red='' dim='' plain='' progress_on_terminal=''
if [ -t 2 ] && [ "${TERM:-dumb}" != dumb ] && [ -z "${CI:-}" ]; then
  progress_on_terminal=yes
fi
if [ -t 1 ] && [ -t 2 ] && [ "${TERM:-dumb}" != dumb ] && [ -z "${NO_COLOR:-}" ]; then
  bold=$'\033[1m' red=$'\033[31m' dim=$'\033[2m' plain=$'\033[0m'
fi

say() {
  printf '%s\n' "$*"
}

# fail STATUS LINE…: every LINE on stderr, the first one marked as the error.
fail() {
  local status=$1
  shift
  printf '%serror:%s %s\n' "$red" "$plain" "$1" >&2
  shift
  [ $# -eq 0 ] || printf '       %s\n' "$@" >&2
  exit "$status"
}

# The running command's process group, and what an early end must remove.
child=''
leftovers=()

remove_leftovers() {
  local path
  for path in ${leftovers[@]+"${leftovers[@]}"}; do
    rm -rf -- "$path"
  done
  leftovers=()
}

# Ends the running command with all its descendants: asked first, then made to.
stop_child() {
  [ -n "$child" ] || return 0
  local tries=50
  kill -INT -- "-$child" 2>/dev/null || true
  while [ "$tries" -gt 0 ] && kill -0 -- "-$child" 2>/dev/null; do
    sleep 0.1
    tries=$((tries - 1))
  done
  kill -KILL -- "-$child" 2>/dev/null || true
  wait "$child" 2>/dev/null || true
  child=''
}

on_signal() {
  trap '' INT TERM HUP
  [ -z "$progress_on_terminal" ] || printf '\r\033[K' >&2
  stop_child
  printf 'Interrupted. The same command goes on from here.\n' >&2
  exit "$1"
}

catch_signals() {
  trap remove_leftovers EXIT
  trap 'on_signal 130' INT
  trap 'on_signal 143' TERM
  trap 'on_signal 129' HUP
}

# attended COMMAND…: runs it in a process group of its own, so that a signal to this
# script ends it and everything it started.
attended() {
  local status=0
  set -m
  "$@" </dev/null &
  child=$!
  set +m
  wait "$child" || status=$?
  child=''
  return "$status"
}

# watched LABEL LOG COMMAND…: runs it with its output in LOG and shows how far its last
# "[done/all]" has come.
watched() {
  local label=$1 log=$2 status=0 shown=-1 pause=0.02 start
  shift 2
  start=$(($(wc -c <"$log") + 1))
  set -m
  "$@" </dev/null >>"$log" 2>&1 &
  child=$!
  set +m
  while kill -0 "$child" 2>/dev/null; do
    show_progress "$label" "$log"
    sleep "$pause"
    # Short work is not waited for long; long work is not looked at often.
    case $pause in 0.02) pause=0.1 ;; 0.1) pause=0.2 ;; *) pause=0.5 ;; esac
  done
  wait "$child" || status=$?
  child=''
  [ -z "$progress_on_terminal" ] || printf '\r\033[K' >&2
  [ "$status" -eq 0 ] || show_failure "$label" "$log" "$status"
  return "$status"
}

# Rewrites one line on a terminal; elsewhere writes a line for every fifth of the way.
show_progress() {
  local label=$1 log=$2 step percent=''
  step=$(tail -c "+$start" "$log" | tail -c 4000 | tr '\r' '\n' |
    sed -n 's|^\[\([0-9][0-9]*\)/\([1-9][0-9]*\)\].*|\1 \2|p' | tail -n 1)
  [ -z "$step" ] || percent=$((100 * ${step% *} / ${step#* }))
  if [ -n "$progress_on_terminal" ]; then
    if [ -n "$percent" ]; then
      printf '\r\033[K  %s  %3d %%  [%s/%s]' "$label" "$percent" "${step% *}" "${step#* }" >&2
    else
      printf '\r\033[K  %s' "$label" >&2
    fi
  elif [ "$shown" -lt 0 ]; then
    shown=0
    say "  $label"
  elif [ -n "$percent" ] && [ $((percent / 20 * 20)) -gt "$shown" ]; then
    shown=$((percent / 20 * 20))
    say "  $label: $shown %"
  fi
}

show_failure() {
  local label=$1 log=$2 status=$3
  printf '%serror:%s %s failed (status %s); the log ends with:\n\n' "$red" "$plain" "$label" "$status" >&2
  tail -n 20 "$log" | sed 's/^/  | /' >&2
  printf '\n       The whole log: %s\n' "$log" >&2
}
