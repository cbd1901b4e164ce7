package notify

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// inUTF8 returns an answer as UTF-8, without a byte order mark and without blanks around it. Older
// servers write UTF-16 or the Chinese encodings.
func inUTF8(body []byte) []byte {
	var from encoding.Encoding
	switch {
	case bytes.HasPrefix(body, []byte("\xff\xfe")), bytes.HasPrefix(body, []byte("\xfe\xff")):
		from = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case !utf8.Valid(body):
		from = simplifiedchinese.GB18030
	}
	if from != nil {
		if decoded, err := from.NewDecoder().Bytes(body); err == nil {
			body = decoded
		}
	}
	return bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
}

var (
	// called matches JSON as the parameter of a function's call.
	called = regexp.MustCompile(`^(?s:(?:/\*\*/\s*)?[A-Za-z_$][\w$.]*\(\s*([{\[].*[}\]])\s*\)\s*;?)$`)
	// guard matches what some servers write before JSON so that no page can run it.
	guard = regexp.MustCompile(`^(?:\)\]\}',?|for ?\(;;\);|while ?\(1\);)\s*`)
)

// inJSON returns the JSON in a function's call or behind a guard, and XML as JSON. It returns other
// answers as they are.
func inJSON(body []byte) []byte {
	body = guard.ReplaceAll(body, nil)
	if match := called.FindSubmatch(body); match != nil {
		return match[1]
	}
	if !bytes.HasPrefix(body, []byte("<")) {
		return body
	}
	var root element
	if xml.Unmarshal(body, &root) != nil {
		return body
	}
	text, err := json.Marshal(root.value())
	if err != nil {
		return body
	}
	return text
}

// element is an element of XML.
type element struct {
	XMLName  xml.Name
	Text     string    `xml:",chardata"`
	Children []element `xml:",any"`
}

// value returns the element's text, or the values of its children by name. Children with the same
// name become a list.
func (e element) value() any {
	if len(e.Children) == 0 {
		return strings.TrimSpace(e.Text)
	}
	byName := make(map[string][]any)
	for _, child := range e.Children {
		byName[child.XMLName.Local] = append(byName[child.XMLName.Local], child.value())
	}
	members := make(map[string]any)
	for name, values := range byName {
		members[name] = values
		if len(values) == 1 {
			members[name] = values[0]
		}
	}
	return members
}
