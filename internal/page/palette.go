package page

import (
	"fmt"
	"math"
	"strings"
)

// palette is the colours of a chart. Each has a contrast of at least 3:1 with the background.
type palette struct {
	// series are by number of the channel, so that a channel keeps its colour whatever is selected.
	series [9]string
	rest   string
}

// restColour is the number of the colour of unknown channels and vendors.
const restColour = math.MaxInt16 + 1

var lightPalette = palette{
	series: [...]string{
		"#6b7280", // online
		"#1f6fb2", // Apple APNs
		"#c2570c", // Xiaomi
		"#b4232f", // Huawei
		"#2e7d4f", // Google FCM
		"#0e7f8c", // Meizu
		"#8a6d00", // OPPO
		"#5b4bb5", // vivo
		"#b0348f", // Honor
	},
	rest: "#4a3f35",
}

var darkPalette = palette{
	series: [...]string{
		"#9aa4b2", "#5aa9e6", "#f08c4a", "#f2757f", "#63c18a", "#4fc3cf", "#d9b84a", "#a79bf0", "#e486c8",
	},
	rest: "#c7b8a5",
}

func (p palette) colour(number int) string {
	if number >= 0 && number < len(p.series) {
		return p.series[number]
	}
	return p.rest
}

// restKey is the CSS class of unknown channels in the key.
const restKey = "key-rest"

// Key is the CSS class of the series' colour in the key.
func (s series) Key() string {
	if s.Colour < len(lightPalette.series) {
		return fmt.Sprintf("key-%d", s.Colour)
	}
	return restKey
}

// keyStyles returns the colours of the key, by CSS class.
func keyStyles() string {
	var css strings.Builder
	rules := func(p palette) {
		for number := range p.series {
			fmt.Fprintf(&css, ".%s { fill: %s; }\n", series{Colour: number}.Key(), p.colour(number))
		}
		fmt.Fprintf(&css, ".%s { fill: %s; }\n", restKey, p.rest)
	}
	rules(lightPalette)
	css.WriteString("@media screen and (prefers-color-scheme: dark) {\n")
	rules(darkPalette)
	css.WriteString("}\n")
	return css.String()
}
