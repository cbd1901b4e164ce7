package taskfile_test

import (
	"strings"
	"testing"
	"time"

	"pushloss/internal/taskfile"
)

var now = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

func TestWhatATaskIDShows(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]struct {
		sentAt string
		app    int64
	}{
		"657bf434_537529d8_2000005e80aa873_2780d131_bc614e":         {"2023-12-15T06:37:40Z", 1400187352},
		"660cc447_537ed82a_200000cd7ee17f5_84035729_bc614e":         {"2024-04-03T02:51:51Z", 1400821802},
		"batch_667015d4_537529d8_2000005e80aa873_d03ac87_56f5e750":  {"2024-06-17T10:54:12Z", 1400187352},
		"batch_695610d8_5f5fe251_200000e87f01f12_cf7963dc_386ba222": {"2026-01-01T06:14:48Z", 1600119377},
		"657bf434_537529d8_2000005e80aa873_2780d131_bc614e_9":       {"2023-12-15T06:37:40Z", 1400187352},
		"657BF434_537529D8_2000005E80AA873_2780D131_BC614E":         {"2023-12-15T06:37:40Z", 1400187352},
	} {
		hint, ok := taskfile.HintFrom(id, now)
		if got := hint.SentAt.UTC().Format(time.RFC3339); !ok || got != want.sentAt || hint.SDKAppID != want.app {
			t.Errorf("%s: sent at %s by app %d (%t), want %s by %d", id, got, hint.SDKAppID, ok, want.sentAt, want.app)
		}
	}
}

func TestOtherTaskIDsShowNothing(t *testing.T) {
	t.Parallel()
	for name, id := range map[string]string{
		"nothing":                        "",
		"the page's placeholder":         "xxx-yyy-zzz",
		"too few parts":                  "657bf434_537529d8_2000005e80aa873_2780d131",
		"a time too short":               "57bf434_537529d8_2000005e80aa873_2780d131_bc614e",
		"a time that is not hexadecimal": "657bf43x_537529d8_2000005e80aa873_2780d131_bc614e",
		"a negative time":                "-57bf434_537529d8_2000005e80aa873_2780d131_bc614e",
		"a time before Push":             "00000001_537529d8_2000005e80aa873_2780d131_bc614e",
		"a time in the future":           "f57bf434_537529d8_2000005e80aa873_2780d131_bc614e",
		"an app that is not hexadecimal": "657bf434_app_2000005e80aa873_2780d131_bc614e",
		"no app":                         "657bf434__2000005e80aa873_2780d131_bc614e",
		"app 0":                          "657bf434_0_2000005e80aa873_2780d131_bc614e",
		"a negative app":                 "657bf434_-5_2000005e80aa873_2780d131_bc614e",
		"an app beyond 64 bits":          "657bf434_" + strings.Repeat("f", 17) + "_2000005e80aa873_2780d131_bc614e",
		"another prefix":                 "sched_657bf434_537529d8_2000005e80aa873_2780d131_bc614e",
	} {
		if hint, ok := taskfile.HintFrom(id, now); ok || hint != (taskfile.Hint{}) {
			t.Errorf("%s: %+v", name, hint)
		}
	}
}

func TestAClockThatLagsADayRaisesNoDoubt(t *testing.T) {
	t.Parallel()
	const id = "657bf434_537529d8_2000005e80aa873_2780d131_bc614e"
	sentAt := time.Unix(0x657bf434, 0)
	if _, ok := taskfile.HintFrom(id, sentAt.Add(-24*time.Hour)); !ok {
		t.Error("a day ahead is refused")
	}
	if _, ok := taskfile.HintFrom(id, sentAt.Add(-24*time.Hour-time.Second)); ok {
		t.Error("more than a day ahead is believed")
	}
}
