package calibrate

import (
	"context"
	"fmt"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/stream"
	"pushloss/transform"
)

// API asks through a client whose account has an exclusive EndTime, so that windows are sent
// unchanged. It serves one measurement at a time.
type API struct {
	client     *extract.Client
	normalizer transform.Normalizer
}

// NewAPI returns an Asker of the client's app.
func NewAPI(client *extract.Client) *API { return &API{client: client} }

// Ask implements Asker.
func (a *API) Ask(ctx context.Context, window calendar.Window, tasks []string) ([]transform.Snapshot, error) {
	answer, err := a.client.Pull(ctx, extract.Request{Window: window, Tasks: tasks})
	if err != nil {
		return nil, err
	}
	result, err := a.normalizer.Normalize(stream.Loss, answer.JSON, tasks)
	if err != nil {
		return nil, err
	}
	if len(result.Unreadable) > 0 {
		return nil, fmt.Errorf("the answer cannot be relied on: %s", result.Unreadable[0].Reason)
	}
	return result.Snapshots, nil
}
