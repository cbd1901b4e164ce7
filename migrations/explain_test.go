package migrations_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pushloss/internal/localpg/pgtest"
	"pushloss/migrations"
)

const sqlFacts = `
	INSERT INTO pushloss.err_code (err_code_key, err_code) OVERRIDING SYSTEM VALUE VALUES
		(1, '-1'), (2, '410'), (3, 'new'), (4, 'mute'), (5, '1003'), (6, 'of a stage');
	INSERT INTO pushloss.usual_platform_text (err_code_key, stage_id, platform_id, err_info) VALUES
		(4, 2, 1, ''), (2, 2, 4, ''),
		(1, 2, 42, 'what a new vendor says'), (3, 2, 1, 'what the vendor says'), (2, 2, 1, 'Unregistered');
	INSERT INTO pushloss.usual_stage_text (err_code_key, stage_id, err_info) VALUES
		(1, 2, 'x'), (3, 2, 'what the vendor says'), (6, 1, 'what the API says');
	INSERT INTO pushloss.err_info (err_info_key, digest, err_info) OVERRIDING SYSTEM VALUE VALUES (1, 'd', '');
	INSERT INTO pushloss.platform_loss (sdk_app_id, day, task_key, stage_id, event_type, platform_id, err_code_key, err_info_key, err_count, updated_at)
		SELECT 1, '2025-03-01', 0, stage_id, 1, platform_id, code, 1, 1, now()
		FROM (VALUES (1, 6, 1), (2, 6, 1), (2, 42, 1), (2, 1, 2), (2, 4, 2), (2, 1, 3), (2, 2, 3), (2, 1, 4)) AS f (stage_id, platform_id, code);
	INSERT INTO pushloss.stage_loss (sdk_app_id, day, task_key, stage_id, err_code_key, err_info_key, err_count, updated_at)
		SELECT 1, '2025-03-01', 0, stage_id, code, 1, 1, now()
		FROM (VALUES (1, 1), (2, 1), (2, 2), (2, 3), (2, 4), (2, 5), (1, 6)) AS f (stage_id, code);`

func TestACodeMeansWhatTheCatalogueSaysOfItsStageAndPlatform(t *testing.T) {
	t.Parallel()
	conn := connect(t, pgtest.URL(t))
	exec(t, conn, sqlFacts)
	want := []string{
		"post_send_delivered 1 410 the token is no longer active for the topic",
		"post_send_delivered 1 mute -",
		"post_send_delivered 1 new what the vendor says",
		"post_send_delivered 2 new -",
		"post_send_delivered 4 410 -",
		"post_send_delivered 42 -1 what a new vendor says",
		"post_send_delivered 6 -1 service unavailable",
		"ready_to_send 6 -1 certificate ID not set",
	}
	got := lines(t, conn, `SELECT concat_ws(' ', stage, platform_id, err_code, coalesce(err_meaning, '-')) FROM analytics.app_platform_loss ORDER BY 1`)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("by platform (-want +got):\n%s", diff)
	}
	want = []string{
		"post_send_delivered -1 Xiaomi: unknown error; OPPO: service unavailable",
		"post_send_delivered 1003 Meizu: system busy",
		"post_send_delivered 410 Apple APNs: the token is no longer active for the topic",
		"post_send_delivered mute -",
		"post_send_delivered new what the vendor says",
		"ready_to_send -1 certificate ID not set",
		"ready_to_send of a stage what the API says",
	}
	got = lines(t, conn, `SELECT concat_ws(' ', stage, err_code, coalesce(err_meaning, '-')) FROM analytics.app_stage_loss ORDER BY 1`)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("by stage (-want +got):\n%s", diff)
	}
	got = lines(t, conn, `SELECT concat_ws(' ', err_code, platform, stage, meaning, token_dead) FROM analytics.error_codes
		WHERE err_code IN ('410', 'new', 'mute', 'of a stage') OR platform_id = 42 ORDER BY 1`)
	want = []string{
		"-1 unknown (42) post_send_delivered what a new vendor says",
		"410 Apple APNs post_send_delivered the token is no longer active for the topic t",
		"410 Apple APNs ready_to_send the token is no longer active for the topic t",
		"410 Google FCM post_send_delivered",
		"mute Apple APNs post_send_delivered",
		"new Apple APNs post_send_delivered what the vendor says",
		"of a stage ready_to_send what the API says",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("error_codes (-want +got):\n%s", diff)
	}
	got = lines(t, conn, `SELECT concat_ws(' ', err_code, platform, stage, meaning_zh, what_to_do_zh) FROM analytics.error_codes WHERE err_code IN ('410', 'new')
		UNION ALL SELECT concat_ws(' ', err_code, stage, meaning_zh, what_to_do_zh) FROM analytics.stage_error_codes WHERE err_code IN ('410', 'new') OR err_code = '-1' ORDER BY 1`)
	want = []string{
		"-1 post_send_delivered Xiaomi：未知错误；OPPO：服务不可用",
		"-1 ready_to_send 未设置证书 ID 检查控制台和客户端的通道配置",
		"410 Apple APNs post_send_delivered token 对该 topic 已失效 无需处理：正常流失；应删除该 token",
		"410 Apple APNs ready_to_send token 对该 topic 已失效 无需处理：正常流失；应删除该 token",
		"410 Google FCM post_send_delivered",
		"410 post_send_delivered Apple APNs：token 对该 topic 已失效",
		"410 ready_to_send Apple APNs：token 对该 topic 已失效 无需处理：正常流失；应删除该 token",
		"new Apple APNs post_send_delivered what the vendor says",
		"new post_send_delivered what the vendor says",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("in Chinese (-want +got):\n%s", diff)
	}
}

// A changed row of the catalogue, or a new version of the file, is corrected by the
// next migrate up.
func TestMigrateUpBringsTheCatalogueUpToDate(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	conn := connect(t, url)
	const all = `SELECT concat_ws('|', err_code, stage_id, platform_id, meaning, meaning_zh, what_to_do_zh, token_dead) FROM pushloss.error_catalogue ORDER BY 1`
	want := lines(t, conn, all)
	if len(want) < 200 {
		t.Errorf("%d entries", len(want))
	}
	exec(t, conn, `UPDATE pushloss.error_catalogue SET meaning = 'old' WHERE err_code = '410'`)
	exec(t, conn, `UPDATE pushloss.error_catalogue SET meaning_zh = NULL WHERE err_code = '400'`)
	exec(t, conn, `DELETE FROM pushloss.error_catalogue WHERE err_code = '404'`)
	exec(t, conn, `INSERT INTO pushloss.error_catalogue (err_code, stage_id, platform_id, short_name, meaning) VALUES ('gone', 1, 1, 'a', 'b')`)
	if err := migrations.Up(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, lines(t, conn, all)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMeaningsCostNothingWhereNobodyAsksForThem(t *testing.T) {
	t.Parallel()
	conn := connect(t, pgtest.URL(t))
	for _, view := range []string{"app_stage_loss", "app_platform_loss", "task_stage_loss", "task_platform_loss", "chat_stage_loss", "chat_platform_loss"} {
		plan := strings.Join(lines(t, conn, `EXPLAIN SELECT day, sum(err_count) FROM analytics.`+view+` GROUP BY day`), "\n")
		if strings.Contains(plan, "error_") || strings.Contains(plan, "usual_") || strings.Contains(plan, "ledger") || strings.Contains(plan, "SubPlan") {
			t.Errorf("%s reads the catalogue:\n%s", view, plan)
		}
	}
}
