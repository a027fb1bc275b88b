#!/usr/bin/env bash
# The unit tests of the rules and the pages, and how much of both they reach: under 80 % of the lines it fails.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh coverage
tools="${CARGO_TARGET_DIR:-target}/tools"
version=0.9.1
[[ "$("$tools/bin/cargo-llvm-cov" llvm-cov --version 2>/dev/null)" == "cargo-llvm-cov $version" ]] ||
  cargo install --quiet --locked --debug --root "$tools" cargo-llvm-cov --version "$version"
llvm="$(rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')"
if command -v "llvm-cov-$llvm" >/dev/null; then
  export LLVM_COV="llvm-cov-$llvm" LLVM_PROFDATA="llvm-profdata-$llvm"
fi
PATH="$tools/bin:$PATH" cargo llvm-cov --quiet --package domain --package ui --summary-only --fail-under-lines 80
