package page

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/calendar"
	"pushloss/load"
)

// maxJumps is how many losses that stand out are listed.
const maxJumps = 20

// readJumps returns the losses that stand out on the chosen days, and those that still do.
func readJumps(ctx context.Context, tx pgx.Tx, chosen selection) ([]load.Jump, error) {
	jumps, err := load.JumpsBetween(ctx, tx, chosen.App.ID, calendar.Span{First: chosen.From, Last: chosen.To}, maxJumps)
	return slices.DeleteFunc(jumps, func(j load.Jump) bool {
		return chosen.Stage != "" && j.Stage != chosen.Stage || chosen.Platform != "" && j.Platform != chosen.Platform ||
			chosen.Code != "" && j.ErrCode != chosen.Code
	}), err
}
