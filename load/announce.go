package load

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Locks rows in the order of the apps, because another process may hold some of them.
const sqlAnnounceCalls = `
	WITH held AS MATERIALIZED (
		SELECT l.sdk_app_id FROM unnest($1::bigint[], $2::bigint[]) AS c (sdk_app_id, epoch)
		JOIN pushloss.app_lease AS l USING (sdk_app_id, epoch)
		ORDER BY l.sdk_app_id FOR NO KEY UPDATE OF l
	)
	UPDATE pushloss.app_lease AS l SET last_call_at = clock_timestamp()
	FROM held WHERE l.sdk_app_id = held.sdk_app_id
	RETURNING pg_backend_pid(), l.sdk_app_id`

// AnnounceCall records that a call of the app starts now. It uses the connection that holds the
// lock, so a success also proves that the lock is still held. Calls announced at the same time
// share a statement and its commit.
func (l *AppLock) AnnounceCall(context.Context) error {
	if err := l.join(l.session.announcing); err != nil {
		return fmt.Errorf("announce a call of app %d: %w", l.sdkAppID, err)
	}
	return nil
}

// announceCalls is a round of AnnounceCall. An app without a row was taken over: only its own
// member fails.
func (s *Session) announceCalls(ctx context.Context, conn *pgx.Conn, round []*member) error {
	ids, epochs := apps(round)
	rows, err := conn.Query(ctx, sqlAnnounceCalls, pgx.QueryExecModeSimpleProtocol, ids, epochs)
	if err != nil {
		return err
	}
	announced := make(map[int64]bool, len(round))
	var backend uint32
	var id int64
	_, err = pgx.ForEachRow(rows, []any{&backend, &id}, func() error {
		announced[id] = true
		return s.stays(backend)
	})
	for _, m := range round {
		if !announced[m.sdkAppID] {
			m.err = ErrSuperseded
		}
	}
	return err
}
