package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/utils/ptr"

	"github.com/gatehouse-dev/gatehouse/controllers/ledger"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

const (
	// firstID gives all servers that are measured ids of five digits, so that all objects have one size.
	firstID = 10_000
	// maxServers is how many ids of five digits there are.
	maxServers = 90_000
)

// gameSet is one GameServerSet whose servers have the hosts <name>-<id>.<namespace>.example.com.
type gameSet struct {
	namespace, name string
	// first and servers say which ids its spec projects.
	first, servers int
}

// class is that of the set's Ingresses. The janitor gives every Ingress of a managed class the deed to its host, so what
// stands for a cluster without Gatehouse is of another one, whose name is as long.
func (s gameSet) class() string {
	if s.namespace == governed || s.namespace == standing {
		return managed
	}
	return unmanaged
}

func (s gameSet) server(id int) string { return fmt.Sprintf("%s-%d", s.name, id) }

func (s gameSet) host(id int) string { return s.server(id) + "." + s.namespace + ".example.com" }

// params are the set's network parameters, as its author writes them.
func (s gameSet) params() []any {
	var list []any
	for _, p := range [][2]string{
		{"IngressClassName", s.class()}, {"Host", fmt.Sprintf("%s-<id>.%s.example.com", s.name, s.namespace)},
		{"Path", "/"}, {"PathType", "Prefix"}, {"Port", "5000"}, {"Fixed", "true"},
	} {
		list = append(list, map[string]any{"name": p[0], "value": p[1]})
	}
	return list
}

// object is as large as a real set: most of it is a pod template, which the manager does not keep.
func (s gameSet) object() *unstructured.Unstructured {
	variables := make([]any, 40)
	for n := range variables {
		variables[n] = map[string]any{"name": fmt.Sprintf("GAME_SETTING_%d", n), "value": strings.Repeat("x", 40)}
	}
	spec := map[string]any{
		"replicas": int64(s.servers),
		"network":  map[string]any{"networkType": gameserver.NetworkType, "networkConf": s.params()},
		"gameServerTemplate": map[string]any{"spec": map[string]any{"containers": []any{map[string]any{
			"name": "game", "image": "registry.example.com/game:1", "env": variables,
		}}}},
	}
	if s.first > 0 {
		spec["reserveGameServerIds"] = []any{fmt.Sprintf("0-%d", s.first-1)}
	}
	set := &unstructured.Unstructured{Object: map[string]any{"apiVersion": gameserver.GroupVersion.String(), "kind": "GameServerSet", "spec": spec}}
	set.SetNamespace(s.namespace)
	set.SetName(s.name)
	set.SetLabels(map[string]string{"tier": "live", "example.com/game": s.name})
	return set
}

// ingress is what OpenKruiseGame makes for one server of a set with the parameter Fixed.
func (b *bench) ingress(s gameSet, id int) *networkingv1.Ingress {
	ing := &networkingv1.Ingress{ObjectMeta: metav1.ObjectMeta{
		Namespace: s.namespace, Name: s.server(id),
		Annotations: map[string]string{hashAnnotation: "3637547633"},
		OwnerReferences: []metav1.OwnerReference{{
			APIVersion: gameserver.GroupVersion.String(), Kind: "GameServerSet", Name: s.name, UID: b.owner(s),
			Controller: ptr.To(true), BlockOwnerDeletion: ptr.To(true),
		}},
	}}
	ing.Spec.IngressClassName = ptr.To(s.class())
	ing.Spec.Rules = []networkingv1.IngressRule{{
		Host: s.host(id),
		IngressRuleValue: networkingv1.IngressRuleValue{HTTP: &networkingv1.HTTPIngressRuleValue{Paths: []networkingv1.HTTPIngressPath{{
			Path: "/", PathType: ptr.To(networkingv1.PathTypePrefix),
			Backend: networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{
				Name: s.server(id), Port: networkingv1.ServiceBackendPort{Number: 5000},
			}},
		}}}},
	}}
	return ing
}

// hashAnnotation is what OpenKruiseGame knows its Ingresses by.
const hashAnnotation = "game.kruise.io/ingress-hash"

// claim is what Gatehouse would write for one server, for the benchmark's own kind of claims.
func (s gameSet) claim(id int) *v1alpha1.HostClaim {
	deed := host.Deed{Gateway: "higress", Host: s.host(id)}
	party := host.Party{Namespace: s.namespace, Set: s.name, ID: id}
	return ledger.NewClaim(deed, host.Judge(nil, deed, party, host.Terms{}, time.Now()).Next)
}

// pod is the Pod of a server whose network is ready, with what OpenKruiseGame writes on it.
func (s gameSet) pod(id int) (*corev1.Pod, error) {
	conf, err := json.Marshal(s.params())
	if err != nil {
		return nil, err
	}
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: s.namespace, Name: s.server(id),
			Labels: map[string]string{"game.kruise.io/owner-gss": s.name},
			Annotations: map[string]string{
				"game.kruise.io/network-type": gameserver.NetworkType, "game.kruise.io/network-conf": string(conf),
				"game.kruise.io/network-status": `{"networkType":"` + gameserver.NetworkType + `","currentNetworkState":"Ready","desiredNetworkState":"Ready"}`,
			},
		},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "game", Image: "registry.example.com/game:1"}}},
	}, nil
}
