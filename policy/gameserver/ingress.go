package gameserver

import (
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Ingress is the Ingress of one server, exactly as OpenKruiseGame makes it (cloudprovider/kubernetes/ingress.go
// consIngress), but for what only the cluster knows: the owner's UID and OpenKruiseGame's hash annotation. It is nil
// where the parameters leave no Ingress to compute.
func (t Template) Ingress(namespace, set string, id int) *networkingv1.Ingress {
	if !t.makes {
		return nil
	}
	name := serverName(set, id)
	ing := &networkingv1.Ingress{
		TypeMeta: metav1.TypeMeta{APIVersion: networkingv1.SchemeGroupVersion.String(), Kind: "Ingress"},
		ObjectMeta: metav1.ObjectMeta{
			Name: name, Namespace: namespace,
			Annotations:     make(map[string]string, len(t.annotations)),
			OwnerReferences: []metav1.OwnerReference{t.owner(set, name)},
		},
		Spec: networkingv1.IngressSpec{
			Rules: []networkingv1.IngressRule{{
				Host:             t.host.of(id),
				IngressRuleValue: networkingv1.IngressRuleValue{HTTP: &networkingv1.HTTPIngressRuleValue{Paths: t.routes(name, id)}},
			}},
			TLS: t.tls(),
		},
	}
	for key, text := range t.annotations {
		ing.Annotations[key] = text.is
	}
	if t.class != nil {
		class := t.class.is
		ing.Spec.IngressClassName = &class
	}
	return ing
}

// owner is the pod, so that the Ingress goes with it, or with Fixed the set.
func (t Template) owner(set, pod string) metav1.OwnerReference {
	yes := true
	owner := metav1.OwnerReference{APIVersion: "v1", Kind: "Pod", Name: pod, Controller: &yes, BlockOwnerDeletion: &yes}
	if t.fixed {
		owner.APIVersion, owner.Kind, owner.Name = GroupVersion.String(), "GameServerSet", set
	}
	return owner
}

func (t Template) routes(service string, id int) []networkingv1.HTTPIngressPath {
	routes := make([]networkingv1.HTTPIngressPath, 0, len(t.paths))
	for i, path := range t.paths {
		pathType := orFirst(t.pathTypes, i)
		routes = append(routes, networkingv1.HTTPIngressPath{
			Path: path.of(id), PathType: &pathType,
			Backend: networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{
				Name: service, Port: networkingv1.ServiceBackendPort{Number: orFirst(t.ports, i)},
			}},
		})
	}
	return routes
}

// orFirst is the i-th, or the first where there are fewer.
func orFirst[T any](list []positioned[T], i int) T {
	if i >= len(list) {
		i = 0
	}
	return list[i].is
}

// tls has one entry if either parameter says something. TlsHosts says something even when it is empty: then the
// entry holds one empty host, which the API server refuses.
func (t Template) tls() []networkingv1.IngressTLS {
	var entry networkingv1.IngressTLS
	if t.tlsSecret != nil {
		entry.SecretName = t.tlsSecret.is
	}
	if t.tlsHosts != nil {
		entry.Hosts = append([]string{}, t.tlsHosts.is...)
	}
	if entry.Hosts == nil && entry.SecretName == "" {
		return nil
	}
	return []networkingv1.IngressTLS{entry}
}
