package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"pushloss/internal/pipeline"
	"pushloss/load"
)

// linesEvery is the time between two lines of progress without a terminal.
const linesEvery = 10 * time.Second

// progress shows how far a job has come: as a bar on a terminal, elsewhere as a line from time to
// time.
type progress struct {
	out     io.Writer
	unit    string // what is counted
	now     func() time.Time
	bar     *progressbar.ProgressBar
	isTTY   bool
	printed time.Time
	begun   bool
}

func newProgress(env Environment) *progress {
	file, ok := env.Stderr.(*os.File)
	return &progress{out: env.Stderr, unit: "requests", now: env.Now, printed: env.Now(), isTTY: ok && term.IsTerminal(int(file.Fd()))}
}

func (p *progress) step(at pipeline.Progress) {
	p.begun = true
	if !p.isTTY {
		if now := p.now(); now.Sub(p.printed) >= linesEvery {
			p.printed = now
			fmt.Fprintf(p.out, "%d of %d %s done, at %s of app %d\n", at.Done, at.Total, p.unit, at.Day, at.SDKAppID)
		}
		return
	}
	if p.bar == nil {
		p.bar = progressbar.NewOptions(at.Total,
			progressbar.OptionSetWriter(p.out), progressbar.OptionShowCount(),
			progressbar.OptionSetPredictTime(true), progressbar.OptionFullWidth(),
			progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond))
	}
	p.bar.ChangeMax(at.Total)
	p.bar.Describe(at.Day.String())
	_ = p.bar.Set(at.Done)
}

func (p *progress) finish() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}

// sayBusy prints that a command waits for another process.
func (env Environment) sayBusy(busy *load.BusyError) {
	fmt.Fprintf(env.Stderr, "%v: waiting for it\n", busy)
}
