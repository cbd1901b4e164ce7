package extract

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"pushloss/internal/jsonwalk"
)

// ScheduledPath is the endpoint that lists scheduled pushes (Get Scheduled Task List).
const ScheduledPath = "/v4/timpush/list_sched_task"

// ScheduledRequest requests a page of the pushes that were scheduled in a range of time, latest
// first. The API's page does not say whether the range means creation or dispatch.
type ScheduledRequest struct {
	From, To time.Time
	// OrderBy is "schedat" on one page of the API and "schedAt" on another.
	OrderBy      string
	Offset, Want int
}

// ScheduledPush is a push that was scheduled.
type ScheduledPush struct {
	TaskID string     // as in its statistics; empty until it is dispatched
	SentAt *time.Time // when it was to be dispatched; nil if unreadable
}

// ScheduledPage is an answer to a ScheduledRequest.
type ScheduledPage struct {
	Listed int   // elements, readable or not
	Total  int64 // of all pages; 0 if the answer does not say
	Pushes []ScheduledPush
}

// Scheduled lists scheduled pushes by one call. It does not repeat a call that fails.
func (c *Client) Scheduled(ctx context.Context, request ScheduledRequest) (ScheduledPage, error) {
	body, err := json.Marshal(struct {
		Sdkappid           int64
		Offset, Want       int
		OrderBy            string
		Asc                bool
		BeginTime, EndTime string
	}{
		c.account.SDKAppID, request.Offset, request.Want, request.OrderBy, false,
		request.From.UTC().Format(time.DateTime), request.To.UTC().Format(time.DateTime),
	})
	if err != nil {
		return ScheduledPage{}, &Error{Class: BadRequest, Info: err.Error(), Hint: adviceReport}
	}
	answer, err := c.retry(ctx, message{path: ScheduledPath, body: body}, 1)
	if err != nil {
		return ScheduledPage{}, withoutContent(err)
	}
	defer answer.Release()
	return readScheduled(answer.JSON)
}

// withoutContent leaves out the beginning of an unreadable answer: a list of scheduled
// pushes may name recipients.
func withoutContent(err error) error {
	var failed *Error
	if errors.As(err, &failed) && failed.Code == 0 && failed.HTTPStatus != 0 {
		failed.Info, _, _ = strings.Cut(failed.Info, "; it begins: ")
	}
	return err
}

// readScheduled reads what it understands of a list.
func readScheduled(text []byte) (page ScheduledPage, err error) {
	var list struct {
		Total jsontext.Value
		Tasks []jsontext.Value
	}
	if err := jsonv2.Unmarshal(text, &list, jsonwalk.Syntax); err != nil {
		return page, &Error{Class: Unreadable, Info: "the list of scheduled pushes has another form than the API's page says", Hint: adviceReport}
	}
	page.Listed = len(list.Tasks)
	page.Total, _ = strconv.ParseInt(plainText(list.Total), 10, 64)
	for _, value := range list.Tasks {
		var element struct{ PushTaskID, SchedAt jsontext.Value }
		if jsonv2.Unmarshal(value, &element, jsonwalk.Syntax) != nil {
			continue
		}
		push := ScheduledPush{TaskID: strings.TrimSpace(plainText(element.PushTaskID))}
		if at, ok := utcOf(plainText(element.SchedAt)); ok {
			push.SentAt = &at
		}
		page.Pushes = append(page.Pushes, push)
	}
	return page, nil
}

// plainText returns the content of a string or a number, and "" for any other value.
func plainText(value jsontext.Value) string {
	if len(value) == 0 || value.Kind() != jsontext.KindString && value.Kind() != jsontext.KindNumber {
		return ""
	}
	return string(jsonwalk.Content(value))
}

// utcOf reads a time of the API's scheduled pushes, which are in UTC.
func utcOf(text string) (time.Time, bool) {
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil && seconds > 0 {
		return time.Unix(seconds, 0), true
	}
	for _, layout := range []string{time.DateTime, time.RFC3339, "2006-01-02T15:04:05"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}
