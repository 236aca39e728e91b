package review_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/host"
	"github.com/gatehouse-dev/gatehouse/policy/review"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// change is what a test changes of the usual set.
type change func(*gameserver.GameServerSet)

// set is the article's, under another name and with other hosts.
func set(name, hostTemplate string, replicas int32, changes ...change) *gameserver.GameServerSet {
	namespace, name, _ := strings.Cut(name, "/")
	s := &gameserver.GameServerSet{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	s.Spec.Replicas = &replicas
	s.Spec.Network = &gameserver.Network{NetworkType: gameserver.NetworkType}
	for _, c := range append([]change{
		param("IngressClassName", "higress"), param("Port", "5000"), param("Path", "/"), param("PathType", "Prefix"), param("Host", hostTemplate),
	}, changes...) {
		c(s)
	}
	return s
}

// param adds a parameter.
func param(name, value string) change {
	return func(s *gameserver.GameServerSet) {
		s.Spec.Network.NetworkConf = append(s.Spec.Network.NetworkConf, gameserver.Param{Name: name, Value: value})
	}
}

// first puts a parameter before all others.
func first(name, value string) change {
	return func(s *gameserver.GameServerSet) {
		s.Spec.Network.NetworkConf = append([]gameserver.Param{{Name: name, Value: value}}, s.Spec.Network.NetworkConf...)
	}
}

// with sets the one value of a parameter.
func with(name, value string) change {
	return func(s *gameserver.GameServerSet) {
		for i := range s.Spec.Network.NetworkConf {
			if s.Spec.Network.NetworkConf[i].Name == name {
				s.Spec.Network.NetworkConf[i].Value = value
			}
		}
	}
}

func reserve(items ...any) change {
	return func(s *gameserver.GameServerSet) {
		for _, item := range items {
			switch item := item.(type) {
			case int:
				s.Spec.ReserveGameServerIDs = append(s.Spec.ReserveGameServerIDs, intstr.FromInt32(int32(item)))
			case string:
				s.Spec.ReserveGameServerIDs = append(s.Spec.ReserveGameServerIDs, intstr.FromString(item))
			}
		}
	}
}

// claims are deeds by the name of their claim.
type claims map[string]*v1alpha1.HostClaim

func (c claims) Get(name string) *v1alpha1.HostClaim { return c[name] }

// world is what a test adds to an empty cluster.
type world struct {
	review.World
	t testing.TB
}

func empty(t testing.TB) *world {
	return &world{t: t, World: review.World{
		Policies: policy.NewSet(nil), Classes: policy.NewClasses(policy.DefaultOptions(), []networkingv1.IngressClass{{
			ObjectMeta: metav1.ObjectMeta{Name: "nginx"}, Spec: networkingv1.IngressClassSpec{Controller: "k8s.io/ingress-nginx"},
		}}),
		Claims: claims{}, Now: now,
	}}
}

func (w *world) policy(policies ...*v1alpha1.GamePolicy) *world {
	w.t.Helper()
	var compiled []*policy.Compiled
	for _, p := range policies {
		c, findings := policy.Compile(p)
		if c == nil {
			w.t.Fatalf("policy %s: %v", p.Name, findings)
		}
		compiled = append(compiled, c)
	}
	w.Policies = policy.NewSet(compiled)
	return w
}

// held gives a host to a game server, "games/postio-3", or to a namespace.
func (w *world) held(hosts string, holder v1alpha1.Holder) *world {
	for name := range strings.FieldsSeq(hosts) {
		deed := host.Deed{Gateway: "higress", Host: name}
		c := &v1alpha1.HostClaim{ObjectMeta: metav1.ObjectMeta{Name: deed.ClaimName(), CreationTimestamp: metav1.NewTime(now.Add(-time.Hour))}}
		c.Spec = v1alpha1.HostClaimSpec{Class: deed.Gateway, Host: name, Sharing: v1alpha1.SharingServer, Holder: host.NamedHolder(holder), RenewedAt: host.Stamp(now)}
		switch {
		case holder.GameServerSet == "":
			c.Spec.Sharing = v1alpha1.SharingNamespace
		case holder.ID == nil:
			c.Spec.Sharing = v1alpha1.SharingSet
		}
		w.Claims.(claims)[c.Name] = c
	}
	return w
}

func server(namespace, set string, id int) v1alpha1.Holder {
	return v1alpha1.Holder{Namespace: namespace, GameServerSet: set, ID: ptr.To(id)}
}

// standing adds sets that stand.
func (w *world) standing(sets ...*gameserver.GameServerSet) *world {
	for _, s := range sets {
		e := gameserver.Inspect(s)
		w.Others = append(w.Others, policy.KnownSet{Namespace: s.Namespace, Name: s.Name, Labels: s.Labels, Template: e.Template, IDs: e.IDs})
	}
	return w
}

// says reviews a write and compares everything that is said.
func (w *world) says(r review.Request, want ...string) {
	w.t.Helper()
	result := w.Review(r)
	var got []string
	for _, list := range []struct {
		what  string
		found []finding.Finding
	}{{"refused", result.Refused}, {"stood", result.Standing}, {"warning", result.Warnings}} {
		for _, f := range list.found {
			got = append(got, list.what+": "+f.String())
			if strings.Contains(f.Message, "%") {
				w.t.Errorf("a percent sign, which OpenKruiseGame takes for a format: %s", f)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("(-want +got):\n%s", diff)
	}
}

// game is a policy for all games.
func game(name string, change func(*v1alpha1.GamePolicySpec)) *v1alpha1.GamePolicy {
	p := &v1alpha1.GamePolicy{ObjectMeta: metav1.ObjectMeta{Name: name}}
	change(&p.Spec)
	return p
}
