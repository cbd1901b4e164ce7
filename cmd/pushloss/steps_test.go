package main_test

import (
	"context"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sethvargo/go-envconfig"

	pushloss "pushloss/cmd/pushloss"
	"pushloss/internal/lab/program"
)

// minutes is a clock that stays one second before a full minute until a test lets the minute pass.
// A daemon waits for that second again and again, so that its next tick comes within a second.
type minutes struct {
	first time.Time
	gone  atomic.Int64
}

func newMinutes() *minutes {
	return &minutes{first: time.Now().Truncate(time.Minute).Add(time.Minute - time.Second)}
}

func (m *minutes) now() time.Time {
	return m.first.Add(time.Duration(m.gone.Load()) * time.Minute)
}

// pass lets the minute pass.
func (m *minutes) pass() { m.gone.Add(1) }

// daemon is serve, in the test's own process.
type daemon struct {
	t     testing.TB
	said  program.Output
	stop  func()
	ended chan int
}

// serve runs a daemon by a clock, in the environment of now. It tries a failed job again at once.
func (w *world) serve(clock func() time.Time) *daemon {
	w.t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(w.t.Context()))
	d := &daemon{t: w.t, stop: stop, ended: make(chan int, 1)}
	environment := make(map[string]string, len(w.env))
	for key, value := range w.env {
		environment[key] = value
	}
	w.said.add(&d.said)
	go func() {
		defer close(d.ended)
		d.ended <- pushloss.Run(ctx, []string{"serve"}, pushloss.Environment{
			Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: &d.said, Now: clock,
			Retries: make([]time.Duration, 20), Lookuper: envconfig.MapLookuper(environment),
		})
	}()
	w.t.Cleanup(func() {
		stop()
		for range d.ended {
		}
	})
	return d
}

// endsWith stops the daemon and expects the exit code.
func (d *daemon) endsWith(code int) {
	d.t.Helper()
	d.stop()
	select {
	case got := <-d.ended:
		if got != code {
			d.t.Errorf("it ends with %d, want %d:\n%s", got, code, tail(d.said.String()))
		}
	case <-time.After(deadline):
		d.t.Fatalf("it does not end:\n%s", tail(d.said.String()))
	}
}
