package questions_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// obvious are questions as somebody asks them who has read nothing but the names of the
// views, and the same figures from the tables.
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

// askedInTheObviousWay checks that what comes to mind first is right, in any session.
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
