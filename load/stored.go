package load

import (
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// stored is what the database has for a pull's windows.
type stored struct {
	ledger map[int32]Entry
	facts  []factRow
}

// rowCount returns the number of the windows' facts, according to the ledger.
func (s stored) rowCount() (n int) {
	for _, entry := range s.ledger {
		n += entry.RowCount
	}
	return n
}

// after returns now or, if the clock of the process that loaded last was ahead of this
// one's, the instant after that load: the history of a window never goes back in time.
func (s stored) after(now time.Time) time.Time {
	for _, entry := range s.ledger {
		if last := entry.LastLoadedAt; last != nil && !now.After(*last) {
			now = last.Add(time.Microsecond)
		}
	}
	return now
}

// room grows facts to the number that the ledger counts.
func (s *stored) room() { s.facts = slices.Grow(s.facts, max(0, s.rowCount()-len(s.facts))) }

// queueStored adds the queries for the stored windows of loads.
func queueStored(batch *pgx.Batch, all []*loading) {
	for _, m := range all {
		m.stored = stored{ledger: make(map[int32]Entry, len(m.pull.Tasks))}
	}
	if len(all) == 1 {
		all[0].queueStored(batch)
	} else {
		queueStoredOfMany(batch, all)
	}
}

func (m *loading) queueStored(batch *pgx.Batch) {
	pull, app := m.pull, m.lock.sdkAppID
	day, keys := pull.Day.UTC(), pull.taskKeys()
	queueEntries(batch, func(e Entry) { m.stored.ledger[e.TaskKey] = e }, sqlLedgerOfTasks, app, day, day, int16(pull.Stream), keys)
	for _, table := range tables[pull.Stream] {
		batch.Queue(table.selectRows, app, day, keys, slices.Min(keys), slices.Max(keys)).Query(func(rows pgx.Rows) (err error) {
			m.stored.room()
			m.stored.facts, err = table.appendFacts(m.stored.facts, rows)
			return err
		})
	}
}

// Makes Postgres look up the windows one by one by their keys. Without statistics, as in a first
// load, it would read the whole tables, and keep that plan.
const sqlLookUp = `SELECT set_config(name, 'off', true) FROM unnest('{enable_hashjoin,enable_mergejoin,enable_seqscan}'::text[]) AS name`

// windowsOfLoads are windows, each with the index of its load.
type windowsOfLoads struct {
	apps           []int64
	days           []time.Time
	streams        []int16
	taskKeys, load []int32
}

func (w *windowsOfLoads) add(n int, m *loading) {
	for _, task := range m.pull.Tasks {
		w.apps, w.days, w.streams = append(w.apps, m.lock.sdkAppID), append(w.days, m.pull.Day.UTC()), append(w.streams, int16(m.pull.Stream))
		w.taskKeys, w.load = append(w.taskKeys, task.Key), append(w.load, int32(n))
	}
}

// queueStoredOfMany is queueStored with one statement for each table, for any number of loads.
func queueStoredOfMany(batch *pgx.Batch, all []*loading) {
	batch.Queue(sqlLookUp)
	var windows windowsOfLoads
	var byStream [len(tables)]windowsOfLoads
	for n, m := range all {
		windows.add(n, m)
		byStream[m.pull.Stream].add(n, m)
	}
	batch.Queue(sqlLedgerOfLoads, windows.apps, windows.days, windows.streams, windows.taskKeys, windows.load).Query(func(rows pgx.Rows) error {
		var e Entry
		var n int32
		_, err := pgx.ForEachRow(rows, append(e.columns(), &n), func() error {
			all[n].stored.ledger[e.TaskKey] = e
			return nil
		})
		return err
	})
	for of, w := range byStream {
		if len(w.apps) == 0 {
			continue
		}
		for _, table := range tables[of] {
			batch.Queue(table.selectOfLoads, w.apps, w.days, w.taskKeys, w.load).Query(func(rows pgx.Rows) error {
				f := factRow{factKey: factKey{grain: table.grain}}
				var n int32
				_, err := pgx.ForEachRow(rows, append(f.columns(), &n), func() error {
					s := &all[n].stored
					if s.facts == nil {
						s.room()
					}
					s.facts = append(s.facts, f)
					return nil
				})
				return err
			})
		}
	}
}
