#!/usr/bin/env bash
# Holds the simulators against the vendors' own clients: Google's for Python, Microsoft's for JavaScript and for Python.
# Needs python3 and node; keeps its packages in .venv and beside the checks.
#   SKIP_MSGRAPH_SDK=1   leaves out Microsoft's Python SDK, which takes 470 MB and minutes to install
# Arguments go to the check of Google's simulator.
set -euo pipefail
cd "$(dirname "$0")/../.."

port="${PORT:-18788}"
[ -x .venv/bin/python ] || python3 -m venv .venv
.venv/bin/python -m pip install --quiet --requirement tests/official/requirements.txt
if ! cmp -s tests/official/microsoft/package-lock.json tests/official/microsoft/node_modules/installed.json; then
    npm --prefix tests/official/microsoft ci --silent --no-audit --no-fund
    cp tests/official/microsoft/package-lock.json tests/official/microsoft/node_modules/installed.json
fi
cargo build --quiet -p tests --bin google-sim --bin microsoft-sim

simulators=()
trap 'kill "${simulators[@]}" 2>/dev/null || true' EXIT
start() {
    "${CARGO_TARGET_DIR:-target}/debug/$1-sim" --port "$2" &
    simulators+=("$!")
    until curl --silent --output /dev/null "http://127.0.0.1:$2/"; do
        kill -0 "$!"
        sleep 0.1
    done
}
start google "$port"
.venv/bin/python tests/official/google_client_check.py "http://127.0.0.1:$port" "$@"
.venv/bin/python tests/official/pubsub_client_check.py "http://127.0.0.1:$port"
.venv/bin/python tests/official/webhook_check.py
node --test tests/official/microsoft/*.test.mjs
[ -z "${SKIP_MSGRAPH_SDK:-}" ] || exit 0
.venv/bin/python -m pip install --quiet --requirement tests/official/microsoft_sdk.txt
start microsoft "$((port + 1))"
.venv/bin/python tests/official/microsoft_sdk_check.py "http://127.0.0.1:$((port + 1))"
