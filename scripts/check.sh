#!/usr/bin/env bash
# Everything that is decided without running the product: format, lints, the deployment template.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh
cargo fmt --all --check
cargo clippy --workspace --all-targets --quiet -- -D warnings
.venv/bin/python infra/gate.py
.venv/bin/python infra/gate_test.py
