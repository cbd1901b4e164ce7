package postgres

import (
	"encoding/binary"
	"slices"

	"github.com/jackc/pgx/v5/pgtype"
)

// registerNumbers makes a connection write an array of whole numbers at once. The columns of facts
// are such arrays. The driver's codec makes a plan for each number.
func registerNumbers(types *pgtype.Map) {
	for _, oid := range []uint32{pgtype.Int2ArrayOID, pgtype.Int4ArrayOID, pgtype.Int8ArrayOID} {
		array, _ := types.TypeForOID(oid)
		if codec, ok := array.Codec.(*pgtype.ArrayCodec); ok {
			types.RegisterType(&pgtype.Type{Name: array.Name, OID: oid, Codec: numbers{codec}})
		}
	}
}

// numbers is the codec of an array of whole numbers of one size.
type numbers struct{ *pgtype.ArrayCodec }

// PlanEncode returns the driver's plan for everything but a slice of numbers of the array's size.
func (n numbers) PlanEncode(types *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	if format == pgtype.BinaryFormatCode {
		element := n.ElementType.OID
		switch value.(type) {
		case []int16:
			if element == pgtype.Int2OID {
				return planOf[int16]{element, 2, func(b []byte, v int16) []byte { return binary.BigEndian.AppendUint16(b, uint16(v)) }}
			}
		case []int32:
			if element == pgtype.Int4OID {
				return planOf[int32]{element, 4, func(b []byte, v int32) []byte { return binary.BigEndian.AppendUint32(b, uint32(v)) }}
			}
		case []int64:
			if element == pgtype.Int8OID {
				return planOf[int64]{element, 8, func(b []byte, v int64) []byte { return binary.BigEndian.AppendUint64(b, uint64(v)) }}
			}
		}
	}
	return n.ArrayCodec.PlanEncode(types, oid, format, value)
}

// planOf writes the binary format of an array: its dimensions, whether it has nulls, the type
// of its elements, then the length and lower bound of each dimension; then each element with
// its length.
type planOf[T any] struct {
	element, size uint32
	add           func([]byte, T) []byte
}

func (p planOf[T]) Encode(value any, b []byte) ([]byte, error) {
	slice, _ := value.([]T)
	if slice == nil {
		return nil, nil // NULL
	}
	b = slices.Grow(b, 20+len(slice)*int(4+p.size))
	for _, field := range []uint32{1, 0, p.element, uint32(len(slice)), 1} {
		b = binary.BigEndian.AppendUint32(b, field)
	}
	for _, v := range slice {
		b = p.add(binary.BigEndian.AppendUint32(b, p.size), v)
	}
	return b, nil
}
