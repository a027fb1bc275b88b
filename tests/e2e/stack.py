"""Everything that the journeys need, on loopback: the emulator with the deployed stack, its address, and the simulated
Google. Nothing is kept from one run to the next."""

import atexit
import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import boto3

from deploy import TARGET, deploy
from front import Front
from wait import eventually

REGION = "us-east-1"


class Stack:
    """Everything that runs; `close` stops it, at the latest when this process ends."""

    def __init__(self, accounts):
        self.closing = contextlib.ExitStack()
        atexit.register(self.close)
        self.start(accounts)

    def start(self, accounts):
        directory = tempfile.TemporaryDirectory(prefix="kalends-e2e-")
        self.closing.callback(directory.cleanup)
        self.directory = Path(directory.name)
        self.emulator = f"http://127.0.0.1:{self.start_emulator()}"
        self.google = self.start_google(accounts)
        self.template, outputs = deploy(self.client, self.front.url, self.google, self.directory)
        self.front.api = outputs["ApiUrl"].split("//")[1].split(".")[0]

    def close(self):
        self.closing.close()

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
        self.closing.callback(stop_group, process)
        return process

    def start_emulator(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.front = Front(port)
        self.closing.callback(self.front.stop)
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
        log_path = self.directory / "emulator.log"
        with log_path.open("w") as log:
            process = self.spawn([Path(sys.executable).with_name("ministack")], env=environment, stdout=log, stderr=log)
        eventually(lambda: answers(port) or process.poll() is not None, "the emulator answers")
        if process.poll() is not None:
            raise AssertionError(f"the emulator ended: {log_path.read_text()[-2000:]}")
        return port

    def start_google(self, accounts):
        command = [TARGET / "debug" / "google-sim", "--port", 0, "--redirect-uri", f"{self.front.url}/oauth/google/callback"]
        for account in accounts:
            command += ["--account", account]
        process = self.spawn(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.closing.callback(process.stdout.close)
        ready = process.stdout.readline().split()
        if ready[:1] != ["ready"]:
            raise AssertionError("the Google simulator ended instead of answering")
        return ready[1]


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
