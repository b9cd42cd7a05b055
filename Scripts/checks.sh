# shellcheck shell=bash
# What `./deploy.sh test` runs: the scripts, the sources' form, the Swift tests.
# Sourced by deploy.sh.

run_checks() {
  check_scripts
  attended swift format lint --strict --recursive Sources Tests Examples Fuzz Package.swift ||
    fail "$EXIT_FAILED" "the sources do not pass swift format's checks, listed above." \
      "What is only layout, this puts right:" \
      "  swift format --in-place --recursive Sources Tests Examples Fuzz Package.swift"
  attended swift build --no-color-diagnostics --build-tests ||
    fail "$EXIT_COMPILE" "the programs or their tests did not compile."
  provide_promtool
  attended swift test --no-color-diagnostics || exit "$EXIT_FAILED"
}

# promtool checks what Prometheus will read. Its Debian package brings a server that starts by
# itself, so the tool alone is taken out of it.
provide_promtool() {
  local folder=$cache/promtool log=$cache/promtool.log
  if command -v promtool >/dev/null; then
    LLAMBO_PROMTOOL=$(command -v promtool)
  elif [ ! -x "$folder/promtool" ] && command -v apt-get >/dev/null &&
    command -v dpkg-deb >/dev/null; then
    say "Fetching promtool (log: $log)"
    fetch_promtool "$folder" >"$log" 2>&1 || say "  promtool could not be fetched; its check is left out"
  fi
  [ ! -x "$folder/promtool" ] || LLAMBO_PROMTOOL=${LLAMBO_PROMTOOL:-$folder/promtool}
  [ -z "${LLAMBO_PROMTOOL:-}" ] || export LLAMBO_PROMTOOL
}

fetch_promtool() {
  local work
  work=$(mktemp -d "$cache/promtool.XXXXXX") || return 1
  (
    cd "$work" || exit 1
    apt-get download prometheus || { apt-get update && apt-get download prometheus; } || exit 1
    dpkg-deb --fsys-tarfile prometheus_*.deb | tar -xf - ./usr/bin/promtool || exit 1
    mkdir -p "$1" && mv usr/bin/promtool "$1/promtool"
  )
  local status=$?
  rm -rf "$work"
  return "$status"
}

check_scripts() {
  local scripts=(deploy.sh .ci/run Fuzz/run.sh Scripts/*.sh Tests/deploy/*.sh) script
  for script in "${scripts[@]}"; do
    bash -n "$script" || exit "$EXIT_FAILED"
  done
  if command -v shellcheck >/dev/null; then
    attended shellcheck --external-sources deploy.sh .ci/run Fuzz/run.sh Tests/deploy/run.sh ||
      fail "$EXIT_FAILED" "shellcheck found faults in the scripts."
  fi
  attended bash Tests/deploy/run.sh || fail "$EXIT_FAILED" "deploy.sh does not behave."
}
