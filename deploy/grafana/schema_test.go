package grafana_test

import (
	"encoding/json"
	"maps"
	"testing"

	grafanaalerting "github.com/grafana/grafana-foundation-sdk/go/alerting"
	"github.com/grafana/grafana-foundation-sdk/go/barchart"
	"github.com/grafana/grafana-foundation-sdk/go/bargauge"
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	grafanadashboard "github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/table"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

// Grafana ignores a field that it does not know, so a misspelled one shows nothing until somebody looks at the panel.
// Its published types name each such field, and each one that it would have to guess.
func TestGrafanasTypesKnowEveryFieldOfTheDashboards(t *testing.T) {
	runtime := cog.NewRuntime()
	runtime.RegisterPanelcfgVariant(barchart.VariantConfig())
	runtime.RegisterPanelcfgVariant(bargauge.VariantConfig())
	runtime.RegisterPanelcfgVariant(stat.VariantConfig())
	runtime.RegisterPanelcfgVariant(table.VariantConfig())
	runtime.RegisterPanelcfgVariant(timeseries.VariantConfig())
	for _, d := range dashboards(t) {
		text := []byte(readFile(t, "dashboards/"+d.file))
		//lint:ignore SA1019 the newer format needs a Grafana that most do not have yet
		var strict, typed grafanadashboard.Dashboard
		if wrong := wrongFields(strict.UnmarshalJSONStrict(text)); len(wrong) > 0 {
			t.Errorf("%s:\n%v", d.file, wrong)
		}
		if err := json.Unmarshal(text, &typed); err != nil {
			t.Fatalf("%s: %v", d.file, err)
		}
		if err := typed.Validate(); err != nil {
			t.Errorf("%s: %v", d.file, err)
		}
		for _, p := range d.Panels {
			if _, known := runtime.ConfigForPanelcfgVariant(p.Type); !known {
				t.Errorf("%s: %q is a %s, whose options are compared with nothing", d.file, p.Title, p.Type)
			}
		}
	}
}

// wrongFields takes apart what a type says of a text. Types of panels return an error without a field where all are right.
func wrongFields(err error) cog.BuildErrors {
	if err == nil {
		return nil
	}
	return cog.MakeBuildErrors("", err)
}

func TestGrafanasTypesKnowEveryFieldOfTheAlertRules(t *testing.T) {
	t.Parallel()
	type group struct {
		OrgID  int64 `yaml:"orgId"`
		Name   string
		Folder string
		Rules  []map[string]any
	}
	file := readYAML[struct{ Groups []group }](t, "provisioning/alerting/pushloss.yaml")
	if len(file.Groups) == 0 {
		t.Fatal("no group of rules")
	}
	for _, g := range file.Groups {
		for _, rule := range g.Rules {
			// A file names these once for the group, the type for each rule.
			whole := maps.Clone(rule)
			whole["orgID"], whole["ruleGroup"], whole["folderUID"] = g.OrgID, g.Name, g.Folder
			text, err := json.Marshal(whole)
			if err != nil {
				t.Fatal(err)
			}
			var typed grafanaalerting.Rule
			if wrong := wrongFields(typed.UnmarshalJSONStrict(text)); len(wrong) > 0 {
				t.Errorf("%v:\n%v", rule["uid"], wrong)
			}
			if err := typed.Validate(); err != nil {
				t.Errorf("%v: %v", rule["uid"], err)
			}
		}
	}
}
