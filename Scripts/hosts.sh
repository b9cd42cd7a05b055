# shellcheck shell=bash
# What a deployment on several machines would do. Sourced by deploy.sh.

# is_host NAME: a host name (RFC 1123) or an IPv4 address, and so never an option or a shell word.
is_host() {
  local label='[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
  [ "${#1}" -le 253 ] && [[ $1 =~ ^$label(\.$label)*$ ]]
}

check_hosts() {
  local host seen=' '
  [ $# -gt 0 ] ||
    fail "$EXIT_USAGE" "deploy-cluster needs the hosts to deploy on." \
      "./deploy.sh deploy-cluster HOST… prints the plan for them."
  for host in "$@"; do
    is_host "$host" ||
      fail "$EXIT_USAGE" "'$host' is neither a host name nor an IPv4 address." \
        "Names have letters, digits, hyphens and dots."
    case $seen in *" $host "*) fail "$EXIT_USAGE" "$host is named twice." ;; esac
    seen="$seen$host "
  done
}

# plan_deployment HOST…: says what would be done. Ends with a status of its own, for nothing is.
plan_deployment() {
  check_hosts "$@"
  [ -f "$CLUSTER_CONFIG" ] ||
    fail "$EXIT_USAGE" "there is no configuration $CLUSTER_CONFIG." "CLUSTER_CONFIG names another one."
  local here port host
  here=$(uname -n)
  port=$(sed -n 's/^ *listen: *"\{0,1\}[^"#]*:\([0-9][0-9]*\).*/\1/p' "$CLUSTER_CONFIG" | head -n 1)
  port=${port:-9000}
  cat <<PLAN
${bold}The plan for $# host$([ $# -eq 1 ] || echo s). Nothing of it has been done.${plain}

$here, this machine: the orchestrator
  1. compile the programs
  2. make a token, which every worker and client must show
  3. listen on $here:$port, with TLS, instead of on loopback
  4. start llambo-orchestrator with $CLUSTER_CONFIG
PLAN
  for host in "$@"; do
    cat <<PLAN

$host: workers
  1. see that ssh $host answers, and that it is $(uname -s) on $(uname -m) as here
  2. copy llamboctl and llambo-worker there, and the token
  3. copy the configuration and the models that it names there
  4. start workers: llamboctl join --orchestrator ADDRESS:$port, by the numeric address of $here
  5. wait until llamboctl nodes list shows them healthy
PLAN
  done
  cat <<PLAN

${bold}What is not there yet${plain}
  - tokens and TLS: until there are both, nothing listens beyond loopback, so no host could join
  - copying and starting on other machines

Until then, ./deploy.sh deploy-local runs a whole cluster on this machine.
PLAN
  exit "$EXIT_PLANNED"
}
