package manifest

import (
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
)

// kind says how one kind of object is read.
type kind struct {
	shape      any
	namespaced bool
	// anySize leaves it to a schema that runs later how large a whole number may be: to exceed that is a bad value and
	// not a wrong type.
	anySize bool
	keep    func(*Input, object) error
}

// object is a decoded document of a known kind that fits its shape.
type object struct {
	Source
	name   string
	data   map[string]any
	origin origin
}

// setShape has the fields of OpenKruiseGame 1.0's GameServerSet (config/crd/bases/game.kruise.io_gameserversets.yaml).
// What decides about Ingresses is typed; the rest must be there and of the right outer type, and is not looked into.
type setShape struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`

	Spec struct {
		gameserver.GameServerSetSpec `json:",inline"`

		GameServerTemplate                   map[string]any `json:"gameServerTemplate"`
		ServiceName                          string         `json:"serviceName"`
		ServiceQualities                     []any          `json:"serviceQualities"`
		UpdateStrategy                       map[string]any `json:"updateStrategy"`
		ScaleStrategy                        map[string]any `json:"scaleStrategy"`
		Lifecycle                            map[string]any `json:"lifecycle"`
		PersistentVolumeClaimRetentionPolicy map[string]any `json:"persistentVolumeClaimRetentionPolicy"`
	} `json:"spec"`
	Status map[string]any `json:"status"`
}

func keepPolicy(in *Input, o object) error {
	in.Policies = append(in.Policies, Policy{Source: o.Source, Name: o.name, Object: o.data})
	in.remember(o.Source, o.origin)
	return nil
}

func keepGameServerSet(in *Input, o object) error {
	set, err := convert[gameserver.GameServerSet](o.data)
	in.GameServerSets = append(in.GameServerSets, set)
	in.remember(set, o.origin)
	return err
}

func keepIngress(in *Input, o object) error {
	ing, err := convert[networkingv1.Ingress](o.data)
	in.Ingresses = append(in.Ingresses, ing)
	in.remember(ing, o.origin)
	return err
}

func keepIngressClass(in *Input, o object) error {
	class, err := convert[networkingv1.IngressClass](o.data)
	in.IngressClasses = append(in.IngressClasses, class)
	return err
}

func keepNamespace(in *Input, o object) error {
	namespace, err := convert[corev1.Namespace](o.data)
	in.Namespaces = append(in.Namespaces, namespace)
	return err
}

// convert gives an object that fits its shape its Go type.
func convert[T any](data map[string]any) (*T, error) {
	into := new(T)
	return into, runtime.DefaultUnstructuredConverter.FromUnstructured(data, into)
}
