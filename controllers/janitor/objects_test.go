package janitor_test

import (
	"encoding/json"
	"strconv"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/gatehouse-dev/gatehouse/controllers/gamepods"
	"github.com/gatehouse-dev/gatehouse/controllers/snapshot"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// conf is the parameters of a set or Pod with this Host.
func conf(hostname string) []gameserver.Param {
	return []gameserver.Param{
		{Name: "IngressClassName", Value: "higress"}, {Name: "Host", Value: hostname},
		{Name: "Path", Value: "/s<id>"}, {Name: "PathType", Value: "Prefix"}, {Name: "Port", Value: "80"},
	}
}

func template(hostname string) gameserver.Template {
	t, _ := gameserver.ParseNetwork(&gameserver.Network{NetworkType: gameserver.NetworkType, NetworkConf: conf(hostname)})
	return t
}

// declare stores a GameServerSet with the ids that its spec projects.
func (w *world) declare(namespace, name, hostname string, ids ...int) {
	w.sets[types.NamespacedName{Namespace: namespace, Name: name}] = &snapshot.Set{Namespace: namespace, Name: name, Template: template(hostname), IDs: ids}
}

// run stores a Pod of a party that OpenKruiseGame has given up long ago, with this Host in its own parameters.
func (w *world) run(p host.Party, hostname string, change ...func(*gamepods.Pod)) {
	text, err := json.Marshal(conf(hostname))
	if err != nil {
		w.t.Fatal(err)
	}
	pod := &gamepods.Pod{Namespace: p.Namespace, Name: nameOf(p), Set: p.Set, ID: p.ID, Conf: string(text), Created: w.now.Add(-time.Hour)}
	for _, c := range change {
		c(pod)
	}
	w.pods[types.NamespacedName{Namespace: p.Namespace, Name: pod.Name}] = pod
}

func ready(p *gamepods.Pod)    { p.Ready = true }
func deleting(p *gamepods.Pod) { p.Deleting = true }

func nameOf(p host.Party) string {
	if !p.IsServer() {
		return "front"
	}
	return p.Set + "-" + strconv.Itoa(p.ID)
}

// stand stores an Ingress of a party that was created so long ago.
func (w *world) stand(p host.Party, age time.Duration, hostnames ...string) *networkingv1.Ingress {
	ing := &networkingv1.Ingress{}
	ing.Namespace, ing.Name, ing.UID, ing.ResourceVersion = p.Namespace, nameOf(p), types.UID("ingress-"+w.next()), w.next()
	ing.CreationTimestamp = metav1.NewTime(w.now.Add(-age))
	ing.Spec.IngressClassName = ptr.To("higress")
	if p.IsServer() {
		ing.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "Pod", Name: ing.Name, Controller: ptr.To(true)}}
	}
	if p.CanaryOf != "" {
		w.canaries[p.Set] = p.CanaryOf
		ing.Annotations = map[string]string{"higress.io/canary": "true"}
	}
	for _, name := range hostnames {
		ing.Spec.Rules = append(ing.Spec.Rules, networkingv1.IngressRule{Host: name})
	}
	w.ingresses[types.NamespacedName{Namespace: ing.Namespace, Name: ing.Name}] = ing
	return ing
}

// fall deletes the Ingress of a party.
func (w *world) fall(p host.Party) {
	delete(w.ingresses, types.NamespacedName{Namespace: p.Namespace, Name: nameOf(p)})
}

// die deletes the Pod of a party, and with it its Ingress.
func (w *world) die(p host.Party) {
	delete(w.pods, types.NamespacedName{Namespace: p.Namespace, Name: nameOf(p)})
	w.fall(p)
}
