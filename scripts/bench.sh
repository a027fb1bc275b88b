#!/usr/bin/env bash
# Measures the product in the simulated world, and prints tables:
#   faults       scenarios S1 to S15: what was doubled, lost, wrongly deleted or mailed, and provider calls per change
#   latency      seconds from an edit to its write on the other side, and the budget
#   throughput   decisions and first-synced events per second
#   webhooks     milliseconds that a webhook function takes for a notice, and the budget
#   dashboard    the dashboard and its API where much has happened: milliseconds for each part, requests of the table, and the
#                bytes of its style and script
#   subscriptions
#                ninety days (--days N: fewer) of connections in each kind of trouble, on a clock that goes from one due thing
#                to the next: what was renewed, leaked, unheeded, and how long a change took to be found
#   convergence  the laws of the sync engine: a hundred thousand cases over models, two thousand random histories over the
#                product, with what was doubled, lost, wrongly deleted or mailed
#   all          each of them; also without a name
# --provider google|microsoft|both measures one of them; both without it. Histories draw the providers of their accounts.
# --json FILE writes the same figures, one object a row. --history SEED plays one of the random histories again,
# and smaller while it still breaks a law; --history 0..50 plays those. Fails where something is harmed, leaked, left
# unheeded or over its budget.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh run
cargo build --quiet --profile measured -p tests --bin bench
exec "${CARGO_TARGET_DIR:-target}/measured/bench" "$@"
