package extract

import (
	"bytes"
	"context"
	"sync"

	"github.com/tailscale/hujson"
	"golang.org/x/sync/semaphore"
)

const (
	// budgetBytes limits the answers that a process handles at once, in bytes. Their rows take 10
	// to 40 times as much memory on their way into the database.
	budgetBytes = 1 << 20
	// maxShared, in bytes, is the largest answer that is handled together with others.
	// Answers of this API rarely reach a tenth of it. A larger one has the process for
	// itself.
	maxShared = 256 << 10
)

// Budget limits the memory that the answers of all apps of a process use together. It is
// safe for concurrent use.
type Budget struct {
	bytes     *semaphore.Weighted
	repairing sync.Mutex
}

// NewBudget returns a budget for one process.
func NewBudget() *Budget { return &Budget{bytes: semaphore.NewWeighted(budgetBytes)} }

// repair turns an answer into strict JSON. It repairs one answer at a time, because that takes a
// hundred times the answer's size.
func (b *Budget) repair(body []byte) ([]byte, error) {
	if b != nil {
		b.repairing.Lock()
		defer b.repairing.Unlock()
	}
	return hujson.Standardize(bytes.Clone(body))
}

// take waits until an answer of the size, in bytes, may be handled. giveBack returns its share.
func (b *Budget) take(ctx context.Context, size int) (giveBack func(), err error) {
	if b == nil {
		return func() {}, nil
	}
	weight := int64(size)
	if size > maxShared {
		weight = budgetBytes
	}
	if err := b.bytes.Acquire(ctx, weight); err != nil {
		return nil, err
	}
	return sync.OnceFunc(func() { b.bytes.Release(weight) }), nil
}
