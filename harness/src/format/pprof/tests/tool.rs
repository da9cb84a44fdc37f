//! Go's own viewer opens what we write and shows the numbers of the original. Needs Go.

use std::path::Path;
use std::process::Command;

use super::*;

/// What `go tool pprof` prints for `file`, without its remarks on inlining, which we don't keep.
fn shown(file: &Path, args: &[&str]) -> String {
    let output = Command::new("go")
        .args(["tool", "pprof", "-symbolize=none", "-nodecount=100000", "-nodefraction=0"])
        .args(args)
        .arg(file)
        .output()
        .expect("this test needs `go` on the PATH");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "go tool pprof {args:?}: {stderr}");
    String::from_utf8(output.stdout).unwrap().replace(" (inline)", "").replace(" (partial-inline)", "")
}

#[test]
fn go_tool_pprof_shows_the_same_numbers_for_what_we_write() {
    let dir = tempfile::tempdir().unwrap();
    for (bytes, sample_indices, names) in [
        (
            HEAP,
            ["inuse_space", "inuse_objects", "alloc_space", "alloc_objects"].as_slice(),
            ["main.alloc", "main.remember"],
        ),
        (HEAP_1_23, &["inuse_space"], ["main.alloc", "main.remember"]),
        (GOROUTINE, &["goroutine"], ["main.wait", "main.pick"]),
    ] {
        let [original, ours] = ["original.pb.gz", "ours.pb.gz"].map(|name| dir.path().join(name));
        std::fs::write(&original, bytes).unwrap();
        std::fs::write(&ours, write(&sound(bytes))).unwrap();
        for index in sample_indices {
            for view in ["-top", "-traces", "-peek=main"] {
                let args = [view, &format!("-sample_index={index}")];
                let expected = shown(&original, &args);
                assert!(names.iter().all(|name| expected.contains(name)), "{expected}");
                assert_eq!(shown(&ours, &args), expected, "{args:?}");
            }
        }
    }
}
