package taskfile_test

import (
	"testing"
	"time"

	"pushloss/internal/taskfile"
)

func TestATimeOutsideTheYearsOfPushesIsRefused(t *testing.T) {
	t.Parallel()
	for text, ok := range map[string]bool{
		"0000-01-01": false, "1999-12-31": false, "2000-01-01": true, "2199-12-31": true, "9999-12-31T23:59:59-23:59": false,
	} {
		if _, err := taskfile.ParseSentAt(text, time.UTC); (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
	}
}
