package transform

import (
	"strings"
)

// members visits the members of the object that comes next. visit gets the name in the
// spelling of the API page, whatever its capitalization (pages of the same API spell
// TaskID and TaskId), and must consume the value.
func (r *reader) members(visit func(name string) error) error {
	return r.in.Members(func(name []byte) error { return visit(canonicalName(name)) })
}

var names = [...]string{
	"ErrCode", "ErrCount", "ErrInfo", "EventType", "PushPlatform", "TaskID", "Results",
	"ReadyToSendLoss", "PostSendDeliveredLoss", "PlatformReadyToSendLoss", "PlatformPostSendDeliveredLoss",
	"TotalCount", "SentCount", "DeliveredCount", "ClickCount", "PlatformStatistics",
}

// canonicalName returns the known name that a member spells, or "".
func canonicalName(spelled []byte) string {
	for _, name := range names {
		if string(spelled) == name {
			return name
		}
	}
	for _, name := range names {
		if strings.EqualFold(string(spelled), name) {
			return name
		}
	}
	return ""
}
