package gameserver_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
)

// of is the template of a set with a host and paths.
func of(t *testing.T, host string, paths ...string) gameserver.Template {
	t.Helper()
	conf := []gameserver.Param{{Name: "Host", Value: host}, {Name: "PathType", Value: "Prefix"}, {Name: "Port", Value: "80"}}
	for _, p := range paths {
		conf = append(conf, gameserver.Param{Name: "Path", Value: p})
	}
	if len(paths) == 0 {
		conf = append(conf, gameserver.Param{Name: "Path", Value: "/"})
	}
	template, _ := gameserver.ParseNetwork(&gameserver.Network{NetworkType: gameserver.NetworkType, NetworkConf: conf})
	return template
}

var hosts = []string{
	"s<id>.test", "s1<id>.test", "s<id>0.test", "s<id>1.test", "s10.test", "s1.test", "sa<id>.test", "<id>.test", "1<id>.test", "<id>", "s<id>",
	"", "*.test", "s<id>.test.more", "s01<id>.test", "s<id>-1.test", "10.test",
}

// TestTemplatesMeetWhereTwoServersHaveOneHost compares with every pair of servers up to id 120.
func TestTemplatesMeetWhereTwoServersHaveOneHost(t *testing.T) {
	const most = 120
	met, up := 0, sequence(1200)
	for _, one := range hosts {
		for _, other := range hosts {
			a, b := of(t, one), of(t, other)
			shared := false
			for id := range most {
				for with := range most {
					shared = shared || a.Host(id) == b.Host(with)
				}
				if id >= 15 {
					continue
				}
				at, every, ok := b.ServerOn(a.Host(id))
				want := slices.IndexFunc(up, func(n int) bool { return b.Host(n) == a.Host(id) })
				if ok != (want >= 0) || ok && at != want || ok && every != !b.HasOwnHosts() {
					t.Errorf("%q on %q: server %d, every %t, %t; want %d", a.Host(id), other, at, every, ok, want)
				}
			}
			if shared && !a.MayMeet(b) {
				t.Errorf("%q and %q meet, and are said not to", one, other)
			}
			if a.MayMeet(b) != b.MayMeet(a) {
				t.Errorf("%q may meet %q only one way", one, other)
			}
			if a.MayMeet(b) {
				met++
			}
		}
	}
	if all := len(hosts) * len(hosts); met > all/3 {
		t.Errorf("%d of %d pairs are said to meet: then it saves nothing", met, all)
	}
}

func sequence(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func TestAHostThatIsNoServersIsNobodys(t *testing.T) {
	template := of(t, "s<id>.test")
	for _, host := range []string{"", "s.test", "s01.test", "s-1.test", "s+1.test", "s1.tes", "s99999999999999999999.test", "s2147483648.test", "t1.test", "s1x.test"} {
		if id, _, ok := template.ServerOn(host); ok {
			t.Errorf("%q is that of server %d", host, id)
		}
	}
	if _, _, ok := (gameserver.Template{}).ServerOn(""); ok || (gameserver.Template{}).MayMeet(template) {
		t.Error("a template that makes no Ingress has hosts")
	}
}

func TestServersOfOneHostCollideWhereTheirPathsDo(t *testing.T) {
	for _, c := range []struct {
		paths []string
		ids   []int
		want  string
	}{
		{[]string{"/"}, []int{0, 1, 2}, "0 1"},
		{[]string{"/"}, []int{0}, ""},
		{[]string{"/<id>"}, []int{0, 1, 2}, ""},
		{[]string{"/<id>", "/"}, []int{4, 7}, "4 7"},
		{[]string{"/s<id>", "/s1<id>"}, []int{0, 1, 2}, ""},
		{[]string{"/s<id>", "/s1<id>"}, []int{0, 1, 9, 10}, "0 10"},
		{[]string{"/s<id>", "/t<id>"}, sequence(500), ""},
	} {
		got := ""
		if a, b, found := of(t, "lobby.test", c.paths...).Collision(c.ids); found {
			got = fmt.Sprint(a, b)
		}
		if got != c.want {
			t.Errorf("%q: %q instead of %q", c.paths, got, c.want)
		}
	}
}
