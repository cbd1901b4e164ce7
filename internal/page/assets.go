package page

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
)

//go:embed assets
var files embed.FS

// asset is a file that pages load. Its path changes with its content, so that browsers
// may keep it for good.
type asset struct {
	Path        string
	contentType string
	content     []byte
}

var (
	stylesheet = newAsset("style", ".css", "text/css; charset=utf-8", keyStyles())
	icon       = newAsset("icon", ".svg", "image/svg+xml", "")
)

// newAsset returns a file of the program with more text at its end.
func newAsset(name, ending, contentType, more string) asset {
	content, err := fs.ReadFile(files, "assets/"+name+ending)
	if err != nil {
		panic(err) // the file is a part of the program
	}
	content = append(content, more...)
	sum := sha256.Sum256(content)
	return asset{"/assets/" + name + "-" + hex.EncodeToString(sum[:8]) + ending, contentType, content}
}

func (a asset) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", a.contentType)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = w.Write(a.content)
}
