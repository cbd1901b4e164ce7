package load

import (
	"bytes"
	"crypto/sha256"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"
)

// bodyHash is the SHA-256 of an answer. The archive has each answer once.
type bodyHash = [sha256.Size]byte

// bodies are answers of the archive.
type bodies map[bodyHash]bool

// Writers add answers in one order, so that two that add the same ones cannot deadlock.
const (
	sqlKnownBodies  = `SELECT sha256 FROM pushloss.raw_body WHERE sha256 = ANY($1::bytea[])`
	sqlInsertBodies = `
		INSERT INTO pushloss.raw_body (sha256, size, body)
		SELECT g.* FROM unnest($1::bytea[], $2::int[], $3::bytea[]) AS g (sha256, size, body) ORDER BY sha256
		ON CONFLICT DO NOTHING`
)

// queueKnownBodies reads which of the answers the archive has. Those stay until the transaction
// ends.
func queueKnownBodies(batch *pgx.Batch, digests [][]byte, known *bodies) {
	*known = make(bodies, len(digests))
	batch.Queue(sqlShareBodies)
	batch.Queue(sqlKnownBodies, digests).Query(func(rows pgx.Rows) error {
		var found []byte
		_, err := pgx.ForEachRow(rows, []any{&found}, func() error {
			(*known)[bodyHash(found)] = true
			return nil
		})
		return err
	})
}

// queueBodies adds answers to the archive.
func (db *DB) queueBodies(batch *pgx.Batch, fresh map[bodyHash][]byte) {
	if len(fresh) == 0 {
		return
	}
	var digests, compressed [][]byte
	var sizes []int32
	for _, d := range slices.SortedFunc(maps.Keys(fresh), func(a, b bodyHash) int { return bytes.Compare(a[:], b[:]) }) {
		digests, sizes = append(digests, d[:]), append(sizes, int32(len(fresh[d])))
		compressed = append(compressed, db.encoder.EncodeAll(fresh[d], nil))
	}
	batch.Queue(sqlInsertBodies, digests, sizes, compressed)
}
