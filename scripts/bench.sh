#!/usr/bin/env bash
# Measures the product in the simulated world, and prints tables:
#   faults       scenarios S1 to S15: what was doubled, lost, wrongly deleted or mailed, and provider calls per change
#   latency      seconds from an edit to its write on the other side, and the budget
#   throughput   decisions and first-synced events per second
#   convergence  the law of the sync engine with a hundred thousand cases
#   all          each of them; also without a name
# --json FILE writes the same figures, one object a row. Fails where something is harmed or over its budget.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh run
cargo build --quiet --profile measured -p tests --bin bench
exec "${CARGO_TARGET_DIR:-target}/measured/bench" "$@"
