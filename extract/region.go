package extract

import (
	"fmt"
	"strings"
)

// Region is where an app is hosted. The API answers code 60026 to a call to another
// region's host.
type Region string

// The regions of the REST API.
const (
	China         Region = "china"
	Singapore     Region = "singapore"
	Seoul         Region = "seoul"
	Tokyo         Region = "tokyo"
	Frankfurt     Region = "frankfurt"
	SiliconValley Region = "silicon-valley"
	Jakarta       Region = "jakarta"
	Riyadh        Region = "riyadh"
)

// hosts are the vendor's main and backup domains (REST API overview; only third-party
// code gives the backup of Riyadh).
var hosts = []struct {
	region       Region
	main, backup string
}{
	{China, "console.tim.qq.com", "adminapi.my-imcloud.com"},
	{Singapore, "adminapisgp.im.qcloud.com", "adminapisgp.my-imcloud.com"},
	{Seoul, "adminapikr.im.qcloud.com", "adminapikr.my-imcloud.com"},
	{Tokyo, "adminapijpn.im.qcloud.com", "adminapijpn.my-imcloud.com"},
	{Frankfurt, "adminapiger.im.qcloud.com", "adminapiger.my-imcloud.com"},
	{SiliconValley, "adminapiusa.im.qcloud.com", "adminapiusa.my-imcloud.com"},
	{Jakarta, "adminapiidn.im.qcloud.com", "adminapiidn.my-imcloud.com"},
	{Riyadh, "adminapiksa.im.qcloud.com", "adminapiksa.my-imcloud.com"},
}

// ParseRegion returns the region called name, or an error that lists all regions.
func ParseRegion(name string) (Region, error) {
	var known []string
	for _, h := range hosts {
		if string(h.region) == name {
			return h.region, nil
		}
		known = append(known, string(h.region))
	}
	return "", fmt.Errorf("unknown region %q: use one of %s", name, strings.Join(known, ", "))
}

// BaseURLs returns the region's addresses: the main one, then the backup.
func (r Region) BaseURLs() []string {
	for _, h := range hosts {
		if h.region == r {
			return []string{"https://" + h.main, "https://" + h.backup}
		}
	}
	return nil
}
