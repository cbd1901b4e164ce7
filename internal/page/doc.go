// Package page shows the figures in a browser: how fresh and complete they are, what
// was lost by day and channel, and why. It is HTML and SVG made on the server, without
// scripts. It only reads, and only the views of "analytics".
package page
