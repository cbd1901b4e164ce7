package pgtest

import (
	"fmt"
	"io"
	"os/exec"
)

// watchScript waits until its standard input ends, which happens however the test process ends.
// Then it kills the server and removes its files if they still exist.
const watchScript = `
read -r _
pid=$(head -n 1 "$2/postmaster.pid" 2>/dev/null) || exit 0
kill -QUIT "$pid" 2>/dev/null
for _ in 1 2 3 4 5 6 7 8 9 10; do
	[ -e "$2/postmaster.pid" ] || break
	sleep 1
done
rm -rf "$1"
`

// watchdog cleans up after a test process that was killed or timed out: both skip TestMain.
type watchdog struct {
	cmd   *exec.Cmd
	stdin io.Closer
}

func watch(dir, data string) (*watchdog, error) {
	cmd := exec.Command("/bin/sh", "-c", watchScript, "watchdog", dir, data)
	cmd.Dir = "/"
	ownGroup(cmd)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("watchdog: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("watchdog: %w", err)
	}
	return &watchdog{cmd: cmd, stdin: stdin}, nil
}

// dismiss ends the watchdog if nothing is left to clean up.
func (w *watchdog) dismiss() error {
	if w == nil {
		return nil
	}
	if err := w.stdin.Close(); err != nil {
		return fmt.Errorf("watchdog: %w", err)
	}
	if err := w.cmd.Wait(); err != nil {
		return fmt.Errorf("watchdog: %w", err)
	}
	return nil
}
