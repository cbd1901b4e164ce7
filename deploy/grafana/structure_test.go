package grafana_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// builtin are variables of Grafana itself.
var builtin = []string{"__timeFilter", "__timeFrom", "__timeTo", "__timeGroup", "__timeGroupAlias"}

func TestEveryDashboardCanBeLoaded(t *testing.T) {
	t.Parallel()
	provisioned := provisionedDatasource(t)
	uids := make(map[string]string)
	for _, d := range dashboards(t) {
		if other, taken := uids[d.UID]; taken {
			t.Errorf("%s and %s have the uid %s", d.file, other, d.UID)
		}
		uids[d.UID] = d.file
		if d.UID == "" || len(d.UID) > 40 || d.Title == "" || d.Description == "" {
			t.Errorf("%s: uid %q, title %q, description %q", d.file, d.UID, d.Title, d.Description)
		}
		if d.SchemaVersion != 39 || d.Version != 1 || d.Time.From == "" || d.Time.To == "" {
			t.Errorf("%s: schema %d, version %d, time %+v", d.file, d.SchemaVersion, d.Version, d.Time)
		}
		// A day is a date: at another zone's midnight it would be shown a day off.
		if whole := regexp.MustCompile(`^now-\d+d/d$`); d.file != "pipeline.json" && (!whole.MatchString(d.Time.From) || d.Time.To != "now-1d/d") {
			t.Errorf("%s opens with %s to %s, which is not a number of days that have ended", d.file, d.Time.From, d.Time.To)
		}
		if d.Timezone != "utc" {
			t.Errorf("%s is shown in the time zone %q", d.file, d.Timezone)
		}
		ids := make(map[int]string)
		for _, p := range d.Panels {
			if other, taken := ids[p.ID]; taken || p.ID == 0 {
				t.Errorf("%s: %q has the id %d of %q", d.file, p.Title, p.ID, other)
			}
			ids[p.ID] = p.Title
			if p.Title == "" || p.Description == "" || p.FieldConfig.Defaults.Unit == "" || p.FieldConfig.Defaults.NoValue == "" {
				t.Errorf("%s: %q lacks a title, a description, a unit or a text for no value", d.file, p.Title)
			}
			if p.Datasource != provisioned || len(p.Targets) == 0 {
				t.Errorf("%s: %q has %d queries of %+v", d.file, p.Title, len(p.Targets), p.Datasource)
			}
			for i, target := range p.Targets {
				if want := string(rune('A' + i)); target.RefID != want {
					t.Errorf("%s: %q calls a query %s, want %s", d.file, p.Title, target.RefID, want)
				}
				if target.Datasource != provisioned || !target.RawQuery || target.RawSQL == "" || target.RefID == "" {
					t.Errorf("%s: %q asks %+v", d.file, p.Title, target)
				}
				if want := map[bool]string{true: "time_series", false: "table"}[p.Type == "timeseries"]; target.Format != want {
					t.Errorf("%s: %q is a %s of the format %s", d.file, p.Title, p.Type, target.Format)
				}
			}
		}
		for _, a := range d.marks() {
			if a.Name == "" || a.IconColor == "" || !a.Enable || a.Datasource != provisioned || a.Target.Datasource != provisioned ||
				a.Target.RefID == "" || a.Target.Format != "table" || !a.Target.RawQuery || a.Target.RawSQL == "" {
				t.Errorf("%s: annotation %+v", d.file, a)
			}
		}
		for _, v := range d.Templating.List {
			if v.Type != "query" || v.Datasource != provisioned || v.Label == "" || v.AllValue != "" {
				t.Errorf("%s: variable %+v", d.file, v)
			}
		}
	}
}

func TestNoPanelCoversAnother(t *testing.T) {
	t.Parallel()
	for _, d := range dashboards(t) {
		taken := make(map[[2]int]string)
		for _, p := range d.Panels {
			if p.GridPos.W < 1 || p.GridPos.H < 1 || p.GridPos.X+p.GridPos.W > 24 {
				t.Errorf("%s: %q lies at %+v", d.file, p.Title, p.GridPos)
			}
			for x := range p.GridPos.W {
				for y := range p.GridPos.H {
					cell := [2]int{p.GridPos.X + x, p.GridPos.Y + y}
					if other, covered := taken[cell]; covered {
						t.Fatalf("%s: %q covers %q", d.file, p.Title, other)
					}
					taken[cell] = p.Title
				}
			}
		}
	}
}

func TestEveryVariableUsedIsDefined(t *testing.T) {
	t.Parallel()
	for _, d := range dashboards(t) {
		var known []string
		for _, v := range d.Templating.List {
			// A variable may use those before it.
			for _, name := range used(v.Query) {
				if !slices.Contains(known, name) {
					t.Errorf("%s: variable %s uses %s, which is not defined before it", d.file, v.Name, name)
				}
			}
			if strings.Contains(v.Query, "$__time") && v.Refresh != 2 {
				t.Errorf("%s: variable %s is not asked again when the time changes", d.file, v.Name)
			}
			known = append(known, v.Name)
		}
		everywhere := make(map[string]bool)
		for what, sql := range d.statements() {
			for _, name := range used(sql) {
				everywhere[name] = true
				if !slices.Contains(known, name) {
					t.Errorf("%s: %s uses %s, which is not defined", d.file, what, name)
				}
			}
		}
		for _, name := range known {
			if !everywhere[name] {
				t.Errorf("%s: nothing uses the variable %s", d.file, name)
			}
		}
	}
}

func used(sql string) (names []string) {
	for _, match := range references.FindAllStringSubmatch(sql, -1) {
		if name := match[1] + match[2]; !slices.Contains(builtin, name) {
			names = append(names, name)
		}
	}
	return names
}

var (
	relations = regexp.MustCompile(`(?i)\b(?:FROM|JOIN)\s+([a-z_]+\.[a-z_]+)`)
	grains    = regexp.MustCompile(`\b(?:app|task)_(?:stage|platform)(?:_loss)?\b|\b(?:app|task)_push_(?:platform_)?daily\b`)
)

func TestOnlyTheAnalyticsSchemaIsRead(t *testing.T) {
	t.Parallel()
	for _, d := range dashboards(t) {
		for what, sql := range d.statements() {
			found := relations.FindAllStringSubmatch(sql, -1)
			if len(found) == 0 {
				t.Errorf("%s: %s reads nothing", d.file, what)
			}
			for _, relation := range found {
				if !strings.HasPrefix(relation[1], "analytics.") {
					t.Errorf("%s: %s reads %s", d.file, what, relation[1])
				}
			}
			if strings.Contains(sql, "pushloss.") || strings.Contains(sql, "*\nFROM") {
				t.Errorf("%s: %s reads more than it says:\n%s", d.file, what, sql)
			}
		}
	}
}

// The same push is in the figures of its task and of its app, by stage and by platform. A sum over
// two grains counts it twice. A query that reads two grains joins them by app and shows them in
// separate columns.
func TestNoQuerySumsOverTwoGrains(t *testing.T) {
	t.Parallel()
	for _, d := range dashboards(t) {
		for what, sql := range d.statements() {
			var read []string
			for _, grain := range grains.FindAllString(sql, -1) {
				if grain = strings.TrimSuffix(grain, "_loss"); !slices.Contains(read, grain) {
					read = append(read, grain)
				}
			}
			if len(read) > 1 {
				t.Errorf("%s: %s reads %v", d.file, what, read)
			}
			if strings.Contains(sql, "loss_rates") != strings.Contains(sql, "grain = '") {
				t.Errorf("%s: %s does not choose a grain of loss_rates", d.file, what)
			}
			if strings.Contains(sql, "loss_changes") && !strings.Contains(sql, "event_type IS NULL") {
				t.Errorf("%s: %s does not choose a grain of loss_changes", d.file, what)
			}
		}
	}
}

func TestFactsAreAskedForByAppAndDay(t *testing.T) {
	t.Parallel()
	days := regexp.MustCompile(`day BETWEEN ((date_trunc\('week', )?\$__timeFrom\(\)::(date|timestamp\)::date)|\$__timeTo\(\)::date - 13) AND \$__timeTo\(\)::date`)
	for _, d := range dashboards(t) {
		for what, sql := range d.statements() {
			if !readsFacts(sql) {
				continue
			}
			reads := len(relations.FindAllString(sql, -1))
			if byDay, byApp := len(days.FindAllString(sql, -1)), strings.Count(sql, "sdk_app_id IN (${app:sqlstring})"); byDay == 0 || byApp == 0 || strings.Contains(sql, "WITH") && byDay < reads {
				t.Errorf("%s: %s reads %d views, %d by day and %d by app:\n%s", d.file, what, reads, byDay, byApp, sql)
			}
		}
	}
}

// A link copies all chosen values, and a reader may write any number of values into an address.
func TestEveryVariableMayHaveSeveralValues(t *testing.T) {
	t.Parallel()
	for _, d := range dashboards(t) {
		for what, sql := range d.statements() {
			for _, at := range references.FindAllStringIndex(sql, -1) {
				if name := sql[at[0]:at[1]]; strings.HasPrefix(name, "${") && !strings.HasSuffix(sql[:at[0]], " IN (") {
					t.Errorf("%s: %s compares with one value of %s:\n%s", d.file, what, name, sql)
				}
			}
		}
		for _, match := range regexp.MustCompile(`"/d/[^"]*[=&]\$\{(\w+)\}`).FindAllStringSubmatch(readFile(t, "dashboards/"+d.file), -1) {
			if !strings.HasPrefix(match[1], "__") {
				t.Errorf("%s: a link writes all values of %s as one", d.file, match[1])
			}
		}
	}
}

// The palettes of Grafana are not made for the colour-blind: every colour is one of
// Okabe and Ito's or of Paul Tol's "light" scheme.
func TestColourBlindReadersCanTellColoursApart(t *testing.T) {
	t.Parallel()
	safe := []string{
		"#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7",
		"#77AADD", "#EE8866", "#EEDD88", "#FFAABB", "#99DDFF", "#44BB99", "#BBCC33", "#AAAA00", "#BBBBBB",
	}
	hex := regexp.MustCompile(`"(?:fixedColor|color|iconColor)": "(#[^"]*)"`)
	for _, d := range dashboards(t) {
		text := readFile(t, "dashboards/"+d.file)
		found := hex.FindAllStringSubmatch(text, -1)
		if len(found) == 0 {
			t.Errorf("%s has no colours", d.file)
		}
		for _, match := range found {
			if !slices.Contains(safe, match[1]) {
				t.Errorf("%s has the colour %s", d.file, match[1])
			}
		}
		for _, mode := range regexp.MustCompile(`"mode": "(palette|continuous)[^"]*"`).FindAllString(text, -1) {
			t.Errorf("%s has the palette %s", d.file, mode)
		}
	}
}

// Colours distinguish series only if a panel has no two that are alike.
func TestEverySeriesHasAColourOfItsOwn(t *testing.T) {
	t.Parallel()
	for _, d := range dashboards(t) {
		for _, p := range d.Panels {
			series := make(map[string]string)
			for _, o := range p.FieldConfig.Overrides {
				for _, property := range o.Properties {
					if property.ID != "color" || p.Type == "table" {
						continue
					}
					var colour struct{ FixedColor string }
					if err := json.Unmarshal(property.Value, &colour); err != nil {
						t.Fatal(err)
					}
					if other, taken := series[colour.FixedColor]; taken {
						t.Errorf("%s: %q shows %s and %s in %s", d.file, p.Title, other, o.Matcher.Options, colour.FixedColor)
					}
					series[colour.FixedColor] = o.Matcher.Options
				}
			}
			if p.Type == "timeseries" && len(series) == 0 {
				t.Errorf("%s: all series of %q look alike", d.file, p.Title)
			}
		}
	}
}

func TestLinksLeadToDashboardsAndVariablesThatExist(t *testing.T) {
	t.Parallel()
	variables := make(map[string][]string)
	for _, d := range dashboards(t) {
		for _, v := range d.Templating.List {
			variables[d.UID] = append(variables[d.UID], v.Name)
		}
	}
	links := 0
	for _, d := range dashboards(t) {
		for _, match := range regexp.MustCompile(`"/d/([\w-]+)\?([^"]*)"`).FindAllStringSubmatch(readFile(t, "dashboards/"+d.file), -1) {
			links++
			if variables[match[1]] == nil {
				t.Errorf("%s leads to %s, which does not exist", d.file, match[1])
			}
			for _, name := range regexp.MustCompile(`var-(\w+)=`).FindAllStringSubmatch(match[2], -1) {
				if !slices.Contains(variables[match[1]], name[1]) {
					t.Errorf("%s leads to %s with %s, which it does not have", d.file, match[1], name[1])
				}
			}
		}
	}
	if links == 0 {
		t.Error("no link was found")
	}
}
