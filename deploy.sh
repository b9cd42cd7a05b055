#!/usr/bin/env bash
# The one entry for setting up, building, running and testing Llambo; see `./deploy.sh help`.
set -euo pipefail

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
readonly checkout
# shellcheck source=Scripts/terminal.sh
. "$checkout/Scripts/terminal.sh"
# shellcheck source=Scripts/prerequisites.sh
. "$checkout/Scripts/prerequisites.sh"
# shellcheck source=Scripts/llama-recipe.sh
. "$checkout/Scripts/llama-recipe.sh"
# shellcheck source=Scripts/llama.sh
. "$checkout/Scripts/llama.sh"
# shellcheck source=Scripts/cluster.sh
. "$checkout/Scripts/cluster.sh"
# shellcheck source=Scripts/hosts.sh
. "$checkout/Scripts/hosts.sh"
# shellcheck source=Scripts/pages.sh
. "$checkout/Scripts/pages.sh"
# shellcheck source=Scripts/checks.sh
. "$checkout/Scripts/checks.sh"

usage() {
  cat <<'HELP'
usage: ./deploy.sh COMMAND [HOST]…

  help            show this text
  check           list every prerequisite: its version, or the command that gets it
  setup           install what is missing and build the pinned llama.cpp (once, about 6 minutes)
  compile         build the programs into .build/release (the first time 1 to 4 minutes)
  deploy-local    set up, compile and start a cluster on this machine
  deploy-cluster HOST…
                  print what would be done on each host, and what is not there yet
  start           start the cluster, or say that it runs
  stop            drain and stop the cluster
  status          show the cluster
  test            set up, check the sources, run every test
  all             deploy-local, one question answered, and how to go on
  man             write manual pages and shell completions into .build/share
  docs            write Docs/COMMANDS.md and cluster-config.schema.json anew

Environment:
  LLAMBO_ROOT          the source tree (default: where this script lies)
  CLUSTER_CONFIG       the cluster's configuration (default: cluster-config.yaml there)
  LLAMBO_CLUSTER_ID    the cluster's id, instead of the configuration's
  LLAMBO_MODE          what start starts: orchestrator (default), or worker, which joins the
                       running cluster and stays in the foreground
  LLAMBO_CACHE         where llama.cpp builds are kept (default: ~/.cache/llambo)
  LLAMA_CPP_DIR        a llama.cpp checkout to build instead of the pinned one
  LLAMBO_LLAMA_PREFIX  an installed build to use as it is
  LLAMA_CUDA=1, LLAMA_METAL=1, LLAMA_BLAS=1
                       the back end of llama.cpp (default: the CPU alone)
  NO_COLOR             no colours

Exit status:
  0  done, or nothing to do     3  a prerequisite is missing
  1  failed, or nothing runs    4  llama.cpp could not be fetched or built
  2  wrong usage                5  the programs did not compile
                                6  a plan was printed, and nothing deployed
  130, 143  interrupted: run the same command again, it goes on
HELP
}

# absolute PATH: PATH as seen from the caller's directory, whatever directory we work in.
absolute() {
  case $1 in
    /*) printf '%s\n' "$1" ;;
    *) printf '%s\n' "$PWD/$1" ;;
  esac
}

settle_environment() {
  LLAMBO_ROOT=$(absolute "${LLAMBO_ROOT:-$checkout}")
  CLUSTER_CONFIG=$(absolute "${CLUSTER_CONFIG:-$LLAMBO_ROOT/cluster-config.yaml}")
  cache=$(absolute "${LLAMBO_CACHE:-${XDG_CACHE_HOME:-${HOME:?HOME is not set; set LLAMBO_CACHE}/.cache}/llambo}")
  LLAMA_CPP_DIR=${LLAMA_CPP_DIR:+$(absolute "$LLAMA_CPP_DIR")}
  if [ -n "${LLAMBO_LLAMA_PREFIX:-}" ]; then
    LLAMBO_LLAMA_PREFIX=$(absolute "$LLAMBO_LLAMA_PREFIX")
    export LLAMBO_LLAMA_PREFIX
  else
    unset LLAMBO_LLAMA_PREFIX
  fi
  [ -f "$LLAMBO_ROOT/Package.swift" ] ||
    fail "$EXIT_USAGE" "LLAMBO_ROOT is $LLAMBO_ROOT, which has no Package.swift." \
      "Set it to a checkout of Llambo, or unset it."
  LLAMBO_MODE=${LLAMBO_MODE:-orchestrator}
  case $LLAMBO_MODE in
    orchestrator | worker) ;;
    *) fail "$EXIT_USAGE" "LLAMBO_MODE must be orchestrator or worker, but is '$LLAMBO_MODE'." ;;
  esac
  export LLAMBO_ROOT CLUSTER_CONFIG
  cd "$LLAMBO_ROOT"
  find_swift
}

setup() {
  install_prerequisites
  provide_llama
}

main() {
  local word
  for word in "$@"; do
    case $word in -h | --help) usage; return ;; esac
  done
  case ${1:-} in
    help) usage; return ;;
    deploy-cluster) ;;
    '') usage >&2; exit "$EXIT_USAGE" ;;
    check | setup | compile | deploy-local | start | stop | status | test | all | man | docs)
      [ $# -eq 1 ] ||
        fail "$EXIT_USAGE" "'$2' is one word too many: $1 takes none." "./deploy.sh help shows what there is." ;;
  esac
  catch_signals
  settle_environment
  case $1 in
    check) check ;;
    setup) setup ;;
    compile) setup; compile ;;
    deploy-local) setup; compile; start ;;
    deploy-cluster) shift; plan_deployment "$@" ;;
    start) ensure_compiled; start ;;
    stop) stop ;;
    status) status ;;
    test) setup; run_checks ;;
    all)
      [ "$LLAMBO_MODE" = orchestrator ] ||
        fail "$EXIT_USAGE" "LLAMBO_MODE is worker, and all starts a whole cluster." \
          "./deploy.sh start starts the worker."
      setup; compile; start; first_question; show_next_steps ;;
    man) ensure_compiled; write_pages ;;
    docs) setup; write_docs ;;
    *)
      fail "$EXIT_USAGE" "there is no command '$1'." "./deploy.sh help lists them." ;;
  esac
}

main "$@"
