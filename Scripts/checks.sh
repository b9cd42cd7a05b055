# shellcheck shell=bash
# What `./deploy.sh test` runs: the scripts, the sources' form, the Swift tests.
# Sourced by deploy.sh.

run_checks() {
  check_scripts
  attended swift format lint --strict --recursive Sources Tests Examples Fuzz Package.swift ||
    fail "$EXIT_FAILED" "the sources do not pass swift format's checks, listed above." \
      "What is only layout, this puts right:" \
      "  swift format --in-place --recursive Sources Tests Examples Fuzz Package.swift"
  attended swift build --build-tests ||
    fail "$EXIT_COMPILE" "the programs or their tests did not compile."
  attended swift test || exit "$EXIT_FAILED"
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
