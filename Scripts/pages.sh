# shellcheck shell=bash
# What the programs say of themselves, as files: manual pages, completions, documentation.
# Sourced by deploy.sh.

readonly PROGRAMS="llamboctl limbot-cli llambo-orchestrator llambo-worker llama-runner llambo-sim"

# Lays them out as /usr/share does. man finds its part where .build/release is on PATH.
write_pages() {
  local bin=$LLAMBO_ROOT/.build/release share=$LLAMBO_ROOT/.build/share program
  local man=$share/man/man1 bash=$share/bash-completion/completions
  local zsh=$share/zsh/site-functions fish=$share/fish/vendor_completions.d
  mkdir -p "$man" "$bash" "$zsh" "$fish"
  for program in $PROGRAMS; do
    "$bin/$program" --man >"$man/$program.1"
    "$bin/$program" --completion bash >"$bash/$program"
    "$bin/$program" --completion zsh >"$zsh/_$program"
    "$bin/$program" --completion fish >"$fish/$program.fish"
  done
  say "Manual pages and completions: $share" \
    "(man -M $share/man llamboctl)"
}

# From the debug build, which the tests use too.
write_docs() {
  local bin=$LLAMBO_ROOT/.build/debug page=$LLAMBO_ROOT/.build/COMMANDS.md program
  attended swift build --no-color-diagnostics || fail "$EXIT_COMPILE" "the programs did not compile."
  {
    cat <<'HEAD'
# Commands

Every program, command and option. `--help` behind any of them shows the same. This page is
generated from the definitions by which the programs read their command lines: `./deploy.sh docs`.

HEAD
    for program in $PROGRAMS; do
      "$bin/$program" --markdown
      echo
    done
    cat <<'TAIL'
## Shell completion

```
source <(llamboctl completion bash)     # in ~/.bashrc
source <(llamboctl completion zsh)      # in ~/.zshrc, behind compinit
llamboctl completion fish | source      # in config.fish
```

Node types and the names of nodes are completed too, where a configuration or a running cluster
knows them. Each program also prints its own, with `--completion SHELL`.

## Manual pages

`PROGRAM --man` prints a program's manual page, `--markdown` its chapter of this one. `./deploy.sh man` writes those of all programs, and
their completions, below `.build/share`; with `.build/release` on `PATH`, `man llamboctl` finds them.

## Exit status

| status | meaning |
|---|---|
| 0 | Done. |
| 1 | The answer was no: something is unhealthy, or an answer failed. |
| 64 | The command line was wrong; the message says how. |
| 65 | A file or an answer could not be understood. |
| 69 | What was asked is not there: no cluster runs, or a port is taken. |
| 71 | The system refused something. |
| 78 | The configuration is wrong; the message says where. |
| 130 | Ctrl-C ended it. llamboctl top and join, an orchestrator and a worker end with 0 then, for that is how they are told to end. |
TAIL
  } >"$page"
  mv "$page" "$LLAMBO_ROOT/Docs/COMMANDS.md"
  "$bin/llamboctl" config --schema >"$LLAMBO_ROOT/cluster-config.schema.json"
  say "Written: Docs/COMMANDS.md, cluster-config.schema.json"
}
