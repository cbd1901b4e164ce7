package page

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/postgres"
)

// registered is a task of the registry.
type registered struct {
	ID, Label   string
	SentAt      *time.Time
	Source      string
	Answered    bool
	LastFigures *time.Time
	Retired     bool
}

// maxRegistered is how many tasks the page shows.
const maxRegistered = 20

const sqlRegistered = `
	SELECT task_id, coalesce(label, ''), sent_at, coalesce(source, ''), answered, last_figures_at, retired_at IS NOT NULL
	FROM analytics.tasks
	WHERE sdk_app_id = $1 AND $2 IN ('', task_id)
	ORDER BY coalesce(sent_at, registered_at) DESC, task_id
	LIMIT $3`

// readRegistered returns the app's newest tasks, or the chosen one.
func readRegistered(ctx context.Context, tx pgx.Tx, s selection) ([]registered, error) {
	tasks, err := postgres.List(ctx, tx, pgx.RowToStructByPos[registered], sqlRegistered, s.App.ID, s.Task, maxRegistered)
	if err != nil {
		return nil, fmt.Errorf("read the registry: %w", err)
	}
	return tasks, nil
}

// Origin is the name of the text about where the task came from.
func (t registered) Origin() string {
	switch t.Source {
	case "command":
		return "origin.typed"
	case "push_answer":
		return "origin.answer"
	case "request":
		return "origin.request"
	case "schedule":
		return "origin.schedule"
	case "":
		return "origin.none"
	}
	return t.Source
}
