package yamlfile

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Parse reads a file of one document. The file collects its problems, including those of syntax.
// The value is not Given if nothing could be read. name is used in messages.
func Parse(name string, data []byte) (Value, *File) {
	file := &File{name: name}
	if IsUTF16(data) {
		file.problem(1, "is UTF-16 text, which some editors call Unicode: save it as UTF-8")
		return Value{file: file}, file
	}
	if !utf8.Valid(data) {
		file.problem(lineOfInvalidUTF8(data), "is not UTF-8 text")
		return Value{file: file}, file
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document, next yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF) || err == nil && len(document.Content) == 0:
		file.problem(1, "is empty")
		return Value{file: file}, file
	case err != nil:
		file.syntaxProblem(err, data)
		return Value{file: file}, file
	}
	switch err := decoder.Decode(&next); {
	case errors.Is(err, io.EOF):
	case err != nil:
		file.syntaxProblem(err, data)
	default:
		file.problem(next.Line, "a second document begins here: keep all in one, without a line of ---")
	}
	return Value{file: file, node: document.Content[0]}, file
}

// IsUTF16 reports whether characters have two or more bytes, by the byte order mark or the zero
// byte of the first character.
func IsUTF16(data []byte) bool {
	return len(data) > 1 && (data[0] == 0xff && data[1] == 0xfe || data[0] == 0xfe && data[1] == 0xff || data[0] == 0 || data[1] == 0)
}

func lineOfInvalidUTF8(data []byte) int {
	line := 1
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		if r == utf8.RuneError && size == 1 {
			break
		}
		if r == '\n' {
			line++
		}
		data = data[size:]
	}
	return line
}

var (
	syntaxError = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)`)
	// unquoted finds a value that begins with a character that YAML reserves.
	unquoted = regexp.MustCompile("^[^\"'#]*(?:^|[:,\\[{-])\\s*([*&@%`])")
	// special finds such a value where the character could have another meaning: on its
	// own line, and between braces.
	special       = regexp.MustCompile(`^\s*(?:- +)*[\w-]+:\s+(?:([?:-])(?:\s|$)|([|>,\]}]))`)
	specialInFlow = regexp.MustCompile(`[{\[,]\s*[\w-]+:\s+(?:(-)(?:\s|$)|([?|>!]))`)
	// within finds a question mark within a value between brackets.
	within        = regexp.MustCompile(`[{\[][^"'#]*[^\s"',:]\s+\?[\s,}\]]`)
	unknownAnchor = regexp.MustCompile(`^unknown anchor '(.*)' referenced`)
)

// syntaxProblem says what the YAML reader says, except the one message of it
// that repeats a piece of the file, and for tabs, which it does not name.
func (f *File) syntaxProblem(err error, data []byte) {
	lines := strings.Split(string(data), "\n")
	line, text := 0, "is not YAML"
	if match := syntaxError.FindStringSubmatch(err.Error()); match != nil {
		line, _ = strconv.Atoi(match[1])
		text = match[2]
	}
	if anchor := unknownAnchor.FindStringSubmatch(text); anchor != nil {
		line = 1 + indexOfLine(lines, func(l string) bool { return strings.Contains(l, "*"+anchor[1]) })
		text = "a text that begins with * must be in quotes"
	}
	if strings.HasPrefix(text, "found character that cannot start") || strings.HasPrefix(text, "did not find expected alphabetic") {
		if at := indexOfLine(lines, unquoted.MatchString); at >= 0 {
			line = at + 1
			text = "a text that begins with " + unquoted.FindStringSubmatch(lines[at])[1] + " must be in quotes"
		}
	}
	for at := max(0, line-1); at < min(line+1, len(lines)); at++ { // the reader may point at the line before
		for _, form := range []*regexp.Regexp{special, specialInFlow} {
			if match := form.FindStringSubmatch(lines[at]); match != nil && !blockScalar.MatchString(lines[at]) {
				f.problem(at+1, "a text that begins with %s must be in quotes", match[1]+match[2])
				return
			}
		}
		if within.MatchString(lines[at]) {
			f.problem(at+1, "a text with a ? must be in quotes between brackets")
			return
		}
	}
	// The reader points at where the construct began, which may be above the tab.
	if tabbed := indexOfLine(lines, indentedByTab); tabbed >= 0 && (strings.Contains(text, "token") || strings.Contains(text, "tab ")) {
		line, text = tabbed+1, "the line is indented with a tab: use blanks"
	}
	for _, known := range plainly {
		if strings.HasPrefix(text, known.said) {
			text = known.meant
			break
		}
	}
	f.problem(line, "%s", text)
}

// blockScalar is the head of a text that follows on the next lines.
var blockScalar = regexp.MustCompile(`:\s+[|>][-+0-9]*\s*(?:#.*)?$`)

// plainly rephrases the most frequent errors of the YAML reader.
var plainly = []struct{ said, meant string }{
	{"found unexpected end of stream", "a quote that was opened is not closed"},
	{"did not find expected node content", "a value is missing, or a [ or { is not closed"},
	{"did not find expected ','", "a comma is missing, or a [ or { is not closed"},
	{"did not find expected '-'", "this line, or one below it, is not indented like those beside it"},
	{"did not find expected key", "the line is not indented like those beside it, or a quote or bracket is not closed"},
	{"mapping values are not allowed", "a KEY: is where none can be: indent the line like those beside it, or put a text with a colon and a blank in quotes"},
	{"could not find expected ':'", "the line, or the one before it, has no colon after its key"},
	{"found unknown escape character", "an unknown escape follows a backslash: write the text in single quotes"},
}

func indexOfLine(lines []string, wanted func(string) bool) int {
	for i, line := range lines {
		if wanted(line) {
			return i
		}
	}
	return -1
}

func indentedByTab(line string) bool {
	indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
	return strings.Contains(indent, "\t") && len(indent) < len(line)
}
