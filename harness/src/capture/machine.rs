//! The machine that a capture is made on.

use super::manifest::Machine;
use crate::model::Bytes;

/// What the system tells of itself.
#[must_use]
pub fn facts() -> Machine {
    let kernel = rustix::system::uname();
    let memory = rustix::system::sysinfo();
    Machine {
        os: std::env::consts::OS.to_owned(),
        arch: std::env::consts::ARCH.to_owned(),
        kernel: kernel.release().to_string_lossy().into_owned(),
        cpu: cpu(),
        cpus: std::thread::available_parallelism().map_or(1, |n| u32::try_from(n.get()).unwrap_or(u32::MAX)),
        memory: Bytes(memory.totalram.saturating_mul(u64::from(memory.mem_unit))),
    }
}

/// The first `model name` of `/proc/cpuinfo` (x86; other architectures have none).
fn cpu() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    line.split_once(':').map(|(_, name)| name.trim().to_owned())
}
