package yamlfile

import (
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Value is a part of a file: a list, a mapping or a text. The zero Value means that nothing was
// given.
type Value struct {
	file *File
	node *yaml.Node
	key  string // its key in the mapping, if any
}

// Given reports whether there is anything, an empty value included.
func (v Value) Given() bool { return v.node != nil }

// Line is the value's line.
func (v Value) Line() int {
	if v.node == nil {
		return 0
	}
	return v.node.Line
}

// Problem adds a problem at the value's line. The text must not repeat a value
// that may be secret.
func (v Value) Problem(format string, args ...any) {
	if v.file == nil {
		return
	}
	if v.key != "" {
		format = v.key + ": " + format
	}
	v.file.problem(v.Line(), format, args...)
}

// List returns the elements. A value that is not a list, or an empty one, is a
// problem.
func (v Value) List() []Value {
	if v.node == nil {
		return nil
	}
	switch {
	case v.node.Kind == yaml.SequenceNode && len(v.node.Content) > 0:
	case v.node.Kind == yaml.SequenceNode, isNull(v.node):
		v.Problem("is an empty list")
		return nil
	default:
		v.Problem("must be a list, whose entries begin with -")
		return nil
	}
	values := make([]Value, len(v.node.Content))
	for i, node := range v.node.Content {
		values[i] = Value{file: v.file, node: node}
	}
	return values
}

// Fields returns the mapping's values by key; a key that was not given has the
// zero Value. A value that is not a mapping, an unknown key and a repeated one are
// problems. ok is false if there are no usable fields.
func (v Value) Fields(known ...string) (fields map[string]Value, ok bool) {
	if v.node == nil {
		return nil, false
	}
	if v.node.Kind != yaml.MappingNode {
		v.Problem("must be made of lines of KEY: VALUE, with the keys %s", strings.Join(known, ", "))
		return nil, false
	}
	fields = make(map[string]Value, len(known))
	firstLine := make(map[string]int, len(known))
	for i := 0; i+1 < len(v.node.Content); i += 2 {
		key, value := v.node.Content[i], v.node.Content[i+1]
		switch name := key.Value; {
		case key.Tag == "!!merge":
			v.file.problem(key.Line, "the merge key << is not supported: write the keys in each entry")
		case !slices.Contains(known, name):
			v.file.problem(key.Line, "unknown key%s: the keys here are %s", shownKey(key), strings.Join(known, ", "))
		case firstLine[name] != 0:
			v.file.problem(key.Line, "%s: is given twice, first in line %d", name, firstLine[name])
		default:
			firstLine[name] = key.Line
			fields[name] = Value{file: v.file, node: value, key: name}
		}
	}
	return fields, true
}

// Text returns a text or number as written, without blanks around it. An empty or composed value is
// a problem.
func (v Value) Text() (text string, ok bool) {
	text, ok = v.RawText()
	return strings.TrimSpace(text), ok
}

// RawText is Text, but keeps blanks around it.
func (v Value) RawText() (text string, ok bool) {
	switch {
	case v.node == nil:
		return "", false
	case v.node.Kind == yaml.AliasNode || v.node.Anchor != "":
		v.Problem("must be given itself: a text that begins with & or * must be in quotes")
	case v.node.Kind == yaml.ScalarNode && v.node.Style&yaml.TaggedStyle != 0:
		v.Problem("a text that begins with ! must be in quotes")
	case v.node.Kind != yaml.ScalarNode:
		v.Problem("must be a single value: a text with special characters must be in quotes")
	case isNull(v.node) || strings.TrimSpace(v.node.Value) == "":
		v.Problem("is empty")
	default:
		return v.node.Value, true
	}
	return "", false
}

func isNull(node *yaml.Node) bool {
	return node.Kind == yaml.ScalarNode && node.Tag == "!!null"
}

// plainKey matches what may be a mistyped key. Anything else might be a piece of a value without
// its quotes.
var plainKey = regexp.MustCompile(`^[A-Za-z][A-Za-z_-]{0,31}$`)

func shownKey(key *yaml.Node) string {
	if plainKey.MatchString(key.Value) {
		return " " + key.Value
	}
	return ""
}
