//! The independent emulator, started for as long as a test needs it.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, Weak},
    time::Duration,
};

/// Tests that overlap share one process; the last one to finish stops it.
static RUNNING: Mutex<Weak<Ministack>> = Mutex::new(Weak::new());

const START_ATTEMPTS: usize = 600;

pub(super) struct Ministack {
    process: Child,
    port: u16,
}

impl Ministack {
    pub(super) fn shared() -> Arc<Self> {
        let mut running = RUNNING
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        running.upgrade().unwrap_or_else(|| {
            let started = Arc::new(Self::start());
            *running = Arc::downgrade(&started);
            started
        })
    }

    pub(super) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn start() -> Self {
        let program = program();
        let port = free_port();
        let process = Command::new(&program)
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", port.to_string())
            .env("MINISTACK_REGION", "us-east-1")
            // What it hands to functions; without it they would call AWS.
            .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}"))
            .env("IOT_MTLS_ENABLED", "0")
            .env("SFTP_ENABLED", "0")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let mut ministack = Self { process, port };
        ministack.wait_until_it_answers();
        ministack
    }

    fn wait_until_it_answers(&mut self) {
        for _ in 0..START_ATTEMPTS {
            if std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return;
            }
            if let Ok(Some(status)) = self.process.try_wait() {
                panic!("ministack ended with {status} instead of answering");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("ministack does not answer on port {}", self.port);
    }
}

impl Drop for Ministack {
    fn drop(&mut self) {
        // Both fail only when it is gone already.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn program() -> PathBuf {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.venv/bin/ministack");
    assert!(
        program.exists(),
        "ministack is not installed: run scripts/setup.sh"
    );
    program
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
        .port()
}
