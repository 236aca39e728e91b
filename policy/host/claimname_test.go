package host_test

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// Names stand in stored objects: another one for the same deed would make a second deed to a host that is held.
func TestClaimNamesStayWhatTheyAre(t *testing.T) {
	var long string
	for _, label := range "abcd" {
		long += strings.Repeat(string(label), 60) + "."
	}
	long += "example"
	for deed, want := range map[host.Deed]string{
		{Gateway: "higress", Host: "game0.example.com"}: "game0.example.com.higress",
		{Gateway: "higress", Host: "localhost"}:         "localhost.higress",
		{Gateway: "higress", Host: "*"}:                 "any-host.higress.x-ccls2tssdfgxjbvxl4oo6cyvma",
		{Gateway: "higress", Host: "*.example.com"}:     "wildcard.example.com.higress.x-rbwhx2qhoxil6gloi3cppzovxu",
		{Gateway: "my.gateway", Host: "example.com"}:    "example.com.my.gateway.x-lxas4kluhtolvhoryx2j5d2gv5",
		{Gateway: "higress", Host: long}:                long[:224] + ".x-utgzszmjjlngk6umjic5h2cldn",
	} {
		if got := deed.ClaimName(); got != want {
			t.Errorf("%+v: %s\nwant %s", deed, got, want)
		}
	}
}

// What cannot be told apart by reading ends in a digest. A gateway may have a name of that shape.
func TestDifferentDeedsNeverHaveOneName(t *testing.T) {
	digest := digestOf(host.Deed{Gateway: "higress", Host: "*.example.com"})
	seen := map[string]host.Deed{}
	for _, gateway := range []string{
		"higress", "com", "example.com", "b", "b.c", "a.b", digest, "higress." + digest, "x-aaaaaaaaaaaaaaaaaaaaaaaaaa",
		"x-" + strings.Repeat("a", 25), "x-" + strings.Repeat("-", 25) + "a", "wildcard", "any-host", strings.Repeat("g", 63), strings.Repeat("g", 253),
	} {
		for _, name := range []string{
			"*", "*.a", "a", "a.b", "a.b.c", "b.a", "any-host", "wildcard", "wildcard.a", "*.example.com", "example.com", "wildcard.example.com",
			"wildcard.example.com.higress", "wildcard.example.com." + "higress." + digest, "example.com.higress", "example.com.higress.higress",
			"example.com." + digest, strings.Repeat("h", 253), strings.Repeat("h", 252), strings.Repeat("h", 224) + ".a", strings.Repeat("h", 224) + ".b",
		} {
			deed := host.Deed{Gateway: gateway, Host: name}
			checkName(t, deed)
			if other, taken := seen[deed.ClaimName()]; taken {
				t.Errorf("%+v and %+v have one name: %s", other, deed, deed.ClaimName())
			}
			seen[deed.ClaimName()] = deed
		}
	}
}

func FuzzClaimName(f *testing.F) {
	f.Add("higress", "game0.example.com", "higress", "game1.example.com")
	f.Add("higress", "*.example.com", "higress", "wildcard.example.com")
	f.Add("b.c", "a", "c", "a.b")
	f.Add(digestOf(host.Deed{Gateway: "g", Host: "*"}), "any-host.g", "g", "*")
	f.Add("x-aaaaaaaaaaaaaaaaaaaaaaaaaa", "example.com", "example.com", "*")
	f.Add(strings.Repeat("g", 253), strings.Repeat("h.", 126)+"h", strings.Repeat("g", 252), strings.Repeat("h.", 126)+"h")
	f.Add("g", strings.Repeat("h-", 126)+"h", "g", strings.Repeat("h-", 126)+"i")
	f.Fuzz(func(t *testing.T, gateway, name, otherGateway, otherName string) {
		deed, other := host.Deed{Gateway: gateway, Host: name}, host.Deed{Gateway: otherGateway, Host: otherName}
		if !legal(deed) || !legal(other) {
			t.Skip("the API server takes no such host, or no class has such a name")
		}
		checkName(t, deed)
		if deed != other && deed.ClaimName() == other.ClaimName() {
			t.Errorf("%+v and %+v have one name: %s", deed, other, deed.ClaimName())
		}
	})
}

// checkName holds what is true of each name, and that nobody gets it by dividing it elsewhere between host and gateway.
func checkName(t *testing.T, deed host.Deed) {
	t.Helper()
	name := deed.ClaimName()
	if why := validation.IsDNS1123Subdomain(name); len(why) > 0 {
		t.Errorf("%+v: %q is no name of an object: %v", deed, name, why)
	}
	if name != deed.ClaimName() {
		t.Errorf("%+v: a second name", deed)
	}
	for i := range name {
		if name[i] != '.' {
			continue
		}
		for _, forged := range []host.Deed{
			{Gateway: name[i+1:], Host: name[:i]}, {Gateway: name[i+1:], Host: strings.Replace(name[:i], "wildcard", "*", 1)}, {Gateway: name[i+1:], Host: host.Any},
		} {
			if forged != deed && forged.ClaimName() == name {
				t.Errorf("%+v and %+v have one name: %s", deed, forged, name)
			}
		}
	}
}

// legal tells whether the API server would store an Ingress with the host, and an IngressClass with the gateway's key.
func legal(deed host.Deed) bool {
	exact := len(validation.IsDNS1123Subdomain(deed.Host)) == 0
	wildcard := len(validation.IsWildcardDNS1123Subdomain(deed.Host)) == 0 && len(deed.Host) <= validation.DNS1123SubdomainMaxLength
	return (exact || wildcard || deed.Host == host.Any) && len(validation.IsDNS1123Subdomain(deed.Gateway)) == 0
}

// digestOf is the last label of a name that ends in a digest.
func digestOf(deed host.Deed) string {
	name := deed.ClaimName()
	return name[strings.LastIndexByte(name, '.')+1:]
}
