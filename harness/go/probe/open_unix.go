//go:build unix

package harnessprobe

import (
	"os"
	"syscall"
)

// openFile opens a file that no child inherits. Unlike os.OpenFile it does not try the network
// poller, which would be set up for it with descriptors of its own.
func openFile(path string, flags int) (*os.File, error) {
	fd, err := openDescriptor(path, flags)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), path), nil
}

func openDescriptor(path string, flags int) (int, error) {
	for {
		fd, err := syscall.Open(path, flags|syscall.O_CLOEXEC, 0o644)
		if err == nil {
			return fd, nil
		}
		if err != syscall.EINTR {
			return 0, &os.PathError{Op: "open", Path: path, Err: err}
		}
	}
}

// ownDescriptors are the files that stay open while the program runs. Their numbers are noted as
// they are opened: os.File.Fd would change the mode of some.
var (
	ownDescriptors [4]int
	numOwn         int
)

// openKept opens a file of the probe's that is not the program's to be counted.
func openKept(path string, flags int) (*os.File, error) {
	fd, err := openDescriptor(path, flags)
	if err != nil {
		return nil, err
	}
	if numOwn < len(ownDescriptors) {
		ownDescriptors[numOwn] = fd
		numOwn++
	}
	return os.NewFile(uintptr(fd), path), nil
}

func isOwn(descriptor int) bool {
	for _, own := range ownDescriptors[:numOwn] {
		if own == descriptor {
			return true
		}
	}
	return false
}
