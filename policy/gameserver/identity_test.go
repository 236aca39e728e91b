package gameserver_test

import (
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
)

func TestIdentify(t *testing.T) {
	yes, no := true, false
	pod := func(name string) metav1.OwnerReference {
		return metav1.OwnerReference{APIVersion: "v1", Kind: "Pod", Name: name, Controller: &yes}
	}
	set := func(name string) metav1.OwnerReference {
		return metav1.OwnerReference{APIVersion: "game.kruise.io/v1alpha1", Kind: "GameServerSet", Name: name, Controller: &yes}
	}
	server := func(set string, id int, fixed bool) *gameserver.Identity {
		return &gameserver.Identity{Namespace: "games", Set: set, ID: id, Fixed: fixed}
	}
	notController := pod("arena-2")
	notController.Controller = &no
	for _, c := range []struct {
		name, ingress string
		owners        []metav1.OwnerReference
		want          *gameserver.Identity
	}{
		{"owned by its pod", "arena-2", []metav1.OwnerReference{pod("arena-2")}, server("arena", 2, false)},
		{"owned by its set", "arena-2", []metav1.OwnerReference{set("arena")}, server("arena", 2, true)},
		{"a set with dashes", "my-arena-1-12", []metav1.OwnerReference{pod("my-arena-1-12")}, server("my-arena-1", 12, false)},
		{"the controller is not the first owner", "arena-2", []metav1.OwnerReference{notController, set("arena")}, server("arena", 2, true)},
		{"no owner", "arena-2", nil, nil},
		{"an owner that is no controller", "arena-2", []metav1.OwnerReference{notController}, nil},
		{"another pod", "arena-2", []metav1.OwnerReference{pod("arena-3")}, nil},
		{"another set", "arena-2", []metav1.OwnerReference{set("lobby")}, nil},
		{"a set of which the name is only the beginning", "arena-eu-2", []metav1.OwnerReference{set("arena")}, nil},
		{"a pod of something else", "web", []metav1.OwnerReference{pod("web")}, nil},
		{"a pod whose name ends in no number", "web-x7k2p", []metav1.OwnerReference{pod("web-x7k2p")}, nil},
		{"a second spelling of server 7", "arena-07", []metav1.OwnerReference{pod("arena-07")}, nil},
		{"a sign", "arena-+7", []metav1.OwnerReference{pod("arena-+7")}, nil},
		{"an id beyond what Kruise reads", "arena-2147483648", []metav1.OwnerReference{pod("arena-2147483648")}, nil},
		{"no set", "-7", []metav1.OwnerReference{pod("-7")}, nil},
		{"no name yet, with generateName", "", []metav1.OwnerReference{pod("arena-2")}, nil},
		{"another API group's set", "arena-2", []metav1.OwnerReference{{APIVersion: "apps.kruise.io/v1beta1", Kind: "StatefulSet", Name: "arena", Controller: &yes}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			ing := &networkingv1.Ingress{ObjectMeta: metav1.ObjectMeta{Namespace: "games", Name: c.ingress, OwnerReferences: c.owners}}
			got, ok := gameserver.Identify(ing)
			if ok != (c.want != nil) {
				t.Fatalf("got %v (%v), want %v", got, ok, c.want)
			}
			if ok && got != *c.want {
				t.Errorf("got %v, want %v", got, *c.want)
			}
		})
	}
	if s := server("arena", 7, false).String(); s != "games/arena id 7" {
		t.Errorf("String: %q", s)
	}
}

func TestEveryExpandedIngressIsIdentifiedAsItsServer(t *testing.T) {
	for _, fixed := range []string{"false", "true"} {
		replicas := int32(12)
		e := gameserver.Expand(&gameserver.GameServerSet{
			ObjectMeta: metav1.ObjectMeta{Namespace: "games", Name: "a-1"},
			Spec: gameserver.GameServerSetSpec{Replicas: &replicas, ReserveGameServerIDs: items("3-5"), Network: &gameserver.Network{
				NetworkType: gameserver.NetworkType,
				NetworkConf: []gameserver.Param{{Name: "Fixed", Value: fixed}, {Name: "Path", Value: "/"}, {Name: "PathType", Value: "Prefix"}, {Name: "Port", Value: "80"}},
			}},
		})
		for i, ing := range e.Ingresses {
			got, ok := gameserver.Identify(ing)
			if want := (gameserver.Identity{Namespace: "games", Set: "a-1", ID: e.IDs[i], Fixed: fixed == "true"}); !ok || got != want || got.Name() != ing.Name {
				t.Errorf("%s: got %v (%v), want %v", ing.Name, got, ok, want)
			}
		}
	}
}
