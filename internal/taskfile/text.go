package taskfile

import (
	"bufio"
	"bytes"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// decoded reads the list as UTF-8, without a byte order mark. Windows' Notepad and the "Unicode
// text" of spreadsheets write UTF-16, as a byte order mark or the zero byte of the first character
// shows.
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

// lineEnds turns a line end that is a CR alone, as of old Macs, into an LF.
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

// invalidUTF8 returns the offset of the first invalid UTF-8; -1 if there is none.
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
