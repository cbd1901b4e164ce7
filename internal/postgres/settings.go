package postgres

import (
	"fmt"
	"strconv"
	"strings"
)

// settings are the parameters of a connection string.
type settings struct {
	names  []string
	values map[string]string
	// plain says that unknown names cannot be parts of a password.
	plain bool
}

func (s *settings) set(name, value string) {
	s.names = append(s.names, name)
	s.values[name] = value
}

func (s *settings) add(name, value string) error {
	if name == "database" {
		name = "dbname"
	}
	if _, twice := s.values[name]; twice {
		return &URLError{"gives a parameter twice", "give each once; a password with special characters is " +
			"percent-encoded in a URL, and in single quotes in a keyword=value string"}
	}
	s.set(name, value)
	return nil
}

func (s *settings) takeMaxConns() (int, error) {
	text, given := s.values["pool_max_conns"]
	if !given {
		return 0, nil
	}
	delete(s.values, "pool_max_conns")
	n, err := strconv.Atoi(text)
	if err != nil || strconv.Itoa(n) != text || n < MinConns || n > MaxConns {
		return 0, &URLError{"has a pool_max_conns that cannot be used", fmt.Sprintf("give a number from %d to %d", MinConns, MaxConns)}
	}
	return n, nil
}

// keywords returns the connection string in the only unambiguous form.
func (s *settings) keywords() string {
	quote := strings.NewReplacer(`\`, `\\`, `'`, `\'`)
	var text strings.Builder
	for _, name := range s.names {
		if value, given := s.values[name]; given {
			fmt.Fprintf(&text, "%s='%s' ", name, quote.Replace(value))
		}
	}
	return text.String()
}
