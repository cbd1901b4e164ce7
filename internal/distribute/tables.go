package distribute

// Placement is where the rows of a table are.
type Placement string

// The placements.
const (
	Local       Placement = "local"       // on the coordinator
	Distributed Placement = "distributed" // in shards on the workers, by app
	Reference   Placement = "reference"   // a copy on every node
	Incomplete  Placement = "incomplete"  // a copy on every node except workers that were added later
	Other       Placement = "other"       // in a way that pushloss does not use
)

// CanBecome reports whether a table can be placed. Citus does not take back a distributed table.
func (p Placement) CanBecome(other Placement) bool {
	return p == Local || p == Incomplete && other == Reference
}

// Key is the column by which tables are distributed: every question is about one app, or adds up
// apps.
const Key = "sdk_app_id"

// first is the table with which the others are co-located.
const first = "stage_loss"

// Table is a table of schema pushloss, and where it belongs.
type Table struct {
	Name      string
	Placement Placement
	Why       string
}

// Tables is the only such list. A table comes after those to which it refers.
func Tables() []Table {
	const (
		facts    = "facts of an app, with its other facts"
		name     = "names that facts are joined with"
		registry = "views join it with facts"
		archive  = "the archive is the size of the facts, and would travel for every day that is verified"
		process  = "its statements have volatile functions in RETURNING or WHERE, which Citus refuses"
		few      = "few rows, which no view joins with facts"
	)
	return []Table{
		{"err_code", Reference, name},
		{"err_info", Reference, name},
		{"stage", Reference, name},
		{"event", Reference, name},
		{"platform", Reference, name},
		{"seen_platform", Reference, name},
		{"counter", Reference, name},
		{"stream", Reference, name},
		{"error_catalogue", Reference, name},
		{"error_stage_meaning", Reference, name},
		{"usual_stage_text", Reference, name},
		{"usual_platform_text", Reference, name},
		{"app", Reference, registry},
		{"app_stream", Reference, registry},
		{"task", Reference, registry + "; its key has no app"},
		{"stage_loss", Distributed, facts},
		{"platform_loss", Distributed, facts},
		{"push_count", Distributed, facts},
		{"platform_push_count", Distributed, facts},
		{"chat_stage_loss", Distributed, facts},
		{"chat_platform_loss", Distributed, facts},
		{"chat_push_count", Distributed, facts},
		{"chat_platform_push_count", Distributed, facts},
		{"loss_change", Distributed, "history of facts, with the facts"},
		{"ledger", Distributed, "every view of facts joins it by app and day"},
		{"task_summary", Distributed, "the ledger's transactions write it"},
		{"app_lease", Local, "an app's lock is one lock, and not one on each node"},
		{"run", Local, process},
		{"pull", Local, archive},
		{"raw_body", Local, archive},
		{"reject", Local, few},
		{"reconciliation", Local, few},
		{"reconciliation_key", Local, few},
		{"span_evidence", Local, few},
		{"span_disagreement", Local, few},
		{"jump", Local, few},
		{"alert", Local, few + "; its key has no app"},
		{"message", Local, few + "; its key has no app"},
		{"schema_migrations", Local, few},
		{"schema_views", Local, few},
	}
}
