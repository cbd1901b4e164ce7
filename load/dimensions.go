package load

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"
)

// dimensions resolves codes and texts to the keys that stand in the facts, and
// remembers them. The rows are written in transactions of their own, before the
// facts that need them: a key without facts harms nobody.
type dimensions struct {
	mu    sync.RWMutex
	codes map[string]int32
	infos map[string]int32
}

// maxRemembered bounds each cache; texts are free, so there may be any number.
const maxRemembered = 20_000

const (
	sqlInsertCodes = `
		INSERT INTO pushloss.err_code (err_code)
		SELECT code FROM unnest($1::text[]) AS g (code) ORDER BY code
		ON CONFLICT DO NOTHING`
	sqlCodes = `SELECT err_code_key, err_code FROM pushloss.err_code WHERE err_code = ANY($1)`

	sqlInsertInfos = `
		INSERT INTO pushloss.err_info (digest, err_info)
		SELECT digest, info FROM unnest($1::bytea[], $2::text[]) AS g (digest, info) ORDER BY digest
		ON CONFLICT DO NOTHING`
	sqlInfos = `SELECT err_info_key, err_info FROM pushloss.err_info WHERE digest = ANY($1)`
)

// vocabulary is the keys of one pull's texts.
type vocabulary struct{ codes, infos map[string]int32 }

// resolve returns the keys of the given codes and texts, adding new ones.
func (d *dimensions) resolve(ctx context.Context, db *DB, codes, infos map[string]int32) error {
	newCodes, newInfos := d.lookUp(codes, infos)
	if len(newCodes) > 0 {
		found, err := fetchKeys(ctx, db, newCodes, sqlInsertCodes, []any{newCodes}, sqlCodes, newCodes)
		if err != nil {
			return fmt.Errorf("resolve error codes: %w", err)
		}
		d.remember(&d.codes, found, codes)
	}
	if len(newInfos) > 0 {
		digests := make([][]byte, len(newInfos))
		for i, info := range newInfos {
			digest := sha256.Sum256([]byte(info))
			digests[i] = digest[:]
		}
		found, err := fetchKeys(ctx, db, newInfos, sqlInsertInfos, []any{digests, newInfos}, sqlInfos, digests)
		if err != nil {
			return fmt.Errorf("resolve error texts: %w", err)
		}
		d.remember(&d.infos, found, infos)
	}
	return nil
}

// lookUp fills in the keys that are remembered and returns what is not.
func (d *dimensions) lookUp(codes, infos map[string]int32) (newCodes, newInfos []string) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return fill(codes, d.codes), fill(infos, d.infos)
}

func fill(wanted, known map[string]int32) (missing []string) {
	for text := range wanted {
		if key, ok := known[text]; ok {
			wanted[text] = key
		} else {
			missing = append(missing, text)
		}
	}
	slices.Sort(missing)
	return missing
}

func (d *dimensions) remember(cache *map[string]int32, found, wanted map[string]int32) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if *cache == nil || len(*cache)+len(found) > maxRemembered {
		*cache = make(map[string]int32, len(found))
	}
	for text, key := range found {
		wanted[text] = key
		(*cache)[text] = key
	}
}

// fetchKeys reads keys, after adding what has none. Reading comes first: most
// texts that a new process meets are known to the database, and an INSERT that
// does nothing still burns a number of the identity.
func fetchKeys(ctx context.Context, db *DB, texts []string, insert string, inserted []any, sql string, selected any) (map[string]int32, error) {
	found, err := readKeys(ctx, db, sql, selected)
	if err != nil || len(found) == len(texts) {
		return found, err
	}
	if _, err := db.pool.Exec(ctx, insert, inserted...); err != nil {
		return nil, err
	}
	found, err = readKeys(ctx, db, sql, selected)
	if err == nil && len(found) != len(texts) {
		err = fmt.Errorf("%d of %d texts have no key after adding them", len(texts)-len(found), len(texts))
	}
	return found, err
}

func readKeys(ctx context.Context, db *DB, sql string, selected any) (map[string]int32, error) {
	rows, err := db.pool.Query(ctx, sql, selected)
	if err != nil {
		return nil, err
	}
	found := make(map[string]int32)
	var key int32
	var text string
	_, err = pgx.ForEachRow(rows, []any{&key, &text}, func() error {
		found[text] = key
		return nil
	})
	return found, err
}
