//go:build !unix

package harnessprobe

import "os"

func openFile(path string, flags int) (*os.File, error) {
	return os.OpenFile(path, flags, 0o644)
}

func openKept(path string, flags int) (*os.File, error) {
	return openFile(path, flags)
}
