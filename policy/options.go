package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/gatehouse-dev/gatehouse/policy/gateway"
)

const (
	// ClassAnnotation is the class in the form that predates spec.ingressClassName. Higress still reads it, and where
	// both are set the annotation wins: pkg/ingress/kube/ingressv1/controller.go.
	ClassAnnotation = "kubernetes.io/ingress.class"

	defaultClassAnnotation = "ingressclass.kubernetes.io/is-default-class"
)

// Options are the settings of an installation. The manager and the offline commands take the same ones, with the same
// defaults, so that preview shows what the cluster would do.
type Options struct {
	// IngressClasses are the managed classes: Ingresses of other classes are left alone.
	IngressClasses []string
	// ClassGateways maps a class name to its gateway, for clusters where no IngressClass object says it.
	ClassGateways map[string]gateway.Kind
}

// DefaultOptions manages the class higress, served by Higress.
func DefaultOptions() Options {
	return Options{
		IngressClasses: []string{"higress"},
		ClassGateways:  map[string]gateway.Kind{"higress": gateway.Higress},
	}
}

// ParseOptions takes the options as the flags --ingress-classes and --class-gateways of every command have them. A
// gateway that Gatehouse cannot name is an error, and so is one that would serve what waits in quarantine.
func ParseOptions(ingressClasses []string, classGateways map[string]string) (Options, error) {
	known := []gateway.Kind{gateway.Higress, gateway.Nginx, gateway.ALB}
	if _, served := classGateways[QuarantineClass]; served || slices.Contains(ingressClasses, QuarantineClass) {
		return Options{}, fmt.Errorf("--ingress-classes, --class-gateways: %s is the class of Ingresses that wait for their hosts; no gateway may serve it", QuarantineClass)
	}
	opts := Options{IngressClasses: ingressClasses, ClassGateways: map[string]gateway.Kind{}}
	for _, class := range slices.Sorted(maps.Keys(classGateways)) {
		kind := gateway.Kind(classGateways[class])
		if !slices.Contains(known, kind) {
			return Options{}, fmt.Errorf("--class-gateways: %s=%s: the gateway must be one of %v", class, kind, known)
		}
		opts.ClassGateways[class] = kind
	}
	return opts, nil
}

// Flags is the inverse of ParseOptions, for the defaults of those flags.
func (o Options) Flags() (ingressClasses []string, classGateways map[string]string) {
	classGateways = map[string]string{}
	for class, kind := range o.ClassGateways {
		classGateways[class] = string(kind)
	}
	return o.IngressClasses, classGateways
}

// Class is the effective class of an Ingress and the gateway behind it.
type Class struct {
	// Name is empty where the Ingress has no class and the cluster no default.
	Name string
	// Gateway is empty where nothing says which gateway serves the class.
	Gateway gateway.Kind
	// Managed tells whether Gatehouse acts on this class.
	Managed bool
}

// Key tells gateways apart where hosts are concerned: classes that one kind of gateway serves have the same, because it
// serves the hosts of all of them. Where nothing says what serves a class, the class stands for itself.
func (c Class) Key() string {
	if c.Gateway != "" {
		return string(c.Gateway)
	}
	return c.Name
}

// Classes resolves the effective class of an Ingress. It is immutable.
type Classes struct {
	byName map[string]Class
	// fallback is the cluster's default class.
	fallback string
}

// NewClasses reads the IngressClasses of the cluster. What an IngressClass says of its controller beats
// Options.ClassGateways. If several are marked as default the newest counts, as in Kubernetes' DefaultIngressClass
// admission plugin (plugin/pkg/admission/network/defaultingressclass), then the lesser name.
func NewClasses(opts Options, list []networkingv1.IngressClass) Classes {
	c := Classes{byName: make(map[string]Class, len(list)+len(opts.ClassGateways))}
	managed := func(name string) bool { return slices.Contains(opts.IngressClasses, name) }
	for _, name := range opts.IngressClasses {
		c.byName[name] = Class{Name: name, Managed: true}
	}
	for name, kind := range opts.ClassGateways {
		c.byName[name] = Class{Name: name, Gateway: kind, Managed: managed(name)}
	}
	var fallback *networkingv1.IngressClass
	for i := range list {
		class := &list[i]
		kind, known := gateway.KindOfController(class.Spec.Controller)
		if !known {
			kind = c.byName[class.Name].Gateway
		}
		c.byName[class.Name] = Class{Name: class.Name, Gateway: kind, Managed: managed(class.Name)}
		if class.Annotations[defaultClassAnnotation] == "true" && newerDefault(class, fallback) {
			fallback = class
		}
	}
	if fallback != nil {
		c.fallback = fallback.Name
	}
	return c
}

func newerDefault(a, b *networkingv1.IngressClass) bool {
	if b == nil {
		return true
	}
	if !a.CreationTimestamp.Time.Equal(b.CreationTimestamp.Time) {
		return a.CreationTimestamp.After(b.CreationTimestamp.Time)
	}
	return strings.Compare(a.Name, b.Name) < 0
}

// Of is the effective class of an Ingress: the annotation, else spec.ingressClassName, else the cluster's default.
func (c Classes) Of(ing *networkingv1.Ingress) Class {
	name := ing.Annotations[ClassAnnotation]
	if name == "" && ing.Spec.IngressClassName != nil {
		name = *ing.Spec.IngressClassName
	}
	if name == "" {
		name = c.fallback
	}
	if class, known := c.byName[name]; known {
		return class
	}
	return Class{Name: name}
}

// Gateways lists the gateways of the managed classes, sorted.
func (c Classes) Gateways() []gateway.Kind {
	kinds := map[gateway.Kind]bool{}
	for _, class := range c.byName {
		if class.Managed {
			kinds[class.Gateway] = true
		}
	}
	return slices.Sorted(maps.Keys(kinds))
}
