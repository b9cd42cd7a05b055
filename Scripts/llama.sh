# shellcheck shell=bash
# The pinned llama.cpp: fetched, checked, built once into the cache, linked from the checkout.
# Sourced by deploy.sh.

readonly LLAMA_VERSION=0.5.0
readonly LLAMA_PACKAGE=llama-cpp-python LLAMA_PACKAGE_VERSION=0.3.36
readonly LLAMA_ARCHIVE=llama_cpp_python-$LLAMA_PACKAGE_VERSION.tar.gz
readonly LLAMA_SHA256=832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e

sha256() {
  if command -v sha256sum >/dev/null; then
    sha256sum "$@" | cut -d ' ' -f 1
  else
    shasum -a 256 "$@" | cut -d ' ' -f 1
  fi
}

# What `-march=native` looks at.
cpu_identity() {
  uname -sm
  if [ -r /proc/cpuinfo ]; then
    grep -E '^(vendor_id|cpu family|model|model name|flags|Features|CPU [a-z]+)[[:space:]]*:' \
      /proc/cpuinfo | sort -u
  else
    sysctl -n machdep.cpu.brand_string
  fi
}

compiler_identity() {
  local compiler
  for compiler in "${CC:-cc}" "${CXX:-c++}"; do
    # A compiler may be several words: `ccache g++`.
    # shellcheck disable=SC2086
    $compiler --version 2>/dev/null | head -n 1 || true
  done
  printf '%s\n' "${CFLAGS:-}" "${CXXFLAGS:-}" "${LDFLAGS:-}"
  [ "${LLAMA_CUDA:-0}" != 1 ] || nvcc --version | tail -n 1
}

source_identity() {
  if [ -z "$LLAMA_CPP_DIR" ]; then
    printf '%s\n' "$LLAMA_SHA256"
    return
  fi
  (
    cd "$LLAMA_CPP_DIR"
    find CMakeLists.txt cmake common ggml include src vendor -type f | LC_ALL=C sort |
      tr '\n' '\0' | xargs -0 cksum
  )
}

# The key of the llama.cpp that the programs link with.
llama_key() { key_of "$checkout/Scripts/llama-recipe.sh" "$checkout/Scripts/llama-patch.py"; }

# key_of SCRIPT…: of what they build. Two builds share a key exactly when one can be used for the
# other.
key_of() {
  local version=$LLAMA_VERSION hash
  [ -z "$LLAMA_CPP_DIR" ] || version=local
  hash=$({
    source_identity
    llama_options
    cpu_identity
    compiler_identity
    cat "$@"
  } | sha256 | cut -c 1-12)
  printf '%s-%s-%s\n' "$version" "$(llama_backends)" "$hash"
}

# Leaves a whole llama.cpp behind the checkout's link: the one named, the one in the cache,
# or one built now.
provide_llama() {
  local prefix
  if [ -n "${LLAMBO_LLAMA_PREFIX:-}" ]; then
    require_prefix "$LLAMBO_LLAMA_PREFIX"
    link_llama "$LLAMBO_LLAMA_PREFIX"
    return
  fi
  [ -z "$LLAMA_CPP_DIR" ] || [ -f "$LLAMA_CPP_DIR/include/llama.h" ] ||
    fail "$EXIT_USAGE" "LLAMA_CPP_DIR is $LLAMA_CPP_DIR, which is no checkout of llama.cpp."
  local key
  key=$(llama_key)
  prefix=$cache/llama-$key
  [ -d "$prefix" ] || build_llama_once "$key" "$prefix"
  require_prefix "$prefix"
  link_llama "$prefix"
}

require_prefix() {
  local file
  for file in include/llama.h include/llama-common/chat.h lib/libllama.a lib/llambo-link.rsp; do
    [ -f "$1/$file" ] || fail "$EXIT_LLAMA" "the llama.cpp in $1 lacks $file." \
      "If it lies in the cache, remove it and run ./deploy.sh setup; if LLAMBO_LLAMA_PREFIX" \
      "names it, let ./deploy.sh setup build one, from LLAMA_CPP_DIR if need be."
  done
}

# SwiftPM does not look behind the link, so what was linked with another llama.cpp goes.
link_llama() {
  local prefix=$1 link=$LLAMBO_ROOT/.llambo/llama directory
  [ "$(readlink "$link" 2>/dev/null || true)" != "$prefix" ] || return 0
  mkdir -p "$LLAMBO_ROOT/.llambo"
  for directory in "$LLAMBO_ROOT"/.build/*/debug "$LLAMBO_ROOT"/.build/*/release; do
    [ -d "$directory" ] || continue
    rm -rf "$directory/CLlama.build"
    find "$directory" -maxdepth 1 -type f -perm -u+x -exec rm -f {} +
  done
  rm -f "$LLAMBO_ROOT/.llambo/compiled"
  ln -sfn "$prefix" "$link"
  say "llama.cpp: $prefix"
}

build_llama_once() {
  local key=$1 prefix=$2
  mkdir -p "$cache" || fail "$EXIT_LLAMA" "$cache cannot be made." "Set LLAMBO_CACHE to another place."
  lock "$cache/llama-$key.lock"
  [ -d "$prefix" ] || build_llama "$key" "$prefix"
  unlock
}

# A build that was interrupted goes on where it stopped. The prefix appears whole or not at all.
build_llama() {
  local key=$1 prefix=$2 source=$LLAMA_CPP_DIR work=$cache/build-$1 log=$cache/build-$1.log
  local stage=$prefix.partial-$$ options=() option
  rm -rf "$prefix".partial-*
  mkdir -p "$work"
  : >"$log"
  say "Building llama.cpp ${key%-*} (about 6 minutes on 2 cores; log: $log)"
  if [ -z "$source" ]; then
    source=$work/source
    [ -d "$source" ] || unpack_llama "$source" "$log" "$checkout/Scripts/llama-patch.py"
  fi
  while IFS= read -r option; do options+=("$option"); done < <(llama_options)
  watched "configuring llama.cpp" "$log" \
    cmake -G Ninja -S "$source" -B "$work/cmake" "${options[@]}" || exit "$EXIT_LLAMA"
  NINJA_STATUS='[%f/%t] ' watched "building llama.cpp" "$log" \
    cmake --build "$work/cmake" || exit "$EXIT_LLAMA"
  leftovers+=("$stage")
  watched "installing llama.cpp" "$log" \
    run_install "$source" "$work/cmake" "$stage" "$prefix" || exit "$EXIT_LLAMA"
  mv "$stage" "$prefix"
  rm -rf "$work"
}

# `set -e` does not reach into a function whose status is asked for; a shell of its own does.
run_install() (
  set -e
  install_llama "$@"
)

# unpack_llama SOURCE LOG [PATCH]: the folder appears whole, and changed where there is a patch.
unpack_llama() {
  local source=$1 log=$2 patch=${3:-}
  fetch_llama "$log"
  rm -rf "$source.partial"
  mkdir -p "$source.partial"
  watched "unpacking llama.cpp" "$log" tar -xzf "$cache/$LLAMA_ARCHIVE" -C "$source.partial" \
    --strip-components=3 "${LLAMA_ARCHIVE%.tar.gz}/vendor/llama.cpp" || exit "$EXIT_LLAMA"
  if [ -n "$patch" ]; then
    watched "changing llama.cpp's source" "$log" \
      python3 "$patch" "$source.partial" || exit "$EXIT_LLAMA"
  fi
  mv "$source.partial" "$source"
}

# The archive in the cache is checked each time that it is used.
fetch_llama() {
  local log=$1 archive=$cache/$LLAMA_ARCHIVE download=$cache/download.partial-$$
  [ -f "$archive" ] && is_pinned "$archive" && return
  rm -rf "$cache"/download.partial-*
  leftovers+=("$download")
  mkdir -p "$download"
  printf '%s==%s --hash=sha256:%s\n' "$LLAMA_PACKAGE" "$LLAMA_PACKAGE_VERSION" "$LLAMA_SHA256" \
    >"$download/requirements.txt"
  local pip
  pip=$(find_pip)
  # It may be several words: python3 -m pip.
  # shellcheck disable=SC2086
  watched "fetching llama.cpp" "$log" $pip download --no-input --disable-pip-version-check \
    --no-deps --no-binary :all: --require-hashes \
    --requirement "$download/requirements.txt" --dest "$download" || exit "$EXIT_LLAMA"
  is_pinned "$download/$LLAMA_ARCHIVE" ||
    fail "$EXIT_LLAMA" "the fetched $LLAMA_ARCHIVE is not the pinned one." "It was thrown away."
  mv "$download/$LLAMA_ARCHIVE" "$archive"
  rm -rf "$download"
}

is_pinned() {
  [ -f "$1" ] && [ "$(sha256 "$1")" = "$LLAMA_SHA256" ]
}

# lock FILE: one set-up at a time; held on descriptor 9, or by a folder where flock is missing.
lock() {
  if command -v flock >/dev/null; then
    exec 9>"$1"
    flock -n 9 && return
    say "Another set-up is building this llama.cpp; waiting for it."
    attended flock 9
    return
  fi
  local told='' owner
  until mkdir "$1.d" 2>/dev/null; do
    owner=$(cat "$1.d/owner" 2>/dev/null || true)
    if [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null; then
      rm -rf "$1.d"
      continue
    fi
    [ -n "$told" ] || say "Another set-up is building this llama.cpp; waiting for it."
    told=yes
    sleep 1
  done
  leftovers+=("$1.d")
  echo $$ >"$1.d/owner"
}

unlock() {
  if command -v flock >/dev/null; then
    exec 9>&-
  else
    remove_leftovers
  fi
}
