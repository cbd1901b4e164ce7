package grafana_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

// timeRange is what is chosen at the top of a dashboard.
type timeRange struct{ from, to time.Time }

// choice is what is chosen of each variable.
type choice map[string][]string

var (
	references = regexp.MustCompile(`\$(\w+)|\$\{(\w+)(?::(\w+))?\}`)
	macros     = regexp.MustCompile(`\$([_a-zA-Z0-9]+)\(([^)]*)\)`)
	sqlDay     = regexp.MustCompile(`^'(\d+)([smhdw])'$`)
)

// expand turns a panel's SQL into what Grafana sends. The browser first replaces variables, then
// the data source replaces macros. What neither knows stays.
func expand(sql string, chosen choice, during timeRange) (string, error) {
	sql = references.ReplaceAllStringFunc(sql, func(reference string) string {
		match := references.FindStringSubmatch(reference)
		values, known := chosen[match[1]+match[2]]
		if !known {
			return reference
		}
		switch match[3] {
		case "sqlstring":
			return sqlStrings(values)
		case "raw":
			return strings.Join(values, ",")
		default:
			return reference // what the plain form gives depends on the variable: not used here
		}
	})
	var failed error
	sql = macros.ReplaceAllStringFunc(sql, func(call string) string {
		match := macros.FindStringSubmatch(call)
		arguments := strings.Split(match[2], ",")
		for i := range arguments {
			arguments[i] = strings.Trim(arguments[i], " ")
		}
		expanded, err := expandMacro(match[1], arguments, during)
		if err != nil && failed == nil {
			failed = err
		}
		return expanded
	})
	return sql, failed
}

// sqlStrings is Grafana's format of that name.
func sqlStrings(values []string) string {
	var quoted []string
	for _, value := range values {
		quoted = append(quoted, "'"+strings.ReplaceAll(value, "'", "''")+"'")
	}
	return strings.Join(quoted, ",")
}

func expandMacro(name string, arguments []string, during timeRange) (string, error) {
	from, to := stamp(during.from), stamp(during.to)
	switch name {
	case "__time":
		return arguments[0] + ` AS "time"`, nil
	case "__timeFilter":
		return fmt.Sprintf("%s BETWEEN %s AND %s", arguments[0], from, to), nil
	case "__timeFrom":
		return from, nil
	case "__timeTo":
		return to, nil
	case "__timeGroup", "__timeGroupAlias":
		if len(arguments) != 2 {
			return "", fmt.Errorf("%s takes a column and an interval", name)
		}
		seconds, err := secondsOf(arguments[1])
		group := fmt.Sprintf("floor(extract(epoch from %s)/%v)*%v", arguments[0], seconds, seconds)
		if name == "__timeGroupAlias" {
			group += ` AS "time"`
		}
		return group, err
	default:
		return "", fmt.Errorf("unknown macro %q", name)
	}
}

func stamp(at time.Time) string { return "'" + at.UTC().Format(time.RFC3339Nano) + "'" }

func secondsOf(interval string) (float64, error) {
	match := sqlDay.FindStringSubmatch(interval)
	if match == nil {
		return 0, fmt.Errorf("%s is not an interval", interval)
	}
	var n float64
	if _, err := fmt.Sscan(match[1], &n); err != nil {
		return 0, err
	}
	return n * map[string]float64{"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}[match[2]], nil
}

func TestMacrosAndVariablesExpandAsInGrafana(t *testing.T) {
	t.Parallel()
	during := timeRange{time.Date(2025, 3, 1, 1, 2, 3, 4e6, time.FixedZone("", 8*3600)), time.Date(2025, 3, 9, 0, 0, 0, 0, time.UTC)}
	chosen := choice{"app": {"1", "2"}, "task": {"it's"}}
	for _, test := range []struct{ sql, want string }{
		{"$__timeFilter(started_at)", "started_at BETWEEN '2025-02-28T17:02:03.004Z' AND '2025-03-09T00:00:00Z'"},
		{"day BETWEEN $__timeFrom()::date AND $__timeTo()::date", "day BETWEEN '2025-02-28T17:02:03.004Z'::date AND '2025-03-09T00:00:00Z'::date"},
		{"$__timeGroup(at, '1d')", "floor(extract(epoch from at)/86400)*86400"},
		{"$__timeGroupAlias(at, '1h')", `floor(extract(epoch from at)/3600)*3600 AS "time"`},
		{"a IN (${app:sqlstring}) AND t = ${task:sqlstring}", "a IN ('1','2') AND t = 'it''s'"},
		{"${other:sqlstring} $1", "${other:sqlstring} $1"},
	} {
		if got, err := expand(test.sql, chosen, during); err != nil || got != test.want {
			t.Errorf("%s became %s (%v), want %s", test.sql, got, err, test.want)
		}
	}
	if got, err := expand("$__unknown(x)", chosen, during); err == nil {
		t.Errorf("an unknown macro became %s", got)
	}
}
