// Package house keeps the rooms of the house as docs/architecture.md draws them.
package house
