package chaos

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// key is a fact's within its window.
type key struct {
	Grain, Stage    string
	Event, Platform int
	Code            string
}

// figure is a fact's value.
type figure struct {
	Count int64
	Info  string
}

// element is what an answer says about one task.
type element struct {
	task         string
	figures      map[key]figure
	rows, merged int
	rejected     int
}

var arrays = []struct{ name, grain, stage string }{
	{"ReadyToSendLoss", "stage", "ready_to_send"},
	{"PostSendDeliveredLoss", "stage", "post_send_delivered"},
	{"PlatformReadyToSendLoss", "platform", "ready_to_send"},
	{"PlatformPostSendDeliveredLoss", "platform", "post_send_delivered"},
}

// readBody parses an answer, in another way than the program, and only what the sandbox
// writes.
func readBody(body []byte) ([]element, error) {
	decoder := json.NewDecoder(bytes.NewReader(strict(body)))
	decoder.UseNumber()
	var answer struct{ Results []map[string]any }
	if err := decoder.Decode(&answer); err != nil {
		return nil, err
	}
	var elements []element
	for _, result := range answer.Results {
		e := element{figures: make(map[key]figure)}
		for _, name := range []string{"TaskID", "TaskId"} {
			if id, ok := result[name].(string); ok {
				e.task = id
			}
		}
		for _, array := range arrays {
			rows, _ := result[array.name].([]any) // null and missing are none
			if err := e.add(array.grain, array.stage, rows); err != nil {
				return nil, err
			}
		}
		elements = append(elements, e)
	}
	return elements, nil
}

func (e *element) add(grain, stage string, rows []any) error {
	largest := make(map[key]int64)
	for _, value := range rows {
		row, ok := value.(map[string]any)
		if !ok {
			return fmt.Errorf("a row is %v", value)
		}
		e.rows++
		count, err := strconv.ParseInt(fmt.Sprint(row["ErrCount"]), 10, 64)
		if row["ErrCode"] == nil || err != nil || count < 0 {
			e.rejected++
			continue
		}
		k := key{Grain: grain, Stage: stage, Code: fmt.Sprint(row["ErrCode"])}
		if grain == "platform" {
			if k.Event, err = strconv.Atoi(fmt.Sprint(row["EventType"])); err != nil {
				return err
			}
			if k.Platform, err = strconv.Atoi(fmt.Sprint(row["PushPlatform"])); err != nil {
				return err
			}
		}
		info := strings.ReplaceAll(fmt.Sprint(row["ErrInfo"]), "\x00", "\ufffd")
		before, again := e.figures[k]
		if !again {
			largest[k] = count
			e.figures[k] = figure{count, info}
			continue
		}
		// The counts of a key add up. The text is that of the largest row.
		e.merged++
		if count < largest[k] || count == largest[k] && info > before.Info {
			info = before.Info
		}
		largest[k] = max(largest[k], count)
		e.figures[k] = figure{before.Count + count, info}
	}
	return nil
}

// strict takes comments and trailing commas out.
func strict(body []byte) []byte {
	var out []byte
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case c == '"':
			begin := i
			for i++; i < len(body) && body[i] != '"'; i++ {
				if body[i] == '\\' {
					i++
				}
			}
			out = append(out, body[begin:min(i+1, len(body))]...)
		case bytes.HasPrefix(body[i:], []byte("//")):
			for i < len(body) && body[i] != '\n' {
				i++
			}
		case bytes.HasPrefix(body[i:], []byte("/*")):
			end := bytes.Index(body[i:], []byte("*/"))
			if end < 0 {
				return out
			}
			i += end + 1
		case c == ' ' || c == '\n' || c == '\t' || c == '\r':
		case c == ']' || c == '}':
			out = append(bytes.TrimSuffix(out, []byte(",")), c)
		default:
			out = append(out, c)
		}
	}
	return out
}
