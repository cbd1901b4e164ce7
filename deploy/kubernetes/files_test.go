package kubernetes_test

import (
	"os"
	"regexp"
	"testing"

	"sigs.k8s.io/yaml"
)

func readFile(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// instruction returns what follows an instruction of the Dockerfile's last stage.
func instruction(t *testing.T, name string) string {
	t.Helper()
	found := regexp.MustCompile(`(?m)^`+name+` (.*)$`).FindAllStringSubmatch(readFile(t, "../../Dockerfile"), -1)
	if len(found) == 0 {
		t.Fatalf("the Dockerfile has no %s", name)
	}
	return found[len(found)-1][1]
}

type service struct {
	Image           string            `json:"image"`
	Command         []string          `json:"command"`
	Environment     map[string]string `json:"environment"`
	Secrets         []string          `json:"secrets"`
	StopGracePeriod string            `json:"stop_grace_period"`
}

func compose(t *testing.T) map[string]service {
	t.Helper()
	var file struct {
		Services map[string]service `json:"services"`
	}
	if err := yaml.Unmarshal([]byte(readFile(t, "../../docker-compose.yml")), &file); err != nil {
		t.Fatal(err)
	}
	return file.Services
}
