"""The real template with the release bootstrap, as a stack on the emulator: everything that differs from a deployment
to AWS stands here."""

import json
import os
import platform
import sys
import zipfile
from pathlib import Path

from wait import eventually

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
sys.path.insert(0, str(ROOT / "infra"))

import gate  # noqa: E402

STACK = "kalends-e2e"
PROCESSORS = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


def adapted(template):
    """The processor is this machine's, and cookies do without TLS."""
    function = template["Globals"]["Function"]
    function["Architectures"] = [PROCESSORS[platform.machine()]]
    function["Environment"]["Variables"]["INSECURE_COOKIES"] = "local"
    return template


def parameters(product, google):
    return {
        "Stage": "e2e",
        "PublicBaseUrl": product,
        "GoogleClientId": "kalends-local.apps.googleusercontent.test",
        "GoogleClientSecret": "local-client-secret",
        "GoogleAuthUrl": f"{google}/o/oauth2/v2/auth",
        "GoogleTokenUrl": f"{google}/token",
        "GoogleRevokeUrl": f"{google}/revoke",
        "GoogleUserinfoUrl": f"{google}/v1/userinfo",
        "GoogleApiUrl": f"{google}/calendar/v3",
        "GooglePubsubUrl": google,
        "GoogleJwksUrl": f"{google}/oauth2/v3/certs",
    }


def deploy(client, product, google, directory):
    """Creates the stack; answers the resources that it should hold, and its outputs."""
    plain, refused = gate.expand(adapted(gate.source()), gradual="false")
    if refused:
        raise AssertionError(refused)
    s3, cloudformation = client("s3"), client("cloudformation")
    s3.create_bucket(Bucket=gate.ARTIFACT_BUCKET)
    s3.upload_file(str(zipped(directory)), gate.ARTIFACT_BUCKET, gate.ARTIFACT_KEY)
    s3.put_object(Bucket=gate.ARTIFACT_BUCKET, Key="template.json", Body=json.dumps(plain))
    cloudformation.create_stack(
        StackName=STACK,
        TemplateURL=f"{s3.meta.endpoint_url}/{gate.ARTIFACT_BUCKET}/template.json",
        Capabilities=["CAPABILITY_IAM"],
        Parameters=[
            {"ParameterKey": name, "ParameterValue": value} for name, value in parameters(product, google).items()
        ],
    )

    def ended():
        stack = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
        return None if stack["StackStatus"].endswith("_IN_PROGRESS") else stack

    stack = eventually(ended, "the stack is created", 120)
    if stack["StackStatus"] != "CREATE_COMPLETE":
        raise AssertionError(f"{stack['StackStatus']}: {stack.get('StackStatusReason')}")
    return plain["Resources"], {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def zipped(directory):
    bootstrap, archive = TARGET / "release" / "bootstrap", directory / "bootstrap.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package:
        package.write(bootstrap, "bootstrap")
    print(f"bootstrap: {bootstrap.stat().st_size / 1e6:.1f} MB, zipped {archive.stat().st_size / 1e6:.1f} MB", flush=True)
    return archive
