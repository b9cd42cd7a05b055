# shellcheck shell=bash
# llama-server and llama-batched-bench from the pinned source as it is, with the worker's own
# options.
# Sourced by run, after the scripts of deploy.sh.

# The folder that holds them, once they are provided.
peers=''
readonly PEERS="llama-server llama-batched-bench"

# Beside the worker's options; of two values for one option, CMake takes the later one.
peer_options() {
  llama_options
  printf '%s\n' -DLLAMA_BUILD_TOOLS=ON -DLLAMA_BUILD_SERVER=ON
}

# Leaves the peers in the folder that `peers` names from then on: the one in the cache, or one
# filled now.
provide_peers() {
  local key
  key=$(key_of "$checkout/Scripts/llama-recipe.sh")
  peers=$cache/peers-$key
  [ -d "$peers" ] || build_peers "$key"
}

# A build that was interrupted goes on where it stopped. The folder appears whole or not at all.
build_peers() {
  local key=$1 work=$cache/build-peers-$1 log=$cache/build-peers-$1.log source=$LLAMA_CPP_DIR
  local stage=$peers.partial-$$ options=() option peer
  lock "$cache/peers-$key.lock"
  if [ -d "$peers" ]; then
    unlock
    return
  fi
  mkdir -p "$work"
  : >"$log"
  say "Building $PEERS (about 8 minutes on 2 cores, once; log: $log)"
  if [ -z "$source" ]; then
    source=$work/source
    [ -d "$source" ] || unpack_llama "$source" "$log"
  fi
  while IFS= read -r option; do options+=("$option"); done < <(peer_options)
  watched "configuring the peers" "$log" \
    cmake -G Ninja -S "$source" -B "$work/cmake" "${options[@]}" || exit "$EXIT_LLAMA"
  # The list is words.
  # shellcheck disable=SC2086
  NINJA_STATUS='[%f/%t] ' watched "building the peers" "$log" \
    nice cmake --build "$work/cmake" --target $PEERS || exit "$EXIT_LLAMA"
  leftovers+=("$stage")
  mkdir -p "$stage"
  for peer in $PEERS; do
    strip -o "$stage/$peer" "$work/cmake/bin/$peer"
  done
  mv "$stage" "$peers"
  rm -rf "$work"
  unlock
}
