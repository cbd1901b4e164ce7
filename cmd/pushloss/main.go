// Command pushloss keeps the push-loss figures of Tencent Cloud Chat in Postgres.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"
	_ "time/tzdata" // the image and some hosts have no zones

	"github.com/sethvargo/go-envconfig"

	"pushloss/extract"
	"pushloss/internal/config"
	"pushloss/internal/notify"
	"pushloss/internal/problem"
)

func main() {
	// net/http writes what it reads beyond an answer's end to the standard logger, and that
	// may be a page that repeats the URL of the call, with its UserSig.
	log.SetOutput(io.Discard)
	var working func(apps int)
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetGCPercent(gcPercent)
		working = func(apps int) { debug.SetMemoryLimit(memoryLimit(apps)) }
		working(1)
	}
	// Notifications go through a library whose services have no timeout. Without these limits, a
	// target that never answers would block its queue for ever, and a refused message would count
	// as sent.
	if transport, ok := http.DefaultTransport.(*http.Transport); ok {
		transport.ResponseHeaderTimeout = time.Minute
		transport.OnProxyConnectResponse = extract.ProxyAnswered
		http.DefaultTransport = notify.Transport(transport)
	}
	// A reader of the output that leaves, such as head, must not end a job: its exit code and its
	// alert would be lost.
	signal.Ignore(syscall.SIGPIPE)
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go stopOnSignal(signals, cancel)
	code := Run(ctx, os.Args[1:], Environment{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Lookuper: config.OS(), Now: time.Now,
		Working: working,
		Detach:  func() { signal.Ignore(syscall.SIGHUP) },
	})
	os.Exit(code)
}

// stopOnSignal ends the work on the first SIGINT or SIGTERM, after the requests under way. The
// second signal ends the process at once: transactions keep the data consistent.
func stopOnSignal(signals <-chan os.Signal, stop context.CancelFunc) {
	<-signals
	stop()
	<-signals
	os.Exit(int(problem.Interrupted))
}

// Environment is what a command uses of its surroundings, so that tests can run it
// in-process.
type Environment struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Lookuper       envconfig.Lookuper
	Now            func() time.Time
	// Detach makes the process outlive its terminal; it may be nil.
	Detach func()
	// Working, if set, gets the number of apps that the process works on at once.
	Working func(apps int)
	// Retries are serve's pauses before it tries a job again; nil means the usual ones.
	Retries []time.Duration
}

// Run executes one command line and returns its exit code.
func Run(ctx context.Context, args []string, env Environment) int {
	out := &output{Writer: env.Stdout}
	env.Stdout = out
	root := newRootCommand(env)
	root.SetArgs(args)
	command, err := root.ExecuteContextC(ctx)
	if err == nil && out.failed != nil {
		err = fmt.Errorf("the command is done, but its output was lost: %w", out.failed)
	}
	return int(explain(env.Stderr, command, err, askDatabase(ctx, env, err)))
}
