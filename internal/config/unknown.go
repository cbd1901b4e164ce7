package config

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/sethvargo/go-envconfig"

	"pushloss/internal/suggest"
)

// Lister is a Lookuper that knows the names of all variables. Load looks for misspelt names among
// them.
type Lister interface {
	envconfig.Lookuper
	Names() []string
}

// OS returns the variables of the process.
func OS() Lister { return processVariables{envconfig.OsLookuper()} }

type processVariables struct{ envconfig.Lookuper }

func (processVariables) Names() []string {
	var names []string
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		names = append(names, name)
	}
	return names
}

// Unknown is a variable that looks like a setting but is none.
type Unknown struct {
	Name string
	// Meant is a question such as " (did you mean PUSHLOSS_RATE?)", or empty.
	Meant string
}

func (u Unknown) String() string { return u.Name + u.Meant }

// variableNames returns the names of all settings.
func variableNames() []string {
	var names []string
	for _, field := range reflect.VisibleFields(reflect.TypeFor[environment]()) {
		name, _, _ := strings.Cut(field.Tag.Get("env"), ",")
		names = append(names, name)
	}
	return names
}

// ours matches names that are meant for this program. tail is what follows the prefix.
var ours = regexp.MustCompile(`^(?i:PUSH_?LOSS_?|TIM_)(?P<tail>.*)$`)

// unknownVariables returns the variables that have, or nearly have, one of our prefixes but are no
// settings. It leaves out blank ones, and those that Kubernetes and Docker set for a service with
// such a name. read are the variables that the apps file names. If noDatabase is true, it also
// returns variables that may be meant as DATABASE_URL.
func unknownVariables(variables Lister, read map[string]bool, noDatabase bool) []Unknown {
	known := variableNames()
	tails := make(map[string][]string) // names by what follows the prefix
	for _, name := range known {
		tail := tailOf(name)
		tails[tail] = append(tails[tail], name)
	}
	names := variables.Names()
	var found []Unknown
	for _, name := range slices.Sorted(slices.Values(names)) {
		value, _ := variables.Lookup(name)
		if strings.TrimSpace(value) == "" || read[name] || slices.Contains(known, name) || isOfService(name, names) {
			continue
		}
		var meant []string
		if ours.MatchString(name) || len(name) >= len("PUSHLOSS") { // a shorter name, such as P, resembles too many
			meant = suggest.Words(name, ofProgram(known))
		}
		if noDatabase && likeDatabase(name) {
			meant = append(meant, "DATABASE_URL")
		}
		if !ours.MatchString(name) && len(meant) == 0 {
			continue
		}
		if len(meant) == 0 {
			tail := tailOf(strings.ToUpper(name))
			for other, names := range tails {
				if len(suggest.Words(tail, []string{other})) > 0 || sharesWords(tail, other) {
					meant = append(meant, names...)
				}
			}
		}
		found = append(found, Unknown{name, suggest.Question(slices.Sorted(slices.Values(meant)))})
	}
	return found
}

// otherDatabase matches other programs' names for DATABASE_URL.
var otherDatabase = regexp.MustCompile(`^(?i:(DB|DATABASE|PG|POSTGRES|POSTGRESQL)_?(URL|URI|DSN)|DATABASE_?URL_?FILE)$`)

func likeDatabase(name string) bool {
	const all = "DATABASE_URL"
	return otherDatabase.MatchString(name) || len(name) > len("DATABASE") && len(suggest.Words(name, []string{all})) > 0
}

// ofProgram returns the names that start with PUSHLOSS_ or TIM_.
func ofProgram(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !ours.MatchString(name) })
}

func tailOf(name string) string {
	if match := ours.FindStringSubmatch(name); match != nil {
		return match[1]
	}
	return name
}

// sharesWords reports whether each word of one name is the beginning of a word of the other, or the
// reverse: APP_ID and SDK_APP_ID, HTTP_ADDRESS and HTTP_ADDR.
func sharesWords(a, b string) bool {
	within := func(some, all []string) bool {
		for _, word := range some {
			if !slices.ContainsFunc(all, func(other string) bool {
				return word == other || min(len(word), len(other)) > 2 && (strings.HasPrefix(word, other) || strings.HasPrefix(other, word))
			}) {
				return false
			}
		}
		return true
	}
	x, y := strings.Split(a, "_"), strings.Split(b, "_")
	return within(x, y) || within(y, x)
}

// servicePart matches the names that Kubernetes and Docker derive from the name of a service.
var servicePart = regexp.MustCompile(`^(.+?)_(?:SERVICE_HOST|SERVICE_PORT(?:_.+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$`)

func isOfService(name string, names []string) bool {
	match := servicePart.FindStringSubmatch(name)
	return match != nil && (slices.Contains(names, match[1]+"_SERVICE_HOST") ||
		slices.ContainsFunc(names, func(other string) bool {
			return strings.HasPrefix(other, match[1]+"_PORT_") && strings.HasSuffix(other, "_PROTO")
		}))
}
