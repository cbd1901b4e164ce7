package taskfile

import (
	"strconv"
	"strings"
	"time"
)

// Hint is what a TaskID seems to show about its task.
type Hint struct {
	SentAt   time.Time
	SDKAppID int64
}

// serviceStart is earlier than any push task.
var serviceStart = time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)

// HintFrom reads the form of the TaskIDs in the vendor's samples, such as
// 657bf434_537529d8_2000005e80aa873_2780d131_bc614e. They begin with the start of the task in Unix
// seconds and the SDKAppID, both in hex; "batch_" may come before these. The form is not
// documented, so it is only a hint.
func HintFrom(taskID string, now time.Time) (hint Hint, ok bool) {
	parts := strings.Split(strings.TrimPrefix(taskID, "batch_"), "_")
	if len(parts) < 5 || len(parts[0]) != 8 {
		return Hint{}, false
	}
	seconds, err := strconv.ParseInt(parts[0], 16, 64)
	if err != nil {
		return Hint{}, false
	}
	app, err := strconv.ParseInt(parts[1], 16, 64)
	if err != nil || app <= 0 {
		return Hint{}, false
	}
	sentAt := time.Unix(seconds, 0)
	if sentAt.Before(serviceStart) || sentAt.After(now.Add(24*time.Hour)) {
		return Hint{}, false
	}
	return Hint{SentAt: sentAt, SDKAppID: app}, true
}
