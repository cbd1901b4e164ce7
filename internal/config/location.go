package config

import "time"

// ParseLocation reads a time zone as PUSHLOSS_TIMEZONE is read.
func ParseLocation(text string) (*time.Location, error) { return parseLocation(text) }
