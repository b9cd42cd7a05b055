# shellcheck shell=bash
# How llama.cpp is configured, installed and linked. Sourced by deploy.sh.
# This file's hash is part of the key of every build: a change here builds llama.cpp anew.

# The back ends asked for, as a word for names: cpu, cuda, metal, blas, or several.
llama_backends() {
  local backends=''
  [ "${LLAMA_CUDA:-0}" != 1 ] || backends=$backends-cuda
  [ "${LLAMA_METAL:-0}" != 1 ] || backends=$backends-metal
  [ "${LLAMA_BLAS:-0}" != 1 ] || backends=$backends-blas
  backends=${backends#-}
  printf '%s\n' "${backends:-cpu}"
}

# One CMake option a line. Nothing is left to what the machine happens to have.
llama_options() {
  local backends blas_vendor=OpenBLAS
  backends=-$(llama_backends)-
  [ "$(uname -s)" != Darwin ] || blas_vendor=Apple
  cat <<OPTIONS
-DCMAKE_BUILD_TYPE=Release
-DCMAKE_INSTALL_LIBDIR=lib
-DCMAKE_POSITION_INDEPENDENT_CODE=ON
-DBUILD_SHARED_LIBS=OFF
-DGGML_NATIVE=ON
-DGGML_OPENMP=OFF
-DGGML_CUDA=$(on_if "$backends" cuda)
-DGGML_METAL=$(on_if "$backends" metal)
-DGGML_METAL_EMBED_LIBRARY=$(on_if "$backends" metal)
-DGGML_BLAS=$(on_if "$backends" blas)
-DGGML_BLAS_VENDOR=$blas_vendor
-DLLAMA_OPENSSL=OFF
-DLLAMA_BUILD_COMMON=ON
-DLLAMA_BUILD_APP=OFF
-DLLAMA_BUILD_EXAMPLES=OFF
-DLLAMA_BUILD_MTMD=OFF
-DLLAMA_BUILD_SERVER=OFF
-DLLAMA_BUILD_TESTS=OFF
-DLLAMA_BUILD_TOOLS=OFF
-DLLAMA_BUILD_UI=OFF
OPTIONS
}

on_if() {
  case $1 in
    *-"$2"-*) echo ON ;;
    *) echo OFF ;;
  esac
}

# install_llama SOURCE BUILD STAGE PREFIX: fills STAGE, which is to be moved to PREFIX.
install_llama() {
  local source=$1 build=$2 stage=$3 prefix=$4
  cmake --install "$build" --prefix "$stage"
  # What CMake does not install: the archives behind llama-common, and its headers.
  find "$build" -name 'lib*.a' -exec cp {} "$stage/lib/" \;
  local headers=$stage/include/llama-common
  mkdir -p "$headers/jinja"
  cp "$source"/common/*.h "$source"/common/*.hpp "$headers/"
  cp "$source"/common/jinja/*.h "$headers/jinja/"
  cp -R "$source/vendor/nlohmann" "$headers/"
  llama_link_arguments "$stage/lib" "$prefix/lib" >"$stage/lib/llambo-link.rsp"
}

# llama_link_arguments STAGED FINAL: the response file for the linker, an argument a line,
# dependants before what they depend on. Archives that this version lacks are left out.
llama_link_arguments() {
  local staged=$1 final=$2 name
  printf '"-L%s"\n' "$final"
  for name in llama-common llama-common-base cpp-httplib vendor-hash llama \
    ggml ggml-cuda ggml-metal ggml-blas ggml-cpu ggml-base; do
    [ ! -f "$staged/lib$name.a" ] || printf -- '-l%s\n' "$name"
  done
  [ ! -f "$staged/libggml-cuda.a" ] || cuda_link_arguments
  if [ "$(uname -s)" = Darwin ]; then
    printf '%s\n' -lc++ -framework Foundation -framework Accelerate
    [ ! -f "$staged/libggml-metal.a" ] || printf '%s\n' -framework Metal -framework MetalKit
  else
    [ ! -f "$staged/libggml-blas.a" ] || printf '%s\n' -lopenblas
    printf '%s\n' -lstdc++ -lm -lpthread -ldl
  fi
}

# The CUDA runtime is linked dynamically: its libraries come with the driver and the toolkit.
cuda_link_arguments() {
  local root=${CUDA_HOME:-${CUDA_PATH:-}}
  [ -n "$root" ] || root=$(cd "$(dirname "$(command -v nvcc)")/.." && pwd -P)
  printf '"-L%s"\n' "$root/lib64" "$root/lib64/stubs"
  printf '%s\n' -Xlinker -rpath -Xlinker "\"$root/lib64\"" -lcudart -lcublas -lcuda
}
