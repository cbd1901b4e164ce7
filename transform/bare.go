package transform

import (
	"github.com/go-json-experiment/json/jsontext"

	"pushloss/internal/jsonwalk"
)

const nothingKnown = "it has none of the lists and counters that are known, but others"

// bare reads an answer without a list of results. Its figures are at the top level or in
// objects one level below: no page shows which.
func (r *reader) bare() ([]element, error) {
	top, below, err := r.bareElement()
	if err != nil {
		return nil, err
	}
	var found []element
	if len(top.seen) > 0 {
		found = append(found, top)
	}
	strange := false // the answer has unknown content, which may be figures
	for len(below) > 0 {
		value := below[0]
		below = below[1:]
		sub := *r
		sub.in = jsonwalk.Read(value)
		if value.Kind() == jsontext.KindBeginArray {
			_, err := sub.in.Elements(func() error {
				if err := sub.oneMore(); err != nil {
					return err
				}
				item, err := sub.in.Raw()
				if err == nil && item.Kind() == jsontext.KindBeginObject {
					below = append(below, item)
				}
				if err == nil && isFigure(item) {
					top.unlisted++
				}
				strange = true
				return err
			})
			if err != nil {
				return nil, err
			}
			r.rows = sub.rows
			continue
		}
		e, _, err := sub.bareElement()
		if err != nil {
			return nil, err
		}
		r.rows, r.replacedTexts = sub.rows, sub.replacedTexts
		strange = strange || len(e.json) > len("{}")
		if len(e.seen) > 0 {
			found = append(found, e)
		}
	}
	if len(found) == 0 {
		if strange {
			top.unreadable = nothingKnown
		}
		found = append(found, top)
	}
	return found, nil
}

// bareElement reads an object that may be an element, and returns its other members that
// may contain one.
func (r *reader) bareElement() (e element, below []jsontext.Value, err error) {
	start := r.in.InputOffset()
	begun := r.begin()
	err = r.members(func(name string) error {
		if known, err := r.member(begun, name); known {
			return err
		}
		value, err := r.in.Raw()
		if kind := value.Kind(); kind == jsontext.KindBeginObject || kind == jsontext.KindBeginArray {
			below = append(below, value)
		}
		return err
	})
	if err != nil {
		return e, nil, err
	}
	return r.finish(begun, start), below, nil
}
