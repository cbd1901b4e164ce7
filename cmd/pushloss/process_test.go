package main_test

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"pushloss/internal/lab/program"
)

// deadline is the time after which a command counts as hanging.
const deadline = 3 * time.Minute

// process is the binary, running.
type process struct {
	t              testing.TB
	cmd            *exec.Cmd
	stdout, stderr program.Output
	ended          chan struct{}
	err            error
}

// start runs the binary with only w's environment.
func (w *world) start(args ...string) *process { return w.startWith(nil, args...) }

func (w *world) startWith(stdin io.Reader, args ...string) *process {
	w.t.Helper()
	p := &process{t: w.t, cmd: exec.Command(binary, args...), ended: make(chan struct{})}
	p.cmd.Env = []string{}
	for key, value := range w.env {
		p.cmd.Env = append(p.cmd.Env, key+"="+value)
	}
	p.cmd.Dir = w.t.TempDir()
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = stdin, &p.stdout, &p.stderr
	w.said.add(&p.stderr)
	if err := p.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	w.t.Cleanup(func() {
		p.signal(os.Kill)
		<-p.ended
	})
	return p
}

// outputs are what the processes of a world write. Nil keeps nothing.
type outputs struct {
	mu   sync.Mutex
	from []*program.Output
}

func (o *outputs) add(said *program.Output) {
	if o == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.from = append(o.from, said)
}

func (o *outputs) all() (texts []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, said := range o.from {
		texts = append(texts, said.String())
	}
	return texts
}

func (p *process) signal(sig os.Signal) {
	if err := p.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Errorf("signal %s: %v", sig, err)
	}
}

// wait returns the exit code; -1 is an end by a signal.
func (p *process) wait() int {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(deadline):
		p.t.Fatalf("the command hangs; it said:\n%s", p.stderr.String())
	}
	return p.cmd.ProcessState.ExitCode()
}

// result is the output of a command.
type result struct{ stdout, stderr string }

// endedWith waits for the process, and expects the exit code.
func (p *process) endedWith(code int) result {
	p.t.Helper()
	got := p.wait()
	r := result{p.stdout.String(), p.stderr.String()}
	if got != code {
		p.t.Fatalf("%v: exit code %d, want %d\nstdout:\n%s\nstderr:\n%s", p.cmd.Args[1:], got, code, r.stdout, tail(r.stderr))
	}
	return r
}

// do runs a command to its end and expects the exit code.
func (w *world) do(code int, args ...string) result {
	w.t.Helper()
	return w.start(args...).endedWith(code)
}

// says checks that the command's output contains all of these texts.
func (r result) says(t testing.TB, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(r.stdout+r.stderr, word) {
			t.Errorf("nothing says %q:\n%s%s", word, r.stdout, tail(r.stderr))
		}
	}
}

func tail(text string) string {
	const most = 3000
	return text[max(0, len(text)-most):]
}
