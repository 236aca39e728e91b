package ledger_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/gatehouse-dev/gatehouse/controllers/ledger"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// byLabel resolves Ingresses by the gateway in a label; all are web Ingresses.
type byLabel struct{}

func (byLabel) Stand(ing *networkingv1.Ingress) (string, host.Party, bool) {
	gateway, managed := ing.Labels["gateway"]
	return gateway, host.Party{Namespace: ing.Namespace}, managed
}

func webIngress(namespace, name string, second int64, hosts ...string) *networkingv1.Ingress {
	ing := &networkingv1.Ingress{}
	ing.Namespace, ing.Name, ing.UID = namespace, name, types.UID(namespace+"/"+name)
	ing.CreationTimestamp = metav1.Unix(second, 0)
	ing.Labels = map[string]string{"gateway": "higress"}
	for _, h := range hosts {
		ing.Spec.Rules = append(ing.Spec.Rules, networkingv1.IngressRule{Host: h})
	}
	return ing
}

func on(s *ledger.Standings, name string) []string {
	var out []string
	for _, standing := range s.On(deed(name)) {
		out = append(out, standing.Party.Namespace+"/"+standing.Name)
	}
	return out
}

func TestStandingsFollowWhatTheInformerSees(t *testing.T) {
	s := ledger.NewStandings(byLabel{})
	check := func(step string, want map[string][]string) {
		t.Helper()
		for name, ingresses := range want {
			if diff := cmp.Diff(ingresses, on(s, name)); diff != "" {
				t.Errorf("%s, %s (-want +got):\n%s", step, name, diff)
			}
		}
	}
	check("at first", map[string][]string{a: nil})
	s.Put(webIngress("x", "one", 10, a, b, a))
	s.Put(webIngress("y", "two", 5, a))
	check("both seen", map[string][]string{a: {"y/two", "x/one"}, b: {"x/one"}, c: nil})
	s.Put(webIngress("x", "one", 10, b, c))
	check("moved", map[string][]string{a: {"y/two"}, b: {"x/one"}, c: {"x/one"}})
	s.Put(webIngress("y", "two", 5, a))
	check("seen again", map[string][]string{a: {"y/two"}})
	s.Remove(webIngress("y", "two", 5)) // a tombstone may know less
	check("one gone", map[string][]string{a: nil, b: {"x/one"}})
	s.Remove(webIngress("z", "never", 1, b))
	check("one gone that never was", map[string][]string{b: {"x/one"}})
	if all := s.All(); len(all) != 1 || all[0].Name != "one" {
		t.Errorf("all %v", all)
	}
}

// One that is being deleted stands until it is gone: the gateway serves it.
func TestTheServersOfASetAreThoseWithAnIngress(t *testing.T) {
	s := ledger.NewStandings(byLabel{})
	game := func(namespace, name, owner string) *networkingv1.Ingress {
		ing := webIngress(namespace, name, 1, a)
		yes := true
		ing.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "Pod", Name: owner, Controller: &yes}}
		return ing
	}
	for _, ing := range []*networkingv1.Ingress{
		game("games", "postio-3", "postio-3"), game("games", "postio-12", "postio-12"), game("games", "postio-next-4", "postio-next-4"),
		game("other", "postio-5", "postio-5"), game("games", "postio-6", "somebody"), webIngress("games", "postio-7", 1, a),
	} {
		s.Put(ing)
	}
	ids := s.Servers("games", "postio")
	slices.Sort(ids)
	if diff := cmp.Diff([]int{3, 12}, ids); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAnIngressThatIsBeingDeletedStillStands(t *testing.T) {
	s := ledger.NewStandings(byLabel{})
	ing := webIngress("x", "one", 10, a)
	ing.DeletionTimestamp = &metav1.Time{Time: noon}
	s.Put(ing)
	if diff := cmp.Diff([]string{"x/one"}, on(s, a)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestOnlyIngressesOfTheDeedsGatewayStandOnIt(t *testing.T) {
	s := ledger.NewStandings(byLabel{})
	other, unmanaged := webIngress("x", "other", 1, a), webIngress("x", "unmanaged", 2, a)
	other.Labels["gateway"], unmanaged.Labels = "alb", nil
	for _, ing := range []*networkingv1.Ingress{other, unmanaged, webIngress("x", "one", 3, a), webIngress("x", "any", 4, "")} {
		s.Put(ing)
	}
	if diff := cmp.Diff([]string{"x/one"}, on(s, a)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"x/any"}, on(s, host.Any)); diff != "" {
		t.Errorf("without a host (-want +got):\n%s", diff)
	}
}

// Higress gives a route that two Ingresses have to the older one and, since times are of whole seconds, to the lesser
// name.namespace of two of the same age.
func TestIngressesAreOrderedAsTheGatewayOrdersThem(t *testing.T) {
	stand := func(namespace, name string, second int64) ledger.Standing {
		return ledger.NewStanding(webIngress(namespace, name, second), host.Party{Namespace: namespace})
	}
	list := []ledger.Standing{
		stand("a", "z", 1), stand("z", "a", 2), stand("a", "b", 2), stand("b", "b", 2), stand("b", "b-1", 2), stand("a", "a", 3),
	}
	want := []string{"z.a", "a.z", "b-1.b", "b.a", "b.b", "a.a"}
	slices.Reverse(list)
	slices.SortFunc(list, ledger.Older)
	var got []string
	for _, s := range list {
		got = append(got, s.Name+"."+s.Party.Namespace)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if list[0].UID != "a/z" || !list[0].Created.Equal(time.Unix(1, 0)) {
		t.Errorf("%+v", list[0])
	}
}

func TestClaimsFollowWhatTheInformerSees(t *testing.T) {
	w := newWorld(t)
	claims := &ledger.Claims{}
	if claims.Get(claimA) != nil || len(claims.List()) > 0 {
		t.Error("something is known at first")
	}
	claims.Remove(w.store(postio, a, 0, 0, false))
	claims.Put(w.store(postio, a, 0, 0, false))
	newer := w.store(arena, a, 0, 0, false)
	claims.Put(newer)
	claims.Put(w.store(arena, b, 0, 0, false))
	if claims.Get(claimA) != newer || len(claims.List()) != 2 {
		t.Errorf("%v", claims.List())
	}
	claims.Remove(newer)
	if claims.Get(claimA) != nil || len(claims.List()) != 1 {
		t.Errorf("%v", claims.List())
	}
}

func TestWildcardsOfOtherNamespacesAreToldToWhoeverTheyOverlap(t *testing.T) {
	w := newWorld(t)
	for _, held := range []struct {
		p    host.Party
		name string
	}{
		{shop, "*.example.com"}, {shop, host.Any}, {host.Party{Namespace: "games"}, "*.b.example.com"}, {arena, "x.b.example.com"}, {arena, "other.org"},
		{arena, "1.example.com"}, {arena, "2.example.com"}, {arena, "3.example.com"}, {arena, "4.example.com"},
	} {
		w.store(held.p, held.name, time.Hour, 0, true)
	}
	elsewhere := w.store(shop, "*.c.example.com", time.Hour, 0, true)
	elsewhere.Spec.Class = "alb"
	w.hear()
	for name, want := range map[string]string{
		a:                    "*, *.example.com",
		"y.b.example.com":    "*, *.example.com", // and *.b.example.com of its own namespace
		"y.c.example.com":    "*, *.example.com",
		"else.org":           "*",
		"*.b.example.com":    "*, *.example.com, x.b.example.com",
		"*.org":              "*, other.org",
		host.Any:             "*.example.com, 1.example.com, 2.example.com, 3.example.com, 4.example.com", // of eight
		"*.deep.example.net": "*",
	} {
		var got []string
		for _, o := range w.ledger.Look(asks(postio, name))[0].Covering {
			got = append(got, o.Host)
		}
		if diff := cmp.Diff(want, strings.Join(got, ", ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if calls := w.made(); calls != nil {
		t.Errorf("calls %v", calls)
	}
}
