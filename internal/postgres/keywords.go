package postgres

import "strings"

const quoteIt = `put the value in single quotes, with \' for a quote and \\ for a backslash, like password='it\'s a \\'`

// splitKeywords reads a string like libpq, but refuses likely mistakes.
func splitKeywords(text string) (settings, error) {
	s := settings{values: map[string]string{}}
	s.plain = !strings.Contains(strings.ToLower(text), "pass")
	const blanks = " \t\n\r\v\f"
	for text = strings.Trim(text, blanks); text != ""; text = strings.TrimLeft(text, blanks) {
		name, rest, ok := strings.Cut(text, "=")
		name = strings.TrimRight(name, blanks)
		if before, _, found := strings.Cut(text, "://"); found && strings.Contains(before, "postgres") && (!ok || !wordName.MatchString(name)) {
			return s, &URLError{"has something before its postgres://", "write the URL alone: no command, name of a variable or bracket before it"}
		}
		if !ok || !wordName.MatchString(name) {
			return s, &URLError{"is neither a postgres:// URL nor keyword=value pairs", "write postgres://USER:PASSWORD@HOST:5432/DATABASE; " +
				"in keyword=value pairs, " + quoteIt + "; or embedded: for a local database"}
		}
		value := strings.TrimLeft(rest, blanks)
		apart := len(value) < len(rest)
		quoted := strings.HasPrefix(value, "'")
		value = strings.TrimPrefix(value, "'")
		var decoded strings.Builder
		i, closed := 0, false
		for ; i < len(value); i++ {
			c := value[i]
			if quoted && c == '\'' {
				closed = true
				i++
				break
			}
			if !quoted && strings.IndexByte(blanks, c) >= 0 {
				break
			}
			if c == '\\' {
				if i++; i == len(value) || value[i] != '\\' && value[i] != '\'' {
					return s, &URLError{"holds a backslash that escapes nothing", quoteIt}
				}
				c = value[i]
			}
			decoded.WriteByte(c)
		}
		text = value[i:]
		switch {
		case quoted && (!closed || text != "" && strings.IndexByte(blanks, text[0]) < 0):
			return s, &URLError{"has a value whose quotes do not end where it ends", quoteIt}
		case !quoted && decoded.Len() > 1 && strings.HasPrefix(decoded.String(), `"`) && strings.HasSuffix(decoded.String(), `"`):
			return s, &URLError{"has a value in double quotes", quoteIt}
		case apart && !quoted && strings.Contains(decoded.String(), "="):
			return s, &URLError{"has a parameter without a value", quoteIt}
		}
		if err := s.add(name, decoded.String()); err != nil {
			return s, err
		}
	}
	return s, nil
}
