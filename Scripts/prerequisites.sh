# shellcheck shell=bash
# What must be on the machine: looked for, and installed with the system's package manager.
# Sourced by deploy.sh.

# Puts a Swift that lies where installers leave it, but not on PATH, on PATH.
find_swift() {
  local directory
  ! command -v swift >/dev/null || return 0
  for directory in "${HOME:-}/.local/share/swiftly/bin" "${HOME:-}/.swiftly/bin" /opt/swift/usr/bin \
    /usr/share/swift/usr/bin /usr/local/swift/usr/bin; do
    if [ -x "$directory/swift" ]; then
      PATH=$directory:$PATH
      return 0
    fi
  done
}

find_pip() {
  local pip
  for pip in "python3 -m pip" pip3 pip; do
    # shellcheck disable=SC2086
    if $pip --version >/dev/null 2>&1; then
      printf '%s\n' "$pip"
      return 0
    fi
  done
  return 1
}

required_items() {
  echo "swift compiler cmake ninja python3 pip pkg-config libyaml libedit curl"
  [ "${LLAMA_BLAS:-0}" != 1 ] || [ "$(uname -s)" = Darwin ] || echo openblas
  [ "${LLAMA_CUDA:-0}" != 1 ] || echo cuda
}

optional_items() {
  echo "nc git shellcheck"
}

# version_of ITEM: its version or "found"; fails when it is missing or too old.
version_of() {
  local version=''
  case $1 in
    swift)
      version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9.]*\).*/\1/p')
      at_least "$version" 6 2 || return 1 ;;
    compiler) version=$(${CXX:-c++} --version 2>/dev/null | head -n 1) ;;
    cmake)
      version=$(cmake --version 2>/dev/null | sed -n 's/^cmake version //p')
      at_least "$version" 3 15 || return 1 ;;
    ninja) version=$(ninja --version 2>/dev/null) ;;
    python3) version=$(python3 --version 2>/dev/null | sed 's/^Python //') ;;
    pip) version=$($(find_pip) --version 2>/dev/null | sed 's/^pip \([^ ]*\).*/\1/') ;;
    pkg-config) version=$(pkg-config --version 2>/dev/null) ;;
    libyaml) version=$(pkg-config --modversion yaml-0.1 2>/dev/null) ;;
    libedit) version=$(pkg-config --modversion libedit 2>/dev/null) ;;
    openblas) version=$(pkg-config --modversion openblas 2>/dev/null) ;;
    cuda) version=$(nvcc --version 2>/dev/null | sed -n 's/.*release \([0-9.]*\).*/\1/p') ;;
    git) version=$(git --version 2>/dev/null | sed 's/^git version //') ;;
    shellcheck) version=$(shellcheck --version 2>/dev/null | sed -n 's/^version: //p') ;;
    curl) version=$(curl --version 2>/dev/null | sed -n 's/^curl \([0-9.]*\).*/\1/p') ;;
    nc) ! command -v nc >/dev/null || version=found ;;
  esac
  [ -n "$version" ] && printf '%s\n' "$version"
}

# at_least VERSION MAJOR MINOR
at_least() {
  local major=${1%%.*} rest=${1#*.}
  [ -n "$1" ] || return 1
  [ "$major" -gt "$2" ] || { [ "$major" -eq "$2" ] && [ "${rest%%.*}" -ge "$3" ]; }
}

package_manager() {
  local manager
  for manager in apt-get brew dnf pacman; do
    if command -v "$manager" >/dev/null; then
      printf '%s\n' "$manager"
      return 0
    fi
  done
  echo none
}

# package_of MANAGER ITEM: what to install; nothing where a person must choose.
package_of() {
  local names
  case $1 in
    apt-get)
      names='compiler=g++ ninja=ninja-build pip=python3-pip libyaml=libyaml-dev
        libedit=libedit-dev
        openblas=libopenblas-dev nc=netcat-openbsd cmake python3 pkg-config curl git shellcheck' ;;
    brew) names='python3=python pip=python pkg-config=pkgconf libyaml libedit cmake ninja curl git shellcheck' ;;
    dnf)
      names='compiler=gcc-c++ ninja=ninja-build pip=python3-pip libyaml=libyaml-devel
        libedit=libedit-devel
        pkg-config=pkgconf-pkg-config openblas=openblas-devel nc=nmap-ncat shellcheck=ShellCheck
        cmake python3 curl git' ;;
    pacman)
      names='compiler=gcc python3=python pip=python-pip pkg-config=pkgconf nc=openbsd-netcat
        libyaml libedit openblas cmake ninja curl git shellcheck' ;;
    *) return 0 ;;
  esac
  local name
  for name in $names; do
    [ "${name%%=*}" != "$2" ] || printf '%s\n' "${name#*=}"
  done
}

# command_for MANAGER PACKAGE…: what gets them, as a person types it.
command_for() {
  local manager=$1 sudo=''
  shift
  [ "$(id -u)" -eq 0 ] || sudo='sudo '
  case $manager in
    apt-get) echo "${sudo}apt-get update && ${sudo}apt-get install -y $*" ;;
    brew) echo "brew install $*" ;;
    dnf) echo "${sudo}dnf install -y $*" ;;
    pacman) echo "${sudo}pacman -S --needed --noconfirm $*" ;;
  esac
}

# advice_for ITEM: the command that gets it, or where a person finds it.
advice_for() {
  local manager package
  manager=$(package_manager)
  package=$(package_of "$manager" "$1")
  case $1:$manager:$package in
    swift:*) echo "install Swift 6.2 or newer: https://www.swift.org/install" ;;
    cuda:*) echo "install NVIDIA's CUDA toolkit and put nvcc on PATH" ;;
    compiler:brew:*) echo "xcode-select --install" ;;
    *:*:) echo "install it with this system's package manager" ;;
    *) command_for "$manager" "$package" ;;
  esac
}

check() {
  local item version missing=''
  say "${bold}Prerequisites${plain}"
  for item in $(required_items); do
    if version=$(version_of "$item"); then
      printf '  %-11s %s\n' "$item" "$version"
    else
      printf '  %-11s %smissing:%s %s\n' "$item" "$red" "$plain" "$(advice_for "$item")"
      missing=yes
    fi
  done
  say "${bold}Useful beside them${plain}"
  for item in $(optional_items); do
    version=$(version_of "$item") || version="${dim}missing: $(advice_for "$item")${plain}"
    printf '  %-11s %s\n' "$item" "$version"
  done
  say "${bold}llama.cpp${plain}"
  check_llama
  [ -z "$missing" ] || exit "$EXIT_PREREQUISITE"
}

check_llama() {
  local prefix=${LLAMBO_LLAMA_PREFIX:-}
  [ -n "$prefix" ] || prefix=$cache/llama-$(llama_key)
  if [ -d "$prefix" ]; then
    say "  built       $prefix"
  else
    say "  not built   ./deploy.sh setup builds it, once"
  fi
}

# Installs what is missing, all at once; does nothing where nothing is.
install_prerequisites() {
  local item manager packages=() package missing=() command
  manager=$(package_manager)
  for item in $(required_items); do
    version_of "$item" >/dev/null || missing+=("$item")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  for item in "${missing[@]}"; do
    package=$(package_of "$manager" "$item")
    [ -n "$package" ] ||
      fail "$EXIT_PREREQUISITE" "$item is missing, and this script cannot install it." \
        "$(advice_for "$item")"
    packages+=("$package")
  done
  command=$(command_for "$manager" "${packages[@]}")
  may_install "$manager" ||
    fail "$EXIT_PREREQUISITE" "missing: ${missing[*]}; installing needs the administrator's rights." \
      "Run this, then the same command again:" "  $command"
  install_packages "$manager" "${packages[@]}"
  for item in "${missing[@]}"; do
    version_of "$item" >/dev/null ||
      fail "$EXIT_PREREQUISITE" "$item is still missing or too old after: $command"
  done
}

may_install() {
  [ "$1" = brew ] || [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null ||
    { [ -t 0 ] && command -v sudo >/dev/null && sudo true; }
}

# In the foreground: an interrupt reaches the package manager as it would from a prompt.
install_packages() {
  local manager=$1 log=$cache/packages.log as_root=()
  shift
  mkdir -p "$cache"
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  say "Installing $* (log: $log)"
  case $manager in
    apt-get)
      set -- env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 install -y "$@"
      ${as_root[@]+"${as_root[@]}"} apt-get update >"$log" 2>&1 || true ;;
    brew)
      as_root=()
      set -- brew install "$@" ;;
    dnf) set -- dnf install -y "$@" ;;
    pacman) set -- pacman -S --needed --noconfirm "$@" ;;
  esac
  ${as_root[@]+"${as_root[@]}"} "$@" >>"$log" 2>&1 </dev/null || {
    show_failure "$*" "$log" $?
    exit "$EXIT_PREREQUISITE"
  }
}
