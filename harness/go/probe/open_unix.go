//go:build unix

package harnessprobe

import (
	"os"
	"syscall"
)

// openFile opens a file that no child inherits. Unlike os.OpenFile it does not try the network
// poller, which would be set up for it with descriptors of its own.
func openFile(path string, flags int) (*os.File, error) {
	for {
		fd, err := syscall.Open(path, flags|syscall.O_CLOEXEC, 0o644)
		if err == nil {
			return os.NewFile(uintptr(fd), path), nil
		}
		if err != syscall.EINTR {
			return nil, &os.PathError{Op: "open", Path: path, Err: err}
		}
	}
}
