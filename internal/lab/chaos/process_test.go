package chaos

import (
	"errors"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"

	"pushloss/internal/lab/program"
)

// process is one execution of the binary, and what it left.
type process struct {
	cmd   *exec.Cmd
	said  program.Output
	ended chan struct{}
	// killed by SIGKILL, stopped by SIGTERM; by this test.
	killed, stopped bool
}

// start runs the binary with only env in its environment.
func start(env map[string]string, dir string, args ...string) (*process, error) {
	p := &process{cmd: exec.Command(binary, args...), ended: make(chan struct{})}
	p.cmd.Env = []string{}
	for key, value := range env {
		p.cmd.Env = append(p.cmd.Env, key+"="+value)
	}
	p.cmd.Dir = dir
	p.cmd.Stdout, p.cmd.Stderr = &p.said, &p.said
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = p.cmd.Wait() // the state says how it ended
		close(p.ended)
	}()
	return p, nil
}

// endsWithin waits for the process's end.
func (p *process) endsWithin(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-p.ended:
		return true
	case <-timer.C:
		return false
	}
}

// kill ends the process by SIGKILL, and reports whether it was alive.
func (p *process) kill() bool {
	err := p.cmd.Process.Kill()
	<-p.ended
	p.killed = err == nil && p.code() == -1
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		panic(err) // it is this process's own child
	}
	return p.killed
}

// code is the exit code; -1 is an end by a signal.
func (p *process) code() int { return p.cmd.ProcessState.ExitCode() }

var runStarted = regexp.MustCompile(`msg="run started" run_id=(\d+)`)

// run returns the number of the run that the process logged; 0 for none.
func (p *process) run() int64 {
	found := runStarted.FindStringSubmatch(p.said.String())
	if found == nil {
		return 0
	}
	id, _ := strconv.ParseInt(found[1], 10, 64) // digits
	return id
}

// finished reports whether the process came as far as recording its run's end.
func (p *process) finished() bool { return strings.Contains(p.said.String(), `msg="run finished"`) }
