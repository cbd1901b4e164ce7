package grafana_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5/pgtype"

	"pushloss/internal/calendar"
	"pushloss/internal/lab/sandbox"
)

// platforms are the channels' names as the dashboards show them.
var platforms = []string{"unknown vendor", "Apple APNs", "Xiaomi", "Huawei", "Google FCM", "Meizu", "OPPO", "vivo", "Honor"}

// platformOf is what the dashboards call the channel of a row.
func platformOf(row sandbox.PlatformRow) string {
	if row.EventType == 2 {
		return "online"
	}
	return platforms[row.PushPlatform]
}

// summed adds up the numbers of an answer's column by others.
func (a answer) summed(t testing.TB, number string, by ...string) map[string]float64 {
	t.Helper()
	sums := make(map[string]float64)
	for _, row := range a.rows {
		var key []string
		for _, name := range by {
			if name == "time" {
				key = append(key, calendar.DayOf(timeOf(row[a.index(name)]), utc).String())
				continue
			}
			key = append(key, fmt.Sprint(row[a.index(name)]))
		}
		if value := row[a.index(number)]; value != nil {
			sums[strings.Join(key, " ")] += float(t, value)
		}
	}
	return sums
}

func float(t testing.TB, value any) float64 {
	t.Helper()
	switch n := value.(type) {
	case int32:
		return float64(n)
	case int64:
		return float64(n)
	case float64:
		return n
	case pgtype.Numeric:
		f, err := n.Float64Value()
		if err != nil {
			t.Fatal(err)
		}
		return f.Float64
	default:
		t.Fatalf("%v is a %T", value, value)
		return 0
	}
}

// truth adds up what the stand-in of the API reports for the stored days; the empty
// task is the whole app.
func (w *fixture) truth(id int64, of string, add func(day string, figures sandbox.Figures)) {
	for day := w.today - firstDay; day < w.today; day++ {
		window := day.Window(w.zone)
		add(day.String(), w.api.Truth(id, of, window.Start, window.End))
	}
}

func figuresAreTrue(t *testing.T, w *fixture) {
	equal := func(what string, want, got map[string]float64) {
		t.Helper()
		if diff := gocmp.Diff(want, got); diff != "" || len(want) == 0 {
			t.Errorf("%s (-truth +panel), %d true:\n%s", what, len(want), diff)
		}
	}
	overview, one := named(t, "overview.json"), fmt.Sprint(app)
	both := w.opened(t, overview, nil)
	show := func(d dashboard, title string, chosen choice) answer {
		return w.ask(t, d.panel(t, title).Targets[0].RawSQL, chosen)
	}

	byStage, byPlatform, byCode, lost, ranked := sums{}, sums{}, sums{}, sums{}, sums{}
	for _, id := range []int64{app, otherApp} {
		w.truth(id, "", func(day string, figures sandbox.Figures) {
			for _, row := range figures.Stage {
				byStage.add(row.ErrCount, day, row.Stage)
				lost.add(row.ErrCount, row.Stage)
				ranked.add(row.ErrCount, fmt.Sprint(id))
			}
			for _, row := range figures.Platform {
				byPlatform.add(row.ErrCount, day, platformOf(row))
				byCode.add(row.ErrCount, row.Stage, events[row.EventType], platformOf(row), row.ErrCode)
			}
		})
	}
	equal("lost per day and stage", byStage, show(overview, "Lost per day, by stage", both).summed(t, "lost", "time", "metric"))
	equal("lost per day and platform", byPlatform, show(overview, "Lost per day, by platform", both).summed(t, "lost", "time", "metric"))
	total := show(overview, "Lost", both)
	equal("lost", lost, map[string]float64{"ready_to_send": float(t, total.rows[0][1]), "post_send_delivered": float(t, total.rows[0][2])})
	byChannel := w.ask(t, overview.panel(t, "Lost").Targets[1].RawSQL, both)
	for what, of := range map[string]struct {
		shown any
		parts sums
	}{"lost": {total.rows[0][0], lost}, "lost by channel": {byChannel.rows[0][0], byCode}} {
		want := 0.0
		for _, n := range of.parts {
			want += n
		}
		if got := float(t, of.shown); got != want {
			t.Errorf("%s is %v, want %v", what, got, want)
		}
	}
	top := show(overview, "Most frequent codes", both)
	shown := top.summed(t, "lost", "stage", "event", "platform", "code")
	for key, n := range shown {
		if byCode[key] != n {
			t.Errorf("the code %s has %v losses, want %v", key, n, byCode[key])
		}
	}
	more := 0
	for key, n := range byCode {
		if _, in := shown[key]; !in && n > float(t, top.rows[len(top.rows)-1][top.index("lost")]) {
			more++
		}
	}
	if len(shown) != 20 || more > 0 {
		t.Errorf("%d codes are shown, and %d lose more", len(shown), more)
	}
	apps := show(overview, "Apps, by pushes lost", both)
	got := apps.summed(t, "lost ready_to_send", "app")
	for id, n := range apps.summed(t, "lost post_send_delivered", "app") {
		got[id] += n
	}
	equal("apps", ranked, got)
	if first := apps.rows[0][0].(string); ranked[first] != max(ranked[one], ranked[fmt.Sprint(otherApp)]) {
		t.Errorf("%s is shown first", first)
	}

	perDay, thisWeek, lastWeek := sums{}, sums{}, sums{}
	for _, id := range []int64{app, otherApp} {
		w.truth(id, "", func(day string, figures sandbox.Figures) {
			if id == otherApp && day == w.back(missingDay) {
				return // what is stored of a day that was never pulled is not known
			}
			for _, row := range figures.Stage {
				perDay.add(row.ErrCount, day)
			}
			for _, row := range figures.Platform {
				if at := calendar.DayOf(w.during.to, utc) - parseDay(t, day); at < 7 {
					thisWeek.add(row.ErrCount, platformOf(row))
				} else if at < 14 {
					lastWeek.add(row.ErrCount, platformOf(row))
				}
			}
		})
	}
	weekAgo := sums{}
	for day := range perDay {
		if n, known := perDay[(parseDay(t, day) - 7).String()]; known {
			weekAgo[day] = n
		}
	}
	compared := show(overview, "Lost per day against the week before", both)
	equal("lost per day", perDay, compared.summed(t, "lost", "time"))
	equal("lost a week before", weekAgo, compared.summed(t, "a week before", "time"))
	weeks := show(overview, "The last 7 days against the 7 before, by platform", both)
	equal("the last 7 days", thisWeek, weeks.summed(t, "last 7 days", "platform"))
	equal("the 7 days before", lastWeek, weeks.summed(t, "7 days before", "platform"))
	for name, change := range weeks.summed(t, "change", "platform") {
		if want := thisWeek[name]/lastWeek[name] - 1; math.Abs(change-want) > 1e-9 {
			t.Errorf("%s changed by %v, want %v", name, change, want)
		}
	}

	for _, id := range []string{task, oddTask} {
		d := named(t, "task.json")
		chosen := w.opened(t, d, choice{"app": {one}, "task": {id}})
		byDay, byCode := sums{}, sums{}
		w.truth(app, id, func(day string, figures sandbox.Figures) {
			if day < w.back(map[string]int{task: 12, oddTask: 9}[id]) { // before it was sent, nobody asked
				return
			}
			for _, row := range figures.Platform {
				byDay.add(row.ErrCount, day, platformOf(row))
				byCode.add(row.ErrCount, platformOf(row), events[row.EventType], row.Stage, row.ErrCode)
			}
		})
		equal(id+" per day and platform", byDay, show(d, "Lost per day, by platform", chosen).summed(t, "lost", "time", "metric"))
		equal(id+" by platform and code", byCode, show(d, "Lost by platform and code", chosen).summed(t, "lost", "platform", "event", "stage", "code"))
	}

	d := named(t, "platform.json")
	everything := w.opened(t, d, choice{"app": {one}})
	xiaomi := w.opened(t, d, choice{"app": {one}, "platform": {"Xiaomi"}, "stage": {"post_send_delivered"}})
	ofXiaomi, byEvent, dead, all := sums{}, sums{}, sums{}, sums{}
	known := make(map[string]bool) // codes for which the catalogue says whether the token is dead
	for _, key := range w.ask(t, `SELECT name || ' ' || stage || ' ' || err_code FROM analytics.error_codes
		CROSS JOIN LATERAL (SELECT platform AS name UNION SELECT 'online' WHERE platform_id = 0) AS names WHERE token_dead IS NOT NULL`, everything).rows {
		known[key[0].(string)] = true
	}
	w.truth(app, "", func(day string, figures sandbox.Figures) {
		for _, row := range figures.Platform {
			if row.PushPlatform == 2 && row.Stage == "post_send_delivered" {
				ofXiaomi.add(row.ErrCount, "Xiaomi")
			}
			byEvent.add(row.ErrCount, day, events[row.EventType])
			at, week := parseDay(t, day), ""
			week = (at - calendar.Day((int(at.UTC().Weekday())+6)%7)).String()
			name := platformOf(row)
			if known[fmt.Sprint(name, " ", row.Stage, " ", row.ErrCode)] {
				all.add(row.ErrCount, week, name)
			}
			switch fmt.Sprint(name, " ", row.ErrCode) {
			case "Apple APNs 410", "Google FCM 404", "Google FCM UNREGISTERED", "Xiaomi 10029", "Huawei 80300007", "vivo 10302":
				dead.add(row.ErrCount, week, name)
			}
		}
	})
	for key, n := range all {
		dead[key] /= n
	}
	equal("Xiaomi after sending", ofXiaomi, show(d, "Lost, by platform", xiaomi).summed(t, "lost", "platform"))
	equal("online and offline", byEvent, show(d, "Online against offline", everything).summed(t, "lost", "time", "metric"))
	weekly := show(d, "Dead tokens per week", everything).summed(t, "dead tokens", "time", "metric")
	if diff := gocmp.Diff(map[string]float64(dead), weekly, cmpopts.EquateApprox(0, 1e-9)); diff != "" || len(dead) == 0 {
		t.Errorf("dead tokens (-truth +panel):\n%s", diff)
	}
}

// ratesAreTrue computes the rates from the losses and the pushes of the views.
func ratesAreTrue(t *testing.T, w *fixture) {
	count := func(sql string) float64 {
		t.Helper()
		var n float64
		if err := w.reader.QueryRow(t.Context(), sql).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	overview := named(t, "overview.json")
	a := w.ask(t, overview.panel(t, "Loss rate with a code, and for any reason").Targets[0].RawSQL, w.opened(t, overview, nil))
	for i, rate := range []struct{ stage, of, came string }{{"ready_to_send", "total_count", "sent_count"}, {"post_send_delivered", "sent_count", "delivered_count"}} {
		want := count(`SELECT sum(err_count)::float8 FROM analytics.app_stage_loss WHERE stage = '`+rate.stage+`'`) /
			count(`SELECT sum(`+rate.of+`)::float8 FROM analytics.app_push_daily`)
		if got := float(t, a.rows[0][i]); math.Abs(got-want) > 1e-9 {
			t.Errorf("the rate of %s is %v, want %v", rate.stage, got, want)
		}
		want = count(`SELECT sum(` + rate.of + ` - ` + rate.came + `)::float8 / sum(` + rate.of + `) FROM analytics.app_push_daily`)
		if got := float(t, a.rows[0][i+2]); math.Abs(got-want) > 1e-9 {
			t.Errorf("the rate of %s for any reason is %v, want %v", rate.stage, got, want)
		}
	}
	d := named(t, "task.json")
	chosen := w.opened(t, d, choice{"app": {fmt.Sprint(app)}, "task": {task}})
	a = w.ask(t, d.panel(t, "The task's pushes").Targets[0].RawSQL, chosen)
	for i, column := range []string{"total_count", "sent_count", "delivered_count", "click_count"} {
		want := count(`SELECT sum(` + column + `)::float8 FROM analytics.task_push_daily WHERE task_id = '` + task + `'`)
		if got := float(t, a.rows[0][i]); got != want {
			t.Errorf("%s is %v, want %v", column, got, want)
		}
	}
}
