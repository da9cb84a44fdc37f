package harnessprobe

import "os"

// What must stay reachable: an os.File closes its descriptor when the collector finds it dead, and
// descriptor 2 is where the runtime writes its gctrace lines.
var (
	stderrVariable *os.File // what os.Stderr points to, should the program assign another
	stderrOriginal os.File  // its first content, which holds descriptor 2
	stderrText     *os.File // stderr.txt
)

// redirectStderr sends what Go code writes to os.Stderr to stderr.txt. It assigns through the
// pointer, since log's default logger has copied it already.
func redirectStderr() {
	file, err := openKept(settings.dir+string(os.PathSeparator)+"stderr.txt", os.O_WRONLY|os.O_CREATE|os.O_APPEND)
	if err != nil {
		writeError("open stderr.txt", err.Error())
		return
	}
	stderrVariable, stderrOriginal, stderrText = os.Stderr, *os.Stderr, file
	*os.Stderr = *file
}
