package harnessprobe

import (
	"internal/goarch"
	"syscall"
)

// procBuffer is big enough for /proc/self/status; a directory is read in pieces.
var procBuffer [8192]byte

type processFigures struct {
	rss, peakRSS, descriptors, threads uint64
	// anonymous is resident memory that no file stands for; mapped is the size of all mappings.
	anonymous, mapped uint64
	// kinds are the open descriptors by what they are, the probe's own left out.
	kinds [numKinds]uint64
}

// What a descriptor is, by the type bits of its mode. Those of epoll, eventfd, inotify, timerfd
// and the like have none.
const (
	kindSocket = iota
	kindPipe
	kindAnonymous
	kindFile
	kindOther
	numKinds
)

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
	p.anonymous = statusField(status, "\nRssAnon:") << 10
	p.mapped = statusField(status, "\nVmSize:") << 10
	countDescriptors(&p)
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
func countDescriptors(p *processFigures) {
	fd, err := syscall.Open("/proc/self/fd", syscall.O_RDONLY|syscall.O_DIRECTORY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	defer syscall.Close(fd)
	for {
		n, err := syscall.ReadDirent(fd, procBuffer[:])
		if err != nil || n <= 0 {
			break
		}
		countEntries(p, procBuffer[:n], fd)
	}
}

// countEntries counts directory entries whose names are numbers. An entry has its length at byte
// 16 and its name at byte 19 (struct linux_dirent64).
func countEntries(p *processFigures, buf []byte, reader int) {
	for len(buf) > 19 {
		size := int(buf[16]) | int(buf[17])<<8
		if goarch.BigEndian {
			size = int(buf[17]) | int(buf[16])<<8
		}
		if size < 20 || size > len(buf) {
			break
		}
		if number, ok := entryNumber(buf[19:size]); ok && number != reader {
			p.descriptors++
			if !isOwn(number) {
				p.kinds[kindOf(number)]++
			}
		}
		buf = buf[size:]
	}
}

func entryNumber(name []byte) (number int, ok bool) {
	for _, b := range name {
		if b < '0' || b > '9' {
			break
		}
		number, ok = number*10+int(b-'0'), true
	}
	return number, ok
}

// statScratch is no local variable, since it would be moved to the heap.
var statScratch syscall.Stat_t

// kindOf asks for a descriptor's mode: that takes an eighth of what reading its link does (1.1 us
// against 8.3 us, Linux 6 on two cores), and there may be thousands of them.
func kindOf(number int) int {
	if syscall.Fstat(number, &statScratch) != nil {
		return kindOther
	}
	switch statScratch.Mode & syscall.S_IFMT {
	case syscall.S_IFSOCK:
		return kindSocket
	case syscall.S_IFIFO:
		return kindPipe
	case 0:
		return kindAnonymous
	case syscall.S_IFREG, syscall.S_IFDIR:
		return kindFile
	}
	return kindOther
}

func writeProcess(checkpoint int, p processFigures) {
	out.begin(kindProcess)
	out.uint(uint64(checkpoint))
	out.uint(p.rss)
	out.uint(p.peakRSS)
	out.uint(p.descriptors)
	out.uint(p.threads)
	out.uint(p.anonymous)
	out.uint(p.mapped)
	for _, n := range p.kinds {
		out.uint(n)
	}
	out.end()
}
