package main_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// If this machine knows a zone and the database does not, the database would cut days at other
// midnights, or not at all.
func TestAZoneThatTheDatabaseDoesNotKnowLoadsNothing(t *testing.T) {
	t.Parallel()
	w := setup(t)
	zones := t.TempDir()
	if err := os.Mkdir(filepath.Join(zones, "Mars"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(zones, "Mars", "Olympus"), utcFile(), 0o600); err != nil {
		t.Fatal(err)
	}
	w.env["ZONEINFO"], w.env["PUSHLOSS_TIMEZONE"] = zones, "Mars/Olympus"
	w.do(2, "check").says(t, "Mars/Olympus", "FAILED")
	w.do(2, "run").says(t, "Mars/Olympus", "what to do:")
	if n := w.number(`SELECT count(*) FROM pushloss.ledger`) + w.number(`SELECT count(*) FROM pushloss.app`); n != 0 {
		t.Errorf("%d rows were written", n)
	}
	w.env["PUSHLOSS_TIMEZONE"] = time.UTC.String()
	w.do(0, "run")
}

// utcFile is a TZif file of UTC (RFC 8536, version 1).
func utcFile() []byte {
	file := append([]byte("TZif"), make([]byte, 16)...)
	for _, count := range []byte{0, 0, 0, 0, 1, 4} { // isutc, isstd, leap, time, type, char
		file = append(file, 0, 0, 0, count)
	}
	return append(append(file, 0, 0, 0, 0, 0, 0), "UTC\x00"...)
}
