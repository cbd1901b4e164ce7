package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/dustin/go-humanize/english"
	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"
)

// format is how a command prints its result.
type format string

const (
	asTable format = "table"
	asJSON  format = "json"
)

func (f *format) String() string { return string(*f) }
func (f *format) Type() string   { return "table|json" }

func (f *format) Set(value string) error {
	switch v := format(value); v {
	case asTable, asJSON:
		*f = v
		return nil
	}
	return fmt.Errorf("use table or json")
}

func outputFlag(command *cobra.Command) *format {
	f := asTable
	command.Flags().VarP(&f, "output", "o", "format of the output")
	return &f
}

func printJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

// newTable returns a table that writes to w. Values of number types are right-aligned.
func newTable(w io.Writer, header ...any) table.Writer {
	t := table.NewWriter()
	t.SetOutputMirror(visible{w})
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	t.Style().Options.SeparateRows = false
	if len(header) > 0 {
		t.AppendHeader(header)
	}
	return t
}

// output keeps the first write error for the end of the command, so that a command goes on without
// its output. A reader that closes the pipe early, such as head, causes no error.
type output struct {
	io.Writer
	failed error
}

func (o *output) Write(text []byte) (int, error) {
	_, err := o.Writer.Write(text)
	if err != nil && o.failed == nil && !errors.Is(err, syscall.EPIPE) {
		o.failed = err
	}
	return len(text), nil
}

// visible writes text without control characters. A label, or an error from elsewhere, may have
// them, and a terminal would obey them.
type visible struct{ io.Writer }

func (v visible) Write(text []byte) (int, error) {
	clean := bytes.Map(func(r rune) rune {
		if r != '\n' && unicode.In(r, unicode.Cc, unicode.Bidi_Control) {
			return utf8.RuneError
		}
		return r
	}, text)
	_, err := v.Writer.Write(clean)
	return len(text), err
}

// count formats 1234567 as 1,234,567.
func count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// many formats a number of things: 1 row, 2,000 rows.
func many[N int | int64](n N, thing string) string {
	return count(int64(n)) + " " + english.PluralWord(int(n), thing, "")
}

func optional[T fmt.Stringer](value *T) string {
	if value == nil {
		return ""
	}
	return (*value).String()
}

func shortTime(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Format(time.RFC3339)
}
