package migrations

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

var update = flag.Bool("update", false, "write structure.txt, and the databases in testdata")

// StructureOf is the content of structure.txt by a database.
func StructureOf(ctx context.Context, databaseURL string) (string, error) {
	s, err := connect(ctx, databaseURL, nil)
	if err != nil {
		return "", err
	}
	defer s.close()
	found, err := s.structure(ctx)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(found)) {
		fmt.Fprintf(&text, "%s: %s\n", name, found[name])
	}
	if *update {
		return structure, os.WriteFile("structure.txt", []byte(text.String()), 0o644)
	}
	return text.String(), nil
}

// EmbeddedStructure is structure.txt.
func EmbeddedStructure() string { return structure }

// Updating reports whether files of testdata are to be written.
func Updating() bool { return *update }

// MakeViews is the part of Up that makes views, with the text of another views.sql.
func MakeViews(ctx context.Context, databaseURL, text string) error {
	s, err := connect(ctx, databaseURL, nil)
	if err != nil {
		return err
	}
	defer s.close()
	return New(databaseURL, Options{}).makeViews(ctx, s, parseViews(text))
}

// Everybodys is everybodys.
const Everybodys = everybodys

// ViewsText is views.sql.
func ViewsText() string { return viewsText }

// ViewNames are the names of the parts of views.sql.
func ViewNames(text string) []string { return viewNames(parseViews(text)) }
