package grafana_test

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
)

// alerting is what the tests need of Grafana's file of alert rules.
type alerting struct {
	APIVersion int `yaml:"apiVersion"`
	Groups     []struct {
		OrgID                  int `yaml:"orgId"`
		Name, Folder, Interval string
		Rules                  []alertRule
	}
}

type alertRule struct {
	UID, Title, Condition, For string
	NoDataState                string `yaml:"noDataState"`
	ExecErrState               string `yaml:"execErrState"`
	Labels, Annotations        map[string]string
	Data                       []struct {
		RefID             string                 `yaml:"refId"`
		DatasourceUID     string                 `yaml:"datasourceUid"`
		RelativeTimeRange struct{ From, To int } `yaml:"relativeTimeRange"`
		Model             struct {
			RefID            string `yaml:"refId"`
			RawQuery         bool   `yaml:"rawQuery"`
			RawSQL           string `yaml:"rawSql"`
			Format           string
			Type, Expression string
			Conditions       []struct {
				Evaluator struct {
					Type   string
					Params []float64
				}
			}
		}
	}
}

func alertRules(t testing.TB) []alertRule {
	t.Helper()
	file := readYAML[alerting](t, "provisioning/alerting/pushloss.yaml")
	if file.APIVersion != 1 || len(file.Groups) != 1 {
		t.Fatalf("%+v is provisioned", file)
	}
	return file.Groups[0].Rules
}

// What Grafana refuses, or would misunderstand.
func TestGrafanaCanLoadTheAlertRules(t *testing.T) {
	t.Parallel()
	group := readYAML[alerting](t, "provisioning/alerting/pushloss.yaml").Groups[0]
	if interval, err := time.ParseDuration(group.Interval); err != nil || group.OrgID != 1 || group.Name == "" || group.Folder == "" || interval%(10*time.Second) != 0 {
		t.Errorf("group %s in %q, every %s", group.Name, group.Folder, group.Interval)
	}
	source := provisionedDatasource(t)
	uids := make(map[string]bool)
	for _, rule := range group.Rules {
		if uids[rule.UID] || !regexp.MustCompile(`^[a-z-]{1,40}$`).MatchString(rule.UID) || rule.Title == "" {
			t.Errorf("rule %q has the uid %q", rule.Title, rule.UID)
		}
		uids[rule.UID] = true
		if _, err := time.ParseDuration(rule.For); err != nil || rule.NoDataState != "OK" || rule.ExecErrState != "Error" || rule.Annotations["summary"] == "" {
			t.Errorf("%s: for %q, no data %q, error %q, %v", rule.UID, rule.For, rule.NoDataState, rule.ExecErrState, rule.Annotations)
		}
		for _, text := range slices.Concat(slices.Collect(maps.Values(rule.Annotations)), slices.Collect(maps.Values(rule.Labels))) {
			if strings.Contains(text, "$") {
				t.Errorf("%s: Grafana takes the dollar sign for a variable: %s", rule.UID, text)
			}
		}
		if len(rule.Data) != 2 || rule.Condition != "B" {
			t.Fatalf("%s has %d queries and the condition %q", rule.UID, len(rule.Data), rule.Condition)
		}
		query, threshold := rule.Data[0], rule.Data[1]
		if query.RefID != "A" || query.Model.RefID != "A" || query.DatasourceUID != source.UID || query.Model.Format != "table" || !query.Model.RawQuery ||
			query.RelativeTimeRange.From <= 0 {
			t.Errorf("%s asks %+v", rule.UID, query)
		}
		if threshold.RefID != "B" || threshold.Model.RefID != "B" || threshold.DatasourceUID != "__expr__" || threshold.Model.Type != "threshold" ||
			threshold.Model.Expression != "A" || len(threshold.Model.Conditions) != 1 || threshold.Model.Conditions[0].Evaluator.Type != "gt" {
			t.Errorf("%s compares by %+v", rule.UID, threshold)
		}
		for _, relation := range relations.FindAllStringSubmatch(query.Model.RawSQL, -1) {
			if !strings.HasPrefix(relation[1], "analytics.") {
				t.Errorf("%s reads %s", rule.UID, relation[1])
			}
		}
		if strings.ContainsAny(query.Model.RawSQL, "$") {
			t.Errorf("%s: an alert has no variables:\n%s", rule.UID, query.Model.RawSQL)
		}
	}
}

// firing are the rules that fire, each with the labels of its rows.
func firing(t *testing.T, on interface {
	Query(context.Context, string, ...any) (pgx.Rows, error)
}) (fired []string) {
	t.Helper()
	for _, rule := range alertRules(t) {
		a := collect(t, on, rule.Data[0].Model.RawSQL)
		// One number and any texts: what Grafana takes for one alert per row.
		numbers := 0
		for _, column := range a.columns {
			if slices.Contains(numeric, column.DataTypeOID) {
				numbers++
			} else if !slices.Contains(textual, column.DataTypeOID) {
				t.Errorf("%s: the column %s is neither a number nor a text", rule.UID, column.Name)
			}
		}
		if numbers != 1 || !slices.Contains(numeric, a.columns[len(a.columns)-1].DataTypeOID) {
			t.Errorf("%s gives %v", rule.UID, a.columns)
		}
		limit := rule.Data[1].Model.Conditions[0].Evaluator.Params[0]
		for _, row := range a.rows {
			if last := len(row) - 1; float(t, row[last]) > limit {
				fired = append(fired, strings.TrimSpace(strings.TrimPrefix(rule.UID, "pushloss-")+" "+strings.Trim(fmt.Sprint(row[:last]), "[]")))
			}
		}
	}
	slices.Sort(fired)
	return fired
}

// rulesFire checks what fires in the world, and what does after a change that nobody else sees.
func rulesFire(t *testing.T, w *fixture) {
	conn := w.ownConn(t)
	jumps := func(apps ...int64) (open []string) {
		rows, err := conn.Query(t.Context(), `SELECT DISTINCT concat_ws(' ', 'jump', sdk_app_id, platform, event, stage, err_code)
			FROM analytics.jumps WHERE state = 'open' AND sdk_app_id = ANY($1)`, apps)
		if err != nil {
			t.Fatal(err)
		}
		if open, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil || len(open) == 0 {
			t.Fatalf("%d jumps are open: %v", len(open), err)
		}
		return open
	}
	difference, gaps := fmt.Sprint("difference ", app), fmt.Sprint("gaps ", otherApp)
	both := jumps(app, otherApp)
	ever := append([]string{difference, gaps}, both...)
	for _, test := range []struct {
		name, change string
		want         []string
	}{
		{"as it is", `SELECT 1`, ever},
		{"the last run is three days ago", `UPDATE pushloss.run SET started_at = started_at - interval '3 days', finished_at = finished_at - interval '3 days'
			WHERE kind = 'run'`, append(slices.Clone(ever), "stale")},
		{"no run has ended well for three days", `WITH apps AS (UPDATE pushloss.app SET registered_at = registered_at - interval '3 days')
			UPDATE pushloss.run SET state = 'failed'`, append(slices.Clone(ever), "stale")},
		{"an app is refused", fmt.Sprintf(`INSERT INTO pushloss.alert (kind, sdk_app_id, job, detail, opened_at) VALUES ('app_stopped', %d, '', '', now())`, app),
			append(slices.Clone(ever), fmt.Sprint("stopped ", app))},
		{"the app with gaps is retired", fmt.Sprintf(`UPDATE pushloss.app SET retired_at = now() WHERE sdk_app_id = %d`, otherApp), append(jumps(app), difference)},
		{"the task that differs is retired", fmt.Sprintf(`UPDATE pushloss.task SET retired_at = now() WHERE task_id = '%s'`, task), append(slices.Clone(both), gaps)},
		{"the jump is over", `UPDATE pushloss.jump SET state = 'over', closed_at = now()`, []string{difference, gaps}},
		{"every app is retired, and nothing runs", `WITH apps AS (UPDATE pushloss.app SET retired_at = now())
			UPDATE pushloss.run SET started_at = started_at - interval '3 days', finished_at = finished_at - interval '3 days'`, nil},
	} {
		w.changed(t, conn, test.change, func(tx pgx.Tx) {
			want := slices.Sorted(slices.Values(test.want))
			if diff := gocmp.Diff(want, firing(t, tx)); diff != "" {
				t.Errorf("%s (-want +fires):\n%s", test.name, diff)
			}
		})
	}
}

// ownConn is a connection of the owner for one test.
func (w *fixture) ownConn(t *testing.T) *pgx.Conn {
	t.Helper()
	conn, err := pgx.ConnectConfig(t.Context(), w.owner.Config())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// changed looks at the world after a change, and takes the change back.
func (w *fixture) changed(t *testing.T, conn *pgx.Conn, change string, look func(pgx.Tx)) {
	t.Helper()
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	if _, err := tx.Exec(t.Context(), change); err != nil {
		t.Fatalf("%v\n%s", err, change)
	}
	look(tx)
}
