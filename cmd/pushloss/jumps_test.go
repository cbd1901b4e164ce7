package main_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"pushloss/internal/lab/sandbox"
)

// The command finds what the run stored, and with a greater factor finds nothing.
func TestJumpsFindsWhatTheRunsFound(t *testing.T) {
	t.Parallel()
	w := setup(t, func(cfg *sandbox.Config) {
		incident, err := sandbox.NewIncident(sandbox.RevokedKey, time.Now().AddDate(0, 0, -3), time.Now(), 0.5)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Rows = 60
		cfg.Lives = map[int64]sandbox.Life{testApp: {Incidents: []sandbox.Incident{incident}}}
	})
	w.env["PUSHLOSS_STREAMS"] = "loss,statistics"
	w.env["PUSHLOSS_FIRST_DAY"] = w.back(20)
	w.do(0, "run")
	type event struct {
		SDKAppID   int64    `json:"sdk_app_id"`
		Code       string   `json:"err_code"`
		LastDay    string   `json:"last_day"`
		Open       bool     `json:"open"`
		Share      *float64 `json:"share"`
		WhatToDo   string   `json:"what_to_do"`
		FirstDay   string   `json:"first_day"`
		Platform   string   `json:"platform"`
		LikelyWhat string   `json:"likely_cause"`
	}
	var found []event
	if err := json.Unmarshal([]byte(w.do(0, "jumps", "-o", "json").stdout), &found); err != nil {
		t.Fatal(err)
	}
	// On some days another loss of the sandbox stands out too, by chance.
	incident := slices.IndexFunc(found, func(e event) bool { return e.Code == "21301" })
	if incident < 0 {
		t.Fatalf("%+v", found)
	}
	if e := found[incident]; !e.Open || e.Share == nil || e.LastDay != w.back(1) || e.Platform != "Xiaomi" || e.WhatToDo != "correct it in the console" {
		t.Errorf("%+v", e)
	}
	w.do(0, "jumps", "--from", w.back(10)).says(t, "authentication failed")
	w.env["PUSHLOSS_LANG"] = "zh"
	w.do(0, "jumps", "--from", w.back(10)).says(t, "鉴权失败")
	if out := w.do(0, "jumps", "-o", "json", "--factor", "1000", "--min", "1000000000").stdout; strings.TrimSpace(out) != "[]" {
		t.Error(out)
	}
}
