package audit

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Right is one thing that somebody may do. Namespace is empty where he may do it in all, Name where it is with any object.
type Right Request

// Granted reads what the roles that are bound to a service account grant it. What everybody is granted is left out.
func Granted(ctx context.Context, from client.Reader, namespace, account string) ([]Right, error) {
	is := func(subjects []rbacv1.Subject) bool {
		return slices.ContainsFunc(subjects, func(s rbacv1.Subject) bool {
			return s.Kind == rbacv1.ServiceAccountKind && s.Namespace == namespace && s.Name == account
		})
	}
	var everywhere rbacv1.ClusterRoleBindingList
	var somewhere rbacv1.RoleBindingList
	if err := from.List(ctx, &everywhere); err != nil {
		return nil, err
	}
	if err := from.List(ctx, &somewhere); err != nil {
		return nil, err
	}
	var out []Right
	add := func(role rbacv1.RoleRef, namespace string) error {
		rules, err := rulesOf(ctx, from, role, namespace)
		out = append(out, rights(rules, namespace)...)
		return err
	}
	for _, b := range everywhere.Items {
		if is(b.Subjects) {
			if err := add(b.RoleRef, ""); err != nil {
				return nil, err
			}
		}
	}
	for _, b := range somewhere.Items {
		if is(b.Subjects) {
			if err := add(b.RoleRef, b.Namespace); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func rulesOf(ctx context.Context, from client.Reader, ref rbacv1.RoleRef, namespace string) ([]rbacv1.PolicyRule, error) {
	if ref.Kind == "ClusterRole" {
		var role rbacv1.ClusterRole
		err := from.Get(ctx, client.ObjectKey{Name: ref.Name}, &role)
		return role.Rules, err
	}
	var role rbacv1.Role
	err := from.Get(ctx, client.ObjectKey{Namespace: namespace, Name: ref.Name}, &role)
	return role.Rules, err
}

// rights takes rules apart. A wildcard stays one, which no request equals: it is reported as granted and unused.
func rights(rules []rbacv1.PolicyRule, namespace string) []Right {
	var out []Right
	for _, rule := range rules {
		names := rule.ResourceNames
		if len(names) == 0 {
			names = []string{""}
		}
		for _, group := range rule.APIGroups {
			for _, resource := range rule.Resources {
				for _, verb := range rule.Verbs {
					for _, name := range names {
						out = append(out, Right{Verb: verb, Group: group, Resource: resource, Namespace: namespace, Name: name})
					}
				}
			}
		}
		for _, url := range rule.NonResourceURLs {
			out = append(out, Right{Verb: fmt.Sprint(rule.Verbs), Resource: url})
		}
	}
	return out
}

// covers tells whether a request needs this right.
func (r Right) covers(q Request) bool {
	return r.Verb == q.Verb && r.Group == q.Group && r.Resource == q.Resource &&
		(r.Namespace == "" || r.Namespace == q.Namespace) && (r.Name == "" || r.Name == q.Name)
}

// Compare returns what was granted and never needed, and what was asked for and not granted, each once and in order.
func Compare(granted []Right, requests []Request) (unused, refused []string) {
	for _, right := range granted {
		if !slices.ContainsFunc(requests, right.covers) {
			unused = append(unused, Request(right).String())
		}
	}
	for _, request := range requests {
		if request.Refused {
			refused = append(refused, request.String())
		}
	}
	return sorted(unused), sorted(refused)
}

func sorted(list []string) []string {
	slices.SortFunc(list, cmp.Compare[string])
	return slices.Compact(list)
}
