package questions_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// obvious are questions of a reader who knows only the names of the views, with the
// same figures from the tables.
var obvious = []struct{ name, asked, plain string }{
	{
		"the last seven days",
		`SELECT sum(err_count) FROM analytics.recent_days(7) JOIN analytics.app_stage_loss USING (sdk_app_id, day) WHERE sdk_app_id = 1`,
		`SELECT sum(err_count) FROM pushloss.stage_loss ` + ofApp + ` - 7`,
	},
	{
		"the last seven days of all apps, by platform",
		`SELECT platform_id, sum(err_count) FROM analytics.recent_days(7) JOIN analytics.app_platform_loss USING (sdk_app_id, day) GROUP BY platform_id ORDER BY 1`,
		`SELECT platform_id, sum(err_count) FROM pushloss.platform_loss WHERE task_key = 0 AND day < ` + today + ` AND day >= ` + today + ` - 7 GROUP BY 1 ORDER BY 1`,
	},
	{
		"the rate of the last fourteen days",
		`SELECT sum(coded_loss) FROM analytics.recent_days(14) JOIN analytics.loss_rates USING (sdk_app_id, day)
			WHERE sdk_app_id = 1 AND grain = 'app_stage' AND stage = 'ready_to_send' AND denominator > 0`,
		`SELECT sum(err_count) FROM pushloss.stage_loss ` + ofApp + ` - 14 AND stage_id = 1`,
	},
	{
		"losses joined with what is known of their days",
		`SELECT sum(err_count), count(*) FROM analytics.app_stage_loss JOIN analytics.coverage USING (sdk_app_id, day) WHERE sdk_app_id = 1`,
		`SELECT sum(err_count), count(*) FROM pushloss.stage_loss WHERE sdk_app_id = 1 AND task_key = 0`,
	},
	{
		"losses joined with the calendar",
		`SELECT sum(err_count), count(*) FROM analytics.app_stage_loss JOIN analytics.calendar USING (sdk_app_id, day)`,
		`SELECT sum(err_count), count(*) FROM pushloss.stage_loss WHERE task_key = 0`,
	},
	{
		"tasks' losses joined with what is known of their days",
		`SELECT sum(err_count), count(*) FROM analytics.task_stage_loss JOIN analytics.task_coverage USING (sdk_app_id, day, task_id)`,
		`SELECT sum(err_count), count(*) FROM pushloss.stage_loss WHERE task_key <> 0`,
	},
	{
		"final losses only",
		`SELECT sum(err_count) FROM analytics.app_platform_loss WHERE sdk_app_id = 1 AND final`,
		`SELECT sum(err_count) FROM pushloss.platform_loss ` + ofApp + ` - 1000 AND day NOT IN (` + today + ` - 1, ` + today + ` - 5)`,
	},
	{
		"tasks' losses that still change",
		`SELECT day - ` + today + `, sum(err_count) FROM analytics.task_stage_loss WHERE sdk_app_id = 1 AND NOT final GROUP BY day ORDER BY day`,
		`SELECT day - ` + today + `, sum(err_count) FROM pushloss.stage_loss WHERE sdk_app_id = 1 AND task_key <> 0 AND day - ` + today + ` IN (-1, -9) GROUP BY day ORDER BY day`,
	},
	{
		"rates that still change",
		`SELECT DISTINCT day - ` + today + ` FROM analytics.loss_rates WHERE sdk_app_id = 1 AND scope = 'app' AND NOT final ORDER BY 1`,
		`VALUES (-5), (-1)`,
	},
	{
		"pushes that are final",
		`SELECT count(*), sum(total_count) FROM analytics.app_push_daily WHERE sdk_app_id = 1 AND final`,
		`SELECT count(*), sum(push_count) FROM pushloss.push_count ` + ofApp + ` - 1000 AND day NOT IN (` + today + ` - 1, ` + today + ` - 5) AND counter_id = 3`,
	},
	{
		"a chart without holes",
		`SELECT count(*), sum(lost), sum(not_sent), sum(not_delivered), sum(lost_by_channel) FROM analytics.recent_days(30) JOIN analytics.calendar USING (sdk_app_id, day) WHERE sdk_app_id = 1`,
		`SELECT 30, sum(err_count), sum(err_count) FILTER (WHERE stage_id = 1), sum(err_count) FILTER (WHERE stage_id = 2),
			(SELECT sum(err_count) FROM pushloss.platform_loss ` + ofApp + ` - 30)
			FROM pushloss.stage_loss ` + ofApp + ` - 30`,
	},
	{
		"dead tokens by platform",
		`SELECT platform_id, sum(err_count) FILTER (WHERE token_dead) FROM analytics.app_platform_loss WHERE sdk_app_id = 1 GROUP BY 1 ORDER BY 1`,
		`SELECT f.platform_id, sum(err_count) FILTER (WHERE token_dead) FROM pushloss.platform_loss AS f JOIN pushloss.err_code USING (err_code_key)
			LEFT JOIN (SELECT err_code, stage_id, platform_id, token_dead FROM pushloss.error_catalogue) AS m USING (err_code, stage_id, platform_id)
			WHERE sdk_app_id = 1 AND task_key = 0 GROUP BY 1 ORDER BY 1`,
	},
	{
		"losses joined with the catalogue",
		`SELECT sum(err_count), count(*) FROM analytics.app_platform_loss JOIN analytics.error_codes USING (err_code, stage, platform_id) JOIN analytics.platforms USING (platform_id)`,
		`SELECT sum(err_count), count(*) FROM pushloss.platform_loss WHERE task_key = 0`,
	},
	{
		"losses by stage joined with the catalogue",
		`SELECT sum(err_count), count(*) FROM analytics.task_stage_loss JOIN analytics.stage_error_codes USING (err_code, stage)`,
		`SELECT sum(err_count), count(*) FROM pushloss.stage_loss WHERE task_key <> 0`,
	},
	{
		"a task's losses by the days after it was sent",
		`SELECT days_after_send, sum(err_count) FROM analytics.task_stage_loss WHERE sdk_app_id = 1 GROUP BY 1 ORDER BY 1`,
		`SELECT day - (sent_at AT TIME ZONE 'Asia/Shanghai')::date, sum(err_count) FROM pushloss.stage_loss JOIN pushloss.task USING (task_key)
			WHERE task.sdk_app_id = 1 GROUP BY 1 ORDER BY 1`,
	},
	{
		"what was not delivered, for any reason",
		`SELECT round((sum(gap_rate * denominator) / sum(denominator))::numeric, 6) FROM analytics.loss_rates
			WHERE sdk_app_id = 1 AND grain = 'app_stage' AND stage = 'post_send_delivered' AND gap_rate IS NOT NULL`,
		`SELECT round((sum(push_count) FILTER (WHERE counter_id = 4) - sum(push_count) FILTER (WHERE counter_id = 5)) / sum(push_count) FILTER (WHERE counter_id = 4), 6)
			FROM pushloss.push_count WHERE sdk_app_id = 1 AND task_key = 0`,
	},
	{
		"changes of the whole app",
		`SELECT sum(coalesce(new_count, 0) - coalesce(old_count, 0)) FROM analytics.loss_changes WHERE sdk_app_id = 1 AND scope = 'app' AND grain = 'app_platform'`,
		`SELECT sum(coalesce(new_count, 0) - coalesce(old_count, 0)) FROM pushloss.loss_change
			WHERE sdk_app_id = 1 AND stream_id = 0 AND task_key = 0 AND by_platform`,
	},
	{
		"what a grain was yesterday",
		`SELECT grain, sum(err_count) FROM analytics.loss_as_of(now()) WHERE sdk_app_id = 1 GROUP BY 1 ORDER BY 1`,
		`SELECT * FROM (SELECT CASE WHEN task_key = 0 THEN 'app_stage' ELSE 'task_stage' END, sum(err_count) FROM pushloss.stage_loss WHERE sdk_app_id = 1 GROUP BY 1
			UNION ALL SELECT CASE WHEN task_key = 0 THEN 'app_platform' ELSE 'task_platform' END, sum(err_count) FROM pushloss.platform_loss WHERE sdk_app_id = 1 GROUP BY 1) AS f ORDER BY 1`,
	},
}

// askedInTheObviousWay checks that the obvious query is right, in any session.
func (f *fixture) askedInTheObviousWay(t *testing.T) {
	for _, question := range obvious {
		t.Run(question.name, func(t *testing.T) {
			want := lines(t, f.owner, question.plain)
			if len(want) == 0 {
				t.Error("the tables have no answer")
			}
			if diff := cmp.Diff(want, lines(t, f.reader, question.asked)); diff != "" {
				t.Errorf("(-plain +asked):\n%s", diff)
			}
			f.sameInAnySession(t, question.asked)
		})
	}
}

// mistaken are questions that the other app's cases once made wrong.
var mistaken = []struct{ name, question, columns, plain string }{
	{
		"a known day without losses is zero, and an unknown one is not", "01-loss-per-day",
		`day - ` + today + ` AS ago, lost, not_sent, not_delivered, final WHERE day IN (` + today + ` - 6, ` + today + ` - 12) ORDER BY 1`,
		`VALUES (-12, 0, 0, 0, true), (-6, NULL, NULL, NULL, false)`,
	},
	{
		"a task without the time of its push is one of the newest", "04-one-task",
		`DISTINCT task_id`,
		`SELECT task_id FROM pushloss.task WHERE sdk_app_id = 2 AND registered_at < now() - interval '7 days' ORDER BY registered_at DESC, task_id LIMIT 1`,
	},
	{
		"a day without its number of pushes counts on neither side", "05-worst-tasks",
		`task_id, pushes, lost`,
		`SELECT task_id, sum(pushes), sum(lost) FROM
				(SELECT task_key, day, push_count AS pushes FROM pushloss.push_count WHERE sdk_app_id = 2 AND task_key <> 0 AND counter_id = 3 AND day < ` + today + ` AND day >= ` + today + ` - 14) AS p
			JOIN (SELECT task_key, day, sum(err_count) AS lost FROM pushloss.stage_loss WHERE sdk_app_id = 2 AND task_key <> 0 GROUP BY 1, 2) AS l USING (task_key, day)
			JOIN pushloss.task USING (task_key) GROUP BY 1 ORDER BY sum(lost) / sum(pushes) DESC, 1 LIMIT 20`,
	},
	{
		"a platform with unknown codes has no share of dead tokens", "06-dead-tokens",
		`DISTINCT platform, lost = of_unknown_codes, percent_of_known WHERE platform = 'unknown (42)'`,
		`VALUES ('unknown (42)', true, NULL)`,
	},
	{
		"a day without losses is one to compare with", "08-sudden-changes",
		`day - ` + today + ` AS ago, sum(day_before), sum(lost) WHERE day IN (` + today + ` - 12, ` + today + ` - 11, ` + today + ` - 6, ` + today + ` - 5) GROUP BY 1 ORDER BY 1`,
		`SELECT * FROM (SELECT -12, sum(err_count) FILTER (WHERE err_count > 1000 AND day = ` + today + ` - 13), 0 FROM pushloss.stage_loss WHERE sdk_app_id = 2 AND task_key = 0
			UNION ALL SELECT -11, 0, sum(err_count) FILTER (WHERE err_count > 1000 AND day = ` + today + ` - 11) FROM pushloss.stage_loss WHERE sdk_app_id = 2 AND task_key = 0) AS f ORDER BY 1`,
	},
	{
		"no online losses are zero", "09-online-and-offline",
		`day - ` + today + ` AS ago, online, offline > 0, other, percent_online WHERE day IN (` + today + ` - 3, ` + today + ` - 6, ` + today + ` - 12) ORDER BY 1`,
		`SELECT -12, 0, false, 0, NULL::numeric UNION ALL SELECT -6, NULL, NULL, NULL, NULL UNION ALL
			SELECT -3, 0, true, sum(err_count) FILTER (WHERE event_type NOT IN (1, 2)), 0.00 FROM pushloss.platform_loss WHERE sdk_app_id = 2 AND task_key = 0 AND day = ` + today + ` - 3`,
	},
}

// whatWasMistaken asks those questions of the other app.
func (f *fixture) whatWasMistaken(t *testing.T, questions []question) {
	for _, m := range mistaken {
		t.Run(m.name, func(t *testing.T) {
			for _, q := range questions {
				if q.name != m.question {
					continue
				}
				columns, rest, _ := strings.Cut(m.columns, " WHERE ")
				if rest != "" {
					rest = " WHERE " + rest
				}
				sql := strings.TrimRight(strings.TrimSpace(q.sql(t, map[string]string{"app": "2"})), ";")
				if diff := cmp.Diff(lines(t, f.owner, m.plain), lines(t, f.reader, `SELECT `+columns+` FROM (`+sql+`) AS answer`+rest)); diff != "" {
					t.Errorf("(-plain +answer):\n%s", diff)
				}
			}
		})
	}
}
