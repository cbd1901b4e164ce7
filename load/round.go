package load

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/postgres"
	"pushloss/internal/rounds"
)

// maxRound is how many apps a round of locks or calls serves at most. A round of locks must not
// fill the server's lock table.
const maxRound = 256

// member is an app's part in a round.
type member struct {
	*AppLock
	err error
}

// together makes apps share a step on the session's connection. The step gets the members sorted by
// app: processes that lock rows in the same order do not deadlock.
func (s *Session) together(what string, step func(context.Context, *pgx.Conn, []*member) error) *rounds.Rounds[*AppLock, error] {
	return rounds.New(func(ctx context.Context, locks []*AppLock) ([]error, error) {
		members := make([]*member, len(locks))
		for i, lock := range locks {
			members[i] = &member{AppLock: lock}
		}
		byApp := slices.SortedFunc(slices.Values(members), func(a, b *member) int { return cmp.Compare(a.sdkAppID, b.sdkAppID) })
		err := s.do(ctx, func(ctx context.Context, conn *pgx.Conn) error {
			return s.db.pool.Naming(ctx, conn, func() error { return step(ctx, conn, byApp) })
		})
		errs := make([]error, len(members))
		for i, m := range members {
			errs[i] = m.err
		}
		return errs, err
	}, rounds.Options[*AppLock]{What: what, Most: maxRound, Key: func(l *AppLock) int64 { return l.sdkAppID }, OfOne: ofOneApp})
}

// ofOneApp reports whether an error of a step that apps share may be that of one of them, such
// as a row that cannot be read or is locked. An error of the connection is that of all.
func ofOneApp(err error) bool {
	return !errors.Is(err, ErrLockLost) && !postgres.Disconnected(err)
}

// join adds the lock to the next round of a step. No context can end its wait.
func (l *AppLock) join(step *rounds.Rounds[*AppLock, error]) error {
	refused, err := step.Ask(context.Background(), l)
	return cmp.Or(err, refused)
}

// apps returns the SDKAppIDs and epochs of the members.
func apps(round []*member) (apps, epochs []int64) {
	for _, m := range round {
		apps, epochs = append(apps, m.sdkAppID), append(epochs, m.epoch)
	}
	return apps, epochs
}
