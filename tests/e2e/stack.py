"""The release bootstrap behind the real template: on an independent emulator, beside the simulated Google, all on
loopback, with nothing kept from one run to the next."""

import atexit
import json
import os
import platform
import signal
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import boto3

from front import Front

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
sys.path.insert(0, str(ROOT / "infra"))

import gate  # noqa: E402

REGION = "us-east-1"
STACK = "kalends-e2e"
PROCESSORS = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


def adapted(template):
    """What differs from a deployment to AWS: the processor is this machine's, and cookies do without TLS."""
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
    }


def eventually(look, failure, seconds=60):
    """What `look` answers once that is something; until then it is asked again, up to a deadline."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {failure() if callable(failure) else failure}")
        time.sleep(0.1)


class Stack:
    """Everything that runs; `close` stops it, at the latest when this process ends."""

    def __init__(self, accounts):
        self.closing = []
        atexit.register(self.close)
        self.start(accounts)

    def start(self, accounts):
        directory = tempfile.TemporaryDirectory(prefix="kalends-e2e-")
        self.closing.append(directory.cleanup)
        self.directory = Path(directory.name)
        self.emulator = f"http://127.0.0.1:{self.start_emulator()}"
        self.google = self.start_google(accounts)
        self.template, self.outputs = self.deploy()
        self.front.api = self.outputs["ApiUrl"].split("//")[1].split(".")[0]

    def close(self):
        while self.closing:
            self.closing.pop()()

    def client(self, service):
        return boto3.client(
            service, endpoint_url=self.emulator, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test"
        )

    def complaints(self):
        """What functions logged as errors, for whoever looks for the cause of a failure."""
        logs = self.client("logs")
        for group in logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/")["logGroups"]:
            for event in logs.filter_log_events(logGroupName=group["logGroupName"])["events"]:
                if '"ERROR"' in event["message"] or "panicked" in event["message"]:
                    yield f"{group['logGroupName']}: {event['message'].strip()}"

    def spawn(self, command, **options):
        """A process that leads a group of its own, so that nothing which it starts outlives this run."""
        process = subprocess.Popen(list(map(str, command)), start_new_session=True, stdin=subprocess.DEVNULL, **options)
        self.closing.append(lambda: stop_group(process))
        return process

    def start_emulator(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.front = Front(port)
        self.closing.append(self.front.stop)
        # Functions inherit this environment: what is not here they have from the template, or not at all.
        environment = {
            "PATH": os.environ["PATH"],
            "TMPDIR": str(self.directory),
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "MINISTACK_REGION": REGION,
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
        }
        self.log = self.directory / "emulator.log"
        with self.log.open("w") as log:
            process = self.spawn([Path(sys.executable).with_name("ministack")], env=environment, stdout=log, stderr=log)
        eventually(lambda: answers(port) or process.poll() is not None, "the emulator answers")
        if process.poll() is not None:
            raise AssertionError(f"the emulator ended: {self.log.read_text()[-2000:]}")
        return port

    def start_google(self, accounts):
        command = [TARGET / "debug" / "google-sim", "--port", 0, "--redirect-uri", f"{self.front.url}/oauth/google/callback"]
        for account in accounts:
            command += ["--account", account]
        process = self.spawn(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.closing.append(process.stdout.close)
        ready = process.stdout.readline().split()
        if ready[:1] != ["ready"]:
            raise AssertionError("the Google simulator ended instead of answering")
        return ready[1]

    def deploy(self):
        """Uploads the bootstrap and creates the stack; what came of it is for the tests to look at."""
        s3 = self.client("s3")
        s3.create_bucket(Bucket=gate.ARTIFACT_BUCKET)
        s3.upload_file(str(self.zipped()), gate.ARTIFACT_BUCKET, gate.ARTIFACT_KEY)
        plain, refused = gate.expand(adapted(gate.source()), gradual="false")
        if refused:
            raise AssertionError(refused)
        template = self.directory / "template.json"
        template.write_text(json.dumps(plain))
        s3.upload_file(str(template), gate.ARTIFACT_BUCKET, "template.json")
        cloudformation = self.client("cloudformation")
        cloudformation.create_stack(
            StackName=STACK,
            TemplateURL=f"{self.emulator}/{gate.ARTIFACT_BUCKET}/template.json",
            Capabilities=["CAPABILITY_IAM"],
            Parameters=[
                {"ParameterKey": name, "ParameterValue": value}
                for name, value in parameters(self.front.url, self.google).items()
            ],
        )

        def ended():
            stack = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
            return None if stack["StackStatus"].endswith("_IN_PROGRESS") else stack

        stack = eventually(ended, "the stack is created", 120)
        if stack["StackStatus"] != "CREATE_COMPLETE":
            raise AssertionError(f"{stack['StackStatus']}: {stack.get('StackStatusReason')}")
        return plain["Resources"], {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def zipped(self):
        bootstrap, archive = TARGET / "release" / "bootstrap", self.directory / "bootstrap.zip"
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package:
            package.write(bootstrap, "bootstrap")
        print(f"bootstrap: {bootstrap.stat().st_size / 1e6:.1f} MB, zipped {archive.stat().st_size / 1e6:.1f} MB", flush=True)
        return archive


def answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def stop_group(process):
    """Asks the process to end, then ends whatever is left of its group: the emulator leaves its functions running."""
    for ask in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, ask)
        except ProcessLookupError:
            break
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            continue
