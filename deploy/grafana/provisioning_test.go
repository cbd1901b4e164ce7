package grafana_test

import (
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

func readFile(t testing.TB, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func readYAML[T any](t testing.TB, file string) (value T) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(readFile(t, file)), &value); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return value
}

type datasources struct {
	APIVersion  int `yaml:"apiVersion"`
	Datasources []struct {
		Name, UID, Type, URL, User string
		Editable                   bool
		JSONData                   struct{ Database, SSLMode string } `yaml:"jsonData"`
		SecureJSONData             struct{ Password string }          `yaml:"secureJsonData"`
	}
}

func provisionedDatasource(t testing.TB) datasource {
	t.Helper()
	file := readYAML[datasources](t, "provisioning/datasources/pushloss.yaml")
	if len(file.Datasources) != 1 || file.APIVersion != 1 {
		t.Fatalf("%+v is provisioned", file)
	}
	return datasource{Type: file.Datasources[0].Type, UID: file.Datasources[0].UID}
}

type compose struct {
	Services map[string]struct {
		Image       string
		Profiles    []string
		Command     []string
		Environment map[string]string
		Secrets     []string
		Volumes     []string
		Ports       []string
		DependsOn   map[string]struct{ Condition string } `yaml:"depends_on"`
	}
	Volumes map[string]any
	Secrets map[string]struct{ File string }
}

func TestComposeGivesGrafanaWhatItsFilesName(t *testing.T) {
	t.Parallel()
	file := readYAML[compose](t, "../../docker-compose.yml")
	grafana := file.Services["grafana"]
	if !slices.Equal(grafana.Profiles, []string{"bi"}) {
		t.Errorf("Grafana starts with the profiles %v", grafana.Profiles)
	}
	if !regexp.MustCompile(`/grafana:\d+\.\d+\.\d+$`).MatchString(grafana.Image) {
		t.Errorf("the image %s is not pinned", grafana.Image)
	}
	mounted := make(map[string]string) // by where
	for _, volume := range grafana.Volumes {
		part := strings.Split(volume, ":")
		mounted[part[1]] = part[0]
		if name := part[0]; strings.HasPrefix(name, "./") {
			if _, err := os.Stat("../../" + name); err != nil || len(part) != 3 || part[2] != "ro" {
				t.Errorf("%s: %v", volume, err)
			}
		} else if _, declared := file.Volumes[name]; !declared {
			t.Errorf("the volume %s is not declared", name)
		}
	}

	source := readYAML[datasources](t, "provisioning/datasources/pushloss.yaml").Datasources[0]
	for _, value := range []string{source.URL, source.User, source.JSONData.Database, source.JSONData.SSLMode} {
		name := strings.TrimSuffix(strings.TrimPrefix(value, "${"), "}")
		if grafana.Environment[name] == "" || name == value {
			t.Errorf("the data source takes %s, which Grafana does not get", value)
		}
	}
	secret, fromFile := strings.CutPrefix(source.SecureJSONData.Password, "$__file{/run/secrets/")
	if name := strings.TrimSuffix(secret, "}"); !fromFile || !slices.Contains(grafana.Secrets, name) {
		t.Errorf("the password is read from %s", source.SecureJSONData.Password)
	}
	if source.Editable {
		t.Error("the data source can be changed in Grafana")
	}

	type providers struct {
		Providers []struct {
			Type    string
			Options struct{ Path string }
		}
	}
	provider := readYAML[providers](t, "provisioning/dashboards/pushloss.yaml").Providers[0]
	folder := mounted[provider.Options.Path]
	if provider.Type != "file" || path.Clean(folder) != "deploy/grafana/dashboards" {
		t.Errorf("dashboards are looked for in %s, where %q is mounted", provider.Options.Path, folder)
	}
	// Grafana reads each kind of file from its own folder.
	for _, kind := range []string{"datasources", "dashboards", "alerting"} {
		if got := mounted["/etc/grafana/provisioning/"+kind]; path.Clean(got) != "deploy/grafana/provisioning/"+kind {
			t.Errorf("%s are read from %q", kind, got)
		}
	}
	home := grafana.Environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
	if _, err := os.Stat("dashboards/" + path.Base(home)); err != nil || path.Dir(home) != provider.Options.Path {
		t.Errorf("the first page %s: %v", home, err)
	}
	for _, port := range grafana.Ports {
		if !strings.HasPrefix(port, "127.0.0.1:") {
			t.Errorf("Grafana listens on %s", port)
		}
	}
}

// The role is there before it is given its rights, and both before Grafana.
func TestComposeMakesTheRoleBeforeGrafanaStarts(t *testing.T) {
	t.Parallel()
	file := readYAML[compose](t, "../../docker-compose.yml")
	for service, after := range map[string][]string{"bi-role": {"postgres"}, "bi-grant": {"bi-role", "migrate"}, "grafana": {"bi-grant"}} {
		s := file.Services[service]
		if !slices.Equal(s.Profiles, []string{"bi"}) {
			t.Errorf("%s starts with the profiles %v", service, s.Profiles)
		}
		for _, other := range after {
			if s.DependsOn[other].Condition == "" {
				t.Errorf("%s does not wait for %s", service, other)
			}
		}
		for _, secret := range s.Secrets {
			if !strings.HasPrefix(file.Secrets[secret].File, "./secrets/") {
				t.Errorf("%s takes the secret %s from %q", service, secret, file.Secrets[secret].File)
			}
		}
	}
	if user := file.Services["grafana"].Environment["BI_USER"]; !slices.Equal(file.Services["bi-grant"].Command, []string{"grant", user}) {
		t.Errorf("rights are given by %v, and Grafana reads as %s", file.Services["bi-grant"].Command, user)
	}
}
