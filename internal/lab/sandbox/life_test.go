package sandbox

import (
	"strings"
	"testing"
	"time"
)

// lively makes a sandbox with an app that has incidents from March 9 on, and its twin without.
func lively(t *testing.T, specs ...string) (s, calm *Sandbox) {
	t.Helper()
	life := Life{Weekend: 0.5}
	calm = newTestSandbox(t, func(c *Config) { c.Lives = map[int64]Life{testApp: life} })
	for _, spec := range specs {
		incident, err := ParseIncident(spec, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		life.Incidents = append(life.Incidents, incident)
	}
	return newTestSandbox(t, func(c *Config) { c.Lives = map[int64]Life{testApp: life} }), calm
}

// share is what a code takes of its channel's pushes on a day.
func share(s *Sandbox, platform int, stage, code string, from time.Time) float64 {
	to := from.AddDate(0, 0, 1)
	lost, pushes := int64(0), int64(0)
	for _, row := range s.Truth(testApp, "", from, to).Platform {
		if row.PushPlatform == platform && row.Stage == stage && row.ErrCode == code && row.EventType == 1 {
			lost += row.ErrCount
		}
	}
	for _, row := range s.Statistics(testApp, "", from, to).Platform {
		if row.PushPlatform == platform && row.EventType == 1 {
			pushes = row.Total
			if stage == StagePostSendDelivered {
				pushes = row.Sent
			}
		}
	}
	return float64(lost) / float64(pushes)
}

func TestAnIncidentTakesItsShareOnItsDaysOnly(t *testing.T) {
	t.Parallel()
	day := time.Date(2025, 3, 5, 0, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		spec     string
		platform int
		stage    string
		code     string
		least    float64 // on the first whole day
		most     float64
	}{
		{"expired-certificate:from=2025-03-05,to=2025-03-06", 1, StageReadyToSend, "403", 0.55, 0.95},
		{"revoked-key:from=2025-03-05,to=2025-03-06", 2, StageReadyToSend, "21301", 0.25, 0.6},
		{"dead-tokens:from=2025-03-05,to=2025-03-08,share=0.5", 1, StagePostSendDelivered, "410", 0.3, 0.75},
		{"new-version:from=2025-03-04,to=2025-03-07", 3, StageReadyToSend, "-2", 0.18, 0.6},
	} {
		t.Run(test.spec, func(t *testing.T) {
			t.Parallel()
			s, calm := lively(t, test.spec)
			with, without := share(s, test.platform, test.stage, test.code, day), share(calm, test.platform, test.stage, test.code, day)
			if with < test.least || with > test.most || without > with/2 {
				t.Errorf("share %.3f, without the incident %.3f", with, without)
			}
			for _, other := range []time.Time{day.AddDate(0, 0, -3), day.AddDate(0, 0, 6)} {
				if got, want := share(s, test.platform, test.stage, test.code, other), share(calm, test.platform, test.stage, test.code, other); got > want+0.15 {
					t.Errorf("on %s the share is %.3f, without the incident %.3f", other, got, want)
				}
			}
			if got := s.Incidents(testApp); len(got) != 1 || got[0].Code != test.code {
				t.Errorf("the truth is %+v", got)
			}
		})
	}
}

func TestAnImpossibleIncidentIsRefused(t *testing.T) {
	t.Parallel()
	for spec, says := range map[string]string{
		"flood:from=2025-03-05":                            "one of expired-certificate",
		"revoked-key":                                      "none of from, to, share",
		"revoked-key:to=2025-03-05":                        "needs from=D",
		"revoked-key:from=2025-03-05,share=1":              "below 1",
		"revoked-key:from=2025-03-05,to=2025-03-04":        "reversed",
		"revoked-key:from=2025-03-05,to=2025-03-06,task=x": "none of from, to, share",
	} {
		if _, err := ParseIncident(spec, time.UTC); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", spec, err, says)
		}
	}
}

func TestWeekendsAreSmallerAndAnAppGrows(t *testing.T) {
	t.Parallel()
	s := newTestSandbox(t, func(c *Config) {
		c.Lives = map[int64]Life{testApp: {Weekend: 0.4, Growth: 0.02, Since: march9}}
	})
	pushes := func(date int) float64 {
		from := time.Date(2025, 2, date, 0, 0, 0, 0, s.location)
		return float64(s.Statistics(testApp, "", from, from.AddDate(0, 0, 1)).Total)
	}
	if friday, saturday := pushes(7), pushes(8); saturday > 0.6*friday {
		t.Errorf("Friday %v, Saturday %v", friday, saturday)
	}
	if early, late := pushes(3), pushes(24); late < 1.2*early {
		t.Errorf("%v grew to %v in three weeks of 2 %% a day", early, late)
	}
}
