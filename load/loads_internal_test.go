package load

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/jackc/pgx/v5/pgtype"

	"pushloss/internal/calendar"
	"pushloss/transform"
)

// shareLoads has loads of apps, each of another day but those of the same windows, ask while
// loadsAtOnce others are under way. It returns what shared transactions, and how often each app loaded alone.
func shareLoads(t *testing.T, rows int, fails, sameWindows bool, apps ...int64) (shared [][]int64, alone map[int64]int) {
	t.Helper()
	alone = make(map[int64]int)
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var wait sync.WaitGroup
		goOn := make(chan struct{})
		l := &loads{most: loadsOfApp, serve: func(round []*loading) error {
			mu.Lock()
			defer mu.Unlock()
			var ids []int64
			for _, m := range round {
				ids = append(ids, m.lock.sdkAppID)
			}
			shared = append(shared, ids)
			if fails {
				round[0].err = ErrSuperseded
				return errors.New("one of them fails")
			}
			return nil
		}}
		facts := make([]transform.Fact, rows)
		join := func(app int64, day int, begin func()) {
			m := &loading{lock: &AppLock{sdkAppID: app}, pull: Pull{
				Day: calendar.Day(day), Tasks: []TaskRef{{}}, Result: transform.Result{Snapshots: []transform.Snapshot{{Facts: facts}}},
			}}
			wait.Go(func() {
				err := l.join(t.Context(), m, func() error {
					begin()
					mu.Lock()
					defer mu.Unlock()
					alone[app]++
					return nil
				})
				if err != nil || m.err != nil {
					t.Errorf("app %d: %v, and %v is left of the transaction that failed", app, err, m.err)
				}
			})
			synctest.Wait()
		}
		for n := range loadsAtOnce {
			join(-int64(n)-1, 0, func() { <-goOn })
		}
		for n, app := range apps {
			if sameWindows {
				n = 0
			}
			join(app, n, func() {})
		}
		close(goOn)
		wait.Wait()
		synctest.Wait()
		if l.underWay != 0 || len(l.waiting) != 0 {
			t.Errorf("at the end %d transactions are under way and %d loads wait", l.underWay, len(l.waiting))
		}
	})
	maps.DeleteFunc(alone, func(app int64, _ int) bool { return app < 0 })
	return shared, alone
}

func TestLoadsThatWaitShareATransactionWithinItsLimits(t *testing.T) {
	t.Parallel()
	var many []int64
	for app := range int64(maxShared + 2) {
		many = append(many, app+1)
	}
	for _, tt := range []struct {
		name        string
		rows        int
		apps        []int64
		shared      []int // the sizes
		alone       int
		sameWindows bool
	}{
		{"different apps", 10, []int64{3, 1, 2}, []int{3}, 0, false},
		{"one load", 10, []int64{1}, nil, 1, false},
		{"an app twice", 10, []int64{1, 2, 1}, []int{3}, 0, false},
		{"the same windows twice", 10, []int64{1, 2, 1}, []int{2}, 1, true},
		{"many apps", 0, many, []int{2, maxShared}, 0, false},
		{"large answers", maxSharedRows/2 - 1, []int64{1, 2, 3, 4}, []int{2, 2}, 0, false},
		{"answers that fill a transaction", maxSharedRows + 1, []int64{1, 2}, nil, 2, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			shared, alone := shareLoads(t, tt.rows, false, tt.sameWindows, tt.apps...)
			var sizes []int
			for _, ids := range shared {
				sizes = append(sizes, len(ids))
				if !slices.IsSorted(ids) {
					t.Errorf("a transaction has the apps in the order %v", ids)
				}
			}
			slices.Sort(sizes)
			n := 0
			for _, times := range alone {
				n += times
			}
			if !slices.Equal(sizes, tt.shared) || n != tt.alone {
				t.Errorf("%v share, %d are alone; want %v and %d", sizes, n, tt.shared, tt.alone)
			}
		})
	}
}

func TestAfterAFailureEachLoadIsTakenAlone(t *testing.T) {
	t.Parallel()
	shared, alone := shareLoads(t, 1, true, false, 1, 2, 3)
	if len(shared) != 1 || len(alone) != 3 || alone[1] != 1 || alone[2] != 1 || alone[3] != 1 {
		t.Errorf("%v share a transaction that fails, then alone load %v", shared, alone)
	}
}

func TestAfterAPanicInASharedTransactionEachLoadIsTakenInTheWorkOfItsApp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &loads{most: loadsOfApp, serve: func([]*loading) error { panic("the answer of app 2") }}
		goOn := make(chan struct{})
		var wait sync.WaitGroup
		var panicked, loaded atomic.Int64
		join := func(app int64, alone func() error) {
			wait.Go(func() {
				defer func() {
					if recover() != nil {
						panicked.Add(app)
					}
				}()
				if err := l.join(t.Context(), &loading{lock: &AppLock{sdkAppID: app}}, alone); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		for n := range loadsAtOnce {
			join(-int64(n)-1, func() error { <-goOn; return nil })
		}
		join(1, func() error { loaded.Add(1); return nil })
		join(2, func() error { panic("the answer of app 2") })
		join(3, func() error { loaded.Add(3); return nil })
		close(goOn)
		wait.Wait()
		synctest.Wait()
		if panicked.Load() != 2 || loaded.Load() != 4 || l.underWay != 0 || len(l.waiting) != 0 {
			t.Errorf("app %d panics, %d is the sum of the others; at the end %d are under way and %d wait", panicked.Load(), loaded.Load(), l.underWay, len(l.waiting))
		}
	})
}

func TestAfterAFailureNoMoreLoadsAreUnderWayThanBefore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const apps = 3 * loadsAtOnce
		l := &loads{most: loadsOfApp, serve: func([]*loading) error { return errors.New("one of them fails") }}
		var underWay, loaded atomic.Int32
		var wait sync.WaitGroup
		join := func(app int64, alone func() error) {
			wait.Go(func() {
				if err := l.join(t.Context(), &loading{lock: &AppLock{sdkAppID: app}}, alone); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		first, goOn := make(chan struct{}), make(chan struct{})
		for n := range loadsAtOnce {
			join(-int64(n)-1, func() error { <-first; return nil })
		}
		for app := range int64(apps) {
			join(app+1, func() error {
				underWay.Add(1)
				<-goOn
				loaded.Add(1)
				return nil
			})
		}
		close(first)
		synctest.Wait()
		if n := underWay.Load(); n != loadsAtOnce {
			t.Errorf("%d loads are under way at once", n)
		}
		close(goOn)
		wait.Wait()
		synctest.Wait()
		if n := loaded.Load(); n != apps || l.underWay != 0 || len(l.waiting) != 0 {
			t.Errorf("%d of %d are loaded; then %d are under way and %d wait", n, apps, l.underWay, len(l.waiting))
		}
	})
}

func TestAnAppHasNoMoreThanItsShareOfTransactions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		goOn := make(chan struct{})
		var sizes []int
		l := &loads{most: loadsOfApp, serve: func(round []*loading) error { sizes = append(sizes, len(round)); return nil }}
		var wait sync.WaitGroup
		join := func(app int64, day calendar.Day) {
			m := &loading{lock: &AppLock{sdkAppID: app}, pull: Pull{Day: day, Tasks: []TaskRef{{}}}}
			wait.Go(func() { _ = l.join(t.Context(), m, func() error { <-goOn; return nil }) })
			synctest.Wait()
		}
		for day := range calendar.Day(loadsOfApp + 3) {
			join(1, day)
		}
		if l.underWay != loadsOfApp || len(l.waiting) != 3 {
			t.Errorf("%d transactions of the app are under way and %d loads wait", l.underWay, len(l.waiting))
		}
		join(2, 0)
		if l.underWay != loadsOfApp+1 {
			t.Errorf("another app waits for this one: %d transactions are under way", l.underWay)
		}
		close(goOn)
		wait.Wait()
		synctest.Wait()
		if !slices.Equal(sizes, []int{3}) || l.underWay != 0 || len(l.ofApp) != 0 || len(l.waiting) != 0 {
			t.Errorf("%v share transactions; then %d are under way, %v by app, and %d wait", sizes, l.underWay, l.ofApp, len(l.waiting))
		}
	})
}

func TestALoadWhoseWorkEndsLeavesThoseThatWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		goOn, served := make(chan struct{}), 0
		l := &loads{most: loadsOfApp, serve: func(round []*loading) error { served += len(round); return nil }}
		join := func(ctx context.Context, app int64, alone func() error) <-chan error {
			err := make(chan error, 1)
			go func() { err <- l.join(ctx, &loading{lock: &AppLock{sdkAppID: app}}, alone) }()
			synctest.Wait()
			return err
		}
		var others []<-chan error
		for n := range loadsAtOnce { // as if the database hung
			others = append(others, join(t.Context(), -int64(n)-1, func() error { <-goOn; return nil }))
		}
		never := func() error { t.Error("a load that shares a transaction is taken alone"); return nil }
		ctx, end := context.WithCancel(t.Context())
		ending := join(ctx, 1, never)
		others = append(others, join(t.Context(), 2, never), join(t.Context(), 3, never))
		end()
		synctest.Wait()
		select {
		case err := <-ending:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("the load whose work ended returns %v", err)
			}
		default:
			t.Error("the load whose work ended waits for the others")
		}
		close(goOn)
		for _, err := range others {
			if err := <-err; err != nil {
				t.Error(err)
			}
		}
		synctest.Wait()
		if served != 2 || l.underWay != 0 || len(l.waiting) != 0 {
			t.Errorf("%d loads shared a transaction, %d are under way, %d wait; want 2, 0 and 0", served, l.underWay, len(l.waiting))
		}
	})
}

func TestTheTextOfAnArrayIsReadAsTheArray(t *testing.T) {
	t.Parallel()
	for _, want := range [][]string{{}, {"a", ""}, {`"`, `\`, `{a,b}`, "NULL", " ü\n"}} {
		var got []string
		if err := pgtype.NewMap().Scan(pgtype.TextArrayOID, pgtype.TextFormatCode, []byte(arrayText(want)), &got); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q is read as %q, %v", arrayText(want), got, err)
		}
	}
}
