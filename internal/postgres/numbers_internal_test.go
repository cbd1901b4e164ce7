package postgres

import (
	"bytes"
	"math"
	"testing"

	"github.com/jackc/pgx/v5/pgtype"
)

func TestArraysOfNumbersAreWrittenAsTheDriverWritesThem(t *testing.T) {
	t.Parallel()
	theirs, ours := pgtype.NewMap(), pgtype.NewMap()
	registerNumbers(ours)
	for _, oid := range []uint32{pgtype.Int2ArrayOID, pgtype.Int4ArrayOID, pgtype.Int8ArrayOID} {
		for _, value := range []any{
			[]int16{}, []int16(nil), []int16{0, -1, math.MaxInt16, math.MinInt16},
			[]int32{}, []int32(nil), []int32{0, -1, 7, math.MinInt16},
			[]int64{}, []int64(nil), []int64{0, -1, 7, math.MinInt16}, []int64{math.MaxInt64, math.MinInt64},
			[]int{1, 2}, []*int32{nil}, "{1,2}",
		} {
			for _, format := range []int16{pgtype.BinaryFormatCode, pgtype.TextFormatCode} {
				want, wantErr := theirs.Encode(oid, format, value, []byte("before"))
				got, err := ours.Encode(oid, format, value, []byte("before"))
				if !bytes.Equal(got, want) || (got == nil) != (want == nil) || (err == nil) != (wantErr == nil) {
					t.Errorf("%T %v of %d in format %d is %q, %v; want %q, %v", value, value, oid, format, got, err, want, wantErr)
				}
			}
		}
	}
	if plan := ours.PlanEncode(pgtype.Int4ArrayOID, pgtype.BinaryFormatCode, []int32{1}); plan != nil {
		if _, ok := plan.(planOf[int32]); !ok {
			t.Errorf("the plan is a %T", plan)
		}
	}
}

func BenchmarkArrayOfNumbers(b *testing.B) {
	column := make([]int32, 700)
	for name, register := range map[string]func(*pgtype.Map){"driver": func(*pgtype.Map) {}, "own": registerNumbers} {
		b.Run(name, func(b *testing.B) {
			types := pgtype.NewMap()
			register(types)
			var buffer []byte
			for b.Loop() {
				buffer, _ = types.Encode(pgtype.Int4ArrayOID, pgtype.BinaryFormatCode, column, buffer[:0])
			}
		})
	}
}
