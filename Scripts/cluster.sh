# shellcheck shell=bash
# The programs: compiled, and the cluster on this machine run through llamboctl.
# Sourced by deploy.sh.

readonly QUESTION="What is a load balancer?"

llamboctl() {
  "$LLAMBO_ROOT/.build/release/llamboctl" "$@"
}

# Without colours in any case: they are a compiler's flag, and where it changes, as from a terminal to a
# pipe, everything is compiled again. So it is for all that this project's scripts build.
compile() {
  local options=(--no-color-diagnostics --configuration release)
  [ "$(uname -s)" = Darwin ] || options+=(--static-swift-stdlib)
  attended swift build "${options[@]}" ||
    fail "$EXIT_COMPILE" "the programs did not compile." "Docs/BUILDING.md lists the usual causes."
  touch "$LLAMBO_ROOT/.llambo/compiled"
  say "Programs: $LLAMBO_ROOT/.build/release/{${PROGRAMS// /,}}"
}

# Compiles where nothing is compiled yet, or a source is newer.
ensure_compiled() {
  local compiled=$LLAMBO_ROOT/.llambo/compiled
  if [ -x "$LLAMBO_ROOT/.build/release/llamboctl" ] && [ -f "$compiled" ] &&
    [ -z "$(find Package.swift Sources -newer "$compiled" -print | head -n 1)" ]; then
    return 0
  fi
  setup
  compile
}

# What LLAMBO_MODE says: a cluster in the background, or a worker of one in the foreground.
start() {
  if [ "$LLAMBO_MODE" = worker ]; then
    attended llamboctl join ||
      fail "$EXIT_FAILED" "the worker did not start, or lost its cluster." \
        "Without LLAMBO_MODE, ./deploy.sh start starts a cluster."
    return 0
  fi
  attended llamboctl init ||
    fail "$EXIT_FAILED" "the cluster did not start." "./deploy.sh status shows what there is of it."
}

# What runs cannot be asked without a llamboctl: a cluster may have been started from elsewhere.
need_llamboctl() {
  [ -x "$LLAMBO_ROOT/.build/release/llamboctl" ] ||
    fail "$EXIT_FAILED" "nothing is compiled here: ./deploy.sh compile"
}

stop() {
  need_llamboctl
  attended llamboctl shutdown || exit "$EXIT_FAILED"
}

status() {
  need_llamboctl
  attended llamboctl status || exit "$EXIT_FAILED"
}

first_question() {
  say "${bold}$QUESTION${plain}"
  attended llamboctl limbot --temperature 0 "$QUESTION" ||
    fail "$EXIT_FAILED" "the cluster runs, but did not answer." "./deploy.sh status shows it."
}

show_next_steps() {
  local bin=$LLAMBO_ROOT/.build/release address
  # "Cluster NAME on HOST:PORT, …"
  address=$(llamboctl status | sed -n '1s/^Cluster .* on \([^ ]*\):\([0-9]*\),.*/\1 \2/p')
  cat <<STEPS

The cluster runs. To go on:

  export PATH="$bin:\$PATH"
  llamboctl status
  llamboctl infer "Tell me about tides."
  llamboctl limbot "$QUESTION"
  printf 'INFER #1 {"prompt":"$QUESTION","max_tokens":32}\n' | nc -q 2 ${address:-127.0.0.1 9000}

To stop it:

  ./deploy.sh stop
STEPS
}
