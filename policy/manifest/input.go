package manifest

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
)

// Source is where an object or a mistake stands.
type Source struct {
	File string
	// Document counts the documents of the file from 1.
	Document int
	// Line counts the lines of the file from 1; 0 where there is none to name.
	Line int
}

// String is "file.yaml:14: document 2", or the file alone for what concerns all of it.
func (s Source) String() string {
	text := s.File
	if s.Line > 0 {
		text += fmt.Sprintf(":%d", s.Line)
	}
	if s.Document > 0 {
		text += fmt.Sprintf(": document %d", s.Document)
	}
	return text
}

// Problem is a mistake in the input that leaves nothing to decide about.
type Problem struct {
	Source
	Field   string
	Message string
}

// String is "file.yaml:14: document 2: spec.replicas: must be a whole number, not a string".
func (p Problem) String() string {
	text := p.Source.String() + ": "
	if p.Field != "" {
		text += p.Field + ": "
	}
	return text + p.Message
}

// Policy is a GamePolicy as it was written. It has no Go type yet: which values a field takes is for the schema to say,
// and one that the schema refuses may not fit the type.
type Policy struct {
	Source
	Name   string
	Object map[string]any
}

// Input is everything that was read, in the order in which it was read. Namespaced objects have a namespace.
type Input struct {
	Policies       []Policy
	GameServerSets []*gameserver.GameServerSet
	Ingresses      []*networkingv1.Ingress
	IngressClasses []*networkingv1.IngressClass
	Namespaces     []*corev1.Namespace

	origins map[any]origin
}

// objects is how many objects there are.
func (in *Input) objects() int {
	return len(in.Policies) + len(in.GameServerSets) + len(in.Ingresses) + len(in.IngressClasses) + len(in.Namespaces)
}

// kinds are what is read. The shape is what strictness goes by: all fields that the API server knows, also those that
// nothing here reads.
var kinds = map[string]kind{
	"gatehouse.dev/v1alpha1 GamePolicy":     {shape: &v1alpha1.GamePolicy{}, anySize: true, keep: keepPolicy},
	"game.kruise.io/v1alpha1 GameServerSet": {shape: &setShape{}, namespaced: true, keep: keepGameServerSet},
	"networking.k8s.io/v1 Ingress":          {shape: &networkingv1.Ingress{}, namespaced: true, keep: keepIngress},
	"networking.k8s.io/v1 IngressClass":     {shape: &networkingv1.IngressClass{}, keep: keepIngressClass},
	"v1 Namespace":                          {shape: &corev1.Namespace{}, keep: keepNamespace},
}
