package survey

import (
	"context"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
)

// pageSize bounds what a list holds in memory at once.
const pageSize = 500

// Survey reads from the API server.
type Survey struct {
	reader  client.Reader
	higress types.NamespacedName
}

// New makes a survey that reads through a reader without a cache. higress is the ConfigMap with Higress's configuration;
// the zero value is none.
func New(reader client.Reader, higress types.NamespacedName) *Survey {
	return &Survey{reader: reader, higress: higress}
}

// Policies lists the GamePolicies.
func (s *Survey) Policies(ctx context.Context) ([]v1alpha1.GamePolicy, error) {
	var list v1alpha1.GamePolicyList
	err := s.reader.List(ctx, &list)
	return list.Items, err
}

// Ingresses visits those that stand, by namespace and name, until visit is false. All are of the moment of the first.
func (s *Survey) Ingresses(ctx context.Context, visit func(*networkingv1.Ingress) bool) error {
	options := &client.ListOptions{Limit: pageSize}
	for {
		var page networkingv1.IngressList
		if err := s.reader.List(ctx, &page, options); err != nil {
			return err
		}
		for i := range page.Items {
			if !visit(&page.Items[i]) {
				return nil
			}
		}
		if options.Continue = page.Continue; options.Continue == "" {
			return nil
		}
	}
}
