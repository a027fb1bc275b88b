#!/usr/bin/env bash
# Builds the one bootstrap for arm64 and deploys the stack of a stage: scripts/deploy.sh [dev|staging|prod]
# Needs credentials for the stage's account, the SAM CLI and cargo-lambda (`pip install aws-sam-cli cargo-lambda`).
set -euo pipefail
cd "$(dirname "$0")/.."

stage=${1:-dev}
for tool in sam cargo-lambda; do
  command -v "$tool" >/dev/null || { echo "$tool is not installed: pip install aws-sam-cli cargo-lambda" >&2; exit 1; }
done

scripts/setup.sh
.venv/bin/python infra/gate.py
export SAM_CLI_TELEMETRY=0
sam build --config-file "$PWD/infra/samconfig.toml" --config-env "$stage" --template-file infra/template.yaml
sam deploy --config-file "$PWD/infra/samconfig.toml" --config-env "$stage" "${@:2}"
