package doctor

import (
	"strings"

	authorizationv1 "k8s.io/api/authorization/v1"
)

// Right is something that somebody may do, or not.
type Right struct {
	Verb     string `json:"verb"`
	Group    string `json:"group,omitempty"`
	Resource string `json:"resource"` // with its subresource, as in a role
	// Namespace is empty for the whole cluster.
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name,omitempty"`
}

// String is the right as one would say it: patch ingresses.networking.k8s.io.
func (r Right) String() string {
	resource, sub, _ := strings.Cut(r.Resource, "/")
	text := r.Verb + " " + resource
	if r.Group != "" {
		text += "." + r.Group
	}
	if sub != "" {
		text += "/" + sub
	}
	if r.Name != "" {
		text += " " + r.Name
	}
	if r.Namespace != "" {
		text += " in namespace " + r.Namespace
	}
	return text
}

func (r Right) attributes() *authorizationv1.ResourceAttributes {
	resource, sub, _ := strings.Cut(r.Resource, "/")
	return &authorizationv1.ResourceAttributes{
		Verb: r.Verb, Group: r.Group, Resource: resource, Subresource: sub, Namespace: r.Namespace, Name: r.Name,
	}
}

// all are the rights to do something to each of some resources of a group.
func all(group string, resources, verbs []string) []Right {
	var out []Right
	for _, resource := range resources {
		for _, verb := range verbs {
			out = append(out, Right{Verb: verb, Group: group, Resource: resource})
		}
	}
	return out
}

// in are rights in one namespace, to one object if a name is given.
func in(namespace, name string, rights []Right) []Right {
	for i := range rights {
		rights[i].Namespace, rights[i].Name = namespace, name
	}
	return rights
}
