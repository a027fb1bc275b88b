#!/usr/bin/env bash
# Everything that must hold, from a clean clone: checks, unit, property and integration tests, the vendors' own
# clients, a real corpus, a real browser, and the release build on an independent emulator.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/check.sh
cargo test --workspace --quiet
cargo build --quiet -p tests --bins
tests/official/check.sh
.venv/bin/python tests/official/corpus_check.py
node --test tests/browser/*.test.mjs
scripts/e2e.sh
