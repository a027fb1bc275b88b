#!/usr/bin/env bash
# Installs what a fresh Debian machine lacks beside Rust and Python. Quick and silent when nothing is missing.
#   setup.sh run     what building and running needs
#   setup.sh         that, and what the tests need
#   setup.sh coverage   that, and LLVM's tools of rustc's version, unless rustup brought them
set -euo pipefail
cd "$(dirname "$0")/.."

packages=()
need() { command -v "$1" >/dev/null || packages+=("${@:2}"); }
need cc build-essential
if [[ "${1:-all}" != run ]]; then
  need curl curl
  need chromium chromium
  need node nodejs
  need npm npm
  python3 -c 'import ensurepip' 2>/dev/null || packages+=(python3-venv)
fi
if [[ "${1:-all}" == coverage && ! -x "$(dirname "$(rustc --print target-libdir)")/bin/llvm-cov" ]]; then
  llvm="$(rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')"
  need "llvm-cov-$llvm" "llvm-$llvm"
fi
if ((${#packages[@]})); then
  as_root=()
  ((EUID == 0)) || as_root=(sudo)
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${packages[@]}"
fi
[[ "${1:-all}" != run ]] || exit 0

requirements=(scripts/requirements.txt tests/official/requirements.txt tests/api/requirements.txt)
if ! cat "${requirements[@]}" | cmp -s - .venv/installed.txt; then
  python3 -m venv .venv
  .venv/bin/pip install --quiet --disable-pip-version-check "${requirements[@]/#/--requirement=}"
  cat "${requirements[@]}" > .venv/installed.txt
fi
if (($(node -p 'process.versions.node.split(".")[0]') < 20)); then
  echo "The browser tests need Node 20 or later; here is $(node --version). Debian 13 has it, and so does nodejs.org." >&2
  exit 1
fi
if ! cmp -s tests/browser/package-lock.json tests/browser/node_modules/installed.json; then
  npm --prefix tests/browser ci --silent --no-audit --no-fund
  cp tests/browser/package-lock.json tests/browser/node_modules/installed.json
fi
