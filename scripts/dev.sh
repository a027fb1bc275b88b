#!/usr/bin/env bash
# Runs the whole product on this machine, with simulated providers and AWS stand-ins, and says "ready" with the addresses.
#   dev.sh [--fresh] [--data DIR] [--port N] [--virtual-clock]
# A third organisation of the demo, Fabrikam Mechanical, is in the middle of its day when the data are new. On a virtual clock
# it is left out: whoever moves the clock means to count what that leads to.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh run
cargo build --quiet -p tests --bin local
demo=(--demo)
for argument in "$@"; do
  if [[ "$argument" == --virtual-clock ]]; then demo=(); fi
done
exec "${CARGO_TARGET_DIR:-target}/debug/local" "${demo[@]}" "$@"
