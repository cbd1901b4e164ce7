package extract

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"pushloss/internal/jsonwalk"
)

// envelope is the part of an answer that every answer of the REST API has beside its
// content (REST API overview; All/Tagged Users Push Loss Analysis, which mentions
// ResultCode and ResultInfo without showing them).
type envelope struct {
	actionStatus string
	errorCode    int64
	errorInfo    string
	resultCode   int64
	resultInfo   string
}

// failure returns the code and message of a failed call; ok means that the call succeeded. It
// ignores the message of a success: the page's samples have "sucess".
func (e envelope) failure() (code int64, info string, ok bool) {
	switch {
	case e.errorCode != 0:
		return e.errorCode, e.errorInfo, false
	case e.resultCode != 0:
		return e.resultCode, e.resultInfo, false
	case strings.EqualFold(e.actionStatus, "FAIL"), strings.EqualFold(e.actionStatus, "FAILURE"):
		return 0, strings.TrimSuffix("ActionStatus FAIL without a code: "+e.errorInfo, ": "), false
	}
	return 0, "", true
}

var (
	errNoErrorCode  = errors.New("it has no ErrorCode")
	errTextFollows  = errors.New("text follows its end")
	errNestedTooFar = errors.New("it is nested too deeply")
	errTooLarge     = fmt.Errorf("it has trailing commas, comments or another fault, and is too large (over %s) to be repaired", humanize.IBytes(maxRepaired))
)

// readEnvelope checks that body is an answer and reads its envelope. The returned text is
// strict JSON: body itself or, if body has trailing commas or comments (the page's own
// sample has one), body with these blanked out.
func readEnvelope(body []byte, budget *Budget) (envelope, []byte, error) {
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	env, err := parseEnvelope(body)
	var syntactic *jsontext.SyntacticError
	if errors.As(err, &syntactic) || errors.Is(err, errTextFollows) {
		switch {
		case nestedDeeper(body, maxNesting):
			return env, body, errNestedTooFar
		case len(body) > maxRepaired:
			return env, body, errTooLarge
		}
		if repaired, repairErr := budget.repair(body); repairErr == nil {
			body = repaired
			env, err = parseEnvelope(body)
		}
	}
	return env, body, err
}

// maxRepaired limits what is repaired, in bytes: hujson takes up to a hundred times as much
// memory.
const maxRepaired = 512 << 10

// maxNesting is far more than any answer has. hujson recurses, and a text of some hundred
// thousand brackets would end the process: Go cannot recover from a stack overflow.
const maxNesting = 1000

// nestedDeeper reports whether brackets outside strings and comments are nested deeper
// than limit.
func nestedDeeper(text []byte, limit int) bool {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '[', '{':
			if depth++; depth > limit {
				return true
			}
		case ']', '}':
			depth--
		case '"':
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		case '/':
			end := ""
			switch {
			case bytes.HasPrefix(text[i:], []byte("//")):
				end = "\n"
			case bytes.HasPrefix(text[i:], []byte("/*")):
				end = "*/"
			default:
				continue
			}
			length := bytes.Index(text[i+2:], []byte(end))
			if length < 0 {
				return false
			}
			i += 2 + length + len(end) - 1
		}
	}
	return false
}

func parseEnvelope(body []byte) (envelope, error) {
	var env envelope
	var seen jsonwalk.Names
	hasCode := false
	reader := jsonwalk.Read(body)
	err := reader.Members(func(member []byte) error {
		name := string(member)
		switch name {
		case "ActionStatus", "ErrorCode", "ErrorInfo", "ResultCode", "ResultInfo":
			if seen.Add(name) {
				return errors.New(jsonwalk.Twice(name))
			}
			hasCode = hasCode || strings.HasSuffix(name, "Code")
		}
		switch name {
		case "ActionStatus":
			return readText(reader, &env.actionStatus)
		case "ErrorCode":
			return readInteger(reader, name, &env.errorCode)
		case "ErrorInfo":
			return readText(reader, &env.errorInfo)
		case "ResultCode":
			return readInteger(reader, name, &env.resultCode)
		case "ResultInfo":
			return readText(reader, &env.resultInfo)
		}
		return reader.SkipValue()
	})
	switch {
	case err != nil:
		return env, err
	case len(bytes.TrimSpace(reader.UnreadBuffer())) > 0:
		return env, errTextFollows
	case !hasCode:
		return env, errNoErrorCode
	}
	return env, nil
}

// readText reads a string. It returns the JSON of any other value, since a message is
// only shown.
func readText(reader *jsonwalk.Reader, into *string) error {
	value, err := reader.ReadValue()
	if err != nil {
		return err
	}
	if json.Unmarshal(value, into, jsonwalk.Syntax) != nil {
		*into = string(value)
	}
	return nil
}

// readInteger reads a whole number or a string that holds one; null is 0.
func readInteger(reader *jsonwalk.Reader, name string, into *int64) error {
	value, err := reader.ReadValue()
	if err != nil || value.Kind() == jsontext.KindNull {
		return err
	}
	number, err := strconv.ParseInt(string(jsonwalk.Content(value)), 10, 64)
	if err != nil {
		return fmt.Errorf("its %s is not a whole number", name)
	}
	*into = number
	return nil
}

// StrictJSON returns an accepted answer's body (Answer.Body) as strict JSON
// (Answer.JSON).
func StrictJSON(body []byte) ([]byte, error) {
	_, text, err := readEnvelope(body, nil)
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	return text, nil
}
