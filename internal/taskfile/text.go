package taskfile

import (
	"bufio"
	"bytes"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// decoded reads the list as UTF-8, without a byte order mark. Windows' Notepad and the
// "Unicode text" of spreadsheets are UTF-16: a mark shows that or, without one, the
// zero byte of the first character.
func decoded(list io.Reader) io.Reader {
	buffered := bufio.NewReader(list)
	var decoder transform.Transformer = transform.Nop
	switch head, _ := buffered.Peek(2); {
	case len(head) < 2 || head[0] == 0 && head[1] == 0:
	case head[1] == 0:
		decoder = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewDecoder()
	case head[0] == 0:
		decoder = unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewDecoder()
	}
	return transform.NewReader(buffered, unicode.BOMOverride(decoder))
}

// lineEnds makes the end of a line that is a CR alone, of old Macs, an LF.
type lineEnds struct{ from *bufio.Reader }

func (l *lineEnds) Read(p []byte) (int, error) {
	n, err := l.from.Read(p)
	for i := 0; i < n; i++ {
		at := bytes.IndexByte(p[i:n], '\r')
		if at < 0 {
			break
		}
		i += at
		if i+1 < n {
			if p[i+1] != '\n' {
				p[i] = '\n'
			}
			continue
		}
		if next, _ := l.from.Peek(1); len(next) == 0 || next[0] != '\n' {
			p[i] = '\n'
		}
	}
	return n, err
}

// invalidUTF8 is where text stops being UTF-8; -1 if it does not.
func invalidUTF8(text []byte) int {
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && size == 1 {
			return at
		}
		at += size
	}
	return -1
}
