package extract_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/secret"
)

func TestAnErrorThatEndsTheContextDoesNotFailTheWaitingCall(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	another := &extract.Error{Class: extract.Operator, Code: 70009, Attempts: 1}
	cancel(another)
	client := extract.NewClient(extract.Account{SDKAppID: 1, SecretKey: secret.New("k"), Identifier: "a", BaseURLs: []string{"http://127.0.0.1:1"}},
		http.DefaultTransport, extract.NewPacer(0, extract.PacerOptions{}), extract.Options{})
	_, err := client.Pull(ctx, extract.Request{Window: calendar.Day(20_000).Window(time.UTC)})
	if !errors.Is(err, another) || another.Attempts != 1 {
		t.Errorf("error %v, attempts %d", err, another.Attempts)
	}
}
