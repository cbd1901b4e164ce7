package main

import (
	"bytes"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"github.com/sethvargo/go-envconfig"

	"pushloss/internal/problem"
)

func TestAnOutputThatIsLostIsReported(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		err  error
		code problem.Code
		says string
	}{
		{"a full disk", syscall.ENOSPC, problem.Partly, "its output was lost: no space left on device"},
		{"a reader that left", fmt.Errorf("write: %w", syscall.EPIPE), problem.Done, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var stderr bytes.Buffer
			lost := iotest.ErrReader(test.err)
			code := Run(t.Context(), []string{"sandbox", "--help"}, Environment{
				Stdout: writerOf(lost.Read), Stderr: &stderr, Lookuper: envconfig.MapLookuper(nil), Now: time.Now,
			})
			if code != int(test.code) || !strings.Contains(stderr.String(), test.says) || test.says == "" && stderr.Len() > 0 {
				t.Errorf("it exits with %d and says %q", code, stderr.String())
			}
		})
	}
}

type writerOf func([]byte) (int, error)

func (w writerOf) Write(text []byte) (int, error) { return w(text) }

func TestATerminalObeysNoTextOfATable(t *testing.T) {
	t.Parallel()
	var printed strings.Builder
	table := newTable(&printed, "label")
	table.AppendRow([]any{"促销\n\x1b[2J\x07\u202egnol\u009b31m"})
	table.Render()
	for _, obeyed := range []string{"\x1b", "\x07", "\u202e", "\u009b"} {
		if strings.Contains(printed.String(), obeyed) {
			t.Errorf("%q is printed", obeyed)
		}
	}
	if !strings.Contains(printed.String(), "促销") || strings.Count(printed.String(), "\n") != 6 {
		t.Errorf("printed is\n%s", printed.String())
	}
}
