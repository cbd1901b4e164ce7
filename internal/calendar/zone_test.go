package calendar_test

import (
	"testing"
	_ "time/tzdata"

	"pushloss/internal/calendar"
)

func TestOnlyNamesThatMeanOneZoneEverywhereAreAccepted(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"UTC", "Asia/Shanghai", "America/Argentina/Buenos_Aires", "America/Port-au-Prince", "Etc/GMT+8", "EST5EDT", "GB-Eire", "Pacific/Apia", "PRC", "Europe/Kyiv",
	} {
		if zone, err := calendar.ParseZone(name); err != nil || zone.String() != name {
			t.Errorf("%s: %v, %v", name, zone, err)
		}
	}
	for _, name := range []string{
		"", " ", "Local", "local", "localtime", "posixrules", "posix/Asia/Shanghai", "right/Asia/Shanghai", "Factory", "leapseconds", "tzdata.zi", "zone.tab",
		"asia/shanghai", "ASIA/SHANGHAI", "/Asia/Shanghai", "Asia/Shanghai/", "Asia//Shanghai", "../Asia/Shanghai", "Asia/../UTC", `Asia\Shanghai`,
		"Asia/Shanghai ", "Asia/Shanghai\x00", "CST-8", "UTC+8", "+08:00", "<+08>-8", "Mars/Base",
	} {
		if zone, err := calendar.ParseZone(name); err == nil {
			t.Errorf("%q is taken for %v", name, zone)
		}
	}
}
