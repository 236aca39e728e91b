package gameserver

import (
	"fmt"
	"strconv"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Identity names one game server.
type Identity struct {
	Namespace, Set string
	ID             int
	// Fixed: the Ingress belongs to the GameServerSet and outlives the server's pod (parameter Fixed).
	Fixed bool
}

// String is "namespace/set id 7".
func (i Identity) String() string { return fmt.Sprintf("%s/%s id %d", i.Namespace, i.Set, i.ID) }

// Name is the name that the server's pod, Service and Ingress share.
func (i Identity) Name() string { return serverName(i.Set, i.ID) }

func serverName(set string, id int) string { return set + "-" + strconv.Itoa(id) }

// Identify tells which game server an Ingress belongs to, by ownership: its controller is the pod of the Ingress's own
// name, or the GameServerSet that the name begins with (OpenKruiseGame cloudprovider/kubernetes/ingress.go
// consOwnerReference). The id is what follows the last dash, the set the rest. Who sent the request says nothing: the
// name of OpenKruiseGame's service account is a setting of its chart.
//
// Only the spelling that Kruise gives a pod counts: "arena-07" is not server 7 of arena, or two objects would be one server.
func Identify(ing *networkingv1.Ingress) (Identity, bool) {
	owner := metav1.GetControllerOfNoCopy(ing)
	if owner == nil {
		return Identity{}, false
	}
	dash := strings.LastIndexByte(ing.Name, '-')
	if dash <= 0 {
		return Identity{}, false
	}
	id, err := strconv.ParseInt(ing.Name[dash+1:], 10, 32)
	if err != nil || id < 0 || strconv.FormatInt(id, 10) != ing.Name[dash+1:] {
		return Identity{}, false
	}
	found := Identity{Namespace: ing.Namespace, Set: ing.Name[:dash], ID: int(id)}
	switch {
	case owner.APIVersion == "v1" && owner.Kind == "Pod" && owner.Name == ing.Name:
		return found, true
	case owner.APIVersion == GroupVersion.String() && owner.Kind == "GameServerSet" && owner.Name == found.Set:
		found.Fixed = true
		return found, true
	}
	return Identity{}, false
}
