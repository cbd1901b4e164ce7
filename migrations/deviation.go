package migrations

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Deviation is a difference between the tables and views of a database and those that the
// migrations make, such as what a restore lost.
type Deviation struct {
	What  string `json:"what"`            // missing, extra, different, repeated, behind or altered
	Name  string `json:"name"`            // kind and name: constraint pushloss.app app_pkey
	Found string `json:"found,omitempty"` // what the database has; empty if missing
	Want  string `json:"want,omitempty"`  // what it should have; empty if extra
	ToDo  string `json:"to_do"`           // how to mend it
}

func (d Deviation) Error() string {
	switch d.What {
	case different:
		return fmt.Sprintf("%s is %q, not %q", d.Name, d.Found, d.Want)
	case missing:
		return d.Name + " is missing"
	case altered:
		return d.Name + " was altered since pushloss made it"
	case extra:
		return fmt.Sprintf("%s was not made by pushloss: %s", d.Name, d.Found)
	}
	return fmt.Sprintf("%s: %s", d.Name, d.Found)
}

// Hint says what an operator can do.
func (d Deviation) Hint() string { return d.ToDo }

// What a Deviation can be.
const (
	missing   = "missing"
	extra     = "extra"
	different = "different"
	repeated  = "repeated" // a key is stored more than once
	behind    = "behind"   // a sequence would give keys again that are taken
	altered   = "altered"  // a view is not as it was made
)

// restoreAgain says how to get a complete structure back.
const restoreAgain = "restore the dump again with --single-transaction (docs/operations.md, Backup and restore)"

// notKept marks tables whose foreign-key triggers are switched off, as a pg_restore
// --disable-triggers that ended early leaves them.
const notKept = " NOT KEPT BY "

// migrateAgain says how to get our views, and the rows that migrations made, back.
const migrateAgain = "run: pushloss migrate up"

func (d Deviation) remedy() string {
	kind, rest, _ := strings.Cut(d.Name, " ")
	relation, name, _ := strings.Cut(rest, " ")
	quoted := pgx.Identifier{name}.Sanitize()
	switch {
	case isWord(d.Name), strings.HasPrefix(relation, "analytics.") && (d.What != extra || kind == "column"):
		return migrateAgain
	case d.What == extra && (kind == "trigger" || kind == "rule"):
		return fmt.Sprintf("it may change figures: DROP %s %s ON %s;", strings.ToUpper(kind), quoted, relation)
	case kind == "heir":
		return fmt.Sprintf("figures are counted twice, or are not ours: ALTER TABLE %s NO INHERIT %s;", name, relation) // Postgres has quoted the name
	case kind == "table" && strings.HasPrefix(d.Found, "unlogged"):
		return fmt.Sprintf("a crash of the server empties it: ALTER TABLE %s SET LOGGED;", relation)
	case kind == "table" && strings.Contains(d.Found, "without a replica identity"):
		return fmt.Sprintf("a table that is published needs one: ALTER TABLE %s REPLICA IDENTITY DEFAULT;", relation)
	case kind == "table" && d.What == different:
		return fmt.Sprintf("it may hide rows: ALTER TABLE %s DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY;", relation)
	case d.What == different && strings.Contains(d.Found, notKept):
		_, by, _ := strings.Cut(d.Found, notKept)
		var enable []string
		for table := range strings.SplitSeq(by, " AND ") {
			enable = append(enable, fmt.Sprintf("ALTER TABLE %s ENABLE TRIGGER ALL;", table))
		}
		return "as a superuser, or by restoring the dump again: " + strings.Join(enable, " ")
	case d.What == extra && kind == "index":
		return fmt.Sprintf("it may refuse figures: DROP INDEX pushloss.%s;", quoted)
	case d.What == extra && kind == "constraint":
		return fmt.Sprintf("it may refuse figures: ALTER TABLE %s DROP CONSTRAINT %s;", relation, quoted)
	case d.What == extra:
		return fmt.Sprintf("if it is not needed: ALTER TABLE %s DROP COLUMN %s;", relation, quoted)
	case d.What == different && kind == "column":
		is, want := columnOf(d.Found), columnOf(d.Want)
		statement := fmt.Sprintf("ALTER TABLE %s %s;", relation, alterColumn(quoted, is, want))
		if is.dataType != want.dataType { // Postgres refuses that while a view reads the column
			statement = "drop the views that read it, which pushloss migrate up makes again if they are its own: " + statement
		}
		if strings.Contains(is.dataType, " COLLATE ") {
			statement = "it takes different texts for the same, such as T1 and t1: " + statement
		}
		return statement
	case kind == "constraint" && strings.HasSuffix(d.Found, " NOT VALID"):
		return fmt.Sprintf("ALTER TABLE %s VALIDATE CONSTRAINT %s;", relation, quoted)
	case strings.HasSuffix(d.Found, " INVALID"):
		return fmt.Sprintf("REINDEX INDEX pushloss.%s;", quoted)
	case d.What == missing && kind == "constraint":
		return fmt.Sprintf("%s; or, where nothing is stored repeatedly (pushloss verify says so): ALTER TABLE %s ADD CONSTRAINT %s %s;", restoreAgain, relation, quoted, d.Want)
	case d.What == missing && kind == "index":
		return d.Want + ";"
	}
	return restoreAgain
}

// column is the definition of a column, as sqlStructure describes it.
type column struct {
	dataType, identity, limits, preset string
	notNull                            bool
}

func columnOf(definition string) (c column) {
	rest, preset, _ := strings.Cut(definition, " DEFAULT ")
	if strings.HasSuffix(rest, " GENERATED BY") { // DEFAULT AS IDENTITY
		rest, preset = definition, ""
	}
	c.preset = preset
	if before, limits, limited := strings.Cut(rest, " INCREMENT BY "); limited {
		rest, c.limits = before, limits
	}
	if before, identity, is := strings.Cut(rest, " GENERATED "); is {
		rest, c.identity = before, strings.TrimSuffix(identity, " AS IDENTITY")
	}
	c.dataType, c.notNull = strings.CutSuffix(rest, " NOT NULL")
	return c
}

// alterColumn returns the actions of ALTER TABLE that turn one column into another.
func alterColumn(name string, is, want column) string {
	var actions []string
	act := func(when bool, action string) {
		if when {
			actions = append(actions, "ALTER COLUMN "+name+" "+action)
		}
	}
	act(is.dataType != want.dataType, "TYPE "+want.dataType)
	act(is.identity != "" && want.identity == "", "DROP IDENTITY")
	act(is.preset != want.preset && want.preset == "", "DROP DEFAULT")
	act(is.preset != want.preset && want.preset != "", "SET DEFAULT "+want.preset)
	act(!is.notNull && want.notNull, "SET NOT NULL")
	act(is.notNull && !want.notNull, "DROP NOT NULL")
	act(is.identity == "" && want.identity != "", "ADD GENERATED "+want.identity+" AS IDENTITY")
	act(is.identity != "" && want.identity != "" && is.identity != want.identity, "SET GENERATED "+want.identity)
	act(is.limits != "" && want.limits == "", "SET INCREMENT BY 1 SET NO MAXVALUE SET NO CYCLE")
	return strings.Join(actions, ", ")
}

// takeBackNames replaces the advice for things that may only have another name. They need no
// restore, and dropping the other name would lose what it holds.
func takeBackNames(deviations []Deviation, wanted, found map[string]string) {
	for i := range deviations {
		lost := &deviations[i]
		kind, rest, _ := strings.Cut(lost.Name, " ")
		relation, name, _ := strings.Cut(rest, " ")
		if lost.What != missing || !strings.HasPrefix(relation, "pushloss.") {
			continue
		}
		switch kind {
		case "table":
			if other := sameColumns(relation, wanted, found); other != "" {
				lost.ToDo = fmt.Sprintf("it was renamed, perhaps: ALTER TABLE %s RENAME TO %s;",
					pgx.Identifier(strings.SplitN(other, ".", 2)).Sanitize(), strings.TrimPrefix(relation, "pushloss."))
			}
		case "column", "constraint":
			for j := range deviations {
				other := &deviations[j]
				now, same := strings.CutPrefix(other.Name, kind+" "+relation+" ")
				if same && other.What == extra && other.Found == lost.Want {
					lost.ToDo = fmt.Sprintf("it was renamed, perhaps: ALTER TABLE %s RENAME %s %s TO %s;", relation, strings.ToUpper(kind),
						pgx.Identifier{now}.Sanitize(), pgx.Identifier{name}.Sanitize())
					other.ToDo = lost.ToDo
				}
			}
		}
	}
}

// sameColumns returns a foreign table that has all columns of one of our tables; "" if there is
// none.
func sameColumns(relation string, wanted, found map[string]string) string {
	for name := range found {
		kind, other, _ := strings.Cut(name, " ")
		if _, ours := wanted[name]; kind != "table" || ours {
			continue
		}
		same := true
		for column, definition := range wanted {
			if of, ok := strings.CutPrefix(column, "column "+relation+" "); ok {
				same = same && found["column "+other+" "+of] == definition
			}
		}
		if same {
			return other
		}
	}
	return ""
}
