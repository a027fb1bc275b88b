"""The local run, with something of everything in it for one member of the demo."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/official"), str(Path(__file__).parent)]

from stage import Stage  # noqa: E402


@pytest.fixture(scope="session")
def stage():
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    port = os.environ.get("PORT", "18887")
    with tempfile.TemporaryDirectory() as data:
        command = [target / "debug/local", "--fresh", "--data", data, "--port", port, "--virtual-clock"]
        quiet = {**os.environ, "RUST_LOG": "error"}
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=quiet) as world:
            try:
                ready = world.stdout.readline().split()
                assert ready[:1] == ["ready"], ready
                bases = dict(word.split("=", 1) for word in ready[1:])
                yield Stage(bases["product"].rstrip("/"), bases["google"].rstrip("/"))
            finally:
                world.send_signal(signal.SIGTERM)
