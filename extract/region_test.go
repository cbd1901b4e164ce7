package extract_test

import (
	"slices"
	"strings"
	"testing"

	"pushloss/extract"
)

func TestRegionsHaveTheHostsOfTheAPIPages(t *testing.T) {
	t.Parallel()
	for name, hosts := range map[string][]string{
		"china":          {"console.tim.qq.com", "adminapi.my-imcloud.com"},
		"singapore":      {"adminapisgp.im.qcloud.com", "adminapisgp.my-imcloud.com"},
		"seoul":          {"adminapikr.im.qcloud.com", "adminapikr.my-imcloud.com"},
		"tokyo":          {"adminapijpn.im.qcloud.com", "adminapijpn.my-imcloud.com"},
		"frankfurt":      {"adminapiger.im.qcloud.com", "adminapiger.my-imcloud.com"},
		"silicon-valley": {"adminapiusa.im.qcloud.com", "adminapiusa.my-imcloud.com"},
		"jakarta":        {"adminapiidn.im.qcloud.com", "adminapiidn.my-imcloud.com"},
		"riyadh":         {"adminapiksa.im.qcloud.com", "adminapiksa.my-imcloud.com"},
	} {
		region, err := extract.ParseRegion(name)
		if err != nil {
			t.Error(err)
		}
		if got, want := region.BaseURLs(), []string{"https://" + hosts[0], "https://" + hosts[1]}; !slices.Equal(got, want) {
			t.Errorf("%s is at %v, want %v", name, got, want)
		}
	}
}

func TestAnUnknownRegionIsRefusedWithTheKnownOnes(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "China", "mumbai"} {
		_, err := extract.ParseRegion(name)
		if err == nil || !strings.Contains(err.Error(), "china, singapore, seoul, tokyo, frankfurt, silicon-valley, jakarta, riyadh") {
			t.Errorf("%q: %v", name, err)
		}
	}
	if got := extract.Region("mumbai").BaseURLs(); got != nil {
		t.Errorf("it is at %v", got)
	}
}
