package kubernetes_test

import (
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/kustomize/kyaml/filesys"

	corev1 "k8s.io/api/core/v1"

	"pushloss/internal/config"
)

const guide = "../../docs/operations.md"

// secretFiles are keys of the Secret, with contents of their kind.
var secretFiles = map[string]string{
	"pgpass":         "postgres:5432:pushloss:pushloss:a password\n",
	"tim_secret_key": "0123456789abcdef\n",
	"http_token":     "fedcba9876543210fedcba98\n",
}

// variables are an environment.
type variables map[string]string

func (v variables) Lookup(name string) (string, bool) { value, set := v[name]; return value, set }
func (v variables) Names() []string                   { return slices.Collect(maps.Keys(v)) }

// environment is what a pod's program sees, with its secrets below another folder.
func (m manifest) environment(t *testing.T, pod corev1.PodSpec, secrets string) variables {
	t.Helper()
	container := one(t, pod.Containers)
	source := m.configMaps[one(t, container.EnvFrom).ConfigMapRef.Name]
	mount := one(t, container.VolumeMounts)
	if volume := one(t, pod.Volumes); volume.Name != mount.Name || !mount.ReadOnly || *volume.Secret.DefaultMode&0o037 != 0 {
		t.Errorf("the secrets are %+v at %+v", volume.Secret, mount)
	}
	name, value, _ := strings.Cut(instruction(t, "ENV"), "=")
	environment := variables{name: value}
	for name, value := range source.Data {
		if file, below := strings.CutPrefix(value, mount.MountPath+"/"); below {
			value = filepath.Join(secrets, file)
		}
		environment[name] = value
	}
	return environment
}

func writeSecrets(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range secretFiles {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// The settings are read as the program reads them: names, values and files.
func TestTheProgramTakesTheSettings(t *testing.T) {
	t.Parallel()
	secrets := writeSecrets(t)
	for overlay, m := range overlays(t) {
		for name, pod := range m.pods() {
			environment := m.environment(t, pod.Spec, secrets)
			settings, err := config.Load(t.Context(), environment, config.Needs{Database: true, Credentials: true, Page: true}, time.Now())
			if err != nil || len(settings.Unknown) > 0 {
				t.Fatalf("%s: %s: %v, unknown: %v", overlay, name, err, settings.Unknown)
			}
			if settings.HTTPToken.Reveal() == "" || !strings.HasSuffix(settings.HTTPAddr, ":"+instruction(t, "EXPOSE")) {
				t.Errorf("%s: %s listens on %s, and the page has no token or another port", overlay, name, settings.HTTPAddr)
			}
			if _, err := os.Stat(environment["PGPASSFILE"]); err != nil {
				t.Errorf("%s: %s: %v", overlay, name, err)
			}
		}
	}
}

// What compose sets is set here, and its secrets are the same files.
func TestSettingsAndSecretsAreThoseOfCompose(t *testing.T) {
	t.Parallel()
	service, m := compose(t)["pushloss"], overlays(t)["serve"]
	data := only(t, m.configMaps).Data
	for name, value := range service.Environment {
		if got, set := data[name]; !set || strings.HasPrefix(value, "/run/") && got != value {
			t.Errorf("%s is %q, and %q in docker-compose.yml", name, got, value)
		}
	}
	if want := slices.Sorted(maps.Keys(secretFiles)); !slices.Equal(slices.Sorted(slices.Values(service.Secrets)), want) {
		t.Errorf("compose has the secrets %v, want %v", service.Secrets, want)
	}
}

// section is that of the guide.
func section(t *testing.T) string {
	t.Helper()
	_, text, found := strings.Cut(readFile(t, guide), "\n### Kubernetes and systemd\n")
	if !found {
		t.Fatal("the guide has no section of Kubernetes")
	}
	text, _, _ = strings.Cut(text, "\n##")
	return text
}

// An overlay of one's own, as the guide shows it, gives every pod its image, its secrets and
// its settings.
func TestTheOverlayOfTheGuideCanBeBuilt(t *testing.T) {
	t.Parallel()
	example := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(section(t))
	if example == nil {
		t.Fatal("the guide shows no overlay")
	}
	fs := filesys.MakeFsInMemory()
	write := func(file, text string) {
		if err := fs.WriteFile(file, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	write("/site/kustomization.yaml", example[1])
	for name, text := range secretFiles {
		write("/site/secrets/"+name, text)
	}
	for _, pattern := range []string{"base/*", "overlays/*/*"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			write(path.Join("/site/pushloss/deploy/kubernetes", filepath.ToSlash(file)), readFile(t, file))
		}
	}
	m := build(t, fs, "/site")
	secret := only(t, m.secrets)
	for _, name := range slices.Sorted(maps.Keys(secretFiles)) {
		if string(secret.Data[name]) != secretFiles[name] {
			t.Errorf("the secret's %s is %q", name, secret.Data[name])
		}
	}
	if len(m.pods()) != 2 {
		t.Errorf("the pods are %v", slices.Sorted(maps.Keys(m.pods())))
	}
	for name, pod := range m.pods() {
		if image := one(t, pod.Spec.Containers).Image; !regexp.MustCompile(`^.+/pushloss:.+$`).MatchString(image) {
			t.Errorf("%s runs %s", name, image)
		}
		if got := one(t, pod.Spec.Volumes).Secret.SecretName; got != secret.Name || got == "pushloss" {
			t.Errorf("%s has the secret %s, and %s is made", name, got, secret.Name)
		}
		environment := m.environment(t, pod.Spec, "")
		if environment["PGHOST"] == "postgres" || environment["PGUSER"] != "pushloss" {
			t.Errorf("%s has the settings %v", name, environment)
		}
	}
}

// A process's connections are counted by the program itself; a migration has two.
func TestTheGuideAddsUpTheConnections(t *testing.T) {
	t.Parallel()
	text, secrets := section(t), writeSecrets(t)
	for overlay, m := range overlays(t) {
		pods := m.pods()
		processes := len(m.cronJobs)
		for _, deployment := range m.deployments {
			processes += int(*deployment.Spec.Replicas)
		}
		settings, err := config.Load(t.Context(), m.environment(t, pods["pushloss-migrate"].Spec, secrets), config.Needs{Database: true, Credentials: true, Page: true}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		each := settings.Connections()
		want := fmt.Sprintf("| `%s` | %d | %d × %d + 2 = %d |", overlay, processes, processes, each, processes*each+2)
		if !strings.Contains(text, want) {
			t.Errorf("the guide does not say %s", want)
		}
	}
}
