#!/usr/bin/env bash
# Lighthouse's four figures of the demo's dashboard, signed in; fails where one is under 95. A check before a release: it
# installs 185 MB, and its figures tell of this machine too.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh
cargo build --quiet -p tests --bin local
installed="${CARGO_TARGET_DIR:-target}/lighthouse"
[[ -d "$installed/node_modules/lighthouse" ]] ||
  npm install --silent --no-audit --no-fund --prefix "$installed" lighthouse@12.8.2
exec node tests/browser/lighthouse.mjs "$installed"
