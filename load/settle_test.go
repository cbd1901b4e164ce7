package load_test

import "testing"

// K8: a window becomes final by the API's memory only if an answer was trusted. It keeps what that
// answer made of it.
func TestWindowsThatTheAPIForgotSettleAsTheirLastTrustedAnswerLeftThem(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for _, tt := range []struct {
		name   string
		window string // day, state, row_count, settled, settled_reason, last_trusted_at
		want   string // state, settled, settled_reason
	}{
		{"loaded", `'2025-03-05', 'loaded', 3, false, NULL, now()`, "loaded true api_memory"},
		{"empty", `'2025-03-05', 'empty', 0, false, NULL, now()`, "empty true api_memory"},
		{"absent", `'2025-03-05', 'absent', 0, false, NULL, now()`, "absent true api_memory"},
		{"failed since, with figures", `'2025-03-05', 'failed', 3, false, NULL, now()`, "loaded true api_memory"},
		{"failed since, without figures", `'2025-03-05', 'failed', 0, false, NULL, now()`, "empty true api_memory"},
		{"it always failed", `'2025-03-05', 'failed', 0, false, NULL, NULL`, "failed false <nil>"},
		{"figures that nobody proved", `'2025-03-05', 'loaded', 3, false, NULL, NULL`, "loaded false <nil>"},
		{"the last forgotten day", `'2025-03-06', 'loaded', 3, false, NULL, now()`, "loaded true api_memory"},
		{"the first remembered day", `'2025-03-07', 'loaded', 3, false, NULL, now()`, "loaded false <nil>"},
		{"settled by others before", `'2025-03-05', 'loaded', 3, true, 'lookback', now()`, "loaded true lookback"},
		{"final before its end", `'2025-03-10', 'loaded', 3, true, 'api_memory', now()`, "loaded false <nil>"},
		{"the last ended day", `'2025-03-09', 'loaded', 3, true, 'api_memory', now()`, "loaded true api_memory"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := f.conn.Exec(t.Context(), `DELETE FROM pushloss.ledger`)
			must(t, err)
			_, err = f.conn.Exec(t.Context(), `INSERT INTO pushloss.ledger (sdk_app_id, task_key, day, state, row_count, settled, settled_reason, last_trusted_at, pulls, reject_count, updated_at)
				VALUES ($1, $2, `+tt.window+`, 1, 0, now())`, testApp, f.taskA.Key)
			must(t, err)
			_, err = f.lock.Settle(t.Context(), mustDay("2025-03-06"), march)
			must(t, err)
			equal(t, tt.name, []string{tt.want}, f.rows(`SELECT state, settled, settled_reason FROM pushloss.ledger`))
		})
	}
}
