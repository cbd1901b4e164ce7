package migrations_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"pushloss/internal/localpg/pgtest"
)

// The views are what dashboards are built on: names, order and types of their columns.
// A change here breaks reports of users.
func TestTheViewsHaveTheColumnsThatDashboardsUse(t *testing.T) {
	t.Parallel()
	stageLoss := []string{"sdk_app_id bigint", "day date", "stage text", "err_code text", "err_info text", "err_count bigint",
		"updated_at timestamp with time zone", "err_meaning text", "final boolean", "short_name text", "what_to_do text", "token_dead boolean"}
	platformLoss := []string{"sdk_app_id bigint", "day date", "stage text", "event_type smallint", "event text", "platform_id smallint", "platform text",
		"err_code text", "err_info text", "err_count bigint", "updated_at timestamp with time zone", "err_meaning text", "final boolean", "short_name text", "what_to_do text", "token_dead boolean"}
	ofTask := func(columns []string) []string {
		return append(append([]string{"sdk_app_id bigint", "day date", "task_id text"}, columns[2:]...), "days_after_send integer")
	}
	coverage := []string{"sdk_app_id bigint", "day date", "task_id text", "state text", "settled boolean", "settled_reason text",
		"pulls integer", "row_count integer", "first_loaded_at timestamp with time zone",
		"last_loaded_at timestamp with time zone", "last_error text"}
	want := map[string][]string{
		"app_stage_loss":     stageLoss,
		"app_platform_loss":  platformLoss,
		"task_stage_loss":    ofTask(stageLoss),
		"task_platform_loss": ofTask(platformLoss),
		"loss_changes": {"sdk_app_id bigint", "day date", "task_id text", "stage text", "event_type smallint", "event text",
			"platform_id smallint", "platform text", "err_code text", "changed_at timestamp with time zone", "run_id bigint",
			"old_count bigint", "new_count bigint", "old_err_info text", "new_err_info text", "scope text", "grain text"},
		"loss_versions": {"grain text", "sdk_app_id bigint", "day date", "task_id text", "stage text", "event_type smallint", "event text",
			"platform_id smallint", "platform text", "err_code text", "err_info text", "err_count bigint",
			"valid_from timestamp with time zone", "valid_to timestamp with time zone", "scope text"},
		"alerts": {"alert_id bigint", "kind text", "sdk_app_id bigint", "job text", "detail text",
			"opened_at timestamp with time zone", "closed_at timestamp with time zone", "cause text"},
		"calendar": {"sdk_app_id bigint", "day date", "state text", "final boolean", "known boolean",
			"lost bigint", "not_sent bigint", "not_delivered bigint", "lost_by_channel bigint"},
		"coverage":      coverage,
		"task_coverage": coverage,
		"app_push_daily": {"sdk_app_id bigint", "day date", "total_count bigint", "sent_count bigint", "delivered_count bigint", "click_count bigint",
			"updated_at timestamp with time zone", "final boolean"},
		"app_push_platform_daily": {"sdk_app_id bigint", "day date", "event_type smallint", "event text", "platform_id smallint", "platform text", "total_count bigint", "sent_count bigint", "delivered_count bigint", "click_count bigint",
			"updated_at timestamp with time zone", "final boolean"},
		"task_push_daily": {"sdk_app_id bigint", "day date", "task_id text", "total_count bigint", "sent_count bigint", "delivered_count bigint", "click_count bigint",
			"updated_at timestamp with time zone", "final boolean", "days_after_send integer"},
		"task_push_platform_daily": {"sdk_app_id bigint", "day date", "task_id text", "event_type smallint", "event text", "platform_id smallint", "platform text", "total_count bigint", "sent_count bigint", "delivered_count bigint", "click_count bigint",
			"updated_at timestamp with time zone", "final boolean", "days_after_send integer"},
		"push_changes": {"sdk_app_id bigint", "day date", "task_id text", "counter text", "event_type smallint", "event text", "platform_id smallint", "platform text",
			"changed_at timestamp with time zone", "run_id bigint", "old_count bigint", "new_count bigint", "scope text", "grain text"},
		"loss_rates": {"sdk_app_id bigint", "day date", "grain text", "task_id text", "stage text", "event_type smallint", "event text", "platform_id smallint", "platform text",
			"coded_loss bigint", "denominator bigint", "loss_rate double precision", "gap bigint", "unexplained bigint",
			"updated_at timestamp with time zone", "scope text", "final boolean", "gap_rate double precision", "days_after_send integer"},
		"stream_coverage": {"stream text", "sdk_app_id bigint", "day date", "task_id text", "state text", "settled boolean",
			"settled_reason text", "pulls integer", "row_count integer", "first_loaded_at timestamp with time zone",
			"last_loaded_at timestamp with time zone", "last_error text", "active boolean", "scope text", "last_pulled_at timestamp with time zone", "reject_count integer", "opened_at timestamp with time zone", "proven_at timestamp with time zone"},
		"chat_stage_loss": {"sdk_app_id bigint", "day date", "stage text", "err_code text", "err_info text",
			"err_count bigint", "updated_at timestamp with time zone", "err_meaning text", "final boolean", "short_name text", "what_to_do text", "token_dead boolean"},
		"chat_platform_loss": {"sdk_app_id bigint", "day date", "stage text", "event_type smallint", "event text", "platform_id smallint", "platform text", "err_code text", "err_info text",
			"err_count bigint", "updated_at timestamp with time zone", "err_meaning text", "final boolean", "short_name text", "what_to_do text", "token_dead boolean"},
		"chat_push_daily": {"sdk_app_id bigint", "day date", "total_count bigint", "sent_count bigint", "delivered_count bigint", "click_count bigint",
			"updated_at timestamp with time zone", "final boolean"},
		"chat_push_platform_daily": {"sdk_app_id bigint", "day date", "event_type smallint", "event text", "platform_id smallint", "platform text", "total_count bigint", "sent_count bigint", "delivered_count bigint", "click_count bigint",
			"updated_at timestamp with time zone", "final boolean"},
		"reconciliations": {"sdk_app_id bigint", "first_day date", "last_day date", "task_id text", "checked_at timestamp with time zone",
			"run_id bigint", "grain text", "stage text", "event_type smallint", "event text", "platform_id smallint", "platform text",
			"err_code text", "stored bigint", "reported bigint", "difference bigint", "state text", "scope text"},
		"runs": {"run_id bigint", "kind text", "started_at timestamp with time zone", "finished_at timestamp with time zone",
			"state text", "requests bigint", "retries bigint", "windows bigint", "rows_inserted bigint", "rows_updated bigint",
			"rows_deleted bigint", "rows_unchanged bigint", "rejects bigint", "error text"},
		"platforms": {"platform_id smallint", "platform text"},
		"stages":    {"stage_id smallint", "stage text", "meaning text"},
		"jumps": {"jump_id bigint", "sdk_app_id bigint", "first_day date", "last_day date", "state text", "stage text", "event_type smallint", "event text",
			"platform_id smallint", "platform text", "err_code text", "worst_day date", "losses bigint", "pushes bigint", "share double precision",
			"usual_share double precision", "usual_losses double precision", "times_usual double precision", "short_name text", "err_meaning text",
			"likely_cause text", "what_to_do text", "token_dead boolean", "opened_at timestamp with time zone", "closed_at timestamp with time zone", "cause text"},
		"error_codes": {"err_code text", "first_seen_at timestamp with time zone", "platform_id smallint", "platform text", "stage text",
			"short_name text", "meaning text", "likely_cause text", "what_to_do text", "token_dead boolean", "source text", "first_day date", "meaning_zh text", "what_to_do_zh text"},
		"stage_error_codes": {"err_code text", "stage text", "short_name text", "meaning text", "what_to_do text", "token_dead boolean", "first_day date",
			"meaning_zh text", "what_to_do_zh text"},
		"tasks": {"sdk_app_id bigint", "task_id text", "label text", "sent_at timestamp with time zone",
			"registered_at timestamp with time zone", "retired_at timestamp with time zone",
			"source text", "answered boolean", "last_figures_at timestamp with time zone"},
		"apps": {"sdk_app_id bigint", "timezone text", "first_day date", "lookback_days integer", "task_days integer",
			"registered_at timestamp with time zone", "retired_at timestamp with time zone"},
	}
	conn := connect(t, pgtest.URL(t))
	rows, err := conn.Query(t.Context(), `SELECT table_name::text, column_name || ' ' || data_type
		FROM information_schema.columns WHERE table_schema = 'analytics' ORDER BY table_name, ordinal_position`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	got := make(map[string][]string)
	for rows.Next() {
		var view, column string
		if err := rows.Scan(&view, &column); err != nil {
			t.Fatal(err)
		}
		got[view] = append(got[view], column)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDimensionsAreThoseOfTheAPI(t *testing.T) {
	t.Parallel()
	conn := connect(t, pgtest.URL(t))
	tests := []struct {
		sql  string
		want []string
	}{
		{`SELECT stage_id || ' ' || stage FROM analytics.stages ORDER BY 1`, []string{"1 ready_to_send", "2 post_send_delivered"}},
		{`SELECT event_type || ' ' || event FROM pushloss.event ORDER BY 1`, []string{"1 offline", "2 online"}},
		{`SELECT platform_id || ' ' || platform FROM analytics.platforms ORDER BY 1`, []string{
			"0 unknown vendor", "1 Apple APNs", "2 Xiaomi", "3 Huawei", "4 Google FCM", "5 Meizu", "6 OPPO", "7 vivo", "8 Honor",
		}},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, lines(t, conn, test.sql)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.sql, diff)
		}
	}
}
