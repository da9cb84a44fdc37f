//! Calls into the system that have no safe form. With the mapping in `map`, this is all the unsafe code there is.
//!
//! Must not decide anything: who is signalled, and what is started, is `child`'s affair.

use std::process::Command;

use rustix::process::Signal;

/// A real-time signal by its number; rustix has names only for the others.
pub(super) fn signal(number: i32) -> Signal {
    // SAFETY: the callers pass constants below SIGRTMAX, and 32 and 33, which the C library keeps to itself, are not
    // among them.
    #[allow(unsafe_code, reason = "rustix has no safe name for a real-time signal")]
    unsafe {
        Signal::from_raw_unchecked(number)
    }
}

/// Has the kernel send the program a signal when the thread that starts it is gone, which without a word is what SIGKILL does
/// to the harness. Linux only; elsewhere such a program stays behind.
#[cfg(target_os = "linux")]
pub(super) fn end_with_us(command: &mut Command, by: Signal) {
    use std::os::unix::process::CommandExt;

    use rustix::process::{getpid, getppid, set_parent_process_death_signal};

    let us = getpid();
    let before_exec = move || {
        set_parent_process_death_signal(Some(by))?;
        // We may have been killed before the kernel knew of the wish.
        if getppid() == Some(us) { Ok(()) } else { Err(rustix::io::Errno::SRCH.into()) }
    };
    // SAFETY: between fork and exec only two system calls are made, directly; no lock is taken, nothing is allocated.
    #[allow(unsafe_code, reason = "the wish has to be expressed by the child itself")]
    unsafe {
        command.pre_exec(before_exec);
    }
}

/// See the other one.
#[cfg(not(target_os = "linux"))]
pub(super) fn end_with_us(_command: &mut Command, _by: Signal) {}
