package taskfile

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"pushloss/internal/suggest"
)

// maxJSON bounds JSON, which is read as a whole, in bytes.
const maxJSON = 64 << 20

// maxExact is the first whole number to which tools may have rounded another: most tools read
// JSON's numbers as 64-bit floating-point numbers.
const maxExact = 1 << 53

// part is a value and its offset in the list. Objects and arrays stay JSON.
type part struct {
	value jsontext.Value
	at    int
}

// member is one name and value of an object.
type member struct {
	name string
	part
}

// json reads objects, and arrays of objects or IDs, one after another, whatever their line breaks.
// It continues after a bad element, but not after a text that is not JSON.
func (r *reader) json(list io.Reader) error {
	r.isJSON = true
	text, err := io.ReadAll(io.LimitReader(list, maxJSON+1))
	if err != nil {
		return err
	}
	if len(text) > maxJSON {
		r.problem(1, "more than %d MiB of JSON: divide the list", maxJSON>>20)
		return nil
	}
	if at := invalidUTF8(text); at >= 0 { // decoding would replace invalid bytes
		r.problem(1+bytes.Count(text[:at], []byte("\n")), "not UTF-8 text")
		return nil
	}
	values := decoderOf(text)
	r.lines = linesOf(text)
	for {
		kind := values.PeekKind()
		if kind == '[' && values.StackDepth() == 0 || kind == ']' {
			_, err = values.ReadToken()
		} else {
			var value jsontext.Value
			if value, err = values.ReadValue(); err == nil {
				r.element(part{value, int(values.InputOffset()) - len(value)})
			}
		}
		if errors.Is(err, io.EOF) && values.StackDepth() == 0 && !errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			at := len(bytes.TrimRight(text, " \t\r\n"))
			if syntax := (*jsontext.SyntacticError)(nil); errors.As(err, &syntax) {
				at = min(at, int(syntax.ByteOffset))
			}
			r.number++ // the element that cannot be read, not the one before it
			r.problem(r.lines.lineAt(at), "not valid JSON: it is cut off, or a comma, quote or bracket is wrong here")
			return nil
		}
	}
}

// element adds the task of an object or of a bare ID.
func (r *reader) element(element part) {
	r.number++
	line := r.lines.lineAt(element.at)
	switch element.value.Kind() {
	case '{':
		r.object(line, membersOf(element))
	case '"', '0':
		if id, ok := r.text(line, "task_id", element.value); ok {
			r.add(line, FromList, map[string]string{"task_id": id})
		}
	default:
		r.problem(line, "task_id: an element is neither an object nor a TaskID")
	}
}

// decoderOf accepts repeated names. They are checked where they matter, so that problems name them
// and reading continues.
func decoderOf(text []byte) *jsontext.Decoder {
	return jsontext.NewDecoder(bytes.NewReader(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

// membersOf returns the members of a valid object in their order, including repeated names.
func membersOf(object part) (members []member) {
	decoder := decoderOf(object.value)
	_, _ = decoder.ReadToken()
	for decoder.PeekKind() == '"' {
		name, _ := decoder.ReadToken() // no errors: it was decoded before
		text := name.String()
		value, _ := decoder.ReadValue()
		members = append(members, member{text, part{value.Clone(), object.at + int(decoder.InputOffset()) - len(value)}})
	}
	return members
}

// object adds the task of a JSON object, or the tasks of one of the vendor's.
func (r *reader) object(line int, members []member) {
	if r.vendors(line, members) {
		return
	}
	ok := !r.twice(line, members, nil)
	fields := make(map[string]string)
	wrapped := "" // the name of a list around the tasks
	for _, m := range members {
		column, known := columnOf(m.name)
		switch {
		case !known:
			// A column with a mistyped name must not be lost.
			if meant := r.columnMeant(m.name); meant != "" {
				r.problem(line, "unknown field %q%s", m.name, meant)
				ok = false
			} else {
				r.Unknown++
			}
			if path := listIn(m); path != "" {
				wrapped = path
			}
			continue
		case column == ignored, m.value.Kind() == 'n':
			continue
		}
		text, good := r.text(line, column, m.value)
		ok = ok && good
		fields[column] = text
	}
	switch {
	case ok && fields["task_id"] == "" && wrapped != "":
		r.problem(line, "no task_id, but a list in %q: give that list itself", wrapped)
	case ok:
		r.add(line, FromList, fields)
	}
}

// listIn returns the path of the first list in a member, such as data.list, or "".
func listIn(m member) string {
	switch m.value.Kind() {
	case '[':
		return m.name
	case '{':
		for _, within := range membersOf(m.part) {
			if path := listIn(within); path != "" {
				return m.name + "." + path
			}
		}
	}
	return ""
}

// columnMeant returns a question if an unknown name may be a mistyped column, or "".
func (r *reader) columnMeant(name string) string {
	meant, asked := r.meant[name]
	if !asked {
		meant = suggest.Near(name, columns)
		r.meant[name] = meant
	}
	return meant
}

// twice adds a problem for each repeated member, also for two names of the same column, and reports
// whether there is any: nobody knows which of them is right. known are names that are not columns.
func (r *reader) twice(line int, members []member, known []string) (found bool) {
	first := make(map[string]member)
	for _, m := range members {
		key := strings.ToLower(m.name)
		if column, isColumn := columnOf(m.name); isColumn && column != ignored && !slices.Contains(known, m.name) {
			key = column
		}
		if m.name == "SchedAt" { // the time at which a scheduled push is sent
			key = "sent_at"
		}
		earlier, again := first[key]
		if !again {
			first[key] = m
			continue
		}
		r.problem(line, "the field %q occurs twice: %q at %s and %q at %s", key, earlier.name, r.lines.place(earlier.at), m.name, r.lines.place(m.at))
		found = true
	}
	return found
}

// text reads a string or a number. An ID may be a whole number in plain digits. Other numbers have
// lost digits.
func (r *reader) text(line int, column string, value jsontext.Value) (text string, ok bool) {
	switch value.Kind() {
	case '"':
		unquoted, err := jsontext.AppendUnquote(nil, value)
		if err != nil && !bytes.Contains(unquoted, []byte("\uFFFD")) {
			r.problem(line, "%s is not a valid string", column)
			return "", false
		}
		return strings.TrimSpace(string(unquoted)), true
	case '0':
		if column == "task_id" && bytes.ContainsAny(value, ".eE-") {
			r.problem(line, "task_id %s is a number: a spreadsheet or a program has turned this ID into a number: write the ID as text, in quotes", value)
			return "", false
		}
		if number, err := strconv.ParseUint(string(value), 10, 64); column == "task_id" && (err != nil || number >= maxExact) {
			r.problem(line, "task_id %s is a number of 2^53 or more, which many tools round: its last digits may be wrong: write the ID as text, in quotes", value)
			return "", false
		}
		return string(value), true
	}
	r.problem(line, "%s is neither a string nor a number", column)
	return "", false
}
