#!/usr/bin/env bash
# How deploy.sh behaves, against stand-ins for the tools it calls: no network, no build.
# shellcheck disable=SC2016  # stand-ins are written in single quotes: they expand when they run
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
deploy=$here/../../deploy.sh
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
unset LLAMA_CUDA LLAMA_METAL LLAMA_BLAS LLAMA_CPP_DIR LLAMBO_LLAMA_PREFIX CLUSTER_CONFIG
unset LLAMBO_MODE LLAMBO_CLUSTER_ID
export NO_COLOR=1 CI=true

# A room with a space in its name, a checkout, a llama.cpp and stand-ins ahead on PATH.
fresh_room() {
  room="$scratch/room $1"
  mkdir -p "$room/bin" "$room/checkout/Sources" "$room/elsewhere"
  touch "$room/checkout/Package.swift"
  export LLAMBO_ROOT="$room/checkout" LLAMBO_CACHE="$room/cache" PATH="$room/bin:$tools"
  make_source "$room/llama.cpp"
  stand_in cmake '
    case "$1" in
      --version) echo "cmake version 3.99" ;;
      -G) mkdir -p "$6/lib"; : >"$6/lib/libcpp-httplib.a" ;;
      --build) echo "[1/2] one"; [ ! -e "$ROOM/slow" ] || { touch "$ROOM/building"; sleep 60; }
        [ ! -e "$ROOM/broken" ] || { echo "no such thing"; exit 1; } ;;
      --install) mkdir -p "$4/lib" "$4/include"; touch "$4/lib/libllama.a" "$4/include/llama.h" ;;
    esac; echo "$*" >>"$ROOM/cmake-calls"'
  stand_in swift '[ "$1" != --version ] || echo "Swift version 6.3.1"'
  stand_in ninja 'echo 1.99'
  stand_in curl 'echo curl 8.99 for tests'
  stand_in python3 'case "$*" in
      "-m pip --version") echo "pip 23.0 of somewhere" ;;
      "-m pip download"*) while [ "$1" != --dest ]; do shift; done
        echo "a bad archive" >"$2/llama_cpp_python-0.3.36.tar.gz"; touch "$ROOM/fetched" ;;
      *) echo "Python 3.11.2" ;;
    esac'
  stand_in pkg-config 'echo 1.8.1'
  stand_in c++ 'echo "stand-in compiler ${STAND_IN_VERSION:-1}"'
  for forbidden in apt-get brew dnf pacman sudo; do
    stand_in "$forbidden" 'touch "$ROOM/installed"; exit 1'
  done
}

make_source() {
  mkdir -p "$1"/{cmake,common/jinja,ggml,include,src,vendor/nlohmann}
  touch "$1/CMakeLists.txt" "$1/include/llama.h" "$1"/common/{chat.h,base64.hpp,jinja/value.h}
}

stand_in() {
  printf '#!/bin/bash\nROOM=%q\n%s\n' "$room" "$2" >"$room/bin/$1"
  chmod +x "$room/bin/$1"
}

# deploy STATUS ARGUMENT…: runs it from elsewhere; its output is left in $output.
deploy() {
  local wanted=$1 status=0
  shift
  output=$(cd "$room/elsewhere" && "$deploy" "$@" 2>&1 </dev/null) || status=$?
  [ "$status" -eq "$wanted" ] || broken "exit status $status instead of $wanted"
}

broken() {
  printf 'deploy.sh, %s: %s\n' "$behaviour" "$1" >&2
  printf '%s\n' "${output:-}" | sed 's/^/  | /' >&2
  exit 1
}

expect() {
  case $output in *"$1"*) ;; *) broken "its output lacks '$1'" ;; esac
}

expect_silence() {
  [ -z "$output" ] || broken "it is not quiet"
}

expect_no_file() {
  local path
  for path in "$@"; do
    [ ! -e "$path" ] || broken "$path is there"
  done
}

# Every real tool, so that a stand-in can also be *missing*.
tools=$scratch/tools
mkdir "$tools"
real_tools="bash sh env cat chmod cp cut dirname find flock grep head id ln ls mkdir mktemp mv readlink
  rm sed sha256sum shasum sleep sort tail tar touch tr uname wc xargs cksum sysctl"
for tool in $real_tools; do
  ! path=$(type -P "$tool") || ln -s "$path" "$tools/$tool"
done

behaviour="help and wrong usage"
fresh_room usage
deploy 0 help
expect "usage: ./deploy.sh"
deploy 0 start --help
expect "usage: ./deploy.sh"
deploy 2
deploy 2 frobnicate
expect "there is no command 'frobnicate'"
deploy 2 start now
expect "'now' is one word too many: start takes none."
deploy 2 check twice
LLAMBO_ROOT=$room/elsewhere deploy 2 check
expect "no Package.swift"

behaviour="LLAMBO_MODE is one of two words"
LLAMBO_MODE=boss deploy 2 check
expect "LLAMBO_MODE must be orchestrator or worker, but is 'boss'"
LLAMBO_MODE=worker deploy 2 all
expect "./deploy.sh start starts the worker"

behaviour="deploy-cluster prints the plan for the hosts it is given, and does nothing"
deploy 2 deploy-cluster
expect "needs the hosts"
for host in -oProxyCommand=x 'a b' 'a;b' '$(id)' '' a..b -a a- ../a é "$(printf 'a%.0s' {1..64})"; do
  deploy 2 deploy-cluster one "$host"
  expect "is neither a host name nor an IPv4 address"
done
deploy 2 deploy-cluster one two one
expect "one is named twice"
deploy 2 deploy-cluster one
expect "there is no configuration $room/checkout/cluster-config.yaml"
printf 'cluster:\n  orchestrator:\n    listen: "127.0.0.1:9123"  # here\n' >"$room/elsewhere/my.yaml"
stand_in ssh 'touch "$ROOM/connected"'
CLUSTER_CONFIG=my.yaml deploy 6 deploy-cluster node-1.example.org 10.0.0.7
expect "The plan for 2 hosts. Nothing of it has been done."
expect "start llambo-orchestrator with $room/elsewhere/my.yaml"
expect "node-1.example.org: workers"
expect "10.0.0.7: workers"
expect "llamboctl join --orchestrator ADDRESS:9123, by the numeric address of $(uname -n)"
expect "tokens and TLS: until there are both, nothing listens beyond loopback"
CLUSTER_CONFIG=my.yaml deploy 6 deploy-cluster one
expect "The plan for 1 host."
expect_no_file "$room/connected" "$LLAMBO_CACHE"

behaviour="check names what is missing and how to get it"
fresh_room check
rm "$room"/bin/{cmake,brew,dnf,pacman}
stand_in swift 'echo "Swift version 5.10"'
deploy 3 check
expect "cmake       missing:"
expect "apt-get install -y cmake"
expect "swift       missing: install Swift 6.2"
expect "ninja       1.99"
expect_no_file "$room/installed" "$LLAMBO_CACHE"

behaviour="set-up without a Swift changes nothing"
deploy 3 setup
expect "swift is missing"
expect_no_file "$room/installed" "$room/checkout/.llambo"

behaviour="set-up installs what is missing, all in one call"
fresh_room install
export LLAMA_CPP_DIR=$room/llama.cpp
mv "$room/bin/cmake" "$room/bin/ninja" "$room/elsewhere"
stand_in sudo '[ "$1" != -n ] || shift; exec "$@"'
stand_in apt-get 'echo "$*" >>"$ROOM/installed"
  case "$*" in *" install -y cmake ninja-build") mv "$ROOM"/elsewhere/* "$ROOM/bin" ;; esac'
deploy 0 setup
expect "Installing cmake ninja-build"
[ "$(grep -c install "$room/installed")" -eq 1 ] || broken "it asked more than once"

behaviour="set-up without the right to install prints the command"
fresh_room rights
rm "$room/bin/ninja"
stand_in id 'echo 1000'
stand_in sudo 'exit 1'
deploy 3 setup
expect "sudo apt-get update && sudo apt-get install -y ninja-build"
expect_no_file "$room/installed"

behaviour="set-up builds once and is quiet then"
fresh_room setup
export LLAMA_CPP_DIR=../llama.cpp
deploy 0 setup
first=$(readlink "$room/checkout/.llambo/llama")
[ -f "$first/lib/llambo-link.rsp" ] || broken "no whole prefix behind the link"
grep -q -x -F "\"-L$first/lib\"" "$first/lib/llambo-link.rsp" || broken "the link arguments are not the prefix's"
deploy 0 setup
expect_silence
expect_no_file "$room/installed"
[ "$(grep -c -e --install "$room/cmake-calls")" -eq 1 ] || broken "it built twice"

behaviour="another option, compiler or source is another build; what was linked goes"
mkdir -p "$room/checkout/.build/triple/debug/CLlama.build"
touch "$room/checkout/.build/triple/debug/llambo-worker"
chmod +x "$room/checkout/.build/triple/debug/llambo-worker"
seen=$first
for change in LLAMA_CUDA=1 STAND_IN_VERSION=2 CXXFLAGS=-O1 source; do
  if [ "$change" = source ]; then echo changed >>"$room/llama.cpp/src/file.cpp"; change=NONE=1; fi
  stand_in nvcc 'echo "release 12.0"'
  (export "${change?}" && deploy 0 setup) || exit 1
  next=$(readlink "$room/checkout/.llambo/llama")
  case " $seen " in *" $next "*) broken "$change shares a build" ;; esac
  seen="$seen $next"
done
expect_no_file "$room"/checkout/.build/triple/debug/{CLlama.build,llambo-worker}

behaviour="a named prefix is used as it is, and refused when it is not whole"
LLAMBO_LLAMA_PREFIX=$first deploy 0 setup
[ "$(readlink "$room/checkout/.llambo/llama")" = "$first" ] || broken "it is not linked"
LLAMBO_LLAMA_PREFIX=$room/elsewhere deploy 4 setup
expect "lacks include/llama.h"

behaviour="a failed build shows its log and leaves no prefix"
fresh_room failure
touch "$room/broken"
deploy 4 setup
expect "| no such thing"
expect "The whole log: $LLAMBO_CACHE/build-"
expect_no_file "$LLAMBO_CACHE"/llama-*[0-9a-f] "$LLAMBO_CACHE"/llama-*partial* "$room/checkout/.llambo"
rm "$room/broken"
deploy 0 setup

behaviour="an interrupt stops the build, leaves nothing half, and the next set-up waits and goes on"
fresh_room interrupt
touch "$room/slow"
export LLAMA_CPP_DIR=$room/llama.cpp
set -m
"$deploy" setup >"$room/output" 2>&1 &
running=$!
set +m
until [ -e "$room/building" ] || ! kill -0 "$running" 2>/dev/null; do sleep 0.1; done
status=0
kill -INT "$running"
wait "$running" || status=$?
output=$(cat "$room/output")
[ "$status" -eq 130 ] || broken "exit status $status instead of 130"
expect "Interrupted"
expect_no_file "$LLAMBO_CACHE"/llama-*[0-9a-f] "$LLAMBO_CACHE"/llama-*partial*
rm "$room/slow"
deploy 0 setup

behaviour="an archive that is not the pinned one is refused"
fresh_room pinned
unset LLAMA_CPP_DIR
mkdir -p "$LLAMBO_CACHE"
echo "half an archive" >"$LLAMBO_CACHE/llama_cpp_python-0.3.36.tar.gz"
deploy 4 setup
expect "is not the pinned one"
[ -e "$room/fetched" ] || broken "it did not fetch the archive anew"
expect_no_file "$LLAMBO_CACHE"/download.partial-* "$LLAMBO_CACHE"/llama-*partial*

behaviour="the cluster's commands are llamboctl's"
fresh_room cluster
export LLAMA_CPP_DIR=$room/llama.cpp
for command in stop status; do
  deploy 1 "$command"
  expect "nothing is compiled here: ./deploy.sh compile"
done
# Compiling makes a llamboctl that says what it was asked.
mkdir -p "$room/checkout/.build/release"
stand_in swift 'case "$1" in
    --version) echo "Swift version 6.3.1" ;;
    build) echo compiled; cp "$ROOM/bin/llamboctl" "$LLAMBO_ROOT/.build/release/llamboctl" ;;
  esac'
stand_in llamboctl 'echo "llamboctl $* with $CLUSTER_CONFIG"'
CLUSTER_CONFIG=my.yaml deploy 0 all
expect "llamboctl init with $room/elsewhere/my.yaml"
expect "llamboctl limbot --temperature 0 What is a load balancer?"
expect "./deploy.sh stop"
deploy 0 start
case $output in *compiled*) broken "it compiled again with nothing changed" ;; esac
deploy 0 status
expect "llamboctl status with $room/checkout/cluster-config.yaml"
LLAMBO_MODE=worker deploy 0 start
expect "llamboctl join with $room/checkout/cluster-config.yaml"
LLAMBO_MODE=orchestrator deploy 0 start
expect "llamboctl init"
deploy 0 stop
expect "llamboctl shutdown"

behaviour="the programs' pages are laid out as the system's are"
for program in limbot-cli llambo-orchestrator llambo-worker llama-runner llambo-sim; do
  cp "$room/bin/llamboctl" "$room/checkout/.build/release/$program"
done
deploy 0 man
for page in man/man1/llambo-sim.1 bash-completion/completions/llamboctl \
  zsh/site-functions/_llambo-worker fish/vendor_completions.d/llama-runner.fish; do
  [ -s "$room/checkout/.build/share/$page" ] || broken "$page is not there"
done

echo "deploy.sh behaves."
