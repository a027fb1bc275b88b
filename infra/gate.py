"""Decides without an account whether infra/template.yaml may be deployed.

SAM transform (which validates the SAM part), then cfn-lint on what comes out, then our own structural rules: cfn-lint by
itself no longer transforms, and neither tool sees a queue whose visibility is shorter than its worker's run.
"""

import json
import logging
import os
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

from samtranslator.model.exceptions import InvalidDocumentException  # noqa: E402
from samtranslator.translator.transform import transform  # noqa: E402
from samtranslator.yaml_helper import yaml_parse  # noqa: E402

import rules  # noqa: E402

logging.getLogger("samtranslator").setLevel(logging.ERROR)

INFRA = Path(__file__).resolve().parent
REPOSITORY = INFRA.parent

# Where the transformed template looks for the code.
ARTIFACT_BUCKET, ARTIFACT_KEY = "artifacts", "bootstrap.zip"

# Read by the transform itself; what comes out no longer mentions them.
CONSUMED_PARAMETERS = ["GradualDeployment"]


class NoManagedPolicies:
    """The transform asks for AWS's managed policies by name; the template uses none."""

    def load(self):
        return {}


def source():
    return yaml_parse((INFRA / "template.yaml").read_text())


def expand(template, gradual="true"):
    """The plain CloudFormation that SAM makes of the template, and what SAM refuses."""
    template["Globals"]["Function"]["CodeUri"] = f"s3://{ARTIFACT_BUCKET}/{ARTIFACT_KEY}"
    try:
        plain = transform(template, {"GradualDeployment": gradual}, NoManagedPolicies())
    except InvalidDocumentException as error:
        return None, [f"SAM: {cause.message}" for cause in error.causes]
    for name in CONSUMED_PARAMETERS:
        plain["Parameters"].pop(name)
    return plain, []


def lint(plain):
    """cfn-lint's findings, warnings included."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(plain, file)
        file.flush()
        command = [Path(sys.executable).with_name("cfn-lint"), "--format", "json", "--regions", "us-east-1", "--", file.name]
        run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode and not run.stdout.strip():
        return [f"cfn-lint failed: {run.stderr.strip()}"]
    return [
        f"{found['Rule']['Id']} {'/'.join(map(str, found['Location']['Path'] or []))}: {found['Message']}"
        for found in json.loads(run.stdout or "[]")
    ]


def findings(template, repository=REPOSITORY, with_lint=True):
    plain, refused = expand(template)
    if refused:
        return refused
    return (lint(plain) if with_lint else []) + rules.broken(plain, repository)


def main():
    found = findings(source())
    for line in found:
        print(line, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
