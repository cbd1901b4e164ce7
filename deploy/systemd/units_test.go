// Package systemd has only tests: they check the units.
package systemd_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pushloss/internal/config"
	"pushloss/schedules"
)

const binary = "/usr/local/bin/pushloss"

// unit are the values of a unit's settings, by name, in their order.
type unit map[string][]string

func read(t *testing.T, file string) unit {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	found := make(unit)
	for line := range strings.Lines(string(text)) {
		if name, value, set := strings.Cut(strings.TrimSpace(line), "="); set && !strings.HasPrefix(name, "#") {
			found[name] = append(found[name], value)
		}
	}
	return found
}

func files(t *testing.T, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(pattern)
	if err != nil || len(found) == 0 {
		t.Fatalf("%s: %v", pattern, err)
	}
	return found
}

// systemd itself reads the units, with a program that every machine has.
func TestSystemdTakesTheUnits(t *testing.T) {
	t.Parallel()
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip(err)
	}
	stand, err := exec.LookPath("true")
	if err != nil {
		t.Skip(err)
	}
	dir, args := t.TempDir(), []string{"verify"}
	for _, file := range append(files(t, "*.service"), files(t, "*.timer")...) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		copied := filepath.Join(dir, file)
		if err := os.WriteFile(copied, []byte(strings.ReplaceAll(string(text), binary, stand)), 0o600); err != nil {
			t.Fatal(err)
		}
		if file != "pushloss@.service" { // a template is verified by its timers' instances
			args = append(args, copied)
		}
	}
	if out, err := exec.CommandContext(t.Context(), analyze, args...).CombinedOutput(); err != nil || strings.Contains(string(out), dir) {
		t.Errorf("%v\n%s", err, out)
	}
}

type variables map[string]string

func (v variables) Lookup(name string) (string, bool) { value, set := v[name]; return value, set }
func (v variables) Names() []string                   { return slices.Collect(maps.Keys(v)) }

// The settings are those of the example's file and of the unit, whose secrets are
// credentials that the unit loads.
func TestTheProgramTakesTheSettingsOfTheUnits(t *testing.T) {
	t.Parallel()
	for file, wanted := range map[string]config.Needs{
		"pushloss.service":  {Database: true, Credentials: true, Page: true},
		"pushloss@.service": {Database: true, Credentials: true},
	} {
		u, environment, credentials := read(t, file), variables{}, t.TempDir()
		for name, values := range read(t, filepath.Base(u["EnvironmentFile"][0])) {
			environment[name] = values[0]
		}
		for _, load := range u["LoadCredential"] {
			name, source, _ := strings.Cut(load, ":")
			if source != "/etc/pushloss/"+name {
				t.Errorf("%s loads %s from %s", file, name, source)
			}
			if err := os.WriteFile(filepath.Join(credentials, name), []byte("0123456789abcdef"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for _, set := range u["Environment"] {
			name, value, _ := strings.Cut(set, "=")
			environment[name] = strings.Replace(value, "%d", credentials, 1)
		}
		settings, err := config.Load(t.Context(), environment, wanted, time.Now())
		if err != nil || len(settings.Unknown) > 0 {
			t.Errorf("%s: %v, unknown: %v", file, err, settings.Unknown)
		}
		if _, err := os.Stat(environment["PGPASSFILE"]); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestAllServicesAreConfinedAlike(t *testing.T) {
	t.Parallel()
	serve, job := read(t, "pushloss.service"), read(t, "pushloss@.service")
	for name, want := range map[string][2]string{
		"ExecStartPre":             {binary + " migrate up", binary + " migrate up"},
		"ExecStart":                {binary + " serve", binary + " %i"},
		"Restart":                  {"on-failure", ""},
		"RestartPreventExitStatus": {"2 4", ""},
		"Type":                     {"", "oneshot"},
	} {
		if got := [2]string{strings.Join(serve[name], "; "), strings.Join(job[name], "; ")}; got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	confined := regexp.MustCompile(`^(Dynamic|NoNew|Protect|Private|Restrict|Lock|Memory|Capability|SystemCall|UMask|Success|TimeoutStop)`)
	for name := range serve {
		if confined.MatchString(name) && !slices.Equal(serve[name], job[name]) {
			t.Errorf("%s is %q for the daemon and %q for a job", name, serve[name], job[name])
		}
	}
	for _, name := range []string{"DynamicUser", "NoNewPrivileges", "PrivateTmp", "RestrictNamespaces"} {
		if !slices.Equal(serve[name], []string{"yes"}) {
			t.Errorf("%s is %q", name, serve[name])
		}
	}
	if !slices.Equal(serve["ProtectSystem"], []string{"strict"}) || !slices.Equal(serve["CapabilityBoundingSet"], []string{""}) {
		t.Errorf("the system is %q, capabilities are %q", serve["ProtectSystem"], serve["CapabilityBoundingSet"])
	}
	if dockerfile, err := os.ReadFile("../../Dockerfile"); err != nil || !strings.Contains(string(dockerfile), " "+binary+"\n") {
		t.Errorf("the Dockerfile does not put the program to %s (%v)", binary, err)
	}
}

// The timers elapse when serve's own schedule does.
func TestTimersRunWhenServeWould(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation(read(t, "pushloss.env")["PUSHLOSS_TIMEZONE"][0])
	if err != nil {
		t.Fatal(err)
	}
	wanted, err := schedules.Parse("default.yaml", schedules.Default(), []string{"run", "reconcile", "prune"}, zone)
	if err != nil {
		t.Fatal(err)
	}
	if timers := files(t, "*.timer"); len(timers) != len(wanted) {
		t.Errorf("%v for %d schedules", timers, len(wanted))
	}
	for _, want := range wanted {
		timer := read(t, "pushloss@"+want.Job+".timer")
		// The default's times are fixed ones of a day or of a Sunday.
		next := want.Next(time.Date(2026, 11, 29, 0, 0, 0, 0, zone).Add(-time.Second))
		calendar := next.Format("*-*-* 15:04:05 ") + zone.String()
		if strings.HasSuffix(want.Cron, " 0") {
			calendar = next.Format("Mon ") + calendar
		}
		if !slices.Equal(timer["OnCalendar"], []string{calendar}) || !slices.Equal(timer["Persistent"], []string{"true"}) {
			t.Errorf("%s elapses at %q, want %q, persistent", want.Job, timer["OnCalendar"], calendar)
		}
	}
}
