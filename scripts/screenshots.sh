#!/usr/bin/env bash
# Takes the pictures of docs/images anew: the demo, in a browser of 1280 points.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh
cargo build --quiet -p tests --bin local
node tests/browser/screenshots.mjs
