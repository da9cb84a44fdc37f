package harnessprobe

import (
	"internal/goarch"
	"syscall"
)

// procBuffer is big enough for /proc/self/status; a directory is read in pieces.
var procBuffer [8192]byte

type processFigures struct {
	rss, peakRSS, descriptors, threads uint64
}

// readProcess asks the kernel about this process.
func readProcess() (p processFigures, ok bool) {
	fd, err := syscall.Open("/proc/self/status", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return p, false
	}
	n, err := syscall.Read(fd, procBuffer[:])
	syscall.Close(fd)
	if err != nil || n <= 0 {
		return p, false
	}
	status := procBuffer[:n]
	p.rss = statusField(status, "\nVmRSS:") << 10
	p.peakRSS = statusField(status, "\nVmHWM:") << 10
	p.threads = statusField(status, "\nThreads:")
	p.descriptors = countDescriptors()
	return p, true
}

// statusField is the first number after name; 0 if there is none.
func statusField(status []byte, name string) (value uint64) {
	for i := 0; i+len(name) <= len(status); i++ {
		if string(status[i:i+len(name)]) != name {
			continue
		}
		for _, b := range status[i+len(name):] {
			if b >= '0' && b <= '9' {
				value = value*10 + uint64(b-'0')
			} else if b == '\n' {
				break
			}
		}
		return value
	}
	return 0
}

// countDescriptors counts the entries of /proc/self/fd, less the one that reads it.
func countDescriptors() (count uint64) {
	fd, err := syscall.Open("/proc/self/fd", syscall.O_RDONLY|syscall.O_DIRECTORY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return 0
	}
	defer syscall.Close(fd)
	for {
		n, err := syscall.ReadDirent(fd, procBuffer[:])
		if err != nil || n <= 0 {
			break
		}
		count += countEntries(procBuffer[:n])
	}
	if count > 0 {
		count--
	}
	return count
}

// countEntries counts directory entries whose names are numbers. An entry has its length at byte
// 16 and its name at byte 19 (struct linux_dirent64).
func countEntries(buf []byte) (count uint64) {
	for len(buf) > 19 {
		size := int(buf[16]) | int(buf[17])<<8
		if goarch.BigEndian {
			size = int(buf[17]) | int(buf[16])<<8
		}
		if size < 20 || size > len(buf) {
			break
		}
		if buf[19] >= '0' && buf[19] <= '9' {
			count++
		}
		buf = buf[size:]
	}
	return count
}

func writeProcess(checkpoint int, p processFigures) {
	out.begin(kindProcess)
	out.uint(uint64(checkpoint))
	out.uint(p.rss)
	out.uint(p.peakRSS)
	out.uint(p.descriptors)
	out.uint(p.threads)
	out.end()
}
