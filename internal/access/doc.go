// Package access gives roles the right to read schema analytics, and takes it back.
package access
