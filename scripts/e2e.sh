#!/usr/bin/env bash
# The release build behind the real template: deploys infra/template.yaml onto an independent emulator and runs the main
# journeys there, against the simulated Google. The only place that builds with link-time optimisation.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh
cargo build --quiet --release -p bootstrap
cargo build --quiet -p tests --bin google-sim
exec .venv/bin/python tests/e2e/journey.py "$@"
