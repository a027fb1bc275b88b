#!/usr/bin/env bash
# Holds the Google simulator against Google's own Python client. Needs python3; keeps its packages in .venv.
set -euo pipefail
cd "$(dirname "$0")/../.."

port="${PORT:-18788}"
[ -x .venv/bin/python ] || python3 -m venv .venv
.venv/bin/pip install --quiet --requirement tests/official/requirements.txt
cargo build --quiet -p tests --bin google-sim

target/debug/google-sim --port "$port" &
simulator=$!
trap 'kill "$simulator" 2>/dev/null || true' EXIT
until curl --silent --output /dev/null "http://127.0.0.1:$port/"; do
    kill -0 "$simulator"
    sleep 0.1
done
.venv/bin/python tests/official/google_client_check.py "http://127.0.0.1:$port" "$@"
