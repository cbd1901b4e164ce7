package load

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"

	"pushloss/internal/postgres"
	"pushloss/transform"
)

// dimensions resolves codes and texts to the keys that the facts use, and remembers them.
// It writes the rows in transactions of their own, before the facts that need them: a key
// without facts does no harm.
type dimensions struct {
	mu         sync.RWMutex
	vocabulary vocabulary
}

// maxRemembered limits the entries of each cache, and maxRememberedText the bytes of a text in it.
// Texts are free, so there may be any number of any length.
const (
	maxRemembered     = 20_000
	maxRememberedText = 300
)

const (
	sqlInsertCodes = `
		INSERT INTO pushloss.err_code (err_code)
		SELECT code FROM unnest($1::text[]) AS g (code) ORDER BY code
		ON CONFLICT DO NOTHING`
	sqlCodes = `SELECT err_code, err_code_key FROM pushloss.err_code WHERE err_code = ANY($1)`

	sqlInsertInfos = `
		INSERT INTO pushloss.err_info (digest, err_info)
		SELECT digest, info FROM unnest($1::bytea[], $2::text[]) AS g (digest, info) ORDER BY digest
		ON CONFLICT (digest) DO UPDATE SET err_info = excluded.err_info
		WHERE err_info.err_info <> excluded.err_info -- it was altered`
	sqlInfos = `SELECT err_info, err_info_key FROM pushloss.err_info WHERE digest = ANY($1)`
)

// vocabulary maps texts to keys. It must not change once it is shared.
type vocabulary struct{ codes, infos map[string]int32 }

// resolve returns keys for every code and text of the snapshots, and adds new ones.
func (d *dimensions) resolve(ctx context.Context, db *DB, snapshots []transform.Snapshot) (vocabulary, error) {
	return d.resolveOf(ctx, db, snapshots, true)
}

// resolveCodes is resolve for facts whose texts do not matter.
func (d *dimensions) resolveCodes(ctx context.Context, db *DB, snapshots []transform.Snapshot) (vocabulary, error) {
	return d.resolveOf(ctx, db, snapshots, false)
}

func (d *dimensions) resolveOf(ctx context.Context, db *DB, snapshots []transform.Snapshot, withInfos bool) (vocabulary, error) {
	known := d.known()
	if codes, infos := known.unknown(snapshots, withInfos); len(codes)+len(infos) == 0 {
		return known, nil
	}
	if db.learning.Acquire(ctx, 1) != nil {
		return vocabulary{}, context.Cause(ctx)
	}
	defer db.learning.Release(1)
	return d.learn(ctx, db.pool, snapshots, withInfos) // another load may have added them
}

// words is where codes and texts are read and added, each statement in a transaction of its own: the
// pool, or the connection of a session.
type words interface {
	postgres.Reader
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// learn is resolve for one caller at a time.
func (d *dimensions) learn(ctx context.Context, in words, snapshots []transform.Snapshot, withInfos bool) (vocabulary, error) {
	known := d.known()
	codes, infos := known.unknown(snapshots, withInfos)
	if len(codes)+len(infos) == 0 {
		return known, nil
	}
	fetched, err := fetch(ctx, in, codes, infos)
	if err != nil {
		return vocabulary{}, err
	}
	d.remember(fetched)
	return known.with(fetched), nil
}

// unknown returns the codes and texts of the snapshots that have no key yet, sorted.
func (v vocabulary) unknown(snapshots []transform.Snapshot, withInfos bool) (codes, infos []string) {
	newCodes, newInfos := make(map[string]bool), make(map[string]bool)
	for _, snapshot := range snapshots {
		for _, fact := range snapshot.Facts {
			if fact.Code == "" {
				continue
			}
			if _, ok := v.codes[fact.Code]; !ok {
				newCodes[fact.Code] = true
			}
			if _, ok := v.infos[fact.Info]; !ok && withInfos {
				newInfos[fact.Info] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(newCodes)), slices.Sorted(maps.Keys(newInfos))
}

func (d *dimensions) known() vocabulary {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.vocabulary
}

// remember adds keys to the cache. It empties the cache first if that has outgrown any plausible
// vocabulary.
func (d *dimensions) remember(fetched vocabulary) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.vocabulary.codes) > maxRemembered || len(d.vocabulary.infos) > maxRemembered {
		d.vocabulary = vocabulary{}
	}
	long := func(text string, _ int32) bool { return len(text) > maxRememberedText }
	short := vocabulary{codes: maps.Clone(fetched.codes), infos: maps.Clone(fetched.infos)}
	maps.DeleteFunc(short.codes, long)
	maps.DeleteFunc(short.infos, long)
	d.vocabulary = d.vocabulary.with(short)
}

// with returns v merged with other. It changes neither.
func (v vocabulary) with(other vocabulary) vocabulary {
	return vocabulary{codes: union(v.codes, other.codes), infos: union(v.infos, other.infos)}
}

func union(a, b map[string]int32) map[string]int32 {
	all := make(map[string]int32, len(a)+len(b))
	maps.Copy(all, a)
	maps.Copy(all, b)
	return all
}

func fetch(ctx context.Context, in words, codes, infos []string) (vocabulary, error) {
	var v vocabulary
	var err error
	v.codes, err = fetchKeys(ctx, in, codes, sqlInsertCodes, []any{codes}, sqlCodes, codes)
	if err != nil {
		return v, fmt.Errorf("resolve error codes: %w", err)
	}
	digests := digestsOf(infos)
	v.infos, err = fetchKeys(ctx, in, infos, sqlInsertInfos, []any{digests, infos}, sqlInfos, digests)
	if err != nil {
		return v, fmt.Errorf("resolve error texts: %w", err)
	}
	return v, nil
}

func digestsOf(texts []string) [][]byte {
	digests := make([][]byte, len(texts))
	for i, text := range texts {
		digest := sha256.Sum256([]byte(text))
		digests[i] = digest[:]
	}
	return digests
}

// lookUp reads the keys of the codes and texts that have one.
func lookUp(ctx context.Context, from postgres.Reader, codes, infos []string) (v vocabulary, err error) {
	if v.codes, err = postgres.Map[string, int32](ctx, from, sqlCodes, codes); err != nil {
		return v, fmt.Errorf("look up error codes: %w", err)
	}
	if v.infos, err = postgres.Map[string, int32](ctx, from, sqlInfos, digestsOf(infos)); err != nil {
		return v, fmt.Errorf("look up error texts: %w", err)
	}
	return v, nil
}

// fetchKeys reads keys and adds the missing ones. It reads first: the database knows most
// texts that a new process meets, and an INSERT that does nothing still uses up a number
// of the identity column.
func fetchKeys(ctx context.Context, in words, texts []string, insert string, inserted []any, sql string, selected any) (map[string]int32, error) {
	if len(texts) == 0 {
		return nil, nil
	}
	found, err := postgres.Map[string, int32](ctx, in, sql, selected)
	if err != nil || hasAll(found, texts) {
		return found, err
	}
	if _, err := in.Exec(ctx, insert, inserted...); err != nil {
		return nil, err
	}
	found, err = postgres.Map[string, int32](ctx, in, sql, selected)
	if err == nil && !hasAll(found, texts) {
		err = fmt.Errorf("only %d of %d texts have a key after adding them", len(found), len(texts))
	}
	return found, err
}

func hasAll(keys map[string]int32, texts []string) bool {
	return !slices.ContainsFunc(texts, func(text string) bool { _, ok := keys[text]; return !ok })
}
