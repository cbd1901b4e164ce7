// Package page shows the figures in a browser: how fresh and complete they are, what was lost by
// day and channel, and why. It makes HTML and SVG on the server, without scripts. It only reads,
// and only views of "analytics".
package page
