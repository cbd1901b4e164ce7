package daemon

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestJobsOfTheDaemonTakeTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &daemon{turn: make(chan struct{}, 1)}
		began := time.Now()
		ran := make(chan time.Duration, 2)
		job := d.inTurn(func(context.Context) error {
			ran <- time.Since(began)
			time.Sleep(time.Minute)
			return nil
		})
		ended := make(chan error, 2)
		for range 2 {
			go func() { ended <- job(t.Context()) }()
		}
		for range 2 {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
		if first, second := <-ran, <-ran; first != 0 || second != time.Minute {
			t.Errorf("the jobs began after %s and %s", first, second)
		}
	})
}

func TestAJobThatWaitsForItsTurnEndsWithItsContext(t *testing.T) {
	t.Parallel()
	d := &daemon{turn: make(chan struct{}, 1)}
	d.turn <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := d.inTurn(func(context.Context) error { t.Error("it ran before its turn"); return nil })(ctx)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("it ends with %v", err)
	}
}
