package snapshot

import (
	"sync"

	networkingv1 "k8s.io/api/networking/v1"
)

// classStore holds the IngressClasses that stand.
type classStore struct {
	mu       sync.Mutex
	standing map[string]*networkingv1.IngressClass
}

func (s *classStore) put(class *networkingv1.IngressClass) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.standing == nil {
		s.standing = map[string]*networkingv1.IngressClass{}
	}
	s.standing[class.Name] = class
}

func (s *classStore) remove(class *networkingv1.IngressClass) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.standing, class.Name)
}

func (s *classStore) list() []networkingv1.IngressClass {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]networkingv1.IngressClass, 0, len(s.standing))
	for _, class := range s.standing {
		list = append(list, *class)
	}
	return list
}
